//! A shop's files and folder, and a ledger that recomputes every figure from a dump alone.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use crate::process::{Run, run};

/// Files of an import, by the option that names them.
const FILES: [(&str, &str); 5] = [
    ("--warehouses", "warehouses.csv"),
    ("--costs", "shipping_costs.csv"),
    ("--skus", "skus.csv"),
    ("--stock", "stock.csv"),
    ("--orders", "orders.csv"),
];

/// Five files, and a folder to import them into.
pub(crate) struct Shop {
    temporary: TempDir,
    files: PathBuf,
}

impl Shop {
    /// The sample that `gantry` writes.
    pub(crate) fn sample() -> Self {
        let temporary = TempDir::new().unwrap();
        let files = temporary.path().join("files");
        let written = run(["import".as_ref(), "--sample".as_ref(), files.as_os_str()]);
        assert_eq!(written.code, Some(0), "{written:?}");
        Self { temporary, files }
    }

    /// Files that lie elsewhere.
    pub(crate) fn at(files: &Path) -> Self {
        Self { temporary: TempDir::new().unwrap(), files: files.to_path_buf() }
    }

    /// The shop of three lines that tests break in one place.
    pub(crate) fn tiny() -> Self {
        let temporary = TempDir::new().unwrap();
        let files = temporary.path().join("files");
        fs::create_dir(&files).unwrap();
        let shop = Self { temporary, files };
        shop.write("warehouses.csv", "warehouse,priority\nBER,1\nLYS,2\n");
        shop.write(
            "shipping_costs.csv",
            "warehouse,destination_zone,parcel_cost_cents,unit_cost_cents,days\n\
             BER,1,390,25,1\nLYS,1,690,35,3\nBER,10,300,20,1\n",
        );
        shop.write("skus.csv", "sku,name\nMUG,Mug\nLAMP,\"Lamp, large\"\n");
        shop.write("stock.csv", "sku,warehouse,on_hand\nMUG,BER,5\nMUG,LYS,2\nLAMP,LYS,1\n");
        shop.write(
            "orders.csv",
            "order_id,service,customer_id,channel,postal_code,sku,quantity,unit_price_cents\n\
             A-1,Same Day,C-1,web,12345,MUG,6,899\n\
             A-1,Same Day,C-1,web,12345,LAMP,1,4999\n\
             A-2,,,,10999,MUG,3,899\n",
        );
        shop
    }

    /// The folder of the journal.
    pub(crate) fn data(&self) -> PathBuf {
        self.temporary.path().join("data")
    }

    pub(crate) fn path(&self, file: &str) -> PathBuf {
        self.files.join(file)
    }

    pub(crate) fn write(&self, file: &str, text: &str) {
        fs::write(self.path(file), text).unwrap();
    }

    /// Replaces `from`, which must be there, in `file`.
    pub(crate) fn edit(&self, file: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.path(file)).unwrap();
        assert!(text.contains(from), "{from:?} is in {file}");
        self.write(file, &text.replacen(from, to, 1));
    }

    /// Runs the import with further options.
    pub(crate) fn import(&self, options: &[&str]) -> Run {
        let mut arguments = vec!["import".to_owned(), "--json".to_owned()];
        arguments.extend(["--segment-bytes".to_owned(), "2097152".to_owned()]);
        arguments.extend(["--data".to_owned(), self.data().to_str().unwrap().to_owned()]);
        for (option, file) in FILES {
            let path = self.path(file);
            arguments.extend([option.to_owned(), path.to_str().unwrap().to_owned()]);
        }
        arguments.extend(options.iter().map(|&option| option.to_owned()));
        run(arguments)
    }

    /// Runs an import that must succeed; its report without the time it took.
    pub(crate) fn report(&self, options: &[&str]) -> Value {
        let imported = self.import(options);
        assert_eq!(imported.code, Some(0), "{imported:?}");
        let mut report = imported.json();
        let seconds = report.as_object_mut().unwrap().remove("seconds");
        assert!(seconds.unwrap().as_f64().unwrap() > 0.0);
        report
    }

    /// `gantry WORDS… DATA OPTIONS…`
    pub(crate) fn read(&self, words: &[&str], options: &[&str]) -> Run {
        let data = self.data();
        let mut arguments = words.to_vec();
        arguments.push(data.to_str().unwrap());
        arguments.extend(options);
        run(arguments)
    }

    /// `gantry replay --json`, which must succeed.
    pub(crate) fn replay(&self) -> Value {
        let replayed = self.read(&["replay"], &["--json"]);
        assert_eq!(replayed.code, Some(0), "{replayed:?}");
        replayed.json()
    }

    /// `gantry journal verify --json`, which must succeed.
    pub(crate) fn verify(&self) -> Value {
        let verified = self.read(&["journal", "verify"], &["--json"]);
        assert_eq!(verified.code, Some(0), "{verified:?}");
        verified.json()
    }

    /// The lines of `gantry journal dump --json`.
    pub(crate) fn dump(&self, options: &[&str]) -> Vec<Value> {
        let dumped = self.read(&["journal", "dump"], &[&["--json"], options].concat());
        assert_eq!(dumped.code, Some(0), "{dumped:?}");
        dumped.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// Every figure of a shop, from the lines of a dump and nothing else.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    pub(crate) orders: u64,
    pub(crate) orders_rejected: u64,
    pub(crate) lines: u64,
    pub(crate) units_ordered: i64,
    pub(crate) units_rejected: i64,
    pub(crate) parcels: u64,
    pub(crate) split_orders: u64,
    pub(crate) shipping_cost_cents: i64,
    /// By SKU and warehouse: on hand, allocated.
    cells: BTreeMap<(String, String), (i64, i64)>,
    /// By order and line: ordered, allocated, waiting, shipped, cancelled.
    buckets: BTreeMap<(String, u64), [i64; 5]>,
    /// By warehouse and zone: parcel cost, unit cost.
    costs: BTreeMap<(String, String), (i64, i64)>,
    /// SKUs whose stock is not counted.
    uncounted: BTreeSet<String>,
}

impl Ledger {
    /// Takes every line of a dump, and checks each on the way.
    pub(crate) fn of(dump: &[Value]) -> Self {
        let mut ledger = Self::default();
        for (index, record) in dump.iter().enumerate() {
            assert_eq!(record["sequence"], index + 1, "sequences are dense");
            ledger.take(record);
        }
        ledger
    }

    pub(crate) fn units_on_hand(&self) -> i64 {
        self.cells.values().map(|(on_hand, _)| on_hand).sum()
    }

    pub(crate) fn units_allocated(&self) -> i64 {
        self.cells.values().map(|(_, allocated)| allocated).sum()
    }

    pub(crate) fn units_backordered(&self) -> i64 {
        self.buckets.values().map(|[_, _, waiting, ..]| waiting).sum()
    }

    /// Holds the sums against a report of the import.
    pub(crate) fn check_report(&self, report: &Value) {
        let lost = self.units_rejected + self.buckets.values().map(|line| line[4]).sum::<i64>();
        assert_eq!(report["orders"], self.orders + self.orders_rejected);
        assert_eq!(report["orders_rejected"], self.orders_rejected);
        assert_eq!(report["lines"], self.lines);
        assert_eq!(report["units_ordered"], self.units_ordered);
        assert_eq!(report["units_allocated"], self.units_allocated());
        assert_eq!(report["units_backordered"], self.units_backordered());
        assert_eq!(report["units_rejected"], lost);
        assert_eq!(report["parcels"], self.parcels);
        assert_eq!(report["split_orders"], self.split_orders);
        assert_eq!(report["shipping_cost_cents"], self.shipping_cost_cents);
    }

    /// Holds the sums against what a replay or a verification says.
    pub(crate) fn check_state(&self, state: &Value) {
        assert_eq!(state["orders"], self.orders);
        assert_eq!(state["units_on_hand"], self.units_on_hand());
        assert_eq!(state["units_allocated"], self.units_allocated());
        assert_eq!(state["units_backordered"], self.units_backordered());
    }

    /// Holds the sums against the balances that a trimmed dump opens with.
    pub(crate) fn check_balances(&self, balances: &Value) {
        assert_eq!(balances["units_on_hand"], self.units_on_hand());
        assert_eq!(balances["units_allocated"], self.units_allocated());
        assert_eq!(balances["units_backordered"], self.units_backordered());
        let cells = balances["stock"].as_array().unwrap();
        let sum = |name: &str| cells.iter().map(|cell| cell[name].as_i64().unwrap()).sum::<i64>();
        assert_eq!(sum("on_hand"), self.units_on_hand());
        assert_eq!(sum("allocated"), self.units_allocated());
    }

    fn take(&mut self, record: &Value) {
        let command = &record["command"];
        let accepted = record["outcome"]["status"] == "accepted";
        let movements = record["movements"].as_array().unwrap();
        assert!(accepted || movements.is_empty(), "a rejection moves nothing: {record}");
        match command["type"].as_str().unwrap() {
            "set_costs" => self.set_costs(command),
            "place_order" => self.place(command, &record["outcome"], accepted),
            "upsert_sku" if command["tracked"] == false => {
                self.uncounted.insert(text(&command["sku"]));
            }
            _ => {}
        }
        for movement in movements {
            self.apply(movement);
        }
        if accepted && command["type"] == "place_order" {
            self.check_placed(command, record);
        }
    }

    fn set_costs(&mut self, command: &Value) {
        for row in command["rows"].as_array().unwrap() {
            let key = (text(&command["warehouse"]), text(&row["zone"]));
            let cost = (number(&row["parcel_cost_cents"]), number(&row["unit_cost_cents"]));
            assert_eq!(row["serves"], true);
            self.costs.insert(key, cost);
        }
    }

    fn place(&mut self, command: &Value, outcome: &Value, accepted: bool) {
        let lines = command["lines"].as_array().unwrap();
        let units: i64 = lines.iter().map(|line| number(&line["quantity"])).sum();
        self.lines += lines.len() as u64;
        self.units_ordered += units;
        if !accepted {
            assert!(!outcome["shorts"].as_array().unwrap().is_empty(), "{outcome}");
            self.orders_rejected += 1;
            self.units_rejected += units;
            return;
        }
        self.orders += 1;
        for (line, ordered) in (0..).zip(lines) {
            let buckets = [number(&ordered["quantity"]), 0, 0, 0, 0];
            let earlier = self.buckets.insert((text(&command["order_id"]), line), buckets);
            assert!(earlier.is_none(), "an order is placed once: {command}");
        }
    }

    /// The table of effects.
    fn apply(&mut self, movement: &Value) {
        let quantity = number(&movement["quantity"]);
        let kind = movement["kind"].as_str().unwrap();
        let (on_hand, allocated) = match kind {
            "received" | "adjusted" => (quantity, 0),
            "shipped" | "component_shipped" => (-quantity, -quantity),
            "allocated" | "component_allocated" => (0, quantity),
            "released" | "component_released" => (0, -quantity),
            _ => (0, 0),
        };
        if let Some(warehouse) = movement["warehouse"].as_str() {
            let key = (text(&movement["sku"]), warehouse.to_owned());
            let is_counted = !self.uncounted.contains(&key.0);
            let cell = self.cells.entry(key).or_default();
            let on_hand = if is_counted { on_hand } else { 0 };
            *cell = (cell.0 + on_hand, cell.1 + allocated);
            let shelf = if is_counted { cell.0 } else { i64::MAX };
            assert!(0 <= cell.1 && cell.1 <= shelf, "a promise is on the shelf: {movement}");
        }
        if kind.starts_with("component_") {
            return;
        }
        let Some(order_id) = movement["order_id"].as_str() else { return };
        let key = (order_id.to_owned(), movement["line"].as_u64().unwrap());
        let [_, line_allocated, waiting, shipped, cancelled] =
            self.buckets.get_mut(&key).expect("the order was placed");
        *line_allocated += allocated;
        match kind {
            "backordered" => *waiting += quantity,
            "dequeued" => *waiting -= quantity,
            "shipped" => *shipped += quantity,
            "cancelled" => *cancelled += quantity,
            _ => {}
        }
    }

    /// Parcels and cost by the dump's own cost rows, and every unit in one bucket.
    fn check_placed(&mut self, command: &Value, record: &Value) {
        let zone = text(&command["zone"]);
        let mut parcels = BTreeMap::new();
        for movement in record["movements"].as_array().unwrap() {
            assert_eq!(movement["order"], command["order"]);
            assert_eq!(movement["order_id"], command["order_id"]);
            if movement["kind"] == "allocated" {
                let units = parcels.entry(text(&movement["warehouse"])).or_insert(0);
                *units += number(&movement["quantity"]);
            }
        }
        let cost = parcels.iter().map(|(warehouse, units)| {
            let (parcel, unit) = self.costs[&(warehouse.clone(), zone.clone())];
            parcel + unit * units
        });
        let cost: i64 = cost.sum();
        assert_eq!(record["outcome"]["cost_cents"], cost, "{record}");
        assert_eq!(record["outcome"]["parcels"], parcels.len(), "{record}");
        self.parcels += parcels.len() as u64;
        self.split_orders += u64::from(parcels.len() > 1);
        self.shipping_cost_cents += cost;
        for line in 0..command["lines"].as_array().unwrap().len() as u64 {
            let [ordered, rest @ ..] = self.buckets[&(text(&command["order_id"]), line)];
            assert_eq!(ordered, rest.iter().sum::<i64>(), "no unit is open: {record}");
        }
    }
}

pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is a text")).to_owned()
}

fn number(value: &Value) -> i64 {
    value.as_i64().unwrap_or_else(|| panic!("{value} is a number"))
}

/// The names of an object's fields, in their order.
pub(crate) fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}
