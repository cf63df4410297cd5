//! What if: a journal decided again under its own policy is itself; under others every unit that
//! finds no place is counted, and the books add up.

mod scenarios;

use gantry_engine::{
    Engine, State, WhatIf, WhatIfColumn, WhatIfError, WhatIfFigures, WhatIfPolicy, WhatIfPrice,
};
use gantry_model::{
    AssignPolicy, Channel, Code, Command, Component, EngineTime, Objective, Policy, PriceRow,
    Records, ReserveRow, Rule, Rules, SetBundle, SetCapacity, SetPolicy, SetReserves,
    SetShadowPrices, SkuField, WarehouseField,
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::properties::random_shop_with;
use crate::shop::Shop;

fn code(text: &str) -> Code {
    Code::new(text).unwrap()
}

/// A policy without rules.
fn policy(objective: Objective) -> WhatIfPolicy {
    WhatIfPolicy {
        code: code(objective.name()),
        objective,
        soft: Rules::NONE,
        parcels_max: 64,
        days_max: u16::MAX,
        split_value_min: 0,
        warehouses: Vec::new(),
        no_split_skus: Vec::new(),
        prices: Vec::new(),
    }
}

/// Feeds every record of a shop.
pub(crate) fn feed(what_if: &mut WhatIf, shop: &Shop) -> Result<(), WhatIfError> {
    for record in Records::new(shop.records.payload()) {
        what_if.feed(&record.unwrap())?;
    }
    Ok(())
}

fn column(what_if: &WhatIf) -> &WhatIfColumn {
    &what_if.columns()[0]
}

/// Units shipped of all orders.
fn shipped(engine: &Engine) -> u64 {
    let orders = &engine.state().orders;
    let lines = orders.iter().flat_map(|(row, _)| orders.lines(row));
    lines.map(|line| u64::from(line.shipped)).sum()
}

/// What holds of every column, whatever was recorded and whatever it decides by.
pub(crate) fn check_books(what_if: &WhatIf, of: &str) {
    let recorded = what_if.recorded_figures();
    let orders = |figures: &WhatIfFigures| {
        figures.orders_accepted + figures.orders_rejected_total() + figures.unmapped.orders
    };
    for column in what_if.columns() {
        let figures = column.figures();
        let state = column.engine().state();
        state.audit();
        assert_eq!(state.hash(), state.recompute_hash(), "{of}");
        assert_eq!(orders(figures), orders(recorded), "{of}: every order is in every column");
        assert_eq!(figures.units_ordered, recorded.units_ordered, "{of}");
        assert_eq!(state.orders.count(), figures.orders_accepted, "{of}");
        let shipped_here = shipped(column.engine()) + figures.unmapped.ship_units;
        assert_eq!(shipped_here, shipped(what_if.recorded()), "{of}: shipped or counted");
    }
    for figures in what_if.columns().iter().map(WhatIfColumn::figures).chain([recorded]) {
        let units = figures.units_allocated + figures.units_backordered;
        let units = units + figures.units_cancelled + figures.units_rejected;
        assert_eq!(figures.units_ordered, units, "{of}: every unit is somewhere");
        let of_warehouses = figures.warehouses.iter();
        let sums =
            of_warehouses.fold((0, 0), |sums, row| (sums.0 + row.units, sums.1 + row.parcels));
        assert_eq!(sums, (figures.units_allocated, figures.parcels), "{of}");
        assert!(figures.units_matched <= figures.units_backordered, "{of}");
    }
}

#[test]
fn a_journal_decided_again_under_its_own_rule_is_itself() {
    let mut orders = 0;
    for seed in 300..340 {
        let shop = random_shop_with(seed, 400, |_| ());
        let mut what_if = WhatIf::new(seed, Some(0));
        what_if.add_default();
        feed(&mut what_if, &shop).unwrap();
        check_books(&what_if, &format!("seed {seed}"));
        let column = column(&what_if);
        assert_eq!(column.figures(), what_if.recorded_figures(), "seed {seed}");
        assert!(column.figures().unmapped.is_none(), "seed {seed}");
        assert_eq!(column.engine().state_hash(), shop.engine.state_hash(), "seed {seed}");
        orders += column.figures().orders_accepted;
    }
    assert!(orders > 1_000, "the shops were busy: {orders} orders");
}

/// A random policy of any objective, with any rules that do not contradict each other.
fn random_policy(random: &mut ChaCha8Rng) -> WhatIfPolicy {
    let objective = Objective::ALL[random.random_range(0..Objective::ALL.len())];
    let mut policy = policy(objective);
    let mut rules = Vec::new();
    let has = |random: &mut ChaCha8Rng| random.random_range(0..3) == 0;
    if has(random) {
        let all = ["N", "O", "P", "Q"];
        policy.warehouses = all[..random.random_range(1..=4)].iter().map(|at| code(at)).collect();
        rules.push(Rule::Warehouses);
    }
    if objective != Objective::Greedy && has(random) {
        policy.parcels_max = random.random_range(1..4);
        rules.push(Rule::ParcelsMax);
    }
    if objective != Objective::Greedy && policy.parcels_max > 1 && has(random) {
        policy.no_split_skus = vec![code("A"), code("C")];
        rules.push(Rule::NoSplit);
    }
    for rule in rules {
        if random.random() {
            policy.soft = policy.soft.with(rule);
        }
    }
    let price = |(sku, warehouse): (&str, &str)| WhatIfPrice {
        sku: code(sku),
        warehouse: code(warehouse),
        price: random.random_range(0..9),
    };
    policy.prices = [("A", "N"), ("A", "O"), ("B", "N"), ("D", "Q")].map(price).to_vec();
    policy
}

/// Sets a policy as a shop would, for every channel.
fn set_policy(shop: &mut Shop, policy: &WhatIfPolicy) {
    let warehouses: Vec<_> =
        policy.warehouses.iter().map(|at| shop.warehouse(at.as_str())).collect();
    let warehouses: Vec<_> = warehouses.into_iter().map(WarehouseField::new).collect();
    let skus = policy.no_split_skus.iter().map(|sku| SkuField::new(shop.sku(sku.as_str())));
    let skus: Vec<_> = skus.collect();
    let rows = policy.prices.iter().map(|row| {
        PriceRow::new(shop.sku(row.sku.as_str()), shop.warehouse(row.warehouse.as_str()), row.price)
    });
    let rows: Vec<_> = rows.collect();
    let id = shop.next_id();
    shop.must(&Command::SetPolicy(SetPolicy {
        id,
        objective: policy.objective,
        soft: policy.soft,
        parcels_max: policy.parcels_max,
        days_max: policy.days_max,
        split_value_min: policy.split_value_min,
        warehouses: &warehouses,
        no_split_skus: &skus,
        code: policy.code.as_str(),
    }));
    let id = shop.next_id();
    let assign = AssignPolicy { id, channel: Channel::NONE, policy: Policy::new(0) };
    shop.must(&Command::AssignPolicy(assign));
    if !rows.is_empty() {
        let id = shop.next_id();
        shop.must(&Command::SetShadowPrices(SetShadowPrices { id, clear: false, rows: &rows }));
    }
}

/// What else shapes decisions: capacity with a cut-off, safety stock, and E as a bundle.
fn set_up_more(shop: &mut Shop) {
    shop.run("sku E unlimited");
    let (id, warehouse) = (shop.next_id(), shop.warehouse("O"));
    let capacity = SetCapacity {
        id,
        warehouse,
        cut_off_minute: 0,
        orders_per_day_max: 40,
        units_per_day_max: 60,
    };
    shop.must(&Command::SetCapacity(capacity));
    let rows = [ReserveRow::new(shop.sku("A"), shop.warehouse("N"), Channel::NONE, 2)];
    let id = shop.next_id();
    shop.must(&Command::SetReserves(SetReserves { id, rows: &rows }));
    let components = [Component::new(shop.sku("A"), 1), Component::new(shop.sku("B"), 2)];
    let (id, sku) = (shop.next_id(), shop.sku("E"));
    shop.must(&Command::SetBundle(SetBundle { id, sku, components: &components }));
}

#[test]
fn a_journal_decided_again_under_its_own_policy_is_itself() {
    let mut orders = [0; 2];
    for seed in 340..400 {
        let policy = random_policy(&mut ChaCha8Rng::seed_from_u64(seed));
        let shop = random_shop_with(seed, 400, |shop| {
            set_policy(shop, &policy);
            set_up_more(shop);
        });
        let begins = [0, shop.engine.last_time().get() / 2].map(EngineTime::new);
        for begin in begins {
            let mut what_if = WhatIf::new(seed, Some(1));
            what_if.begin_at(begin);
            what_if.add(policy.clone());
            feed(&mut what_if, &shop).unwrap();
            let (column, recorded) = (column(&what_if), what_if.recorded_figures());
            assert_eq!(column.figures(), recorded, "seed {seed} from {begin}: {policy:?}");
            assert!(column.figures().unmapped.is_none(), "seed {seed} from {begin}");
            orders[usize::from(begin == begins[1])] += recorded.orders_accepted;
            if begin == begins[0] {
                check_books(&what_if, &format!("seed {seed}"));
            }
            column.engine().state().audit();
            assert_same_units(column.engine().state(), shop.engine.state(), seed);
        }
    }
    assert!(orders[0] > 1_000 && orders[1] > 400, "the shops were busy: {orders:?} orders");
}

/// The same units lie in the same places and belong to the same orders.
fn assert_same_units(here: &State, there: &State, seed: u64) {
    assert_eq!(here.totals, there.totals, "seed {seed}");
    for sku in there.catalogue.skus.handles() {
        for warehouse in there.catalogue.warehouses.handles() {
            let cells = [here, there].map(|state| state.stock.cell(sku, warehouse));
            assert_eq!(cells[0], cells[1], "seed {seed}");
        }
    }
    for ((row, _), (other, _)) in here.orders.iter().zip(there.orders.iter()) {
        assert_eq!(row.id, other.id, "seed {seed}");
        assert_eq!(here.orders.lines(row), there.orders.lines(other), "seed {seed}");
        assert_eq!(here.orders.allocations(row), there.orders.allocations(other), "seed {seed}");
    }
}

#[test]
fn under_other_policies_the_books_add_up_and_nothing_is_lost() {
    let (mut unmapped, mut other, mut matched) = (0, 0, 0);
    for seed in 400..440 {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let shop = random_shop_with(seed, 400, set_up_more);
        let mut what_if = WhatIf::new(seed, None);
        (0..3).for_each(|_| what_if.add(random_policy(&mut random)));
        feed(&mut what_if, &shop).unwrap();
        check_books(&what_if, &format!("seed {seed}"));
        for column in what_if.columns() {
            matched += column.figures().units_matched;
            unmapped += u64::from(!column.figures().unmapped.is_none());
            other += u64::from(column.figures() != what_if.recorded_figures());
        }
    }
    assert!(matched > 100, "{matched} units were matched in columns");
    assert!(unmapped > 15 && other > 80, "{unmapped} and {other} of 120 columns differ");
}
