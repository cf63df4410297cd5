//! Nothing is promised that is not expected, and no promise is broken in silence.

use gantry_model::{
    ChangeSupply, EngineSecond, ExpectSupply, Match, MatchEnd, Promise, ReceiveSupply, SupplyId,
    WaitKey,
};

use super::*;

const SUPPLY: SupplyId = CommandId::new(300);
/// The record that announces the supply.
const ANNOUNCED: Sequence = Sequence::new(7);
/// The record that places the order behind it.
const PLACED: u64 = 8;
const ETA: EngineSecond = EngineSecond::new(10);
const LATER: EngineSecond = EngineSecond::new(20);

fn expect(quantity: u32, eta: EngineSecond) -> Command<'static> {
    Command::ExpectSupply(ExpectSupply { id: SUPPLY, sku: SKU, warehouse: HERE, quantity, eta })
}

fn change_to(quantity: u32, eta: EngineSecond) -> Command<'static> {
    let id = CommandId::new(301);
    Command::ChangeSupply(ChangeSupply { id, supply: SUPPLY, quantity, eta })
}

fn receive(quantity: u32) -> Command<'static> {
    let id = CommandId::new(302);
    Command::ReceiveSupply(ReceiveSupply { id, supply: SUPPLY, quantity })
}

fn review(last: WaitKey, end: MatchEnd) -> Command<'static> {
    Command::Promise(Promise { sku: SKU, last, end })
}

/// The line that waits.
fn line(promised: EngineSecond) -> WaitKey {
    WaitKey { priority_class: 0, promised, placed: Sequence::new(PLACED), line: 0 }
}

fn head() -> OutcomeHead {
    OutcomeHead::accepted(1, 390 + 5 * 25)
}

impl Shop {
    /// The shop, and so many units that come in at second 10.
    fn expecting(quantity: u32) -> Self {
        let mut shop = Self::new();
        shop.must(&expect(quantity, ETA), accepted(), &[]);
        shop
    }

    /// An order of which two units wait, and are promised for second 10.
    fn promising() -> Self {
        let mut shop = Self::expecting(4);
        let movements = shop.waiting(&[shop.promised(2)]);
        shop.must(&place(ShortMode::Backorder, &seven()), head(), &movements);
        shop
    }

    /// What an order of seven moves, with promises.
    fn waiting(&self, promises: &[Movement]) -> Vec<Movement> {
        let taken = self.order(MovementKind::Allocated, HERE, 5);
        let waits = self.order(MovementKind::Backordered, Warehouse::NONE, 2);
        [&[taken, waits], promises].concat()
    }

    fn promised(&self, units: u32) -> Movement {
        promise(MovementKind::Promised, HERE, units, ANNOUNCED)
    }

    fn unpromised(&self, units: u32) -> Movement {
        promise(MovementKind::Unpromised, HERE, units, ANNOUNCED)
    }

    fn broken(&self, units: u32) -> Movement {
        let cause = Sequence::new(self.next);
        promise(MovementKind::PromiseBroken, Warehouse::NONE, units, cause)
    }

    #[track_caller]
    fn promises(&self, date: EngineSecond) {
        assert_eq!(self.audit.expected.date((Sequence::new(PLACED), 0)), date);
    }
}

fn promise(kind: MovementKind, warehouse: Warehouse, units: u32, cause: Sequence) -> Movement {
    Movement::of_order(kind, Sequence::new(PLACED), 0, SKU, warehouse, units, cause)
}

#[test]
fn a_promise_is_kept_when_what_was_expected_comes_in() {
    let mut shop = Shop::promising();
    shop.promises(ETA);
    let cause = Sequence::new(shop.next);
    let due =
        Movement::stock(MovementKind::Due, AdjustReason::None, SKU, Warehouse::NONE, 0, cause);
    let movements =
        [shop.stock(MovementKind::Received, 4), due, shop.stock(MovementKind::SetAside, 2)];
    shop.must(&receive(4), accepted(), &movements);
    let movements = [
        shop.of_order(PLACED, MovementKind::Dequeued, Warehouse::NONE, 2),
        shop.stock(MovementKind::GivenBack, 2),
        shop.of_order(PLACED, MovementKind::Allocated, HERE, 2),
    ];
    let looked = Match { sku: SKU, last: line(ETA), end: MatchEnd::Over };
    shop.must(&Command::Match(looked), OutcomeHead::accepted(0, 50), &movements);
    shop.promises(EngineSecond::NONE);
    shop.must(&review(WaitKey::FIRST, MatchEnd::Over), accepted(), &[]);
    let words = "of a SKU under review";
    shop.must_not(&review(WaitKey::FIRST, MatchEnd::Over), accepted(), &[], words);
}

#[test]
fn an_order_is_promised_just_what_it_waits_for_of_what_is_free() {
    let wrong = "what can be promised is promised, and nothing else";
    let lines = seven();
    let place = place(ShortMode::Backorder, &lines);
    for promises in [vec![], vec![1], vec![3], vec![1, 1], vec![2, 2]] {
        let shop = Shop::expecting(4);
        let promises: Vec<_> = promises.into_iter().map(|units| shop.promised(units)).collect();
        let movements = shop.waiting(&promises);
        shop.must_not(&place, head(), &movements, wrong);
    }
    let shop = Shop::expecting(1);
    let movements = shop.waiting(&[shop.promised(1)]);
    shop.must_not(&place, head(), &movements, wrong);
    let mut shop = Shop::expecting(4);
    shop.wait(10);
    let movements = shop.waiting(&[shop.promised(2)]);
    shop.must_not(&place, head(), &movements, wrong);
    let shop = Shop::expecting(4);
    let elsewhere = promise(MovementKind::Promised, THERE, 2, ANNOUNCED);
    let movements = shop.waiting(&[elsewhere]);
    shop.must_not(&place, head(), &movements, "promised units are of a supply of their SKU");
    let shop = Shop::new();
    let (placed, nothing) = (Sequence::new(shop.next), Sequence::new(6));
    let kind = MovementKind::Promised;
    let movements = shop.waiting(&[Movement::of_order(kind, placed, 0, SKU, HERE, 2, nothing)]);
    shop.must_not(&place, head(), &movements, "promised units are of a supply of their SKU");
    let shop = Shop::expecting(4);
    let [taken, waits, promised]: [Movement; 3] =
        shop.waiting(&[shop.promised(2)]).try_into().unwrap();
    let words = "an order is promised units behind what waits of it";
    shop.must_not(&place, head(), &[taken, promised, waits], words);
}

#[test]
fn no_unit_is_promised_twice() {
    let mut shop = Shop::expecting(3);
    let movements = shop.waiting(&[shop.promised(2)]);
    shop.must(&place(ShortMode::Backorder, &seven()), head(), &movements);
    let lines = [OrderLine::new(SKU, 2)];
    let second = Command::PlaceOrder(PlaceOrder {
        id: CommandId::new(78),
        short: ShortMode::Backorder,
        lines: &lines,
        ..order()
    });
    let placed = Sequence::new(shop.next);
    let waits = shop.order(MovementKind::Backordered, Warehouse::NONE, 2);
    let kind = MovementKind::Promised;
    let promised = Movement::of_order(kind, placed, 0, SKU, HERE, 2, ANNOUNCED);
    let words = "what can be promised is promised, and nothing else";
    shop.must_not(&second, accepted(), &[waits, promised], words);
}

#[test]
fn supplies_are_what_their_commands_say() {
    let to_come = "at a time that is to come";
    Shop::new().must_not(&expect(0, ETA), accepted(), &[], "some units are expected");
    Shop::new().must_not(&expect(4, EngineSecond::new(0)), accepted(), &[], to_come);
    let shop = Shop::expecting(4);
    shop.must_not(&change_to(5, EngineSecond::new(0)), accepted(), &[], to_come);
    Shop::new().must_not(&change_to(5, ETA), accepted(), &[], "the supply is open");
    let received = |shop: &Shop, units| [shop.stock(MovementKind::Received, units)];
    let shop = Shop::expecting(4);
    let movements = received(&shop, 5);
    shop.must_not(&receive(5), accepted(), &movements, "than is expected");
    let shop = Shop::expecting(4);
    let movements = received(&shop, 3);
    shop.must_not(&receive(4), accepted(), &movements, "received units should be 4");
    let mut shop = Shop::expecting(4);
    let movements = received(&shop, 3);
    shop.must(&receive(3), accepted(), &movements);
    shop.must_not(&change_to(2, ETA), accepted(), &[], "than has come in");
    let mut shop = Shop::expecting(4);
    let movements = received(&shop, 4);
    shop.must(&receive(4), accepted(), &movements);
    let movements = received(&shop, 1);
    shop.must_not(&receive(1), accepted(), &movements, "the supply is open");
    let untracked = UpsertSku {
        id: CommandId::new(9),
        order_max: 0,
        tracked: false,
        backorder: true,
        active: true,
        code: "MUG",
    };
    let words = "what is expected is counted";
    let shop = Shop::expecting(4);
    shop.must_not(&Command::UpsertSku(untracked), OutcomeHead::defined(0), &[], words);
}

#[test]
fn a_later_date_is_a_broken_promise() {
    let begun = review(WaitKey::FIRST, MatchEnd::GoesOn);
    let late = || {
        let mut shop = Shop::promising();
        shop.must(&change_to(4, LATER), accepted(), &[]);
        shop
    };
    let mut shop = late();
    let movements = [shop.unpromised(2), shop.promised(2), shop.broken(2)];
    shop.must(&begun, accepted(), &movements);
    shop.promises(LATER);
    shop.must(&review(WaitKey::FIRST, MatchEnd::Over), accepted(), &[]);
    let wrong = "what can be promised is promised, and nothing else";
    for (count, words) in
        [(2, wrong), (1, wrong), (0, "64 lines without a promise are looked at, or all there are")]
    {
        let shop = late();
        let movements = [shop.unpromised(2), shop.promised(2)];
        let last = if count == 0 { line(EngineSecond::NONE) } else { WaitKey::FIRST };
        let end = if count == 0 { MatchEnd::Over } else { MatchEnd::GoesOn };
        shop.must_not(&review(last, end), accepted(), &movements[..count], words);
    }
    let shop = late();
    let movements = [shop.unpromised(2), shop.promised(2), shop.broken(1)];
    shop.must_not(&begun, accepted(), &movements, wrong);
    let shop = late();
    let movements = [shop.unpromised(2), shop.promised(2), shop.broken(2)];
    let over = review(WaitKey::FIRST, MatchEnd::Over);
    shop.must_not(&over, accepted(), &movements, "looks at no other line");
}

#[test]
fn promises_that_can_be_kept_are_not_taken_back() {
    let begun = review(WaitKey::FIRST, MatchEnd::GoesOn);
    let mut shop = Shop::promising();
    shop.must(&change_to(5, ETA), accepted(), &[]);
    let movements = [shop.unpromised(2), shop.promised(2), shop.broken(2)];
    shop.must_not(&begun, accepted(), &movements, "a promise is taken back that cannot be kept");
    // Less is expected than is promised: the promise goes, and nothing comes instead.
    let mut shop = Shop::promising();
    shop.must(&change_to(1, ETA), accepted(), &[]);
    let words = "promises that cannot be kept are taken back first";
    let over = review(line(EngineSecond::NONE), MatchEnd::Over);
    shop.must_not(&over, accepted(), &[], words);
    let mut shop = Shop::promising();
    shop.must(&change_to(1, ETA), accepted(), &[]);
    let movements = [shop.unpromised(2), shop.broken(2)];
    shop.must(&begun, accepted(), &movements);
    shop.promises(EngineSecond::NONE);
    let seen = review(line(EngineSecond::NONE), MatchEnd::Over);
    shop.must(&seen, accepted(), &[]);
}

#[test]
fn a_promise_whose_time_has_come_is_made_again() {
    let mut shop = Shop::promising();
    let begun = review(WaitKey::FIRST, MatchEnd::GoesOn);
    shop.wait(10);
    let movements = [shop.unpromised(2), shop.broken(2)];
    shop.must(&begun, accepted(), &movements);
    shop.promises(EngineSecond::NONE);
    let mut shop = Shop::promising();
    shop.wait(5);
    let movements = [shop.unpromised(2), shop.broken(2)];
    shop.must_not(&begun, accepted(), &movements, "that cannot be kept");
}

#[test]
fn what_is_announced_is_promised_to_those_who_wait() {
    let announced = || {
        let mut shop = Shop::new();
        let mark = Command::Mark { state_hash: 1, hash_version: 1 };
        shop.must(&mark, accepted(), &[]);
        let movements = shop.waiting(&[]);
        shop.must(&place(ShortMode::Backorder, &seven()), head(), &movements);
        shop.must(&expect(2, ETA), accepted(), &[]);
        shop
    };
    let supply = Sequence::new(PLACED + 1);
    let promised = |units| promise(MovementKind::Promised, HERE, units, supply);
    let seen = |end| review(line(EngineSecond::NONE), end);
    let mut shop = announced();
    shop.must(&seen(MatchEnd::Over), accepted(), &[promised(2)]);
    shop.promises(ETA);
    let wrong = "what can be promised is promised, and nothing else";
    announced().must_not(&seen(MatchEnd::Over), accepted(), &[], wrong);
    announced().must_not(&seen(MatchEnd::Over), accepted(), &[promised(1)], wrong);
    let words = "a review goes on while units are free";
    announced().must_not(&seen(MatchEnd::GoesOn), accepted(), &[promised(2)], words);
    let words = "or all there are";
    let over = review(WaitKey::FIRST, MatchEnd::Over);
    announced().must_not(&over, accepted(), &[], words);
}
