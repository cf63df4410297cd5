//! Scenarios: what a policy makes of a few records, by hand.

use std::collections::BTreeMap;

use gantry_engine::{Unmapped, WarehouseFigures, WhatIf, WhatIfFigures, WhatIfPolicy, WhatIfPrice};
use gantry_model::{
    AssignPolicy, Channel, Command, CommandKind, EngineTime, Objective, Policy, PriceRow, Records,
    RejectReason, Rule, Rules, SetCapacity, SetShadowPrices, UpsertCode,
};

use super::{check_books, code, column, feed, policy, set_policy};
use crate::shop::{Shop, order_id};

/// Two warehouses that serve one zone, the dearer one preferred by nothing; three SKUs.
const NETWORK: &str = "
    warehouse EAST 1
    warehouse WEST 2
    zone 100
    cost EAST 100 500+10
    cost WEST 100 900+20
    sku BOOK
    sku LAMP
    sku CHAIR no_backorder
";

/// A policy that allows these warehouses only.
fn only(warehouses: &[&str]) -> WhatIfPolicy {
    let warehouses = warehouses.iter().map(|warehouse| code(warehouse)).collect();
    WhatIfPolicy { warehouses, ..policy(Objective::LeastCost) }
}

/// What a script becomes under a policy. The column's books are checked.
fn decide_again(script: &str, policy: WhatIfPolicy) -> WhatIf {
    let mut shop = Shop::new();
    shop.script(NETWORK);
    shop.script(script);
    let mut what_if = WhatIf::new(1, None);
    what_if.add(policy);
    feed(&mut what_if, &shop).unwrap();
    check_books(&what_if, "script");
    what_if
}

/// Units of a SKU at a warehouse in the first column: on hand, allocated, unavailable.
fn stock(what_if: &WhatIf, sku: &str, warehouse: &str) -> [u32; 3] {
    let state = column(what_if).engine().state();
    let (skus, warehouses) = (&state.catalogue.skus, &state.catalogue.warehouses);
    let cell = state.stock.cell(skus.handle(sku).unwrap(), warehouses.handle(warehouse).unwrap());
    [cell.on_hand, cell.allocated, cell.unavailable]
}

/// An order's lines in the first column: allocated, waiting, shipped, cancelled.
fn lines(what_if: &WhatIf, order: &str) -> Vec<[u32; 4]> {
    let state = column(what_if).engine().state();
    let row = state.orders.row(state.order_slot(order_id(order)).unwrap());
    let lines = state.orders.lines(row).iter();
    lines.map(|line| [line.allocated, line.waiting, line.shipped, line.cancelled]).collect()
}

#[test]
fn figures_are_the_sums_of_the_orders_as_placed() {
    let what_if = decide_again(
        "receive BOOK EAST 5        => accepted 5/5
         receive BOOK WEST 3        => accepted 3/3
         receive LAMP WEST 1        => accepted 1/1
         place 1 100 backorder BOOK:2            => accepted open parcels=1 cost=520 0@EAST:2
         place 2 100 ship_complete BOOK:2,LAMP:1 \
         => accepted open parcels=1 cost=960 0@WEST:2 1@WEST:1
         place 3 100 ship_complete CHAIR:1       => out_of_stock 0:1/0
         place 4 100 backorder BOOK:5            \
         => accepted open parcels=2 cost=1450 0@EAST:3 0@WEST:1 0:1waiting
         place 5 100 take_available LAMP:1,BOOK:1 => out_of_stock 0:1/0 1:1/0",
        only(&["WEST"]),
    );
    let recorded = what_if.recorded_figures();
    let expected = WhatIfFigures {
        orders_accepted: 3,
        orders_rejected: BTreeMap::from([(RejectReason::OutOfStock, 2)]),
        units_ordered: 13,
        units_allocated: 9,
        units_backordered: 1,
        units_rejected: 3,
        orders_split: 1,
        parcels: 4,
        cost_minor: 2_930,
        warehouses: vec![
            WarehouseFigures { units: 5, parcels: 2 },
            WarehouseFigures { units: 4, parcels: 2 },
        ],
        ..WhatIfFigures::default()
    };
    let unproven = |figures: &WhatIfFigures| WhatIfFigures { orders_proven: 0, ..figures.clone() };
    assert_eq!(unproven(recorded), expected);
    // Order 2 finds one book left; so order 4 takes it, and order 5 has the lamp.
    let expected = WhatIfFigures {
        orders_accepted: 3,
        orders_rejected: BTreeMap::from([
            (RejectReason::OutOfStock, 1),
            (RejectReason::RulesForbid, 1),
        ]),
        units_ordered: 13,
        units_allocated: 4,
        units_backordered: 4,
        units_cancelled: 1,
        units_rejected: 4,
        parcels: 3,
        cost_minor: 940 + 920 + 920,
        warehouses: vec![WarehouseFigures::default(), WarehouseFigures { units: 4, parcels: 3 }],
        ..WhatIfFigures::default()
    };
    assert_eq!(unproven(column(&what_if).figures()), expected);
    assert_eq!(recorded.fill_per_mille(), Some(692));
    assert_eq!(recorded.split_per_mille(), Some(333));
    assert_eq!(recorded.cost_minor_per_order(), Some(976));
    assert_eq!(WhatIfFigures::default().fill_per_mille(), None);
    assert_eq!(WhatIfFigures::default().cost_minor_per_order(), None);
}

#[test]
fn a_column_matches_its_own_waiting_lines_and_tells_how_long_they_waited() {
    let what_if = decide_again(
        "receive BOOK EAST 5        => accepted 5/5
         place 1 100 backorder BOOK:6  \
         => accepted open parcels=1 cost=550 0@EAST:5 0:1waiting
         place 2 100 backorder BOOK:2  => accepted open parcels=0 cost=0 0:2waiting
         receive BOOK WEST 2        => accepted 0/2
         match
         receive BOOK WEST 4        => accepted 3/6
         match",
        only(&["WEST"]),
    );
    let waited = |figures: &WhatIfFigures| {
        let WhatIfFigures { units_backordered, units_matched, matched_wait_ns, .. } = *figures;
        (units_backordered, units_matched, matched_wait_ns, figures.wait_ns_per_unit())
    };
    // A record takes 1,000 ns. Two steps behind the first receipt: a book each waited three records
    // from its order on; the last one waited for the second receipt, five records.
    assert_eq!(waited(what_if.recorded_figures()), (3, 3, 11_000, Some(3_666)));
    // From WEST alone order 1 gets two books and then four, and order 2 waits on.
    assert_eq!(lines(&what_if, "1"), [[6, 0, 0, 0]]);
    assert_eq!(lines(&what_if, "2"), [[0, 2, 0, 0]]);
    let of_column = column(&what_if).figures();
    assert_eq!((of_column.units_backordered, of_column.units_matched), (8, 6));
    assert_eq!(WhatIfFigures::default().wait_ns_per_unit(), None);
}

/// What comes after the first date that its line was promised is late, whatever it was told since.
#[test]
fn a_column_tells_of_its_own_promises_broken_and_of_what_came_later_than_promised() {
    let what_if = decide_again(
        "receive BOOK WEST 1
         expect 11 BOOK EAST 2 60
         place 1 100 backorder BOOK:1
         place 2 100 backorder BOOK:1
         expect 12 BOOK EAST 1 200
         review
         place 3 100 backorder BOOK:1
         change 11 2 120
         review
         wait 100
         arrive 11 2
         match",
        only(&["EAST"]),
    );
    let promises = |figures: &WhatIfFigures| {
        let WhatIfFigures { units_matched, units_matched_late, promises_broken, .. } = *figures;
        (units_matched, units_matched_late, promises_broken)
    };
    // Of two units that were to come at 60 s one is order 2's, the other order 3's.
    assert_eq!(promises(what_if.recorded_figures()), (2, 2, 2));
    // Here order 1 waits too: the units that come are its and order 2's. Order 3 was promised 200 s.
    assert_eq!(promises(column(&what_if).figures()), (2, 2, 2));
}

/// In the column order 1 is in the east from the first on, and order 2 was refused.
#[test]
fn a_column_sources_its_own_orders_again() {
    let what_if = decide_again(
        "receive BOOK WEST 3        => accepted 3/3
         receive CHAIR WEST 1       => accepted 1/1
         place 1 100 backorder BOOK:2    => accepted open parcels=1 cost=940 0@WEST:2
         place 2 100 ship_complete CHAIR:1 => accepted open parcels=1 cost=920 0@WEST:1
         receive BOOK EAST 3        => accepted 3/3
         receive CHAIR EAST 3       => accepted 3/3
         resource 1                 => accepted open parcels=1 cost=520 0@EAST:2
         resource 2                 => accepted open parcels=1 cost=510 0@EAST:1
         match",
        only(&["EAST"]),
    );
    assert_eq!(lines(&what_if, "1"), [[2, 0, 0, 0]]);
    assert_eq!(stock(&what_if, "BOOK", "EAST"), [3, 2, 0]);
    let expected = Unmapped { resourcings: 1, ..Unmapped::default() };
    assert_eq!(column(&what_if).figures().unmapped, expected);
}

#[test]
fn a_ship_leaves_from_where_this_column_has_the_units() {
    let what_if = decide_again(
        "receive BOOK EAST 5        => accepted 5/5
         receive BOOK WEST 3        => accepted 3/3
         place 1 100 backorder BOOK:2  => accepted open parcels=1 cost=520 0@EAST:2
         place 2 100 backorder BOOK:4  \
         => accepted open parcels=2 cost=1450 0@EAST:3 0@WEST:1
         ship 1 0@EAST:1            => accepted open parcels=1 cost=520 0@EAST:1 0@EAST:1shipped
         ship 2 0@EAST:3 0@WEST:1   \
         => accepted shipped parcels=2 cost=1450 0@EAST:3shipped 0@WEST:1shipped",
        only(&["WEST"]),
    );
    assert_eq!(lines(&what_if, "1"), [[1, 0, 1, 0]]);
    assert_eq!(lines(&what_if, "2"), [[0, 3, 1, 0]]);
    assert_eq!(stock(&what_if, "BOOK", "WEST"), [1, 1, 0]);
    assert_eq!(stock(&what_if, "BOOK", "EAST"), [5, 0, 0]);
    let unmapped = Unmapped { ship_units: 3, ..Unmapped::default() };
    assert_eq!(column(&what_if).figures().unmapped, unmapped);
}

#[test]
fn what_is_shipped_or_cancelled_of_an_order_rejected_here_is_counted() {
    let what_if = decide_again(
        "receive BOOK EAST 5        => accepted 5/5
         place 1 100 ship_complete BOOK:3 => accepted open parcels=1 cost=530 0@EAST:3
         ship 1 0@EAST:1            => accepted open parcels=1 cost=530 0@EAST:2 0@EAST:1shipped
         cancel 1 0:1               \
         => accepted open parcels=1 cost=530 0@EAST:1 0@EAST:1shipped 0:1cancelled
         cancel 1                   \
         => accepted shipped parcels=1 cost=530 0@EAST:1shipped 0:2cancelled",
        only(&["WEST"]),
    );
    let unmapped = Unmapped { ship_units: 1, cancel_units: 2, ..Unmapped::default() };
    assert_eq!(column(&what_if).figures().unmapped, unmapped);
    assert_eq!(column(&what_if).figures().orders_rejected_total(), 1);
}

#[test]
fn a_cancel_takes_what_is_open_here_and_a_cancel_of_all_stays_one() {
    let what_if = decide_again(
        "receive BOOK EAST 5        => accepted 5/5
         receive BOOK WEST 1        => accepted 1/1
         place 1 100 take_available BOOK:3,LAMP:1 \
         => accepted open parcels=1 cost=530 0@EAST:3 1:1cancelled
         place 2 100 backorder BOOK:2  => accepted open parcels=1 cost=520 0@EAST:2
         cancel 1 0:2               \
         => accepted open parcels=1 cost=530 0@EAST:1 0:2cancelled 1:1cancelled
         ship 2 0@EAST:2            => accepted shipped parcels=1 cost=520 0@EAST:2shipped
         cancel 1                   \
         => accepted cancelled parcels=1 cost=530 0:3cancelled 1:1cancelled
         place 3 100 backorder BOOK:2,LAMP:1   \
         => accepted open parcels=1 cost=520 0@EAST:2 1:1waiting
         ship 3 0@EAST:1            \
         => accepted open parcels=1 cost=520 0@EAST:1 0@EAST:1shipped 1:1waiting
         cancel 3                   \
         => accepted shipped parcels=1 cost=520 0@EAST:1shipped 0:1cancelled 1:1cancelled",
        only(&["WEST"]),
    );
    // Order 1 had one book here, and its first cancel asked for two.
    assert_eq!(lines(&what_if, "1"), [[0, 0, 0, 3], [0, 0, 0, 1]]);
    // The book that order 1 gave back: order 2 waits for it, gets it and ships it.
    assert_eq!(lines(&what_if, "2"), [[0, 1, 1, 0]]);
    assert_eq!(column(&what_if).figures().units_matched, 1);
    assert_eq!(lines(&what_if, "3"), [[0, 0, 0, 2], [0, 0, 0, 1]]);
    let unmapped = Unmapped { cancel_units: 2, ship_units: 2, ..Unmapped::default() };
    assert_eq!(column(&what_if).figures().unmapped, unmapped);
}

#[test]
fn a_correction_goes_as_far_as_promises_allow() {
    let what_if = decide_again(
        "receive BOOK EAST 5        => accepted 5/5
         receive BOOK WEST 5        => accepted 5/5
         place 1 100 backorder BOOK:3  => accepted open parcels=1 cost=530 0@EAST:3
         adjust BOOK WEST -1 lost   => accepted 4/4
         adjust BOOK WEST -3 lost   => accepted 1/1
         adjust BOOK WEST 1 damaged unavailable  => accepted 0/1
         adjust BOOK WEST -1 damaged unavailable => accepted 1/1",
        only(&["WEST"]),
    );
    // Of three lost units one was not promised, and then none could be withdrawn or restored.
    assert_eq!(stock(&what_if, "BOOK", "WEST"), [3, 3, 0]);
    let unmapped = Unmapped { supply_units: 2 + 1 + 1, ..Unmapped::default() };
    assert_eq!(column(&what_if).figures().unmapped, unmapped);
}

#[test]
fn a_count_corrects_this_book_by_as_much_as_the_recorded_one() {
    let what_if = decide_again(
        "receive BOOK EAST 5        => accepted 5/5
         receive BOOK WEST 5        => accepted 5/5
         place 1 100 backorder BOOK:2  => accepted open parcels=1 cost=520 0@EAST:2
         ship 1 0@EAST:2            => accepted shipped parcels=1 cost=520 0@EAST:2shipped
         count BOOK EAST 4          => accepted 4/4
         count BOOK WEST 5          => accepted 5/5
         count BOOK WEST 4          => accepted 4/4
         place 2 100 backorder BOOK:4  => accepted open parcels=1 cost=540 0@EAST:4
         count BOOK EAST 2          => below_promised 2:4",
        only(&["WEST"]),
    );
    // One book was found in EAST and one lost in WEST, where this column's two shipped from. The
    // count that was refused finds two missing in EAST, and nobody is promised them here.
    assert_eq!(stock(&what_if, "BOOK", "EAST"), [4, 0, 0]);
    assert_eq!(stock(&what_if, "BOOK", "WEST"), [2, 2, 0]);
    assert!(column(&what_if).figures().unmapped.is_none());
}

#[test]
fn an_order_rejected_as_recorded_may_be_accepted_here_and_its_id_is_an_order_then() {
    let what_if = decide_again(
        "receive BOOK EAST 3        => accepted 3/3
         receive BOOK WEST 1        => accepted 1/1
         place 1 100 ship_complete BOOK:3 => accepted open parcels=1 cost=530 0@EAST:3
         place 2 100 ship_complete BOOK:2 => out_of_stock 0:2/1
         place 3 100 backorder BOOK:1     => accepted open parcels=1 cost=920 0@WEST:1",
        WhatIfPolicy { parcels_max: 1, ..only(&["WEST"]) },
    );
    assert_eq!(column(&what_if).figures().orders_rejected_total(), 2);
    let what_if = decide_again(
        "receive BOOK WEST 2        => accepted 2/2
         place 1 100 ship_complete BOOK:1 => accepted open parcels=1 cost=920 0@WEST:1
         place 2 100 ship_complete BOOK:2 => out_of_stock 0:2/1
         receive BOOK EAST 2        => accepted 2/2
         place 3 100 ship_complete BOOK:2 => accepted open parcels=1 cost=520 0@EAST:2",
        only(&["EAST"]),
    );
    assert_eq!(lines(&what_if, "3"), [[2, 0, 0, 0]]);
    assert_eq!(column(&what_if).figures().orders_rejected_total(), 2);
}

#[test]
fn late_is_what_a_promise_or_the_policy_calls_late() {
    let mut shop = Shop::new();
    shop.script(NETWORK);
    shop.script(
        "receive BOOK EAST 1        => accepted 1/1
         receive BOOK WEST 9        => accepted 9/9
         place 1 100 backorder BOOK:1  => accepted open parcels=1 cost=510 0@EAST:1
         place 2 100 backorder BOOK:1  => accepted open parcels=1 cost=920 0@WEST:1",
    );
    let (id, warehouse) = (shop.next_id(), shop.warehouse("WEST"));
    shop.must(&Command::SetCapacity(SetCapacity {
        id,
        warehouse,
        cut_off_minute: 0,
        orders_per_day_max: u32::MAX,
        units_per_day_max: u32::MAX,
    }));
    shop.script("place 3 100 backorder BOOK:1  => accepted open parcels=1 cost=920 0@WEST:1");
    let late = |promised_days, days_max| {
        let mut what_if = WhatIf::new(1, promised_days);
        let soft = if days_max < u16::MAX { Rules::NONE.with(Rule::DaysMax) } else { Rules::NONE };
        what_if.add(WhatIfPolicy { days_max, soft, ..policy(Objective::LeastCost) });
        feed(&mut what_if, &shop).unwrap();
        let columns = [what_if.recorded_figures(), column(&what_if).figures()];
        columns.map(|figures| (figures.orders_late, figures.orders_promised))
    };
    // A parcel takes a day, and one more after the cut-off.
    assert_eq!(late(None, u16::MAX), [(0, 0), (0, 0)], "nobody promised anything");
    assert_eq!(late(Some(0), u16::MAX), [(3, 3), (3, 3)]);
    assert_eq!(late(Some(1), u16::MAX), [(1, 3), (1, 3)]);
    assert_eq!(late(Some(2), u16::MAX), [(0, 3), (0, 3)]);
    assert_eq!(late(None, 1), [(0, 0), (1, 3)]);
    assert_eq!(late(Some(2), 1), [(0, 3), (0, 3)], "what was promised comes first");
}

#[test]
fn recorded_policies_give_way_to_the_columns_own_and_are_counted() {
    let mut shop = Shop::new();
    shop.script(NETWORK);
    set_policy(&mut shop, &WhatIfPolicy { code: code("own"), ..only(&["WEST"]) });
    shop.script(
        "receive BOOK EAST 5        => accepted 5/5
         receive BOOK WEST 5        => accepted 5/5
         place 1 100 backorder BOOK:1  => accepted open parcels=1 cost=920 0@WEST:1",
    );
    let mut what_if = WhatIf::new(1, None);
    what_if.add(policy(Objective::LeastCost));
    what_if.add(only(&["EAST"]));
    feed(&mut what_if, &shop).unwrap();
    let costs = what_if.columns().iter().map(|column| column.figures().cost_minor);
    assert_eq!(costs.collect::<Vec<_>>(), [510, 510]);
    assert_eq!(what_if.recorded_figures().cost_minor, 920);
    let replaced = [(CommandKind::SetPolicy, 1), (CommandKind::AssignPolicy, 1)];
    assert_eq!(what_if.replaced(), &BTreeMap::from(replaced));
}

#[test]
fn what_came_before_the_beginning_is_taken_as_recorded() {
    let mut shop = Shop::new();
    shop.script(NETWORK);
    let id = shop.next_id();
    shop.must(&Command::UpsertChannel(UpsertCode { id, code: "web" }));
    set_policy(&mut shop, &WhatIfPolicy { code: code("own"), ..only(&["WEST"]) });
    let (id, web) = (shop.next_id(), Channel::new(0));
    shop.must(&Command::AssignPolicy(AssignPolicy { id, channel: web, policy: Policy::new(0) }));
    let rows = [PriceRow::new(shop.sku("BOOK"), shop.warehouse("EAST"), 9_999)];
    let id = shop.next_id();
    shop.must(&Command::SetShadowPrices(SetShadowPrices { id, clear: false, rows: &rows }));
    shop.script(
        "receive BOOK EAST 5        => accepted 5/5
         receive BOOK WEST 5        => accepted 5/5
         place 1 100 backorder BOOK:2  => accepted open parcels=1 cost=940 0@WEST:2",
    );
    let begin = EngineTime::new(shop.engine.last_time().get() + 1);
    shop.script(
        "place 2 100 backorder BOOK:1  => accepted open parcels=1 cost=920 0@WEST:1
         ship 1 0@WEST:2            => accepted shipped parcels=1 cost=940 0@WEST:2shipped",
    );
    let mut what_if = WhatIf::new(1, None);
    what_if.begin_at(begin);
    what_if.add(policy(Objective::LeastCostWithShadowPrices));
    feed(&mut what_if, &shop).unwrap();
    let figures = [what_if.recorded_figures(), column(&what_if).figures()];
    assert_eq!(
        figures.map(|figures| (figures.orders_accepted, figures.cost_minor)),
        [(1, 920), (1, 510)]
    );
    assert!(figures[1].unmapped.is_none());
    assert!(what_if.replaced().is_empty(), "policies of before are not counted");
    assert_eq!(
        (lines(&what_if, "1"), lines(&what_if, "2")),
        (vec![[0, 0, 2, 0]], vec![[1, 0, 0, 0]])
    );
    let state = column(&what_if).engine().state();
    state.audit();
    assert_eq!(state.policies.of(web).1.objective, Objective::LeastCostWithShadowPrices);
    assert!(state.prices.is_empty());
}

#[test]
fn what_a_policy_names_binds_from_when_it_is_defined() {
    let mut shop = Shop::new();
    shop.script(NETWORK);
    let prices = ["EAST", "SOUTH"].map(|warehouse| WhatIfPrice {
        sku: code("BOOK"),
        warehouse: code(warehouse),
        price: 7,
    });
    let policy = WhatIfPolicy {
        no_split_skus: vec![code("DESK"), code("NOWHERE")],
        soft: Rules::NONE.with(Rule::NoSplit),
        prices: prices.to_vec(),
        ..only(&["WEST", "SOUTH"])
    };
    shop.script(
        "receive BOOK EAST 5        => accepted 5/5
         receive BOOK WEST 5        => accepted 5/5
         place 1 100 backorder BOOK:1  => accepted open parcels=1 cost=510 0@EAST:1
         warehouse SOUTH 3
         cost SOUTH 100 100+1
         sku DESK
         receive BOOK SOUTH 5       => accepted 5/5
         place 2 100 backorder BOOK:1  => accepted open parcels=1 cost=101 0@SOUTH:1",
    );
    let mut what_if = WhatIf::new(1, None);
    what_if.add(policy);
    feed(&mut what_if, &shop).unwrap();
    let column = column(&what_if);
    assert_eq!(column.figures().cost_minor, 920 + 101, "WEST, and SOUTH when it is there");
    let state = column.engine().state();
    let (_, row) = state.policies.of(Channel::NONE);
    assert_eq!((row.version, row.warehouses.len(), row.no_split_skus.len()), (2, 2, 1));
    assert_eq!(row.soft, Rules::NONE.with(Rule::NoSplit));
    assert_eq!(state.prices.of(shop.sku("BOOK")).len(), 2);
    assert_eq!(column.missing_codes(), [code("NOWHERE")]);
}

#[test]
fn a_policy_that_cannot_be_set_is_an_error_with_its_name() {
    let mut shop = Shop::new();
    shop.script(NETWORK);
    shop.script("place 1 100 backorder BOOK:1  => accepted open parcels=0 cost=0 0:1waiting");
    let error = |policy| {
        let mut what_if = WhatIf::new(1, None);
        what_if.add(policy);
        feed(&mut what_if, &shop).unwrap_err().to_string()
    };
    let greedy = WhatIfPolicy { parcels_max: 2, ..policy(Objective::Greedy) };
    assert_eq!(error(greedy), "policy greedy: policy_contradicts");
    let nowhere = error(only(&["NOWHERE"]));
    assert!(nowhere.contains("least_cost") && nowhere.contains("warehouses"), "{nowhere}");
}

#[test]
fn records_out_of_turn_are_an_error() {
    let mut shop = Shop::new();
    shop.script(NETWORK);
    let mut what_if = WhatIf::new(1, None);
    let second = Records::new(shop.records.payload()).nth(1).unwrap().unwrap();
    let error = what_if.feed(&second).unwrap_err().to_string();
    assert_eq!(error, "expected record 1, found 2");
}
