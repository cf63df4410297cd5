//! Lines that wait get what comes in, and nothing else happens to it.

use gantry_model::{EngineSecond, Match, MatchAgain, MatchEnd, SetPriority, WaitKey};

use super::*;

/// The line that waits in the shop with an order.
const FIRST: WaitKey =
    WaitKey { priority_class: 0, promised: EngineSecond::NONE, placed: Sequence::new(7), line: 0 };

fn looked(last: WaitKey, end: MatchEnd) -> Command<'static> {
    Command::Match(Match { sku: SKU, last, end })
}

impl Shop {
    /// The shop with an order of which two units wait, when three more have come in.
    fn due() -> Self {
        let mut shop = Self::with_order();
        let movements = shop.three_come_in(2);
        shop.must(&Command::Receive(change(3)), accepted(), &movements);
        shop
    }

    fn three_come_in(&self, set_aside: i32) -> [Movement; 3] {
        [self.stock(MovementKind::Received, 3), self.is_due(), self.puts_aside(set_aside)]
    }

    fn is_due(&self) -> Movement {
        let (cause, nowhere) = (Sequence::new(self.next), Warehouse::NONE);
        Movement::stock(MovementKind::Due, AdjustReason::None, SKU, nowhere, 0, cause)
    }

    fn puts_aside(&self, units: i32) -> Movement {
        self.stock(MovementKind::SetAside, units)
    }

    /// The line that waits gets so many units of those set aside.
    fn served(&self, units: u32) -> [Movement; 3] {
        [
            self.later(MovementKind::Dequeued, Warehouse::NONE, units),
            self.stock(MovementKind::GivenBack, units.cast_signed()),
            self.later(MovementKind::Allocated, HERE, units),
        ]
    }
}

/// What units cost in a parcel that the order has already.
fn cost(units: i64) -> OutcomeHead {
    OutcomeHead::accepted(0, units * 25)
}

#[test]
fn a_waiting_line_gets_what_was_set_aside_for_it() {
    let mut shop = Shop::due();
    assert_eq!(shop.audit.sums().units_held, 2);
    let movements = shop.served(2);
    shop.must(&looked(FIRST, MatchEnd::Over), cost(2), &movements);
    let sums = shop.audit.sums();
    assert_eq!((sums.units_held, sums.units_allocated, sums.units_backordered), (0, 7, 0));
}

#[test]
fn a_line_that_gets_nothing_waits_on() {
    let mut shop = Shop::due();
    let back = shop.stock(MovementKind::GivenBack, 2);
    shop.must(&looked(FIRST, MatchEnd::Over), accepted(), &[back]);
    let sums = shop.audit.sums();
    assert_eq!((sums.units_held, sums.units_backordered), (0, 2));
}

#[test]
fn nobody_slips_in_before_those_who_wait() {
    let shop = Shop::with_order();
    let received = shop.stock(MovementKind::Received, 3);
    let words = "a SKU that came in while lines wait for it is due";
    shop.must_not(&Command::Receive(change(3)), accepted(), &[received], words);
    let shop = Shop::with_order();
    let [received, due, _] = shop.three_come_in(2);
    let words = "3 units for sale, which are not set aside";
    shop.must_not(&Command::Receive(change(3)), accepted(), &[received, due], words);
    let shop = Shop::due();
    let taken = [shop.order(MovementKind::Allocated, HERE, 2)];
    let two = [OrderLine::new(SKU, 2)];
    let order = PlaceOrder { id: CommandId::new(78), lines: &two, ..order() };
    let head = OutcomeHead::accepted(1, 390 + 2 * 25);
    let words = "allocated, set aside or held, which is more than can be sold";
    shop.must_not(&Command::PlaceOrder(order), head, &taken, words);
}

#[test]
fn no_more_is_set_aside_than_waits_came_in_and_can_be_sold() {
    let shop = Shop::with_order();
    let movements = shop.three_come_in(3);
    let words = "no more is set aside than waits";
    shop.must_not(&Command::Receive(change(3)), accepted(), &movements, words);
    let shop = Shop::with_order();
    let [_, due, set_aside] = shop.three_come_in(2);
    let one = shop.stock(MovementKind::Received, 1);
    let words = "more than can be sold";
    shop.must_not(&Command::Receive(change(1)), accepted(), &[one, due, set_aside], words);
    let shop = Shop::with_order();
    let [received, _, set_aside] = shop.three_come_in(2);
    let words = "units are set aside for a SKU that is due";
    shop.must_not(&Command::Receive(change(3)), accepted(), &[received, set_aside], words);
    let shop = Shop::with_order();
    let [received, due, set_aside] = shop.three_come_in(2);
    let there = Movement::stock(
        MovementKind::SetAside,
        AdjustReason::None,
        SKU,
        THERE,
        set_aside.quantity(),
        set_aside.cause(),
    );
    let words = "units are set aside where some came in";
    shop.must_not(&Command::Receive(change(3)), accepted(), &[received, due, there], words);
    let shop = Shop::new();
    let movements = [shop.stock(MovementKind::Received, 3), shop.is_due()];
    let words = "a SKU is due for lines that wait";
    shop.must_not(&Command::Receive(change(3)), accepted(), &movements, words);
    let shop = Shop::due();
    let movements = [shop.stock(MovementKind::Received, 3), shop.stock(MovementKind::GivenBack, 2)];
    let words = "the command makes no such movement";
    shop.must_not(&Command::Receive(change(3)), accepted(), &movements, words);
}

#[test]
fn a_match_moves_units_of_the_line_that_it_names_and_of_no_other() {
    let over = looked(FIRST, MatchEnd::Over);
    let shop = Shop::due();
    let [dequeued, back, _] = shop.served(2);
    let short = shop.later(MovementKind::Allocated, HERE, 1);
    let words = "1 units that are in no bucket";
    shop.must_not(&over, cost(1), &[dequeued, back, short], words);
    let shop = Shop::due();
    let [dequeued, _, allocated] = shop.served(2);
    let words = "more than can be sold";
    shop.must_not(&over, cost(2), &[dequeued, allocated], words);
    let shop = Shop::due();
    let movements = shop.served(1);
    let words = "what nobody got is given back";
    shop.must_not(&over, cost(1), &movements, words);
    let shop = Shop::due();
    let movements = shop.served(3);
    shop.must_not(&over, cost(3), &movements, "-1 units waiting");
    let shop = Shop::due();
    let [dequeued, back, _] = shop.served(2);
    let elsewhere = shop.of_order(6, MovementKind::Allocated, HERE, 2);
    let words = "names the order of its command";
    shop.must_not(&over, cost(2), &[dequeued, back, elsewhere], words);
    let shop = Shop::due();
    let movements = shop.served(2);
    let dear = OutcomeHead::accepted(0, 390 + 2 * 25);
    shop.must_not(&over, dear, &movements, "cost should be 50, and the record says 440");
    let shop = Shop::due();
    let released = [shop.later(MovementKind::Released, HERE, 1)];
    let words = "a match moves units of its own line and its own SKU";
    shop.must_not(&over, accepted(), &released, words);
}

#[test]
fn lines_are_looked_at_in_order_and_only_while_something_is_due() {
    let over = looked(FIRST, MatchEnd::Over);
    let shop = Shop::with_order();
    shop.must_not(&over, accepted(), &[], "no SKU is due");
    let shop = Shop::due();
    let movements = shop.served(2);
    let on = looked(FIRST, MatchEnd::GoesOn);
    let words = "matching goes on only with lines that wait";
    shop.must_not(&on, cost(2), &movements, words);
    let shop = Shop::due();
    let nobody = looked(WaitKey::FIRST, MatchEnd::GoesOn);
    shop.must_not(&nobody, accepted(), &[], "a look at no line is over");
    let shop = Shop::due();
    let nobody = looked(WaitKey { line: 1, ..FIRST }, MatchEnd::Over);
    let words = "the line looked at last waits";
    shop.must_not(&nobody, accepted(), &[], words);
}

#[test]
fn an_order_of_another_class_waits_at_another_place() {
    let mut shop = Shop::due();
    let priority = SetPriority { id: CommandId::new(5), order: ORDER, priority_class: 9 };
    let due = shop.is_due();
    shop.must(&Command::SetPriority(priority), accepted(), &[due]);
    let later = WaitKey { priority_class: 9, ..FIRST };
    let movements = shop.served(2);
    shop.must(&looked(later, MatchEnd::Over), cost(2), &movements);
}

#[test]
fn an_order_that_waits_complete_gets_all_of_it_or_nothing() {
    let words = "an order that waits complete is served whole";
    let shop = Shop::new();
    let taken = shop.order(MovementKind::Allocated, HERE, 5);
    let waits = shop.order(MovementKind::Backordered, Warehouse::NONE, 2);
    let head = OutcomeHead::accepted(1, 390 + 5 * 25);
    shop.must_not(&place(ShortMode::WaitComplete, &seven()), head, &[taken, waits], words);
    let mut shop = Shop::new();
    let waits = shop.order(MovementKind::Backordered, Warehouse::NONE, 7);
    let due = shop.is_due();
    shop.must(&place(ShortMode::WaitComplete, &seven()), accepted(), &[waits, due]);
    let kept = shop.puts_aside(5);
    shop.must(&looked(FIRST, MatchEnd::Over), accepted(), &[kept]);
    assert_eq!(shop.audit.sums().units_held, 5, "kept from those behind it");
    let again = MatchAgain { id: CommandId::new(5), sku: SKU };
    let due = shop.is_due();
    shop.must(&Command::MatchAgain(again), accepted(), &[due]);
    let movements = shop.served(5);
    let head = OutcomeHead::accepted(1, 390 + 5 * 25);
    shop.must_not(&looked(FIRST, MatchEnd::Over), head, &movements, words);
}
