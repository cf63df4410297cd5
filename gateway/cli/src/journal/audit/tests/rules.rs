//! Orders that break a rule of sourcing, one each, and what a soft rule lets pass.

use gantry_model::{
    AssignPolicy, Objective, Policy, Proof, ReserveRow, Rule, Rules, SetCapacity, SetPolicy,
    SetReserves, WarehouseField,
};

use super::*;

const ANY: SetPolicy<'static> = SetPolicy {
    id: CommandId::new(8),
    objective: Objective::LeastCost,
    soft: Rules::NONE,
    parcels_max: 64,
    days_max: u16::MAX,
    split_value_min: 0,
    warehouses: &[],
    no_split_skus: &[],
    code: "web",
};

impl Shop {
    /// The small shop, whose orders `policy` binds, with both warehouses serving the zone; five
    /// units here and five there.
    fn under(policy: SetPolicy<'_>) -> Self {
        let mut shop = Self::new();
        shop.serve_from_there();
        shop.must(&Command::SetPolicy(policy), OutcomeHead::defined(0), &[]);
        let assign = AssignPolicy { id: policy.id, channel: Channel::NONE, policy: Policy::new(0) };
        shop.must(&Command::AssignPolicy(assign), accepted(), &[]);
        shop
    }

    fn serve_from_there(&mut self) {
        let rows = [CostRow::serves(Zone::new(0), 500, 30, 3)];
        let costs = SetCosts { id: CommandId::new(1), warehouse: THERE, rows: &rows };
        self.must(&Command::SetCosts(costs), accepted(), &[]);
        let cause = Sequence::new(self.next);
        let received =
            Movement::stock(MovementKind::Received, AdjustReason::None, SKU, THERE, 5, cause);
        let change = StockChange { warehouse: THERE, ..change(5) };
        self.must(&Command::Receive(change), accepted(), &[received]);
    }

    /// Five units from here, two from there.
    fn seven_from_both(&self) -> ([Movement; 2], OutcomeHead) {
        let taken = [
            self.order(MovementKind::Allocated, HERE, 5),
            self.order(MovementKind::Allocated, THERE, 2),
        ];
        (taken, OutcomeHead::sourced(2, 390 + 5 * 25 + 500 + 2 * 30, Some(Proof::Optimal), 0))
    }

    /// Five units from here; two wait.
    fn two_of_seven_wait(&self) -> ([Movement; 2], OutcomeHead) {
        let movements = [
            self.order(MovementKind::Allocated, HERE, 5),
            self.order(MovementKind::Backordered, Warehouse::NONE, 2),
        ];
        (movements, OutcomeHead::sourced(1, 390 + 5 * 25, Some(Proof::Optimal), 0))
    }

    fn set_aside(&mut self, channel: Channel, units: u32) {
        let rows = [ReserveRow::new(SKU, THERE, channel, units)];
        let reserves = SetReserves { id: CommandId::new(9), rows: &rows };
        self.must(&Command::SetReserves(reserves), accepted(), &[]);
    }

    fn bound_orders_there(&mut self, orders_per_day_max: u32) {
        let capacity = SetCapacity {
            id: CommandId::new(9),
            warehouse: THERE,
            cut_off_minute: 0,
            orders_per_day_max,
            units_per_day_max: u32::MAX,
        };
        self.must(&Command::SetCapacity(capacity), accepted(), &[]);
    }

    #[track_caller]
    fn may_split(mut self) {
        let (taken, head) = self.seven_from_both();
        self.must(&place(ShortMode::Backorder, &seven()), head, &taken);
    }

    #[track_caller]
    fn must_not_split(self, words: &str) {
        let (taken, head) = self.seven_from_both();
        self.must_not(&place(ShortMode::Backorder, &seven()), head, &taken, words);
    }

    #[track_caller]
    fn may_wait(mut self) {
        let (movements, head) = self.two_of_seven_wait();
        self.must(&place(ShortMode::Backorder, &seven()), head, &movements);
    }

    #[track_caller]
    fn must_not_wait(self) {
        let (movements, head) = self.two_of_seven_wait();
        let words = "available, which the order did not get";
        self.must_not(&place(ShortMode::Backorder, &seven()), head, &movements, words);
    }
}

#[test]
fn without_rules_an_order_may_split_and_nothing_waits() {
    Shop::under(ANY).may_split();
    Shop::under(ANY).must_not_wait();
}

#[test]
fn a_hard_rule_is_kept_and_explains_what_waits() {
    let here = [WarehouseField::new(HERE)];
    for (policy, rule, words) in [
        (SetPolicy { parcels_max: 1, ..ANY }, Rule::ParcelsMax, "more parcels than its policy"),
        (SetPolicy { days_max: 2, ..ANY }, Rule::DaysMax, "no parcel is later"),
        (SetPolicy { warehouses: &here, ..ANY }, Rule::Warehouses, "are the only ones"),
    ] {
        Shop::under(policy).must_not_split(words);
        Shop::under(policy).may_wait();
        let soft = SetPolicy { soft: Rules::NONE.with(rule), ..policy };
        Shop::under(soft).may_split();
        Shop::under(soft).must_not_wait();
    }
}

#[test]
fn an_order_with_a_sku_that_is_not_split_comes_in_one_parcel() {
    let whole = [gantry_model::SkuField::new(SKU)];
    let policy = SetPolicy { no_split_skus: &whole, ..ANY };
    Shop::under(policy).must_not_split("more parcels than its policy");
    Shop::under(policy).may_wait();
}

#[test]
fn what_is_set_aside_is_left_there() {
    for channel in [Channel::NONE, Channel::new(0)] {
        let shop = || {
            let mut shop = Shop::under(ANY);
            let web = UpsertCode { id: CommandId::new(9), code: "web" };
            shop.must(&Command::UpsertChannel(web), OutcomeHead::defined(0), &[]);
            shop
        };
        let mut aside = shop();
        aside.set_aside(channel, 4);
        aside.must_not_split("left besides those that are set aside");
        let mut aside = shop();
        aside.set_aside(channel, 3);
        aside.may_split();
        let mut aside = shop();
        aside.set_aside(channel, 5);
        aside.may_wait();
        let mut aside = shop();
        aside.set_aside(channel, 4);
        aside.must_not_wait();
    }
}

#[test]
fn a_day_has_room_for_so_many_orders_and_a_cut_off_makes_parcels_late() {
    let mut shop = Shop::under(ANY);
    shop.bound_orders_there(0);
    shop.must_not_split("a day has room for its orders");
    let mut shop = Shop::under(ANY);
    shop.bound_orders_there(0);
    shop.may_wait();
    let mut shop = Shop::under(ANY);
    shop.bound_orders_there(1);
    shop.may_split();
    let three_days = SetPolicy { days_max: 3, ..ANY };
    Shop::under(three_days).may_split();
    let mut shop = Shop::under(three_days);
    shop.bound_orders_there(u32::MAX);
    shop.must_not_split("no parcel is later");
}

#[test]
fn a_plan_that_is_not_proven_in_units_may_leave_some_behind() {
    let mut shop = Shop::under(ANY);
    let (movements, _) = shop.two_of_seven_wait();
    let head = OutcomeHead::sourced(1, 390 + 5 * 25, Some(Proof::GapInUnits), 2);
    shop.must(&place(ShortMode::Backorder, &seven()), head, &movements);
}

#[test]
fn a_policy_that_nobody_set_binds_nobody() {
    let assign =
        AssignPolicy { id: CommandId::new(9), channel: Channel::NONE, policy: Policy::new(0) };
    let words = "there is no policy 0";
    Shop::new().must_not(&Command::AssignPolicy(assign), accepted(), &[], words);
}
