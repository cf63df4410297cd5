//! Records that break one rule each: an audit that accepts one of them is worth nothing.

mod archive;
mod bundles;
mod holds;
mod matching;
mod promised;
mod random;
mod rejected;
mod resourced;
mod rules;
mod swapped;
mod swept;

use gantry_model::{
    Actor, AdjustReason, Channel, Command, CommandId, CostRow, EngineTime, HoldId, LineUnits,
    Movement, MovementKind, OrderLine, OrderUnits, Outcome, OutcomeHead, PlaceOrder, Record,
    RejectReason, Sequence, SetCosts, ShortMode, Sku, StockChange, StockState, UpsertCode,
    UpsertSku, UpsertWarehouse, Warehouse, Zone,
};

use super::{Audit, Sums};

const SKU: Sku = Sku::new(0);
const HERE: Warehouse = Warehouse::new(0);
const THERE: Warehouse = Warehouse::new(1);
const ORDER: CommandId = CommandId::new(77);

/// An audit of a small shop: one SKU, two warehouses of which only the first serves the zone, five
/// units here.
struct Shop {
    audit: Audit,
    next: u64,
    /// How much later the next records come than one nanosecond each.
    late_ns: u64,
}

impl Shop {
    fn new() -> Self {
        let mut shop = Self { audit: Audit::default(), next: 1, late_ns: 0 };
        let id = CommandId::new(1);
        let sku = UpsertSku {
            id,
            order_max: 0,
            tracked: true,
            backorder: true,
            active: true,
            code: "MUG",
        };
        shop.must(&Command::UpsertSku(sku), OutcomeHead::defined(0), &[]);
        for (handle, code) in [(0, "BER"), (1, "LYS")] {
            let warehouse = UpsertWarehouse { id, priority: 1, active: true, code };
            let head = OutcomeHead::defined(handle);
            shop.must(&Command::UpsertWarehouse(warehouse), head, &[]);
        }
        let zone = UpsertCode { id, code: "1" };
        shop.must(&Command::UpsertZone(zone), OutcomeHead::defined(0), &[]);
        let rows = [CostRow::serves(Zone::new(0), 390, 25, 1)];
        let costs = SetCosts { id, warehouse: HERE, rows: &rows };
        shop.must(&Command::SetCosts(costs), accepted(), &[]);
        let received = shop.stock(MovementKind::Received, 5);
        shop.must(&Command::Receive(change(5)), accepted(), &[received]);
        shop
    }

    /// A shop with an order of seven mugs: five from here, and two that wait, as nothing else is here.
    fn with_order() -> Self {
        let mut shop = Self::new();
        let taken = shop.order(MovementKind::Allocated, HERE, 5);
        let waits = shop.order(MovementKind::Backordered, Warehouse::NONE, 2);
        let head = OutcomeHead::accepted(1, 390 + 5 * 25);
        shop.must(&place(ShortMode::Backorder, &seven()), head, &[taken, waits]);
        shop
    }

    fn take(
        &mut self,
        command: &Command<'_>,
        head: OutcomeHead,
        movements: &[Movement],
    ) -> Result<(), String> {
        let record = Record {
            sequence: Sequence::new(self.next),
            time: EngineTime::new(1_000 + self.next + self.late_ns),
            actor: command.id().map_or(Actor::ENGINE, |_| Actor::CLIENT_MIN),
            command: *command,
            command_bytes: &[],
            outcome: Outcome { head: &head, shorts: &[] },
            movements,
        };
        self.next += 1;
        self.audit.take(&record).map_err(|broken| broken.to_string())
    }

    #[track_caller]
    fn must(&mut self, command: &Command<'_>, head: OutcomeHead, movements: &[Movement]) {
        self.take(command, head, movements).expect("this record keeps the rules");
    }

    #[track_caller]
    fn must_not(
        mut self,
        command: &Command<'_>,
        head: OutcomeHead,
        movements: &[Movement],
        words: &str,
    ) {
        let broken = self.take(command, head, movements).expect_err(words);
        assert!(broken.contains(words), "{words}: {broken}");
    }

    fn stock(&self, kind: MovementKind, quantity: i32) -> Movement {
        let cause = Sequence::new(self.next);
        Movement::stock(kind, AdjustReason::None, SKU, HERE, quantity, cause)
    }

    /// A movement of the order that this record places.
    fn order(&self, kind: MovementKind, warehouse: Warehouse, units: u32) -> Movement {
        self.of_order(self.next, kind, warehouse, units)
    }

    /// A movement of the order placed by [`Self::with_order`].
    fn later(&self, kind: MovementKind, warehouse: Warehouse, units: u32) -> Movement {
        self.of_order(7, kind, warehouse, units)
    }

    fn of_order(
        &self,
        placed: u64,
        kind: MovementKind,
        warehouse: Warehouse,
        units: u32,
    ) -> Movement {
        let cause = Sequence::new(self.next);
        Movement::of_order(kind, Sequence::new(placed), 0, SKU, warehouse, units, cause)
    }
}

fn accepted() -> OutcomeHead {
    OutcomeHead::accepted(0, 0)
}

fn seven() -> [OrderLine; 1] {
    [OrderLine::new(SKU, 7)]
}

fn place(short: ShortMode, lines: &[OrderLine]) -> Command<'_> {
    Command::PlaceOrder(PlaceOrder { short, lines, ..order() })
}

/// An order of nothing, to be filled in.
fn order() -> PlaceOrder<'static> {
    PlaceOrder {
        id: ORDER,
        hold: HoldId::NONE,
        customer: 0,
        value_minor: 0,
        currency: [0; 4],
        zone: Zone::new(0),
        channel: Channel::NONE,
        priority_class: 0,
        service_level: 0,
        short: ShortMode::ShipComplete,
        reference: "",
        lines: &[],
    }
}

fn change(quantity: i32) -> StockChange<'static> {
    StockChange {
        id: CommandId::new(2),
        sku: SKU,
        warehouse: HERE,
        quantity,
        reason: AdjustReason::None,
        state: StockState::OnHand,
        note: "",
    }
}

fn units(units: &[LineUnits]) -> OrderUnits<'_> {
    OrderUnits { id: CommandId::new(3), order: ORDER, units }
}

#[test]
fn records_that_keep_the_rules_add_up() {
    let mut shop = Shop::with_order();
    let ship = [LineUnits::new(0, HERE, 1)];
    let shipped = shop.later(MovementKind::Shipped, HERE, 1);
    shop.must(&Command::Ship(units(&ship)), accepted(), &[shipped]);
    let cancelled = [
        shop.later(MovementKind::Dequeued, Warehouse::NONE, 2),
        shop.later(MovementKind::Released, HERE, 1),
        shop.later(MovementKind::Cancelled, Warehouse::NONE, 3),
    ];
    shop.must(&Command::CancelOrder(units(&[])), accepted(), &cancelled);
    let counted = shop.stock(MovementKind::Adjusted, 6);
    shop.must(&Command::SetStock(change(10)), accepted(), &[counted]);
    let sums = shop.audit.sums();
    let expected = Sums {
        orders: 1,
        open_orders: 1,
        units_on_hand: 10,
        units_allocated: 3,
        units_held: 0,
        units_backordered: 0,
    };
    assert_eq!(sums, expected);
}

#[test]
fn sequence_and_time_have_no_gap_and_no_way_back() {
    let mut shop = Shop::new();
    shop.next += 1;
    let received = shop.stock(MovementKind::Received, 5);
    shop.must_not(&Command::Receive(change(5)), accepted(), &[received], "record 7 should come");
    let mut shop = Shop::new();
    shop.audit.last_time_ns = u64::MAX;
    let received = shop.stock(MovementKind::Received, 5);
    shop.must_not(&Command::Receive(change(5)), accepted(), &[received], "time never goes back");
}

#[test]
fn no_stock_appears_or_vanishes() {
    let shop = Shop::new();
    let more = shop.stock(MovementKind::Received, 6);
    shop.must_not(&Command::Receive(change(5)), accepted(), &[more], "received units");
    let shop = Shop::new();
    shop.must_not(&Command::Receive(change(5)), accepted(), &[], "moves once");
    let shop = Shop::new();
    let nothing = shop.stock(MovementKind::Received, 0);
    shop.must_not(&Command::Receive(change(0)), accepted(), &[nothing], "moves units");
    let shop = Shop::new();
    let taken = shop.stock(MovementKind::Adjusted, -6);
    shop.must_not(&Command::Adjust(change(-6)), accepted(), &[taken], "-1 units on hand");
    let shop = Shop::new();
    shop.must_not(&Command::SetStock(change(4)), accepted(), &[], "counted units");
    let shop = Shop::with_order();
    let taken = shop.stock(MovementKind::Adjusted, -1);
    shop.must_not(&Command::Adjust(change(-1)), accepted(), &[taken], "more than are on hand");
}

#[test]
fn no_unit_is_promised_twice_left_open_or_left_behind() {
    let backorder = ShortMode::Backorder;
    let cost = |units: i64| OutcomeHead::accepted(1, 390 + units * 25);
    let shop = Shop::new();
    let taken = shop.order(MovementKind::Allocated, HERE, 7);
    let words = "more than are on hand";
    shop.must_not(&place(backorder, &seven()), cost(7), &[taken], words);
    let shop = Shop::new();
    let taken = shop.order(MovementKind::Allocated, HERE, 5);
    shop.must_not(&place(backorder, &seven()), cost(5), &[taken], "2 units that are in no bucket");
    let shop = Shop::new();
    let taken = shop.order(MovementKind::Allocated, HERE, 4);
    let waits = shop.order(MovementKind::Backordered, Warehouse::NONE, 3);
    let words = "available, which the order did not get";
    shop.must_not(&place(backorder, &seven()), cost(4), &[taken, waits], words);
    let shop = Shop::new();
    let taken = shop.order(MovementKind::Allocated, THERE, 5);
    let waits = shop.order(MovementKind::Backordered, Warehouse::NONE, 2);
    let words = "more than are on hand";
    shop.must_not(&place(backorder, &seven()), cost(5), &[taken, waits], words);
}

#[test]
fn modes_costs_and_ids_are_held_against_the_record() {
    let taken_and_waiting = |shop: &Shop| {
        let taken = shop.order(MovementKind::Allocated, HERE, 5);
        [taken, shop.order(MovementKind::Backordered, Warehouse::NONE, 2)]
    };
    let head = OutcomeHead::accepted(1, 390 + 5 * 25);
    for short in [ShortMode::ShipComplete, ShortMode::TakeAvailable] {
        let shop = Shop::new();
        let movements = taken_and_waiting(&shop);
        shop.must_not(&place(short, &seven()), head, &movements, "the mode allows no such");
    }
    let shop = Shop::new();
    let movements = taken_and_waiting(&shop);
    let dear = OutcomeHead::accepted(1, 516);
    let words = "cost should be 515, and the record says 516";
    shop.must_not(&place(ShortMode::Backorder, &seven()), dear, &movements, words);
    let shop = Shop::new();
    let movements = taken_and_waiting(&shop);
    let two = OutcomeHead::accepted(2, 515);
    shop.must_not(&place(ShortMode::Backorder, &seven()), two, &movements, "parcels should be 1");
    let shop = Shop::with_order();
    let waits = [shop.order(MovementKind::Backordered, Warehouse::NONE, 7)];
    let words = "an order is placed once";
    shop.must_not(&place(ShortMode::Backorder, &seven()), accepted(), &waits, words);
    let shop = Shop::new();
    let movements = taken_and_waiting(&shop);
    let rejected = OutcomeHead::rejected(RejectReason::OutOfStock, 0, 0);
    let words = "a rejection moves nothing";
    shop.must_not(&place(ShortMode::Backorder, &seven()), rejected, &movements, words);
}

#[test]
fn orders_move_only_as_their_commands_say() {
    let shop = Shop::with_order();
    let ship = [LineUnits::new(0, HERE, 1)];
    let shipped = shop.later(MovementKind::Shipped, HERE, 2);
    let words = "what is shipped is what was asked";
    shop.must_not(&Command::Ship(units(&ship)), accepted(), &[shipped], words);
    let shop = Shop::with_order();
    let released = shop.later(MovementKind::Released, HERE, 1);
    let words = "1 units that are in no bucket";
    shop.must_not(&Command::CancelOrder(units(&[])), accepted(), &[released], words);
    let shop = Shop::with_order();
    let dequeued = shop.later(MovementKind::Dequeued, Warehouse::NONE, 3);
    let words = "-1 units waiting";
    shop.must_not(&Command::CancelOrder(units(&[])), accepted(), &[dequeued], words);
    let shop = Shop::with_order();
    let elsewhere = shop.order(MovementKind::Released, HERE, 1);
    let words = "names the order of its command";
    shop.must_not(&Command::CancelOrder(units(&[])), accepted(), &[elsewhere], words);
}

#[test]
fn handles_are_dense() {
    let zone = UpsertCode { id: CommandId::new(9), code: "2" };
    let words = "handles are dense";
    Shop::new().must_not(&Command::UpsertZone(zone), OutcomeHead::defined(2), &[], words);
}
