//! A shop of one SKU, by hand: which warehouses are spared for how long, and which orders are left
//! alone.

use gantry_model::{
    Actor, AdjustReason, Channel, Command, CommandId, CostRow, EngineTime, HoldId, LineUnits,
    Match, MatchAgain, MatchEnd, Movement, MovementKind, OrderId, OrderLine, Outcome, OutcomeHead,
    PlaceOrder, Proof, Record, RejectCause, RejectUnits, Sequence, SetCosts, SetPriority,
    ShortMode, Sku, StockChange, StockState, UpsertCode, UpsertSku, UpsertWarehouse, WaitKey,
    Warehouse, Zone,
};

use super::audit::books_add_up;
use super::book::Book;
use super::case::Scratch;
use super::decide;

const SECOND_NS: u64 = 1_000_000_000;
const ORDER: OrderId = OrderId::new(100);
const SKU: Sku = Sku::new(0);
const NEAR: Warehouse = Warehouse::new(0);
const FAR: Warehouse = Warehouse::new(1);

struct Shop {
    book: Book,
    time: u64,
    ids: u128,
}

impl Shop {
    /// Ten units are near, four far away, and an order has six of those that are near.
    fn new() -> Self {
        let mut shop = Self { book: Book::new(), time: 1_700_000_000 * SECOND_NS, ids: 0 };
        let id = shop.id();
        shop.ask(&Command::UpsertZone(UpsertCode { id, code: "Z" }));
        let (id, order_max, tracked, backorder, active) = (shop.id(), 0, true, true, true);
        let sku = UpsertSku { id, order_max, tracked, backorder, active, code: "S" };
        shop.ask(&Command::UpsertSku(sku));
        for (warehouse, code, units) in [(NEAR, "V", 10), (FAR, "W", 4)] {
            let (id, priority) = (shop.id(), 0);
            shop.ask(&Command::UpsertWarehouse(UpsertWarehouse { id, priority, active, code }));
            let unit = 1 + u32::from(warehouse.get());
            let rows = [CostRow::serves(Zone::new(0), 5, unit, 1)];
            let id = shop.id();
            shop.ask(&Command::SetCosts(SetCosts { id, warehouse, rows: &rows }));
            let (id, reason, state) = (shop.id(), AdjustReason::None, StockState::OnHand);
            let (sku, quantity, note) = (SKU, units, "");
            let change = StockChange { id, sku, warehouse, quantity, reason, state, note };
            shop.ask(&Command::Receive(change));
        }
        let lines = [OrderLine::new(SKU, 6)];
        shop.place(&lines);
        shop
    }

    fn place(&mut self, lines: &[OrderLine]) {
        let order = PlaceOrder {
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
            lines,
        };
        let placed = Sequence::new(self.book.sequence + 1);
        let kind = MovementKind::Allocated;
        let moved = [Movement::of_order(kind, placed, 0, SKU, NEAR, 6, placed)];
        let head = sourced(5 + 6);
        assert_eq!(self.judge(&Command::PlaceOrder(order), &head, &moved), Ok(()));
    }

    fn id(&mut self) -> CommandId {
        self.ids += 1;
        CommandId::new(self.ids)
    }

    fn placed(&self) -> Sequence {
        Sequence::new(self.book.orders[0].placed)
    }

    fn of_order(&self, kind: MovementKind, warehouse: Warehouse, units: u32) -> Movement {
        let cause = Sequence::new(self.book.sequence + 1);
        Movement::of_order(kind, self.placed(), 0, SKU, warehouse, units, cause)
    }

    fn of_stock(&self, kind: MovementKind, warehouse: Warehouse, units: i32) -> Movement {
        let cause = Sequence::new(self.book.sequence + 1);
        Movement::stock(kind, AdjustReason::None, SKU, warehouse, units, cause)
    }

    /// Carries out a command that sources nothing.
    fn ask(&mut self, command: &Command<'_>) {
        let mut movements = Vec::new();
        let at = (Sequence::new(self.book.sequence + 1), self.time);
        let head = decide::decide(&self.book, command, at, &mut movements);
        assert_eq!(self.judge(command, &head.expect("it may be done"), &movements), Ok(()));
    }

    /// Judges a record, and enters it if it is right.
    fn judge(
        &mut self,
        command: &Command<'_>,
        head: &OutcomeHead,
        movements: &[Movement],
    ) -> Result<(), String> {
        let mut command_bytes = Vec::new();
        command.write(&mut command_bytes);
        let record = Record {
            sequence: Sequence::new(self.book.sequence + 1),
            time: EngineTime::new(self.time),
            actor: if command.id().is_some() { Actor::CLIENT_MIN } else { Actor::ENGINE },
            command: *command,
            command_bytes: &command_bytes,
            outcome: Outcome { head, shorts: &[] },
            movements,
        };
        decide::judge(&self.book, &record, &mut Scratch::default(), &mut Vec::new())?;
        self.book.enter(&record);
        books_add_up(&self.book)
    }

    /// Some units at a warehouse are rejected, and these movements follow.
    fn reject(
        &mut self,
        (warehouse, units): (Warehouse, u32),
        cool_down_seconds: u32,
        head: &OutcomeHead,
        movements: &[Movement],
    ) -> Result<(), String> {
        let (id, order, cause) = (self.id(), ORDER, RejectCause::Refused);
        let units = &[LineUnits::new(0, warehouse, units)];
        let rejected = RejectUnits { id, order, cause, cool_down_seconds, units };
        self.judge(&Command::RejectUnits(rejected), head, movements)
    }

    /// The waiting line is looked at, for the last time.
    fn look(&mut self, head: &OutcomeHead, movements: &[Movement]) -> Result<(), String> {
        let last = self.book.the_sku(0).waiting.front().map_or(WaitKey::FIRST, |row| row.key);
        let looked = Match { sku: SKU, last, end: MatchEnd::Over };
        self.judge(&Command::Match(looked), head, movements)
    }

    /// What serves a unit of the line that waits.
    fn served(&self, warehouse: Warehouse) -> [Movement; 2] {
        let dequeued = self.of_order(MovementKind::Dequeued, Warehouse::NONE, 1);
        [dequeued, self.of_order(MovementKind::Allocated, warehouse, 1)]
    }
}

fn nothing() -> OutcomeHead {
    OutcomeHead::accepted(0, 0)
}

/// One parcel of the best plan.
fn sourced(cost: i64) -> OutcomeHead {
    OutcomeHead::sourced(1, cost, Some(Proof::Optimal), 0)
}

/// Five of the order's six units are rejected: four come from far away, one waits.
fn reject_five(shop: &mut Shop, cool_down_seconds: u32) {
    let movements = [
        shop.of_order(MovementKind::Released, NEAR, 5),
        shop.of_order(MovementKind::Allocated, FAR, 4),
        shop.of_order(MovementKind::Backordered, Warehouse::NONE, 1),
        shop.of_stock(MovementKind::Due, Warehouse::NONE, 0),
        shop.of_stock(MovementKind::SetAside, NEAR, 1),
    ];
    let rejected = shop.reject((NEAR, 5), cool_down_seconds, &sourced(5 + 8), &movements);
    assert_eq!(rejected, Ok(()));
}

#[test]
fn a_warehouse_that_rejected_units_is_spared_until_its_time_is_over() {
    let mut shop = Shop::new();
    reject_five(&mut shop, 60);
    shop.time += 60 * SECOND_NS - 1;
    let back = shop.of_stock(MovementKind::GivenBack, NEAR, 1);
    let [dequeued, allocated] = shop.served(NEAR);
    let no_parcel = OutcomeHead::sourced(0, 1, Some(Proof::Optimal), 0);
    let taken = shop.look(&no_parcel, &[dequeued, back, allocated]);
    assert!(taken.is_err_and(|what| what.contains("no candidate")));
    assert_eq!(shop.look(&nothing(), &[back]), Ok(()));
    shop.time += 1;
    let id = shop.id();
    shop.ask(&Command::MatchAgain(MatchAgain { id, sku: SKU }));
    assert!(shop.look(&nothing(), &[]).is_err_and(|what| what.contains("no units for")));
    let served = shop.served(NEAR);
    assert_eq!(shop.look(&no_parcel, &served), Ok(()));
}

#[test]
fn an_order_of_which_units_were_rejected_too_often_is_left_alone_until_somebody_cares() {
    let mut shop = Shop::new();
    reject_five(&mut shop, 0);
    let back = shop.of_stock(MovementKind::GivenBack, NEAR, 1);
    let [dequeued, allocated] = shop.served(NEAR);
    let no_parcel = OutcomeHead::sourced(0, 1, Some(Proof::Optimal), 0);
    assert_eq!(shop.look(&no_parcel, &[dequeued, back, allocated]), Ok(()));
    // From far away to where it is near, four times.
    for round in 0..4 {
        let (from, to, cost) = if round % 2 == 0 { (FAR, NEAR, 1) } else { (NEAR, FAR, 2) };
        let released = shop.of_order(MovementKind::Released, from, 1);
        let allocated = shop.of_order(MovementKind::Allocated, to, 1);
        let head = OutcomeHead::sourced(0, cost, Some(Proof::Optimal), 0);
        assert_eq!(shop.reject((from, 1), 0, &head, &[released, allocated]), Ok(()));
    }
    let released = shop.of_order(MovementKind::Released, FAR, 1);
    let allocated = shop.of_order(MovementKind::Allocated, NEAR, 1);
    let sixth = shop.reject((FAR, 1), 0, &no_parcel, &[released, allocated]);
    assert!(sixth.is_err_and(|what| what.contains("rejected too often")));
    let waits = [
        released,
        shop.of_order(MovementKind::Backordered, Warehouse::NONE, 1),
        shop.of_stock(MovementKind::Due, Warehouse::NONE, 0),
        shop.of_stock(MovementKind::SetAside, FAR, 1),
    ];
    assert_eq!(shop.reject((FAR, 1), 0, &nothing(), &waits), Ok(()));
    let [dequeued, allocated] = shop.served(NEAR);
    assert!(shop.look(&no_parcel, &[dequeued, allocated]).is_err());
    let back = shop.of_stock(MovementKind::GivenBack, FAR, 1);
    assert_eq!(shop.look(&nothing(), &[back]), Ok(()));
    let (id, order, priority_class) = (shop.id(), ORDER, 1);
    shop.ask(&Command::SetPriority(SetPriority { id, order, priority_class }));
    assert!(shop.look(&nothing(), &[]).is_err());
    let served = shop.served(NEAR);
    assert_eq!(shop.look(&no_parcel, &served), Ok(()));
}
