//! Units that cannot be shipped go elsewhere or wait; what waits too long is given up.

use gantry_model::{EngineSecond, GiveUp, RejectCause, RejectUnits, ResourceOrder, SetCancelAt};

use super::*;

const PLACED: u64 = 9;
const MINUTE: u32 = 60;

fn rejecting(units: &[LineUnits], cause: RejectCause) -> Command<'_> {
    let id = CommandId::new(400);
    let cool_down_seconds = MINUTE;
    Command::RejectUnits(RejectUnits { id, order: ORDER, cause, cool_down_seconds, units })
}

fn two() -> [LineUnits; 1] {
    [LineUnits::new(0, HERE, 2)]
}

fn cancel_at(second: u32) -> Command<'static> {
    let (id, cancel_at) = (CommandId::new(401), EngineSecond::new(second));
    Command::SetCancelAt(SetCancelAt { id, order: ORDER, cancel_at })
}

fn give_up(second: u32) -> Command<'static> {
    Command::GiveUp(GiveUp { order: ORDER, cancel_at: EngineSecond::new(second) })
}

impl Shop {
    /// Five mugs here that an order has, and so many there.
    fn with_elsewhere(units: i32) -> Self {
        let mut shop = Self::new();
        let rows = [CostRow::serves(Zone::new(0), 400, 25, 1)];
        let costs = SetCosts { id: CommandId::new(5), warehouse: THERE, rows: &rows };
        shop.must(&Command::SetCosts(costs), accepted(), &[]);
        let received = shop.there(MovementKind::Received, AdjustReason::None, THERE, units);
        let receipt = StockChange { warehouse: THERE, ..change(units) };
        shop.must(&Command::Receive(receipt), accepted(), &[received]);
        let taken = shop.order(MovementKind::Allocated, HERE, 5);
        let lines = [OrderLine::new(SKU, 5)];
        let head = OutcomeHead::accepted(1, 390 + 5 * 25);
        shop.must(&place(ShortMode::ShipComplete, &lines), head, &[taken]);
        shop
    }

    fn there(
        &self,
        kind: MovementKind,
        reason: AdjustReason,
        warehouse: Warehouse,
        units: i32,
    ) -> Movement {
        Movement::stock(kind, reason, SKU, warehouse, units, Sequence::new(self.next))
    }

    fn lost(&self, units: i32) -> Movement {
        self.there(MovementKind::Withdrawn, AdjustReason::Lost, HERE, units)
    }

    /// A movement of the order placed by [`Self::with_elsewhere`].
    fn moved(&self, kind: MovementKind, warehouse: Warehouse, units: u32) -> Movement {
        self.of_order(PLACED, kind, warehouse, units)
    }
}

fn sourced(units: i64) -> OutcomeHead {
    OutcomeHead::accepted(1, 400 + units * 25)
}

#[test]
fn units_that_are_not_found_come_from_elsewhere() {
    let mut shop = Shop::with_elsewhere(7);
    let released = shop.moved(MovementKind::Released, HERE, 2);
    let movements = [released, shop.lost(2), shop.moved(MovementKind::Allocated, THERE, 2)];
    shop.must(&rejecting(&two(), RejectCause::NotFound), sourced(2), &movements);
    let sums = shop.audit.sums();
    assert_eq!((sums.units_on_hand, sums.units_allocated, sums.units_backordered), (12, 5, 0));
    // Not to be had here again before the minute is over, though three are left here.
    let back = [
        shop.moved(MovementKind::Released, THERE, 2),
        shop.moved(MovementKind::Allocated, HERE, 2),
    ];
    let again = Command::ResourceOrder(ResourceOrder { id: CommandId::new(8), order: ORDER });
    let words = "an order has nothing from a warehouse that is barred";
    shop.must_not(&again, OutcomeHead::accepted(1, 390 + 5 * 25), &back, words);
}

#[test]
fn every_unit_that_is_rejected_is_released_and_goes_elsewhere_or_waits() {
    let reject =
        |cause, head: OutcomeHead, kinds: &[(MovementKind, Warehouse, u32)], words: &str| {
            let shop = Shop::with_elsewhere(7);
            let movement = |(kind, warehouse, units): &(MovementKind, Warehouse, u32)| match kind {
                MovementKind::Withdrawn => shop.lost(units.cast_signed()),
                _ => shop.moved(*kind, *warehouse, *units),
            };
            let movements: Vec<_> = kinds.iter().map(movement).collect();
            shop.must_not(&rejecting(&two(), cause), head, &movements, words);
        };
    use MovementKind::{Allocated, Backordered, Released, Withdrawn};
    let (lost, refused) = (RejectCause::NotFound, RejectCause::Refused);
    let (gone, elsewhere) = ((Released, HERE, 2), (Allocated, THERE, 2));
    let words = "rejected units are released, and lost ones unavailable";
    reject(lost, sourced(2), &[gone, elsewhere], words);
    reject(lost, sourced(2), &[gone, (Withdrawn, HERE, 1), elsewhere], words);
    reject(refused, sourced(2), &[(Released, HERE, 1), elsewhere], words);
    let words = "rejected that neither go elsewhere nor wait";
    reject(refused, accepted(), &[gone], words);
    reject(refused, sourced(1), &[gone, (Allocated, THERE, 1)], words);
    reject(refused, sourced(2), &[gone, elsewhere, (Withdrawn, HERE, 1)], "no such");
    let words = "from a warehouse that is barred";
    reject(refused, OutcomeHead::accepted(0, 50), &[gone, (Allocated, HERE, 2)], words);
    reject(refused, sourced(1), &[gone, elsewhere], "cost should be 450");
    reject(refused, sourced(2), &[gone, (Backordered, Warehouse::NONE, 2)], "parcels should be 0");
    let rejected = LineUnits::new(0, HERE, 2);
    let twice = [rejected, rejected];
    let shop = Shop::with_elsewhere(7);
    shop.must_not(&rejecting(&twice, refused), accepted(), &[], "listed by line and warehouse");
}

#[test]
fn an_order_that_is_rejected_too_often_waits() {
    let mut shop = Shop::with_elsewhere(7);
    let one = |warehouse| [LineUnits::new(0, warehouse, 1)];
    for from_here in [true, false, true, false, true] {
        let (from, to) = if from_here { (HERE, THERE) } else { (THERE, HERE) };
        let movements = [
            shop.moved(MovementKind::Released, from, 1),
            shop.moved(MovementKind::Allocated, to, 1),
        ];
        // The order keeps a parcel here, and has one there where some of it is left.
        let head = if from_here { sourced(1) } else { OutcomeHead::accepted(0, 25) };
        shop.must(&rejecting(&one(from), RejectCause::Refused), head, &movements);
        shop.wait(u64::from(MINUTE));
    }
    let movements = [
        shop.moved(MovementKind::Released, THERE, 1),
        shop.moved(MovementKind::Allocated, HERE, 1),
    ];
    let units = one(THERE);
    let sixth = rejecting(&units, RejectCause::Refused);
    let words = "after five rejections, and no more";
    shop.must_not(&sixth, OutcomeHead::accepted(0, 25), &movements, words);
}

#[test]
fn what_waits_is_given_up_at_its_time_and_nothing_else() {
    let waiting = |second| {
        let mut shop = Shop::with_order();
        shop.must(&cancel_at(second), accepted(), &[]);
        shop.wait(10);
        shop
    };
    let given_up = |shop: &Shop, units| {
        [
            shop.later(MovementKind::Dequeued, Warehouse::NONE, units),
            shop.later(MovementKind::Cancelled, Warehouse::NONE, units),
        ]
    };
    let mut shop = waiting(10);
    let movements = given_up(&shop, 2);
    shop.must(&give_up(10), accepted(), &movements);
    assert_eq!(shop.audit.sums().units_backordered, 0);
    shop.must_not(&give_up(10), accepted(), &[], "in the order of their times");
    let shop = waiting(20);
    let movements = given_up(&shop, 2);
    shop.must_not(&give_up(20), accepted(), &movements, "when its time has come");
    let shop = waiting(10);
    let movements = given_up(&shop, 2);
    shop.must_not(&give_up(9), accepted(), &movements, "in the order of their times");
    let shop = waiting(10);
    let movements = given_up(&shop, 1);
    shop.must_not(&give_up(10), accepted(), &movements, "nothing of an order waits");
    let shop = waiting(10);
    let movements = [
        shop.later(MovementKind::Released, HERE, 5),
        shop.later(MovementKind::Cancelled, Warehouse::NONE, 5),
    ];
    shop.must_not(&give_up(10), accepted(), &movements, "keeps what is allocated");
    let mut shop = waiting(10);
    shop.must(&cancel_at(u32::MAX), accepted(), &[]);
    let movements = given_up(&shop, 2);
    shop.must_not(&give_up(10), accepted(), &movements, "in the order of their times");
    let mut shop = Shop::with_order();
    shop.wait(10);
    shop.must_not(&cancel_at(10), accepted(), &[], "at a time that is to come");
}
