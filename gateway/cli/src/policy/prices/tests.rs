//! What prices are made of, from records of a small journal: which orders count, what stock they
//! meet, at what cost.

use gantry_model::{
    Actor, AdjustReason, Channel, Command, CommandId, Component, CostRow, EngineTime, HoldId,
    Movement, MovementKind, OrderLine, Outcome, OutcomeHead, PlaceOrder, Record, RejectReason,
    Sequence, SetBundle, SetCosts, ShortMode, Sku, StockChange, StockState, UpsertSku,
    UpsertWarehouse, Warehouse, Zone,
};

use super::history::{History, Range};
use super::table::PriceTable;

const BER: Warehouse = Warehouse::new(0);
const LYS: Warehouse = Warehouse::new(1);
const NEAR: Zone = Zone::new(0);
const FAR: Zone = Zone::new(1);
const MUG: Sku = Sku::new(0);
const LAMP: Sku = Sku::new(1);
const SET: Sku = Sku::new(2);
const ID: CommandId = CommandId::new(1);

/// Records one after another, a minute apart.
struct Journal {
    history: History,
    next: u64,
}

impl Journal {
    /// A journal of which the minutes from `from` to before `until` count. Two warehouses serve
    /// two zones, at a whole parcel a unit: 110 and 220 for the near one, 120 and 530 for the far.
    fn new(from: u64, until: u64) -> Self {
        let range = Range { from: minute(from), until: minute(until) };
        let mut journal = Self { history: History::new(range), next: 0 };
        for (handle, code) in [(0, "BER"), (1, "LYS")] {
            journal.warehouse(handle, code, true);
        }
        for (handle, code) in [(0, "MUG"), (1, "LAMP")] {
            journal.sku(handle, code, true);
        }
        journal.sku(2, "SET", false);
        journal.costs(BER, &[CostRow::serves(NEAR, 100, 10, 1), CostRow::serves(FAR, 100, 20, 1)]);
        journal.costs(LYS, &[CostRow::serves(NEAR, 200, 20, 1), CostRow::serves(FAR, 500, 30, 1)]);
        journal
    }

    /// All minutes count.
    fn whole() -> Self {
        Self::new(0, 1_000)
    }

    fn take(&mut self, command: &Command<'_>, head: OutcomeHead, movements: &[Movement]) -> bool {
        self.next += 1;
        self.history.take(&Record {
            sequence: Sequence::new(self.next),
            time: minute(self.next),
            actor: Actor::CLIENT_MIN,
            command: *command,
            command_bytes: &[],
            outcome: Outcome { head: &head, shorts: &[] },
            movements,
        })
    }

    fn warehouse(&mut self, handle: u32, code: &str, active: bool) {
        let command = UpsertWarehouse { id: ID, priority: 1, active, code };
        self.take(&Command::UpsertWarehouse(command), OutcomeHead::defined(handle), &[]);
    }

    fn sku(&mut self, handle: u32, code: &str, tracked: bool) {
        let command =
            UpsertSku { id: ID, order_max: 0, tracked, backorder: true, active: true, code };
        self.take(&Command::UpsertSku(command), OutcomeHead::defined(handle), &[]);
    }

    fn costs(&mut self, warehouse: Warehouse, rows: &[CostRow]) {
        let command = SetCosts { id: ID, warehouse, rows };
        self.take(&Command::SetCosts(command), OutcomeHead::accepted(0, 0), &[]);
    }

    fn stock(&mut self, kind: MovementKind, sku: Sku, warehouse: Warehouse, units: i32) {
        let reason = AdjustReason::None;
        let (state, note, quantity) = (StockState::OnHand, "", units);
        let change = StockChange { id: ID, sku, warehouse, quantity, reason, state, note };
        let cause = Sequence::new(self.next + 1);
        let movement = Movement::stock(kind, reason, sku, warehouse, units, cause);
        self.take(&Command::Receive(change), OutcomeHead::accepted(0, 0), &[movement]);
    }

    fn receive(&mut self, sku: Sku, units: [i32; 2]) {
        self.stock(MovementKind::Received, sku, BER, units[0]);
        self.stock(MovementKind::Received, sku, LYS, units[1]);
    }

    /// An order of which nothing was there: all of it waits.
    fn waits(&mut self, zone: Zone, sku: Sku, units: u32) {
        let lines = [OrderLine::new(sku, units)];
        let waits = self.of_order(MovementKind::Backordered, sku, Warehouse::NONE, units);
        self.take(&Command::PlaceOrder(place(zone, &lines)), OutcomeHead::accepted(0, 0), &[waits]);
    }

    /// An order that came in one parcel; its sequence.
    fn ships(&mut self, zone: Zone, sku: Sku, warehouse: Warehouse, units: u32) -> Sequence {
        let lines = [OrderLine::new(sku, units)];
        let taken = self.of_order(MovementKind::Allocated, sku, warehouse, units);
        self.take(&Command::PlaceOrder(place(zone, &lines)), OutcomeHead::accepted(1, 0), &[taken]);
        Sequence::new(self.next)
    }

    /// A movement of the order that the next record places.
    fn of_order(&self, kind: MovementKind, sku: Sku, warehouse: Warehouse, units: u32) -> Movement {
        let order = Sequence::new(self.next + 1);
        Movement::of_order(kind, order, 0, sku, warehouse, units, order)
    }

    fn table(&self) -> PriceTable {
        PriceTable::compute(&self.history).expect("every problem has an optimum")
    }

    #[track_caller]
    fn check(&self, rows: &[&str]) {
        let csv = String::from_utf8(self.table().csv()).expect("codes are UTF-8");
        let lines: Vec<_> = csv.lines().collect();
        assert_eq!(lines[0], "sku,warehouse,price_minor");
        assert_eq!(lines[1..], *rows);
    }
}

fn minute(minute: u64) -> EngineTime {
    EngineTime::new(minute * 60_000_000_000)
}

fn place<'a>(zone: Zone, lines: &'a [OrderLine]) -> PlaceOrder<'a> {
    PlaceOrder {
        id: ID,
        hold: HoldId::NONE,
        customer: 0,
        value_minor: 0,
        currency: [0; 4],
        zone,
        channel: Channel::NONE,
        priority_class: 0,
        service_level: 0,
        short: ShortMode::Backorder,
        reference: "",
        lines,
    }
}

/// Berlin's mugs belong to the far zone: one less would cost 530 − 120, one more save 220 − 110.
#[test]
fn a_scarce_unit_is_priced_halfway_between_one_less_and_one_more() {
    let mut journal = Journal::whole();
    journal.receive(MUG, [3, 5]);
    journal.waits(NEAR, MUG, 3);
    journal.waits(FAR, MUG, 3);
    journal.check(&["MUG,BER,260"]);
}

#[test]
fn a_parcel_is_shared_by_the_average_units_in_one() {
    let mut journal = Journal::whole();
    journal.receive(MUG, [3, 5]);
    journal.waits(NEAR, MUG, 3);
    journal.waits(FAR, MUG, 3);
    // Seven units in two parcels: 100, 200 and 500 a parcel are 28, 57 and 142 a unit.
    journal.ships(NEAR, LAMP, BER, 3);
    journal.ships(NEAR, LAMP, BER, 4);
    let (less, more) = ((142 + 30) - (28 + 20), (57 + 20) - (28 + 10));
    journal.check(&[&format!("MUG,BER,{}", (less + more) / 2)]);
}

#[test]
fn prices_are_differences_and_rise_by_code() {
    let mut journal = Journal::whole();
    journal.receive(MUG, [2, 2]);
    journal.receive(LAMP, [3, 5]);
    for (zone, units) in [(NEAR, 3), (FAR, 3)] {
        journal.waits(zone, MUG, units);
        journal.waits(zone, LAMP, units);
    }
    // Short by two far mugs at 531 each, one more than the dearest cost: 411 at Berlin; the near
    // zone has either at 521, which leaves 301 for Lyon.
    journal.check(&["LAMP,BER,260", "MUG,BER,110"]);
}

#[test]
fn only_orders_of_the_range_are_demand_and_only_what_they_could_have_is_stock() {
    // Records 1 to 7 set the shop up; 8 and 9 are before the range, which begins with 12.
    let mut journal = Journal::new(12, 16);
    journal.receive(MUG, [9, 3]);
    journal.ships(FAR, MUG, BER, 5);
    assert_eq!(journal.ships(FAR, MUG, BER, 2), Sequence::new(11));
    // 2 are left at Berlin. One comes back from an earlier order, and Lyon gets two more.
    let released = Movement::of_order(
        MovementKind::Released,
        Sequence::new(11),
        0,
        MUG,
        BER,
        1,
        Sequence::new(12),
    );
    let limits = Command::Mark { state_hash: 0, hash_version: 0 };
    assert!(journal.take(&limits, OutcomeHead::accepted(0, 0), &[released]));
    journal.stock(MovementKind::Received, MUG, LYS, 2);
    journal.waits(NEAR, MUG, 3);
    // Its own orders take nothing off the stock that they compete for.
    journal.ships(FAR, MUG, BER, 3);
    let sums = journal.history.sums();
    assert_eq!((sums.orders, sums.units_ordered, sums.units_allocated), (2, 6, 3));
    assert_eq!(journal.history.stock_by_sku()[&MUG], [(BER, 3), (LYS, 5)]);
    assert_eq!(journal.history.demand_by_sku()[&MUG], [(NEAR, 3), (FAR, 3)]);
    // What comes after the range does not count.
    let rows = [CostRow::removed(NEAR)];
    let late = Command::SetCosts(SetCosts { id: ID, warehouse: BER, rows: &rows });
    assert!(!journal.take(&late, OutcomeHead::accepted(0, 0), &[]));
    assert!(journal.history.unit_cost(NEAR, BER).is_some());
}

#[test]
fn corrections_count_and_units_that_cannot_be_sold_do_not() {
    let mut journal = Journal::whole();
    journal.receive(MUG, [9, 5]);
    journal.stock(MovementKind::Adjusted, MUG, BER, -2);
    journal.stock(MovementKind::Withdrawn, MUG, BER, 5);
    journal.stock(MovementKind::Restored, MUG, BER, 1);
    journal.stock(MovementKind::Adjusted, MUG, LYS, -5);
    assert_eq!(journal.history.stock_by_sku()[&MUG], [(BER, 3)]);
}

#[test]
fn rejected_orders_were_demand() {
    let mut journal = Journal::whole();
    journal.receive(MUG, [3, 5]);
    let lines = [OrderLine::new(MUG, 3)];
    for zone in [NEAR, FAR] {
        let head = OutcomeHead::rejected(RejectReason::OutOfStock, 0, 0);
        journal.take(&Command::PlaceOrder(place(zone, &lines)), head, &[]);
    }
    journal.check(&["MUG,BER,260"]);
}

#[test]
fn a_bundle_is_demand_for_its_components() {
    let mut journal = Journal::whole();
    journal.receive(MUG, [6, 10]);
    journal.receive(LAMP, [3, 5]);
    let components = [Component::new(MUG, 2), Component::new(LAMP, 1)];
    let bundle = SetBundle { id: ID, sku: SET, components: &components };
    journal.take(&Command::SetBundle(bundle), OutcomeHead::accepted(0, 0), &[]);
    journal.waits(NEAR, SET, 3);
    journal.waits(FAR, SET, 3);
    journal.check(&["LAMP,BER,260", "MUG,BER,260"]);
    // From here on it is a SKU like any other, and an unlimited one.
    let bundle = SetBundle { id: ID, sku: SET, components: &[] };
    journal.take(&Command::SetBundle(bundle), OutcomeHead::accepted(0, 0), &[]);
    journal.waits(FAR, SET, 100);
    journal.check(&["LAMP,BER,260", "MUG,BER,260"]);
}

#[test]
fn an_unlimited_sku_has_no_price() {
    let mut journal = Journal::whole();
    journal.waits(FAR, SET, 100);
    journal.ships(FAR, SET, BER, 100);
    journal.check(&[]);
}

#[test]
fn without_demand_or_stock_there_is_no_price() {
    let mut journal = Journal::whole();
    journal.check(&[]);
    journal.receive(MUG, [3, 5]);
    journal.waits(NEAR, LAMP, 3);
    journal.check(&[]);
}

#[test]
fn at_one_warehouse_there_is_nothing_to_choose() {
    let mut journal = Journal::whole();
    journal.stock(MovementKind::Received, MUG, BER, 3);
    journal.waits(FAR, MUG, 30);
    journal.check(&[]);
}

#[test]
fn a_zone_that_nobody_serves_takes_no_part() {
    let mut journal = Journal::whole();
    journal.receive(MUG, [3, 5]);
    journal.waits(NEAR, MUG, 3);
    journal.waits(FAR, MUG, 3);
    journal.waits(Zone::new(9), MUG, 1_000);
    journal.check(&["MUG,BER,260"]);
    // Demand of that zone alone leaves nothing to solve.
    let mut journal = Journal::whole();
    journal.receive(MUG, [3, 5]);
    journal.waits(Zone::new(9), MUG, 1_000);
    journal.check(&[]);
}

#[test]
fn a_warehouse_that_serves_none_of_the_demand_is_no_measure() {
    let mut journal = Journal::whole();
    journal.warehouse(2, "OSL", true);
    journal.receive(MUG, [2, 2]);
    journal.stock(MovementKind::Received, MUG, Warehouse::new(2), 50);
    journal.waits(NEAR, MUG, 3);
    journal.waits(FAR, MUG, 3);
    journal.check(&["MUG,BER,110"]);
}

#[test]
fn a_warehouse_that_takes_no_orders_has_no_stock_for_them() {
    let mut journal = Journal::whole();
    journal.receive(MUG, [3, 5]);
    journal.waits(NEAR, MUG, 3);
    journal.waits(FAR, MUG, 3);
    journal.warehouse(1, "LYS", false);
    journal.check(&[]);
}

#[test]
fn zones_of_the_same_costs_are_one_row() {
    let mut journal = Journal::whole();
    let (first, last) = (10, 60);
    for warehouse in [BER, LYS] {
        let parcel = if warehouse == BER { 100 } else { 500 };
        let rows: Vec<_> =
            (first..last).map(|zone| CostRow::serves(Zone::new(zone), parcel, 20, 1)).collect();
        journal.costs(warehouse, &rows);
    }
    journal.receive(MUG, [100, 5]);
    for zone in first..last {
        journal.waits(Zone::new(zone), MUG, 2);
    }
    assert!(format!("{:?}", journal.table()).contains("variables: 3, constraints: 2"));
}
