//! An order that is sourced again keeps its units, and nobody is worse off.

use gantry_model::ResourceOrder;

use super::*;

fn again() -> Command<'static> {
    Command::ResourceOrder(ResourceOrder { id: CommandId::new(8), order: ORDER })
}

impl Shop {
    /// The shop with an order, and seven units there, from where a parcel costs and takes so much.
    fn with_choice(parcel: u32, days: u16) -> Self {
        let mut shop = Self::with_order();
        let rows = [CostRow::serves(Zone::new(0), parcel, 25, days)];
        let id = CommandId::new(5);
        let costs = SetCosts { id, warehouse: THERE, rows: &rows };
        shop.must(&Command::SetCosts(costs), accepted(), &[]);
        let cause = Sequence::new(shop.next);
        let stock = |kind, warehouse, units| {
            Movement::stock(kind, AdjustReason::None, SKU, warehouse, units, cause)
        };
        let came_in = [
            stock(MovementKind::Received, THERE, 7),
            stock(MovementKind::Due, Warehouse::NONE, 0),
            stock(MovementKind::SetAside, THERE, 2),
        ];
        let receipt = StockChange { warehouse: THERE, ..change(7) };
        shop.must(&Command::Receive(receipt), accepted(), &came_in);
        shop
    }

    /// So many units go from here to there; what comes free here nobody waits for any more.
    fn moves(&self, units: u32) -> [Movement; 3] {
        let due = MovementKind::Due;
        let cause = Sequence::new(self.next);
        [
            self.later(MovementKind::Released, HERE, units),
            self.later(MovementKind::Allocated, THERE, units),
            Movement::stock(due, AdjustReason::None, SKU, Warehouse::NONE, 0, cause),
        ]
    }
}

fn sourced(parcels: u16, cost_minor: i64) -> OutcomeHead {
    OutcomeHead::accepted(parcels, cost_minor)
}

#[test]
fn an_order_may_move_to_a_cheaper_parcel_or_stay() {
    let mut shop = Shop::with_choice(389, 1);
    shop.must(&again(), accepted(), &[]);
    let movements = shop.moves(5);
    shop.must(&again(), sourced(1, 389 + 5 * 25), &movements);
    assert_eq!(shop.audit.sums().units_allocated, 5);
}

#[test]
fn an_order_does_not_move_for_more_money_parcels_or_days() {
    let shop = Shop::with_choice(390, 1);
    let movements = shop.moves(5);
    let words = "an order moves for fewer parcels or a lower cost";
    shop.must_not(&again(), sourced(1, 390 + 5 * 25), &movements, words);
    let shop = Shop::with_choice(0, 1);
    let movements = shop.moves(4);
    shop.must_not(&again(), sourced(2, 390 + 5 * 25), &movements, words);
    let shop = Shop::with_choice(1, 2);
    let movements = shop.moves(5);
    let words = "an order that moves comes no later";
    shop.must_not(&again(), sourced(1, 1 + 5 * 25), &movements, words);
}

#[test]
fn an_order_keeps_its_units_and_takes_what_is_there() {
    let shop = Shop::with_choice(1, 1);
    let [released, _, due] = shop.moves(5);
    let words = "5 units that are in no bucket";
    shop.must_not(&again(), sourced(0, 0), &[released, due], words);
    let shop = Shop::with_choice(1, 1);
    let [released, allocated, due] = shop.moves(5);
    let back = shop.later(MovementKind::Allocated, HERE, 5);
    let words = "units that stay do not move";
    shop.must_not(&again(), sourced(1, 515), &[released, back, due], words);
    let shop = Shop::with_choice(1, 1);
    let words = "parcels should be 1, and the record says 2";
    shop.must_not(&again(), sourced(2, 1 + 5 * 25), &[released, allocated, due], words);
    let mut shop = Shop::with_choice(1, 1);
    let reserve = gantry_model::ReserveRow::new(SKU, THERE, Channel::NONE, 3);
    let reserves = gantry_model::SetReserves { id: CommandId::new(9), rows: &[reserve] };
    let cause = Sequence::new(shop.next);
    let nowhere = Warehouse::NONE;
    let due = Movement::stock(MovementKind::Due, AdjustReason::None, SKU, nowhere, 0, cause);
    shop.must(&Command::SetReserves(reserves), accepted(), &[due]);
    let movements = shop.moves(5);
    let words = "left for others";
    shop.must_not(&again(), sourced(1, 1 + 5 * 25), &movements, words);
}

#[test]
fn a_closed_order_stays_where_it_was() {
    let mut shop = Shop::with_choice(1, 1);
    let cause = Sequence::new(shop.next);
    let nowhere = Warehouse::NONE;
    let cancelled = [
        shop.later(MovementKind::Dequeued, nowhere, 2),
        shop.later(MovementKind::Released, HERE, 5),
        shop.later(MovementKind::Cancelled, nowhere, 7),
        Movement::stock(MovementKind::Due, AdjustReason::None, SKU, nowhere, 0, cause),
    ];
    shop.must(&Command::CancelOrder(units(&[])), accepted(), &cancelled);
    shop.must_not(&again(), accepted(), &[], "a closed order is not sourced again");
}
