//! Orders that are shipped and closed as they go: prints how much memory the process takes.
//!
//! ```text
//! closing ORDERS [FOLDER]
//! ```
//!
//! A whole instance on a folder: each order is placed and shipped, the journal is synced, and what
//! was closed leaves memory for archive files. Memory is what this is about, not the disk: all but
//! the last segments of the journal are removed as it goes, and 240 bytes an order stay. A line for
//! each twentieth of the orders: orders placed, resident memory of the process, memory of orders
//! and ids, archive files and their bytes, orders a second. Ends with 1 if resident memory grew by
//! more than one byte for each order of the second half.

#![expect(clippy::print_stdout, reason = "printing figures is what this program is for")]

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use gantry_engine::{ArchiveLimits, LocalInstance, Moment};
use gantry_journal::{FileStorage, JournalOptions};
use gantry_model::{
    Actor, AdjustReason, Channel, Command, CommandId, CostRow, EngineTime, HoldId, Item, LineUnits,
    OrderId, OrderLine, OrderUnits, PlaceOrder, Query, Reply, ReplyStatus, SetCosts, ShortMode,
    Sku, StockChange, StockState, UpsertCode, UpsertSku, UpsertWarehouse, Warehouse, Zone,
};

/// Lines of the report.
const LINES: u64 = 20;
/// SKUs of the shop; an order has one line, or two of neighbours.
const SKUS: u32 = 1_000;
/// Orders that lie between placing and shipping one: how many are open at a time.
const OPEN: u64 = 10_000;
/// Segments of the journal that stay: the one that is written, and what may be ready after it.
const SEGMENTS_KEPT: usize = 4;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let mut words = std::env::args().skip(1);
    let orders: u64 = words.next().map_or(Ok(1_000_000), |word| word.parse())?;
    let folder = words.next().map_or_else(|| std::env::temp_dir().join("closing"), PathBuf::from);
    let mut shop = Shop::open(&folder)?;
    shop.set_up()?;
    println!("orders  resident_mb  order_memory_mb  archive_files  archive_mb  orders_per_s");
    let mut resident = Vec::new();
    for line in 1..=LINES {
        resident.push(shop.run_to(orders * line / LINES)?);
    }
    shop.check(orders)?;
    let (half, last) = (resident[resident.len() / 2 - 1], resident[resident.len() - 1]);
    println!("resident memory at half {} MiB, at the end {} MiB", half >> 20, last >> 20);
    Ok(if last > half + orders / 2 { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

struct Shop {
    folder: PathBuf,
    instance: LocalInstance,
    placed: u64,
    archive_files: u64,
    archive_bytes: u64,
}

impl Shop {
    fn open(folder: &Path) -> Result<Self, Box<dyn Error>> {
        let options = JournalOptions { new_instance_id: 1, ..JournalOptions::default() };
        let storage = Box::new(FileStorage::new());
        let instance = LocalInstance::open(folder, options, storage, 1)?;
        if instance.engine().state().orders.count() > 0 {
            return Err("the folder has orders already; name a new one".into());
        }
        let folder = folder.to_path_buf();
        Ok(Self { folder, instance, placed: 0, archive_files: 0, archive_bytes: 0 })
    }

    fn execute(&mut self, command: &Command<'_>) -> Result<(), Box<dyn Error>> {
        let now = EngineTime::new(self.instance.engine().last_time().get() + 1_000);
        let reply = self.instance.execute(command, Actor::CLIENT_MIN, now)?;
        if status(&reply) == Some(ReplyStatus::Accepted) {
            Ok(())
        } else {
            Err(format!("{command:?} was refused").into())
        }
    }

    fn set_up(&mut self) -> Result<(), Box<dyn Error>> {
        let mut ids = (1..).map(CommandId::new);
        let mut id = || ids.next().unwrap_or_default();
        let warehouse = Warehouse::new(0);
        self.execute(&Command::UpsertZone(UpsertCode { id: id(), code: "EU" }))?;
        let (priority, active, code) = (1, true, "BER");
        self.execute(&Command::UpsertWarehouse(UpsertWarehouse {
            id: id(),
            priority,
            active,
            code,
        }))?;
        let rows = [CostRow::serves(Zone::new(0), 500, 10, 1)];
        self.execute(&Command::SetCosts(SetCosts { id: id(), warehouse, rows: &rows }))?;
        for sku in 0..SKUS {
            let code = format!("S{sku}");
            let (order_max, tracked, backorder) = (0, true, true);
            let row = UpsertSku { id: id(), order_max, tracked, backorder, active, code: &code };
            self.execute(&Command::UpsertSku(row))?;
            self.execute(&Command::Receive(StockChange {
                id: id(),
                sku: Sku::new(sku),
                warehouse,
                quantity: 1_000_000,
                reason: AdjustReason::None,
                state: StockState::OnHand,
                note: "",
            }))?;
        }
        Ok(())
    }

    /// Places and ships until so many orders are placed; prints a line; returns resident bytes.
    fn run_to(&mut self, orders: u64) -> Result<u64, Box<dyn Error>> {
        let (started, before) = (Instant::now(), self.placed);
        while self.placed < orders {
            self.place(self.placed)?;
            if let Some(shipped) = self.placed.checked_sub(OPEN) {
                self.ship(shipped)?;
            }
            self.placed += 1;
            if self.placed.is_multiple_of(1 << 16) {
                self.archive()?;
                self.remove_segments()?;
            }
        }
        let per_second =
            u128::from(self.placed - before) * 1_000 / started.elapsed().as_millis().max(1);
        let resident = resident_bytes()?;
        let order_memory = self.instance.engine().totals().order_memory_bytes.get();
        println!(
            "{}  {}  {}  {}  {}  {per_second}",
            self.placed,
            resident >> 20,
            order_memory >> 20,
            self.archive_files,
            self.archive_bytes >> 20,
        );
        Ok(resident)
    }

    fn place(&mut self, number: u64) -> Result<(), Box<dyn Error>> {
        let lines = lines_of(number);
        self.execute(&Command::PlaceOrder(place(number, &lines)))
    }

    fn ship(&mut self, number: u64) -> Result<(), Box<dyn Error>> {
        let units: Vec<_> = (0..)
            .zip(&lines_of(number))
            .map(|(line, ordered)| LineUnits::new(line, Warehouse::new(0), ordered.quantity()))
            .collect();
        let (id, order) = (CommandId::new(id_of(number) | 1), OrderId::new(id_of(number)));
        self.execute(&Command::Ship(OrderUnits { id, order, units: &units }))
    }

    /// Everything that is closed leaves memory, as if it had been closed for long enough.
    fn archive(&mut self) -> Result<(), Box<dyn Error>> {
        let engine = self.instance.engine();
        let now = Moment { sequence: engine.last_sequence(), time: engine.last_time() };
        while let Some(facts) = self.instance.archive(now, &ArchiveLimits::default())? {
            self.archive_files += 1;
            self.archive_bytes += facts.file_bytes;
        }
        Ok(())
    }

    /// Removes the segments that the journal has left behind.
    fn remove_segments(&self) -> Result<(), Box<dyn Error>> {
        let files = std::fs::read_dir(self.folder.join("segments"))?;
        let mut files = files.map(|file| Ok(file?.path())).collect::<std::io::Result<Vec<_>>>()?;
        files.sort();
        files.truncate(files.len().saturating_sub(SEGMENTS_KEPT));
        files.iter().try_for_each(std::fs::remove_file)?;
        Ok(())
    }

    /// Orders of every age are still answered: as duplicates, and shipped.
    fn check(&mut self, orders: u64) -> Result<(), Box<dyn Error>> {
        let last = self.instance.engine().last_sequence();
        for number in (0..orders).step_by(usize::try_from(orders / 1_000 + 1)?) {
            let lines = lines_of(number);
            let again = Command::PlaceOrder(place(number, &lines));
            let reply = self.instance.execute(&again, Actor::CLIENT_MIN, EngineTime::new(0))?;
            let read = self.instance.query(&Query::ReadOrder(OrderId::new(id_of(number))))?;
            let is_known = status(&reply) == Some(ReplyStatus::Duplicate)
                && status(&read) == Some(ReplyStatus::Answered);
            if !is_known {
                return Err(format!("order {number} is forgotten").into());
            }
        }
        let unchanged = self.instance.engine().last_sequence() == last;
        if unchanged { Ok(()) } else { Err("a repeated order made a record".into()) }
    }
}

/// Ids rise, as those of UUIDv7 do; a shipment's is the next after its order's.
fn id_of(number: u64) -> u128 {
    1 << 64 | u128::from(number) << 1
}

fn lines_of(number: u64) -> Vec<OrderLine> {
    let sku = |offset: u64| {
        let sku = (number * 7 + offset) % u64::from(SKUS);
        Sku::new(u32::try_from(sku).unwrap_or_default())
    };
    (0..1 + number % 2).map(|offset| OrderLine::new(sku(offset), 1)).collect()
}

fn place(number: u64, lines: &[OrderLine]) -> PlaceOrder<'_> {
    PlaceOrder {
        id: OrderId::new(id_of(number)),
        hold: HoldId::NONE,
        customer: u128::from(number),
        value_minor: 1_000,
        currency: *b"EUR\0",
        zone: Zone::new(0),
        channel: Channel::NONE,
        priority_class: 0,
        service_level: 0,
        short: ShortMode::ShipComplete,
        reference: "SO-12345678",
        lines,
    }
}

/// The status of a reply.
fn status(reply: &[u8]) -> Option<ReplyStatus> {
    let (item, _) = Item::split(reply, reply.len()).ok()?;
    Some(Reply::parse(&item).ok()?.status)
}

/// What the kernel says that the process has in memory, the mapped journal aside.
fn resident_bytes() -> Result<u64, Box<dyn Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"));
    let kilobytes =
        line.ok_or("the kernel does not say")?.trim().trim_end_matches(" kB").parse::<u64>()?;
    Ok(kilobytes << 10)
}
