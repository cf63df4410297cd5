//! How orders are judged by a naive book of the records: each rule, each cell, the cost, and where it
//! can be counted, what the order should have got or been told.

use std::collections::{BTreeMap, BTreeSet};

use gantry_model::{
    Movement, MovementKind, Objective, OrderLine, PlaceOrder, Record, RejectReason, Rule, ShortMode,
};

use super::book::{Book, DAY_NS, Place, PolicyCopy};

/// How often what was checked did occur: a check that never had to decide proves nothing.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) orders: u32,
    pub(super) bundles: u32,
    at_parcels_max: u32,
    at_orders_max: u32,
    at_units_max: u32,
    at_fence: u32,
    second_passes: u32,
    counted_reaches: u32,
    forbidden: u32,
    out_of_stock: u32,
}

impl Seen {
    pub(super) fn check(&self) {
        let least = [
            self.bundles,
            self.at_parcels_max,
            self.at_orders_max,
            self.at_units_max,
            self.at_fence,
            self.second_passes,
            self.counted_reaches,
            self.forbidden,
            self.out_of_stock,
        ];
        assert!(self.orders > 2_000 && least.iter().all(|count| *count > 50), "{self:?}");
    }
}

/// One order under its policy.
pub(super) struct Judge<'a> {
    book: &'a Book,
    record: &'a Record<'a>,
    order: &'a PlaceOrder<'a>,
    policy: PolicyCopy,
}

impl Judge<'_> {
    /// Judges the order of `record`, just before the book reads it.
    pub(super) fn check(book: &Book, record: &Record<'_>, order: &PlaceOrder<'_>, seen: &mut Seen) {
        let judge = Judge { book, record, order, policy: book.policy(order.channel) };
        if record.outcome.head.is_accepted() {
            seen.orders += 1;
            judge.check_rules(seen);
            judge.check_cells(seen);
            judge.check_cost();
        } else {
            let reason = record.outcome.head.reason().unwrap();
            seen.forbidden += u32::from(reason == RejectReason::RulesForbid);
            seen.out_of_stock += u32::from(reason == RejectReason::OutOfStock);
        }
        judge.check_reach(seen);
    }

    fn is_hard(&self, rule: Rule) -> bool {
        !self.policy.soft.contains(rule)
    }

    fn movements(&self, kind: MovementKind) -> impl Iterator<Item = &Movement> {
        self.record.movements.iter().filter(move |movement| movement.kind() == kind)
    }

    /// Units by warehouse, a bundle's unit as one.
    fn parcels(&self) -> BTreeMap<u16, u32> {
        let mut parcels = BTreeMap::new();
        for movement in self.movements(MovementKind::Allocated) {
            *parcels.entry(movement.warehouse().get()).or_default() +=
                movement.quantity().unsigned_abs();
        }
        parcels
    }

    fn wanted(&self) -> BTreeMap<u32, u64> {
        let mut wanted = BTreeMap::new();
        for line in self.order.lines {
            *wanted.entry(line.sku().get()).or_default() += u64::from(line.quantity());
        }
        wanted
    }

    fn check_rules(&self, seen: &mut Seen) {
        let (policy, order, sequence) = (&self.policy, self.order, self.record.sequence);
        let parcels = self.parcels();
        let count = parcels.len();
        assert_eq!(usize::from(self.record.outcome.head.parcels()), count, "record {sequence}");
        if self.is_hard(Rule::ParcelsMax) {
            assert!(count <= usize::from(policy.parcels_max), "record {sequence}: {count}");
            seen.at_parcels_max += u32::from(count == usize::from(policy.parcels_max));
        }
        if self.is_hard(Rule::NoSplit) && policy.is_whole(order) {
            assert!(count <= 1, "record {sequence}: {count} parcels");
        }
        let today = self.record.time.get() / DAY_NS;
        for (warehouse, units) in parcels {
            assert!(self.book.active[&warehouse], "record {sequence}");
            assert!(self.serves(warehouse), "record {sequence}: {warehouse}");
            let Some(day) = self.book.days.get(&warehouse) else { continue };
            let (used_orders, used_units) = day.used_on(today);
            if let Some(max) = day.orders_max.filter(|_| self.is_hard(Rule::OrdersPerDay)) {
                assert!(used_orders < max, "record {sequence}: {warehouse}");
                seen.at_orders_max += u32::from(used_orders + 1 == max);
            }
            if let Some(max) = day.units_max.filter(|_| self.is_hard(Rule::UnitsPerDay)) {
                assert!(used_units + units <= max, "record {sequence}: {warehouse}");
                seen.at_units_max += u32::from(used_units + units == max);
            }
        }
    }

    /// Whether hard rules that look at nothing but the warehouse leave it.
    fn serves(&self, warehouse: u16) -> bool {
        self.is_kept(warehouse, |rule| self.is_hard(rule))
    }

    fn is_kept(&self, warehouse: u16, holds: impl Fn(Rule) -> bool) -> bool {
        let (policy, zone) = (&self.policy, self.order.zone.get());
        if !self.book.costs.contains_key(&(zone, warehouse)) || !self.book.active[&warehouse] {
            return false;
        }
        let is_listed = policy.warehouses.is_empty() || policy.warehouses.contains(&warehouse);
        let is_late = policy.days_max != u16::MAX
            && self.book.days(zone, warehouse, self.record) > u64::from(policy.days_max);
        let today = self.record.time.get() / DAY_NS;
        let is_full = self
            .book
            .days
            .get(&warehouse)
            .is_some_and(|day| day.orders_max.is_some_and(|max| day.used_on(today).0 >= max));
        (is_listed || !holds(Rule::Warehouses))
            && (!is_late || !holds(Rule::DaysMax))
            && (!is_full || !holds(Rule::OrdersPerDay))
    }

    /// No cell gives what it does not have, nor what is ring-fenced; bundles draw what they are
    /// made of.
    fn check_cells(&self, seen: &mut Seen) {
        let sequence = self.record.sequence;
        let mut drawn: BTreeMap<Place, u64> = BTreeMap::new();
        let mut of_parts: BTreeMap<(u16, Place), u64> = BTreeMap::new();
        for movement in self.movements(MovementKind::Allocated) {
            let (sku, warehouse) = (movement.sku().get(), movement.warehouse().get());
            let units = u64::from(movement.quantity().unsigned_abs());
            for (part, each) in self.book.parts(sku) {
                let place = (part, warehouse);
                *drawn.entry(place).or_default() += units * u64::from(each);
                if part != sku {
                    *of_parts.entry((movement.line(), place)).or_default() +=
                        units * u64::from(each);
                    seen.bundles += 1;
                }
            }
        }
        for movement in self.movements(MovementKind::ComponentAllocated) {
            let place = (movement.sku().get(), movement.warehouse().get());
            let units = u64::from(movement.quantity().unsigned_abs());
            assert_eq!(
                of_parts.remove(&(movement.line(), place)),
                Some(units),
                "record {sequence}"
            );
        }
        assert!(of_parts.is_empty(), "record {sequence}: {of_parts:?}");
        let channel = self.order.channel;
        for (place, units) in drawn {
            let unfenced = self.book.available(place, channel, false);
            assert!(units <= unfenced, "record {sequence}: {units} of {unfenced} at {place:?}");
            let fenced = self.book.available(place, channel, true);
            if self.is_hard(Rule::RingFences) {
                assert!(units <= fenced, "record {sequence}: {units} of {fenced} at {place:?}");
                seen.at_fence += u32::from(fenced < unfenced && units == fenced);
            }
        }
    }

    fn check_cost(&self) {
        let zone = self.order.zone.get();
        let cost = self.parcels().into_iter().map(|(warehouse, units)| {
            let (parcel, unit, _) = self.book.costs[&(zone, warehouse)];
            parcel + unit * i64::from(units)
        });
        let head = self.record.outcome.head;
        assert_eq!(head.cost_minor(), cost.sum::<i64>(), "record {}", self.record.sequence);
        let is_greedy = self.policy.objective == Objective::Greedy;
        assert_eq!(head.proof().is_none(), is_greedy, "record {}", self.record.sequence);
    }

    /// Where nothing but stock and the choice of warehouses bounds an order, what it gets can be
    /// counted: all that the hard rules leave, and first all that the soft ones leave.
    fn check_reach(&self, seen: &mut Seen) {
        let (wanted, sequence) = (self.wanted(), self.record.sequence);
        if !self.is_countable(&wanted) {
            return;
        }
        seen.counted_reaches += 1;
        let short = |holds: &dyn Fn(Rule) -> bool| {
            wanted.iter().any(|(sku, units)| self.reach(*sku, holds).values().sum::<u64>() < *units)
        };
        let head = self.record.outcome.head;
        if let Some(reason) = head.reason() {
            let expected = self.expected_reason(&wanted, short(&|rule| self.is_hard(rule)));
            assert_eq!(Some(reason), expected, "record {sequence}");
            return;
        }
        let mut taken: BTreeMap<(u32, u16), u64> = BTreeMap::new();
        for movement in self.movements(MovementKind::Allocated) {
            *taken.entry((movement.sku().get(), movement.warehouse().get())).or_default() +=
                u64::from(movement.quantity().unsigned_abs());
        }
        for (sku, units) in &wanted {
            let all = self.reach(*sku, &|rule| self.is_hard(rule));
            let first = self.reach(*sku, &|_| true);
            let of_sku = taken.iter().filter(|(key, _)| key.0 == *sku);
            let got: u64 = of_sku.clone().map(|(_, units)| units).sum();
            assert_eq!(got, all.values().sum::<u64>().min(*units), "record {sequence}: {sku}");
            let kept = |warehouse: u16| first.get(&warehouse).copied().unwrap_or(0);
            let of_first: u64 = of_sku.map(|(key, units)| kept(key.1).min(*units)).sum();
            let most = first.values().sum::<u64>().min(*units);
            assert_eq!(of_first, most, "record {sequence}: the first pass has {sku} first");
            seen.second_passes += u32::from(got > most);
        }
    }

    /// No bound on parcels, units or work, and no component that two lines want.
    fn is_countable(&self, wanted: &BTreeMap<u32, u64>) -> bool {
        let policy = &self.policy;
        let mut parts = BTreeSet::new();
        let is_bounded = |warehouse: &u16| {
            self.book.days.get(warehouse).is_some_and(|day| day.units_max.is_some())
        };
        self.book.steps_max.is_none_or(|steps| steps > 1_000)
            && policy.parcels_max == 64
            && !policy.is_whole(self.order)
            && !self.book.active.keys().any(is_bounded)
            && wanted
                .keys()
                .all(|sku| self.book.parts(*sku).iter().all(|(part, _)| parts.insert(*part)))
    }

    /// Whole units of a SKU by warehouse that the rules leave which hold.
    fn reach(&self, sku: u32, holds: &dyn Fn(Rule) -> bool) -> BTreeMap<u16, u64> {
        let kept = self.book.active.keys().filter(|warehouse| self.is_kept(**warehouse, holds));
        let fenced = holds(Rule::RingFences);
        let whole = |warehouse: u16| {
            let parts = self.book.parts(sku).into_iter();
            let whole = parts.map(|(part, each)| {
                let place = (part, warehouse);
                self.book.available(place, self.order.channel, fenced) / u64::from(each)
            });
            whole.min().unwrap()
        };
        kept.map(|warehouse| (*warehouse, whole(*warehouse))).collect()
    }

    fn expected_reason(&self, wanted: &BTreeMap<u32, u64>, is_short: bool) -> Option<RejectReason> {
        if !self.book.active.keys().any(|warehouse| self.is_kept(*warehouse, |_| false)) {
            return Some(RejectReason::NotServed);
        }
        let all =
            |sku: u32, holds: &dyn Fn(Rule) -> bool| self.reach(sku, holds).values().sum::<u64>();
        let forbids_waiting = |line: &OrderLine| {
            let sku = line.sku().get();
            !self.book.skus[&sku].1 && all(sku, &|rule| self.is_hard(rule)) < wanted[&sku]
        };
        let free = |sku: u32| all(sku, &|_| false);
        let blame = |is_rules: bool| {
            Some(if is_rules { RejectReason::RulesForbid } else { RejectReason::OutOfStock })
        };
        match self.order.short {
            ShortMode::ShipComplete if is_short => {
                blame(wanted.iter().all(|(sku, units)| free(*sku) >= *units))
            }
            ShortMode::TakeAvailable => {
                let got = |sku: &u32| all(*sku, &|rule| self.is_hard(rule)) > 0;
                if wanted.keys().any(got) {
                    return None;
                }
                blame(wanted.keys().any(|sku| free(*sku) > 0))
            }
            ShortMode::Backorder if self.order.lines.iter().any(forbids_waiting) => {
                Some(RejectReason::BackorderNotAllowed)
            }
            _ => None,
        }
    }
}
