//! Held units are there for their owner, for their time, and come back whole.

use gantry_model::{
    Component, ExpireHolds, ExtendHold, PlaceHold, ReleaseHold, SetBundle, SetReserves,
};

use super::*;

const OWNER: u128 = 0xca27;
const HOLD: CommandId = CommandId::new(200);
const SECOND: u64 = 1_000_000_000;
/// The record that places the first hold in a shop without orders.
const PLACED: Sequence = Sequence::new(7);

/// A line of so many mugs.
fn mugs(units: u32) -> &'static [OrderLine] {
    vec![OrderLine::new(SKU, units)].leak()
}

/// A hold of three mugs for a minute.
fn three() -> PlaceHold<'static> {
    PlaceHold {
        id: HOLD,
        owner: OWNER,
        replaces: HoldId::NONE,
        ttl_seconds: 60,
        zone: Zone::new(0),
        warehouse: Warehouse::NONE,
        channel: Channel::NONE,
        partial: false,
        lines: mugs(3),
    }
}

fn release() -> Command<'static> {
    Command::ReleaseHold(ReleaseHold { id: CommandId::new(5), hold: HOLD })
}

/// An order of so many mugs that takes the hold.
fn taking(lines: &[OrderLine]) -> Command<'_> {
    Command::PlaceOrder(PlaceOrder { hold: HOLD, short: ShortMode::Backorder, lines, ..order() })
}

fn cost(units: i64) -> OutcomeHead {
    OutcomeHead::accepted(1, 390 + units * 25)
}

/// What the engine says of the hold that the shop has, if it expires alone.
fn expired() -> ExpireHolds {
    let last_expires = EngineTime::new(1_000 + PLACED.get() + 60 * SECOND);
    ExpireHolds { last_expires, last_placed: PLACED, holds: 1 }
}

impl Shop {
    /// Five mugs, three of them held.
    fn with_hold() -> Self {
        let mut shop = Self::new();
        let held = [shop.held(3)];
        shop.must(&Command::PlaceHold(three()), accepted(), &held);
        shop
    }

    /// Units of the hold that this record places.
    fn held(&self, units: u32) -> Movement {
        self.of_order(self.next, MovementKind::Held, HERE, units)
    }

    /// Units of the hold of [`Self::with_hold`].
    fn unheld(&self, units: u32) -> Movement {
        self.of_order(PLACED.get(), MovementKind::Unheld, HERE, units)
    }

    /// Later records come so much later.
    pub(super) fn wait(&mut self, seconds: u64) {
        self.late_ns += seconds * SECOND;
    }
}

#[test]
fn held_units_count_and_come_back() {
    let mut shop = Shop::with_hold();
    assert_eq!(shop.audit.sums().units_held, 3);
    let extend = ExtendHold { id: CommandId::new(4), hold: HOLD, ttl_seconds: 120 };
    shop.must(&Command::ExtendHold(extend), accepted(), &[]);
    shop.wait(100);
    let unheld = [shop.unheld(3)];
    shop.must(&release(), accepted(), &unheld);
    assert_eq!(shop.audit.sums().units_held, 0);
    let again = shop.unheld(3);
    shop.must_not(&release(), accepted(), &[again], "a hold ends once");
}

#[test]
fn a_hold_holds_what_its_lines_want_of_what_is_there() {
    let place = |hold: PlaceHold<'static>, units: &[u32], words: &str| {
        let shop = Shop::new();
        let held: Vec<_> = units.iter().map(|units| shop.held(*units)).collect();
        shop.must_not(&Command::PlaceHold(hold), accepted(), &held, words);
    };
    let short = "too few, or too many, held";
    place(three(), &[2], short);
    place(three(), &[4], short);
    place(PlaceHold { partial: true, ..three() }, &[4], short);
    place(PlaceHold { partial: true, ..three() }, &[], "a hold holds something");
    place(PlaceHold { lines: &[], ..three() }, &[], "a hold has lines");
    place(PlaceHold { lines: mugs(6), ..three() }, &[6], "more than can be sold");
    place(PlaceHold { owner: 0, ..three() }, &[3], "a hold has an owner");
    place(PlaceHold { ttl_seconds: 0, ..three() }, &[3], "from a second to a week");
    place(PlaceHold { ttl_seconds: 604_801, ..three() }, &[3], "from a second to a week");
    place(PlaceHold { warehouse: HERE, ..three() }, &[3], "a zone or a warehouse");
    place(PlaceHold { zone: Zone::NONE, ..three() }, &[3], "a zone or a warehouse");
    let there = PlaceHold { zone: Zone::NONE, warehouse: THERE, ..three() };
    place(there, &[3], "at the warehouse that is named");
    place(PlaceHold { replaces: HOLD, ..three() }, &[3], "the hold was never placed");
    let shop = Shop::with_hold();
    let held = [shop.held(1)];
    let again = Command::PlaceHold(PlaceHold { lines: mugs(1), ..three() });
    shop.must_not(&again, accepted(), &held, "a hold is placed once");
    let shop = Shop::new();
    let other = shop.of_order(3, MovementKind::Held, HERE, 3);
    let hold = Command::PlaceHold(three());
    shop.must_not(&hold, accepted(), &[other], "units of its own");
    let shop = Shop::new();
    let there = shop.of_order(shop.next, MovementKind::Held, THERE, 3);
    shop.must_not(&hold, accepted(), &[there], "more than can be sold");
}

#[test]
fn reserves_are_not_held() {
    let mut shop = Shop::new();
    let rows = [gantry_model::ReserveRow::new(SKU, HERE, Channel::NONE, 3)];
    let reserves = SetReserves { id: CommandId::new(4), rows: &rows };
    shop.must(&Command::SetReserves(reserves), accepted(), &[]);
    let held = [shop.held(3)];
    let words = "-1 units left besides those that are set aside";
    shop.must_not(&Command::PlaceHold(three()), accepted(), &held, words);
}

#[test]
fn held_units_are_no_others() {
    let shop = Shop::with_hold();
    let taken = [shop.order(MovementKind::Allocated, HERE, 3)];
    let words = "held, which is more than can be sold";
    shop.must_not(&place(ShortMode::Backorder, mugs(3)), cost(3), &taken, words);
    let shop = Shop::with_hold();
    let movements = [shop.order(MovementKind::Allocated, HERE, 3), shop.unheld(3)];
    let words = "an order takes units of a hold that it names";
    shop.must_not(&place(ShortMode::Backorder, mugs(3)), cost(3), &movements, words);
}

#[test]
fn an_order_has_what_its_owner_holds_and_ends_the_hold() {
    let moved = |shop: &Shop, unheld: u32| {
        [shop.order(MovementKind::Allocated, HERE, 4), shop.unheld(unheld)]
    };
    let mut shop = Shop::with_hold();
    let movements = moved(&shop, 3);
    shop.must(&taking(mugs(4)), cost(4), &movements);
    let sums = shop.audit.sums();
    assert_eq!((sums.units_held, sums.units_allocated), (0, 4));
    let shop = Shop::with_hold();
    let movements = moved(&shop, 2);
    let words = "lets all of its units go, place by place";
    shop.must_not(&taking(mugs(4)), cost(4), &movements, words);
    let shop = Shop::with_hold();
    let movements = moved(&shop, 4);
    shop.must_not(&taking(mugs(4)), cost(4), &movements, words);
    let shop = Shop::with_hold();
    let [allocated, _] = moved(&shop, 3);
    shop.must_not(&taking(mugs(4)), cost(4), &[allocated], words);
    let shop = Shop::with_hold();
    let waits = shop.order(MovementKind::Backordered, Warehouse::NONE, 3);
    let [allocated, unheld] = moved(&shop, 3);
    let words = "1 units available, which the order did not get";
    shop.must_not(&taking(mugs(7)), cost(4), &[allocated, waits, unheld], words);
}

#[test]
fn no_order_takes_a_hold_after_its_time() {
    for (seconds, words) in [(59, None), (60, Some("before its time is over"))] {
        let mut shop = Shop::with_hold();
        shop.wait(seconds);
        let movements = [shop.order(MovementKind::Allocated, HERE, 3), shop.unheld(3)];
        match words {
            Some(words) => shop.must_not(&taking(mugs(3)), cost(3), &movements, words),
            None => shop.must(&taking(mugs(3)), cost(3), &movements),
        }
    }
    let mut shop = Shop::with_hold();
    shop.wait(60);
    let unheld = [shop.unheld(3)];
    shop.must_not(&release(), accepted(), &unheld, "before its time is over");
    let mut shop = Shop::with_hold();
    shop.wait(60);
    let extend = ExtendHold { id: CommandId::new(4), hold: HOLD, ttl_seconds: 120 };
    shop.must_not(&Command::ExtendHold(extend), accepted(), &[], "before its time is over");
    let shop = Shop::with_hold();
    let extend = Command::ExtendHold(ExtendHold { ttl_seconds: 0, ..extend });
    shop.must_not(&extend, accepted(), &[], "from a second to a week");
}

/// The owner holds one mug more, and an order of four that takes the first hold needs it.
#[test]
fn an_order_takes_of_its_owners_other_holds_what_it_needs_and_no_more() {
    let with_second = |owner| {
        let mut shop = Shop::with_hold();
        let held = [shop.held(2)];
        let hold = PlaceHold { id: CommandId::new(201), owner, lines: mugs(2), ..three() };
        shop.must(&Command::PlaceHold(hold), accepted(), &held);
        shop
    };
    let moved = |shop: &Shop, other: u32| {
        let second = PLACED.get() + 1;
        let unheld = shop.of_order(second, MovementKind::Unheld, HERE, other);
        [shop.order(MovementKind::Allocated, HERE, 4), shop.unheld(3), unheld]
    };
    let mut shop = with_second(OWNER);
    let movements = moved(&shop, 1);
    shop.must(&taking(mugs(4)), cost(4), &movements);
    assert_eq!(shop.audit.sums().units_held, 1);
    let shop = with_second(OWNER);
    let movements = moved(&shop, 2);
    let words = "no more of its owner's other holds than it needs";
    shop.must_not(&taking(mugs(4)), cost(4), &movements, words);
    let shop = with_second(OWNER);
    let movements = moved(&shop, 1);
    shop.must_not(&taking(mugs(4)), cost(4), &movements[..2], "more than can be sold");
    let shop = with_second(7);
    let movements = moved(&shop, 1);
    let words = "of its owner's other holds the oldest first";
    shop.must_not(&taking(mugs(4)), cost(4), &movements, words);
}

/// Two of five mugs are fenced, three are the owner's in two holds: an order has those three, and
/// not two of them and one that is fenced.
#[test]
fn an_order_has_what_its_owner_holds_before_what_is_fenced_for_others() {
    let with_fence = || {
        let mut shop = Shop::new();
        let channel = UpsertCode { id: CommandId::new(4), code: "web" };
        shop.must(&Command::UpsertChannel(channel), OutcomeHead::defined(0), &[]);
        for (number, units) in [(200, 1), (201, 2)] {
            let held = [shop.held(units)];
            let id = CommandId::new(number);
            let hold = PlaceHold { id, lines: mugs(units), ..three() };
            shop.must(&Command::PlaceHold(hold), accepted(), &held);
        }
        let rows = [gantry_model::ReserveRow::new(SKU, HERE, Channel::new(0), 2)];
        let reserves = SetReserves { id: CommandId::new(5), rows: &rows };
        shop.must(&Command::SetReserves(reserves), accepted(), &[]);
        shop
    };
    let moved = |shop: &Shop| {
        let unheld = |placed, units| shop.of_order(placed, MovementKind::Unheld, HERE, units);
        [shop.order(MovementKind::Allocated, HERE, 3), unheld(8, 1), unheld(9, 2)]
    };
    let mut shop = with_fence();
    let movements = moved(&shop);
    shop.must(&taking(mugs(3)), cost(3), &movements);
    let shop = with_fence();
    let movements = moved(&shop);
    let words = "-2 units left besides those that are set aside";
    shop.must_not(&taking(mugs(3)), cost(3), &movements[..2], words);
}

#[test]
fn a_hold_replaces_one_of_its_owner_and_has_its_units() {
    let five = PlaceHold { id: CommandId::new(201), replaces: HOLD, lines: mugs(5), ..three() };
    let mut shop = Shop::with_hold();
    let movements = [shop.unheld(3), shop.held(5)];
    shop.must(&Command::PlaceHold(five), accepted(), &movements);
    assert_eq!(shop.audit.sums().units_held, 5);
    let shop = Shop::with_hold();
    let movements = [shop.unheld(3), shop.held(5)];
    let other = Command::PlaceHold(PlaceHold { owner: 7, ..five });
    shop.must_not(&other, accepted(), &movements, "replaces one of its own owner");
    let shop = Shop::with_hold();
    let held = [shop.held(5)];
    let words = "lets all of its units go";
    shop.must_not(&Command::PlaceHold(five), accepted(), &held, words);
}

#[test]
fn holds_expire_by_records_of_the_engine_when_their_time_has_come() {
    let over = Command::ExpireHolds(expired());
    let mut shop = Shop::with_hold();
    shop.wait(60);
    let unheld = [shop.unheld(3)];
    shop.must(&over, accepted(), &unheld);
    assert_eq!(shop.audit.sums().units_held, 0);
    let shop = Shop::with_hold();
    let unheld = [shop.unheld(3)];
    shop.must_not(&over, accepted(), &unheld, "expires when its time has come");
    let mut shop = Shop::with_hold();
    shop.wait(60);
    let words = "lets all of its units go";
    shop.must_not(&over, accepted(), &[], words);
    let wrong = |expired: ExpireHolds, words: &str| {
        let mut shop = Shop::with_hold();
        shop.wait(60);
        let unheld = [shop.unheld(3)];
        shop.must_not(&Command::ExpireHolds(expired), accepted(), &unheld, words);
    };
    wrong(ExpireHolds { holds: 2, ..expired() }, "when its time has come");
    wrong(ExpireHolds { last_placed: Sequence::new(6), ..expired() }, "order of their ends");
    wrong(ExpireHolds { last_expires: EngineTime::new(5), ..expired() }, "order of their ends");
    wrong(ExpireHolds { holds: 0, ..expired() }, "order of their ends");
}

#[test]
fn what_a_hold_lets_go_is_set_aside_for_lines_that_wait() {
    let waiting = || {
        let mut shop = Shop::with_hold();
        let taken = shop.order(MovementKind::Allocated, HERE, 2);
        let waits = shop.order(MovementKind::Backordered, Warehouse::NONE, 2);
        shop.must(&place(ShortMode::Backorder, mugs(4)), cost(2), &[taken, waits]);
        shop
    };
    let due = |shop: &Shop| {
        let (cause, nowhere) = (Sequence::new(shop.next), Warehouse::NONE);
        Movement::stock(MovementKind::Due, AdjustReason::None, SKU, nowhere, 0, cause)
    };
    let mut shop = waiting();
    let movements = [shop.unheld(3), due(&shop), shop.stock(MovementKind::SetAside, 2)];
    shop.must(&release(), accepted(), &movements);
    assert_eq!(shop.audit.sums().units_held, 2);
    let shop = waiting();
    let unheld = [shop.unheld(3)];
    let words = "a SKU that came in while lines wait for it is due";
    shop.must_not(&release(), accepted(), &unheld, words);
    let shop = waiting();
    let movements = [shop.unheld(3), due(&shop)];
    let words = "3 units for sale, which are not set aside";
    shop.must_not(&release(), accepted(), &movements, words);
}

/// Four units that an order has of a hold are not free: nobody behind it waits for them.
#[test]
fn units_that_the_same_record_uses_up_are_not_free() {
    let mut shop = Shop::new();
    let held = [shop.held(5)];
    let hold = PlaceHold { lines: mugs(5), ..three() };
    shop.must(&Command::PlaceHold(hold), accepted(), &held);
    let waits = [shop.order(MovementKind::Backordered, Warehouse::NONE, 1)];
    let first = PlaceOrder { id: CommandId::new(78), short: ShortMode::Backorder, ..order() };
    let first = Command::PlaceOrder(PlaceOrder { lines: mugs(1), ..first });
    shop.must(&first, accepted(), &waits);
    let movements = [shop.order(MovementKind::Allocated, HERE, 5), shop.unheld(5)];
    shop.must(&taking(mugs(5)), cost(5), &movements);
}

#[test]
fn a_bundle_is_held_by_its_components() {
    let bundle = Sku::new(1);
    let with_bundle = || {
        let mut shop = Shop::new();
        let sku = UpsertSku {
            id: CommandId::new(4),
            order_max: 0,
            tracked: false,
            backorder: true,
            active: true,
            code: "SET",
        };
        shop.must(&Command::UpsertSku(sku), OutcomeHead::defined(1), &[]);
        let components = [Component::new(SKU, 2)];
        let set = SetBundle { id: CommandId::new(5), sku: bundle, components: &components };
        shop.must(&Command::SetBundle(set), accepted(), &[]);
        shop
    };
    let lines = [OrderLine::new(bundle, 2)];
    let hold = PlaceHold { lines: &lines, ..three() };
    let mut shop = with_bundle();
    let held = [shop.held(4)];
    shop.must(&Command::PlaceHold(hold), accepted(), &held);
    let shop = with_bundle();
    let held = [shop.held(3)];
    let partial = Command::PlaceHold(PlaceHold { partial: true, ..hold });
    shop.must_not(&partial, accepted(), &held, "whole units of their line");
}

/// An order that waits complete makes its SKU due before it lets the hold go.
#[test]
fn an_order_that_waits_complete_lets_its_hold_go_to_the_book() {
    let mut shop = Shop::with_hold();
    let complete = PlaceOrder { short: ShortMode::WaitComplete, hold: HOLD, ..order() };
    let complete = Command::PlaceOrder(PlaceOrder { lines: mugs(7), ..complete });
    let (cause, nowhere) = (Sequence::new(shop.next), Warehouse::NONE);
    let movements = [
        shop.order(MovementKind::Backordered, Warehouse::NONE, 7),
        Movement::stock(MovementKind::Due, AdjustReason::None, SKU, nowhere, 0, cause),
        shop.unheld(3),
        shop.stock(MovementKind::SetAside, 5),
    ];
    shop.must(&complete, accepted(), &movements);
    assert_eq!(shop.audit.sums().units_held, 5);
}
