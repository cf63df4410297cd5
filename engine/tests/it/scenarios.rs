//! Scenarios: one command a line, the verdict behind `=>`. A stock figure reads
//! `available/on hand`, an allocation `line@warehouse:units`, a short line `line:wanted/available`.

use gantry_model::{
    Actor, AdjustReason, Channel, Command, CommandId, EngineTime, HoldId, Item, LineUnits,
    OrderLine, OrderUnits, PlaceOrder, Query, ShortMode, Sku, StockChange, StockState, Warehouse,
};

use crate::shop::Shop;

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

fn shop() -> Shop {
    let mut shop = Shop::new();
    shop.script(NETWORK);
    shop
}

#[test]
fn one_warehouse_that_covers_the_order_takes_it_whole() {
    shop().script(
        "receive BOOK EAST 5        => accepted 5/5
         receive BOOK WEST 9        => accepted 9/9
         receive LAMP WEST 1        => accepted 1/1
         place 1 100 backorder BOOK:3        => accepted open parcels=1 cost=530 0@EAST:3
         place 2 100 backorder BOOK:3        => accepted open parcels=1 cost=960 0@WEST:3
         place 3 100 backorder BOOK:1,LAMP:1 => accepted open parcels=1 cost=940 0@WEST:1 1@WEST:1
         stock BOOK                          => accepted EAST:2/5 WEST:5/9",
    );
}

#[test]
fn a_split_takes_the_cheapest_unit_first_and_pays_a_parcel_once() {
    shop().script(
        "receive BOOK EAST 2        => accepted 2/2
         receive BOOK WEST 2        => accepted 2/2
         receive LAMP WEST 2        => accepted 2/2
         place 1 100 backorder BOOK:3,LAMP:1 \
         => accepted open parcels=2 cost=1460 0@EAST:2 0@WEST:1 1@WEST:1",
    );
}

#[test]
fn ship_complete_takes_all_or_names_every_short_line() {
    shop().script(
        "receive BOOK EAST 2        => accepted 2/2
         receive LAMP WEST 1        => accepted 1/1
         place 1 100 ship_complete BOOK:3,LAMP:2 => out_of_stock 0:3/2 1:2/1
         place 2 100 ship_complete BOOK:2,LAMP:1 \
         => accepted open parcels=2 cost=1440 0@EAST:2 1@WEST:1
         place 3 100 ship_complete BOOK:1        => out_of_stock 0:1/0",
    );
}

#[test]
fn take_available_cancels_the_rest_and_refuses_nothing_at_all() {
    shop().script(
        "receive BOOK EAST 2        => accepted 2/2
         place 1 100 take_available BOOK:3,LAMP:1 \
         => accepted open parcels=1 cost=520 0@EAST:2 0:1cancelled 1:1cancelled
         place 2 100 take_available BOOK:1,LAMP:1 => out_of_stock 0:1/0 1:1/0",
    );
}

#[test]
fn backorder_waits_unless_the_sku_forbids_it() {
    shop().script(
        "receive BOOK EAST 1        => accepted 1/1
         receive CHAIR EAST 1       => accepted 1/1
         place 1 100 backorder BOOK:3  => accepted open parcels=1 cost=510 0@EAST:1 0:2waiting
         place 2 100 backorder LAMP:1  => accepted open parcels=0 cost=0 0:1waiting
         place 3 100 backorder LAMP:1,CHAIR:2 => backorder_not_allowed 1:2/1
         receive BOOK EAST 5        => accepted 3/6
         show 1                     => accepted open parcels=1 cost=510 0@EAST:1 0:2waiting
         match
         show 1                     => accepted open parcels=1 cost=510 0@EAST:3",
    );
}

#[test]
fn units_of_one_sku_on_several_lines_are_summed_and_go_to_the_lower_line() {
    shop().script(
        "receive BOOK EAST 3        => accepted 3/3
         place 1 100 ship_complete BOOK:2,BOOK:2 => out_of_stock 1:2/1
         place 2 100 backorder BOOK:2,BOOK:2 \
         => accepted open parcels=1 cost=530 0@EAST:2 1@EAST:1 1:1waiting",
    );
}

#[test]
fn an_unlimited_sku_never_runs_out_and_is_not_counted() {
    shop().script(
        "sku GIFT unlimited
         place 1 100 ship_complete GIFT:1000 => accepted open parcels=1 cost=10500 0@EAST:1000
         receive GIFT EAST 1        => not_tracked
         ship 1 0@EAST:1000         \
         => accepted shipped parcels=1 cost=10500 0@EAST:1000shipped
         stock GIFT                 => accepted
         sku GIFT                   => accepted
         place 2 100 ship_complete GIFT:1 => out_of_stock 0:1/0",
    );
}

#[test]
fn tracking_changes_only_while_there_are_no_units() {
    shop().script(
        "receive BOOK EAST 1        => accepted 1/1
         sku BOOK unlimited         => tracking_in_use
         count BOOK EAST 0          => accepted 0/0
         sku BOOK unlimited         => accepted",
    );
}

#[test]
fn cancel_takes_waiting_units_first_and_then_the_last_warehouse() {
    shop().script(
        "receive BOOK EAST 2        => accepted 2/2
         receive BOOK WEST 2        => accepted 2/2
         place 1 100 backorder BOOK:6 \
         => accepted open parcels=2 cost=1460 0@EAST:2 0@WEST:2 0:2waiting
         cancel 1 0:3 => accepted open parcels=2 cost=1460 0@EAST:2 0@WEST:1 0:3cancelled
         cancel 1 0:4 => exceeds_open 4:3
         cancel 1     => accepted cancelled parcels=2 cost=1460 0:6cancelled
         cancel 1     => exceeds_open
         stock BOOK   => accepted EAST:2/2 WEST:2/2",
    );
}

#[test]
fn shipping_closes_an_order_and_takes_units_off_the_shelf() {
    shop().script(
        "receive BOOK EAST 4        => accepted 4/4
         place 1 100 backorder BOOK:3 => accepted open parcels=1 cost=530 0@EAST:3
         ship 1 0@WEST:1            => exceeds_open 1:0
         ship 1 0@EAST:4            => exceeds_open 4:3
         ship 1 0@EAST:2            \
         => accepted open parcels=1 cost=530 0@EAST:1 0@EAST:2shipped
         stock BOOK                 => accepted EAST:1/2
         cancel 1                   \
         => accepted shipped parcels=1 cost=530 0@EAST:2shipped 0:1cancelled
         ship 1 0@EAST:1            => exceeds_open 1:0
         stock BOOK                 => accepted EAST:2/2",
    );
}

#[test]
fn corrections_keep_promises_covered() {
    shop().script(
        "receive BOOK EAST 5        => accepted 5/5
         place 1 100 backorder BOOK:3  => accepted open parcels=1 cost=530 0@EAST:3
         adjust BOOK EAST -3 lost      => below_promised 2:3
         adjust BOOK EAST -2 lost      => accepted 0/3
         adjust BOOK EAST 4 found      => accepted 4/7
         adjust BOOK EAST 5 damaged unavailable  => below_promised 2:3
         adjust BOOK EAST 4 damaged unavailable  => accepted 0/7
         count BOOK EAST 3             => below_unavailable 3:4
         adjust BOOK EAST -5 found unavailable   => below_unavailable 5:4
         adjust BOOK EAST -1 found unavailable   => accepted 1/7
         count BOOK EAST 7             => accepted 1/7
         count BOOK EAST 9             => accepted 3/9
         count BOOK EAST 2             => below_promised 2:3
         count BOOK EAST 5             => below_promised 2:3",
    );
}

#[test]
fn bad_input_is_refused_by_name_and_changes_nothing() {
    let mut shop = shop();
    shop.script("receive BOOK EAST 5 => accepted 5/5\n sku PEN max=2\n sku OLD inactive");
    let before = shop.engine.state_hash();
    shop.script(
        "place 1 100 backorder -            => no_lines
         place 1 100 backorder BOOK:0       => quantity_not_positive
         place 1 100 backorder BOOK:10001   => quantity_over_limit 10001:10000
         place 1 100 backorder NONE:1       => unknown_sku
         place 1 999 backorder BOOK:1       => unknown_zone
         place 1 100 backorder OLD:1        => sku_inactive
         place 1 100 backorder PEN:1,PEN:2  => over_order_maximum 3:2
         place 0 100 backorder BOOK:1       => id_zero
         receive BOOK EAST 0                => quantity_not_positive 0:1
         receive BOOK EAST -1               => quantity_not_positive -1:1
         receive BOOK EAST 1000000001       => quantity_over_limit 1000000001:1000000000
         receive NONE EAST 1                => unknown_sku
         receive BOOK NONE 1                => unknown_warehouse
         adjust BOOK EAST 0 lost            => quantity_not_positive
         adjust BOOK EAST 1 none            => bad_adjust_reason
         cancel 7                           => unknown_order
         ship 7 0@EAST:1                    => unknown_order
         cost NONE 100 1+1                  => unknown_warehouse
         cost EAST 999 1+1                  => unknown_zone
         cost EAST 100 1000000001+1         => cost_over_limit 1000000001:1000000000
         show 7                             => unknown_order
         resolve NONE                       => unknown_code",
    );
    assert_eq!(shop.engine.state_hash(), before);
}

#[test]
fn sums_that_would_overflow_a_cell_are_refused() {
    shop().script(
        "receive BOOK EAST 1000000000 => accepted 1000000000/1000000000
         receive BOOK EAST 1000000000 => accepted 2000000000/2000000000
         receive BOOK EAST 1          => stock_overflow 2000000001:2000000000",
    );
}

#[test]
fn lists_must_rise_so_that_nothing_is_named_twice() {
    shop().script(
        "receive BOOK EAST 4        => accepted 4/4
         place 1 100 backorder BOOK:3 => accepted open parcels=1 cost=530 0@EAST:3
         ship 1 0@EAST:1 0@EAST:2   => list_not_rising
         cancel 1 0:1 0:1           => list_not_rising
         cancel 1 1:1               => unknown_line 1:1",
    );
}

#[test]
fn a_zone_without_warehouses_is_not_served_and_an_inactive_one_takes_nothing() {
    shop().script(
        "receive BOOK EAST 4        => accepted 4/4
         zone 200
         place 1 200 backorder BOOK:1   => not_served
         warehouse EAST 1 inactive
         place 2 100 take_available BOOK:1   => out_of_stock 0:1/0
         cost WEST 100 removed
         place 3 100 take_available BOOK:1   => not_served
         warehouse EAST 1
         place 4 100 take_available BOOK:1   => accepted open parcels=1 cost=510 0@EAST:1",
    );
}

#[test]
fn a_repeated_id_gets_the_first_record_and_the_order_as_it_stands() {
    let mut shop = shop();
    shop.script(
        "receive BOOK EAST 4          => accepted 4/4
         place 1 100 backorder BOOK:3 => accepted open parcels=1 cost=530 0@EAST:3
         cancel 1 0:1     => accepted open parcels=1 cost=530 0@EAST:2 0:1cancelled
         place 1 100 backorder BOOK:3 \
         => duplicate of 10 open parcels=1 cost=530 0@EAST:2 0:1cancelled
         place 1 100 backorder BOOK:2 => id_reused
         place 2 100 ship_complete LAMP:1 => out_of_stock 0:1/0
         receive LAMP EAST 4          => accepted 4/4
         place 2 100 ship_complete LAMP:1 => duplicate of 12 out_of_stock
         place 2 100 backorder LAMP:1 => id_reused",
    );
    let receipt = Command::Receive(StockChange {
        id: shop.next_id(),
        sku: shop.sku("BOOK"),
        warehouse: shop.warehouse("EAST"),
        quantity: 6,
        reason: AdjustReason::None,
        state: StockState::OnHand,
        note: "dock 4",
    });
    let first = shop.send(&receipt);
    assert_eq!(shop.verdict(&first), "accepted 8/10");
    let second = shop.send(&receipt);
    assert_eq!(shop.verdict(&second), "duplicate of 14 8/10");
    shop.check();
}

#[test]
fn a_quote_is_what_placing_would_answer_and_leaves_no_trace() {
    let mut shop = shop();
    shop.script("receive BOOK EAST 2 => accepted 2/2\n receive BOOK WEST 1 => accepted 1/1");
    let before = (shop.engine.state_hash(), shop.engine.last_sequence());
    shop.script(
        "quote 100 backorder BOOK:4 \
         => accepted open parcels=2 cost=1440 0@EAST:2 0@WEST:1 0:1waiting
         quote 100 ship_complete BOOK:4 => out_of_stock 0:4/3",
    );
    assert_eq!((shop.engine.state_hash(), shop.engine.last_sequence()), before);
    shop.script(
        "place 1 100 backorder BOOK:4 \
         => accepted open parcels=2 cost=1440 0@EAST:2 0@WEST:1 0:1waiting",
    );
}

#[test]
fn rejected_ids_are_remembered_up_to_the_limit() {
    let mut shop = shop();
    let id = shop.next_id();
    let limits =
        gantry_model::Limits { rejections_remembered_max: 2, ..gantry_model::Limits::DEFAULT };
    shop.send(&Command::SetLimits(gantry_model::SetLimits { id, limits }));
    shop.script(
        "place 1 100 ship_complete BOOK:1 => out_of_stock 0:1/0
         place 2 100 ship_complete BOOK:1 => out_of_stock 0:1/0
         place 1 100 ship_complete BOOK:1 => duplicate of 10 out_of_stock
         place 3 100 ship_complete BOOK:1 => out_of_stock 0:1/0
         place 2 100 ship_complete BOOK:1 => duplicate of 11 out_of_stock
         place 1 100 ship_complete BOOK:1 => out_of_stock 0:1/0",
    );
}

#[test]
fn malformed_items_are_answered_as_such_and_clients_may_not_mark() {
    let mut shop = shop();
    let mut bytes = Vec::new();
    let mark = Command::Mark { state_hash: 1, hash_version: 1 };
    mark.write(&mut bytes);
    let refused = execute(&mut shop, &bytes);
    assert_eq!(shop.verdict(&refused), "not_for_clients");
    bytes[0] = 0xff;
    let refused = execute(&mut shop, &bytes);
    assert_eq!(shop.verdict(&refused), "(Malformed, None)", "an unknown kind");
    let mut query = Vec::new();
    Query::ReadStock(Sku::new(0)).write(&mut query);
    let refused = execute(&mut shop, &query);
    assert_eq!(shop.verdict(&refused), "(Malformed, None)", "a query among commands");
    assert_eq!(shop.engine.totals().rejected_unjournaled.get(), 3);
}

/// XXH3 takes the upper half of the order's id only as a factor. With this lower half the other
/// factor is zero, so all such cancels have one hash; one of them must not pass for another.
#[test]
fn a_command_of_the_same_hash_about_an_order_never_placed_is_refused() {
    let mut shop = shop();
    shop.script("receive BOOK EAST 4 => accepted 4/4");
    let order = |high: u128| CommandId::new(high << 64 | 0x8e24_43f7_7446_08b8);
    let lines = [OrderLine::new(shop.sku("BOOK"), 2)];
    let place = PlaceOrder {
        id: order(1),
        hold: HoldId::NONE,
        customer: 0,
        value_minor: 0,
        currency: [0; 4],
        zone: shop.zone("100"),
        channel: Channel::NONE,
        priority_class: 0,
        service_level: 0,
        short: ShortMode::Backorder,
        reference: "",
        lines: &lines,
    };
    let placed = shop.send(&Command::PlaceOrder(place));
    assert_eq!(shop.verdict(&placed), "accepted open parcels=1 cost=520 0@EAST:2");
    let id = shop.next_id();
    let units = [LineUnits::new(0, Warehouse::NONE, 1)];
    let cancel = |order| Command::CancelOrder(OrderUnits { id, order, units: &units });
    let content_hash = |command: Command<'_>| {
        let mut bytes = Vec::new();
        command.write(&mut bytes);
        gantry_model::content_hash(&bytes)
    };
    assert_eq!(content_hash(cancel(order(1))), content_hash(cancel(order(2))));
    let first = shop.send(&cancel(order(1)));
    assert_eq!(shop.verdict(&first), "accepted open parcels=1 cost=520 0@EAST:1 0:1cancelled");
    let second = shop.send(&cancel(order(2)));
    assert_eq!(shop.verdict(&second), "id_reused");
    shop.check();
}

fn execute(shop: &mut Shop, bytes: &[u8]) -> Vec<u8> {
    let (item, _) = Item::split(bytes, 1 << 20).unwrap();
    let mut reply = Vec::new();
    let now = EngineTime::new(1);
    shop.engine.execute(&item, Actor::CLIENT_MIN, now, &mut shop.records, &mut reply);
    reply
}

#[test]
fn nine_warehouses_make_a_second_bank_and_sourcing_sees_it() {
    let mut shop = shop();
    for number in 3..=9 {
        shop.script(&format!("warehouse W{number} {number}\n cost W{number} 100 100+1"));
    }
    assert_eq!(shop.warehouse("W9"), Warehouse::new(8));
    shop.script(
        "receive BOOK W9 2          => accepted 2/2
         receive BOOK EAST 2        => accepted 2/2
         place 1 100 backorder BOOK:2 => accepted open parcels=1 cost=102 0@W9:2",
    );
}
