//! Steps of sweeps: they begin with a cause, look at all SKUs, and make due what can be served.

use gantry_model::{Match, MatchEnd, RejectCause, RejectUnits, SetCapacity, Sweep, WaitKey};

use super::*;

const ID: CommandId = CommandId::new(600);

fn sweep(from: u32, last: u32, end: MatchEnd) -> Command<'static> {
    Command::Sweep(Sweep { from: Sku::new(from), last: Sku::new(last), end })
}

/// Of all SKUs of a shop that has one.
fn whole() -> Command<'static> {
    sweep(0, 0, MatchEnd::Over)
}

impl Shop {
    /// Three mugs there, from where nobody is served, and an order of seven that got the five here.
    fn with_units_there() -> Self {
        let mut shop = Self::new();
        let cause = Sequence::new(shop.next);
        let kind = MovementKind::Received;
        let received = Movement::stock(kind, AdjustReason::None, SKU, THERE, 3, cause);
        let receipt = StockChange { warehouse: THERE, ..change(3) };
        shop.must(&Command::Receive(receipt), accepted(), &[received]);
        let taken = shop.order(MovementKind::Allocated, HERE, 5);
        let waits = shop.order(MovementKind::Backordered, Warehouse::NONE, 2);
        let head = OutcomeHead::accepted(1, 390 + 5 * 25);
        shop.must(&place(ShortMode::Backorder, &seven()), head, &[taken, waits]);
        shop
    }

    /// The warehouse there serves the zone from now on.
    fn serve_too(&mut self) {
        let rows = [CostRow::serves(Zone::new(0), 390, 25, 1)];
        let costs = SetCosts { id: ID, warehouse: THERE, rows: &rows };
        self.must(&Command::SetCosts(costs), accepted(), &[]);
    }

    fn all_due(&self, skus: std::ops::Range<u32>) -> Vec<Movement> {
        let (cause, nowhere) = (Sequence::new(self.next), Warehouse::NONE);
        let due = |sku| {
            let (kind, reason) = (MovementKind::Due, AdjustReason::None);
            Movement::stock(kind, reason, Sku::new(sku), nowhere, 0, cause)
        };
        skus.map(due).collect()
    }

    /// A look at the SKU's lines that serves none.
    fn look(&mut self) {
        let over = Match { sku: SKU, last: WaitKey::FIRST, end: MatchEnd::Over };
        self.must(&Command::Match(over), accepted(), &[]);
    }
}

#[test]
fn what_waits_is_due_when_another_warehouse_serves_it() {
    let mut shop = Shop::with_units_there();
    shop.serve_too();
    let due = shop.all_due(0..1);
    shop.must(&whole(), accepted(), &due);
    shop.look();
    shop.must_not(&whole(), accepted(), &[], "a sweep begins when something has changed");
}

#[test]
fn a_sweep_needs_a_cause_and_lines_that_wait_and_no_sku_that_is_due() {
    let shop = Shop::with_units_there();
    let words = "a sweep begins when something has changed";
    shop.must_not(&whole(), accepted(), &[], words);
    let mut shop = Shop::new();
    shop.serve_too();
    shop.must_not(&whole(), accepted(), &[], "a sweep is for lines that wait");
    let mut shop = Shop::with_units_there();
    shop.serve_too();
    let due = shop.all_due(0..1);
    shop.must(&whole(), accepted(), &due);
    shop.serve_too();
    let words = "a sweep waits until no SKU is due";
    shop.must_not(&whole(), accepted(), &[], words);
}

#[test]
fn a_sweep_makes_due_what_is_waited_for_and_there_and_moves_nothing() {
    let mut shop = Shop::with_order();
    shop.serve_too();
    let due = shop.all_due(0..1);
    let words = "a sweep makes due what lines wait for and is there";
    shop.must_not(&whole(), accepted(), &due, words);
    let mut shop = Shop::with_units_there();
    shop.serve_too();
    let aside = MovementKind::SetAside;
    let cause = Sequence::new(shop.next);
    let moved = Movement::stock(aside, AdjustReason::None, SKU, THERE, 2, cause);
    let movements = [shop.all_due(0..1), vec![moved]].concat();
    shop.must_not(&whole(), accepted(), &movements, "a sweep moves no units");
}

#[test]
fn a_sweep_begins_with_the_first_sku_and_is_over_with_the_last() {
    let refused = |command: &Command<'_>, words: &str| {
        let mut shop = Shop::with_order();
        shop.serve_too();
        shop.must_not(command, accepted(), &[], words);
    };
    refused(&sweep(1, 1, MatchEnd::Over), "a sweep begins with the first SKU");
    refused(&sweep(1, 0, MatchEnd::Over), "a step of a sweep looks at SKUs");
    refused(&sweep(0, 1, MatchEnd::Over), "there is no SKU 1");
    refused(&sweep(0, 4_096, MatchEnd::Over), "4,096 SKUs at most");
    refused(&sweep(0, 0, MatchEnd::GoesOn), "a sweep is over with the last SKU");
}

#[test]
fn a_bar_that_ends_and_a_day_that_begins_are_causes() {
    let mut shop = Shop::with_order();
    let rejected = [LineUnits::new(0, HERE, 5)];
    let cause = RejectCause::Refused;
    let reject =
        RejectUnits { id: ID, order: ORDER, cause, cool_down_seconds: 60, units: &rejected };
    let (nowhere, cause) = (Warehouse::NONE, Sequence::new(shop.next));
    let aside = Movement::stock(MovementKind::SetAside, AdjustReason::None, SKU, HERE, 5, cause);
    let movements = [
        vec![shop.later(MovementKind::Released, HERE, 5)],
        vec![shop.later(MovementKind::Backordered, nowhere, 5)],
        shop.all_due(0..1),
        vec![aside],
    ]
    .concat();
    shop.must(&Command::RejectUnits(reject), accepted(), &movements);
    let back = shop.stock(MovementKind::GivenBack, 5);
    let over = Match { sku: SKU, last: WaitKey::FIRST, end: MatchEnd::Over };
    shop.must(&Command::Match(over), accepted(), &[back]);
    shop.wait(59);
    let words = "a sweep begins when something has changed";
    assert!(shop.take(&whole(), accepted(), &[]).unwrap_err().contains(words));
    shop.next -= 1;
    shop.audit.last_sequence -= 1;
    shop.wait(2);
    let due = shop.all_due(0..1);
    shop.must(&whole(), accepted(), &due);
    shop.look();
    let capacity = SetCapacity {
        warehouse: HERE,
        cut_off_minute: 720,
        orders_per_day_max: u32::MAX,
        units_per_day_max: u32::MAX,
        id: ID,
    };
    shop.must(&Command::SetCapacity(capacity), accepted(), &[]);
    let due = shop.all_due(0..1);
    shop.must(&whole(), accepted(), &due);
    shop.look();
    shop.wait(86_400);
    let due = shop.all_due(0..1);
    shop.must(&whole(), accepted(), &due);
    shop.look();
    shop.must_not(&whole(), accepted(), &[], words);
}

#[test]
fn a_step_makes_sixty_four_skus_due_and_the_next_goes_on() {
    // Lines wait for so many of 66 SKUs, which are always there where a warehouse serves.
    let crowded = |count: u16| {
        let mut shop = Shop::new();
        let codes: Vec<String> = (1..67).map(|number| format!("POSTER-{number}")).collect();
        for (handle, code) in (1..).zip(&codes) {
            let (order_max, tracked, backorder, active) = (0, false, true, true);
            let sku = UpsertSku { id: ID, order_max, tracked, backorder, active, code };
            shop.must(&Command::UpsertSku(sku), OutcomeHead::defined(handle), &[]);
        }
        let skus = 1..=u32::from(count);
        let lines: Vec<OrderLine> = skus.map(|sku| OrderLine::new(Sku::new(sku), 1)).collect();
        let (placed, nowhere) = (Sequence::new(shop.next), Warehouse::NONE);
        let waits = |line: u16| {
            let sku = Sku::new(u32::from(line) + 1);
            let kind = MovementKind::Backordered;
            Movement::of_order(kind, placed, line, sku, nowhere, 1, placed)
        };
        let movements: Vec<Movement> = (0..count).map(waits).collect();
        shop.must(&place(ShortMode::Backorder, &lines), accepted(), &movements);
        shop.serve_too();
        shop
    };
    let mut shop = crowded(66);
    let due = shop.all_due(1..65);
    shop.must(&sweep(0, 64, MatchEnd::GoesOn), accepted(), &due);
    for sku in 1..65 {
        let over = Match { sku: Sku::new(sku), last: WaitKey::FIRST, end: MatchEnd::Over };
        shop.must(&Command::Match(over), accepted(), &[]);
    }
    let due = shop.all_due(65..67);
    shop.must(&sweep(65, 66, MatchEnd::Over), accepted(), &due);
    let shop = crowded(66);
    let due = shop.all_due(1..66);
    let words = "a sweep makes 64 SKUs due at most";
    shop.must_not(&sweep(0, 65, MatchEnd::GoesOn), accepted(), &due, words);
    let shop = crowded(64);
    let due = shop.all_due(1..65);
    let words = "ends with the 64th SKU that is due";
    shop.must_not(&sweep(0, 65, MatchEnd::GoesOn), accepted(), &due, words);
    let shop = crowded(66);
    let due = shop.all_due(1..64);
    let words = "a step of a sweep goes as far as it may";
    shop.must_not(&sweep(0, 63, MatchEnd::GoesOn), accepted(), &due, words);
}
