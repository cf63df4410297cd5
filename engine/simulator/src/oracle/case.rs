//! One order to be sourced at one time: who may serve it, by which policy, and what units weigh.

use gantry_model::{Movement, Objective, PlaceOrder, Rule, Rules};

use super::book::{ANY_16, ANY_32, Book, PolicyBook, day_and_minute};
use super::order::Demand;
use super::plan::{Problem, Source, Weight};

/// A work limit from which on small problems are searched to their end.
const STEPS_ENOUGH: u32 = 100_000;

/// Memory that is used again from order to order.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    pub(super) demands: Vec<Demand>,
    pub(super) candidates: Vec<Candidate>,
    pub(super) problem: Problem,
    pub(super) movements: Vec<Movement>,
    pub(super) reply: Vec<u8>,
}

/// A warehouse that serves the order's zone and is active.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    pub(super) warehouse: u16,
    pub(super) priority: u16,
    pub(super) days: u32,
    pub(super) parcel_cost: i64,
    pub(super) unit_cost: i64,
    /// What a unit weighs in the objective, shadow prices aside.
    objective: i128,
    /// Whether its day has room for another order.
    pub(super) takes_orders: bool,
    /// Units that its day has room for.
    pub(super) units_left: Option<i64>,
}

/// Units of a SKU from a warehouse.
#[derive(Clone, Copy, Debug)]
pub(super) struct Grant {
    pub(super) sku: u32,
    pub(super) warehouse: u16,
    pub(super) units: i64,
}

pub(super) struct Case<'a> {
    pub(super) book: &'a Book,
    pub(super) order: &'a PlaceOrder<'a>,
    pub(super) policy: &'a PolicyBook,
    pub(super) candidates: &'a [Candidate],
    /// Units that nobody else may have, each place once: of what waits those set aside, of an order
    /// that takes a hold the owner's, of a hold those of the one that it replaces, of an order that is
    /// sourced again its own.
    pub(super) in_reach: &'a [Grant],
    /// Warehouses that send a parcel of the order already.
    pub(super) sent: &'a [u16],
    /// Whether it is a hold, of which only units matter in the end.
    pub(super) is_hold: bool,
    /// Whether what is in reach is its own: of holds, or allocated.
    pub(super) is_its_own: bool,
    /// Whether the objective fits a wide integer, so that plans can be compared.
    pub(super) is_comparable: bool,
}

/// Fills in who may serve the order; returns whether the objective fits.
pub(super) fn find_candidates(
    book: &Book,
    order: &PlaceOrder<'_>,
    time: u64,
    demands: &[Demand],
    candidates: &mut Vec<Candidate>,
) -> bool {
    find_candidates_but(book, order, time, demands, |_| false, candidates)
}

/// The same, of an order that has been placed: some warehouses are left out.
pub(super) fn find_candidates_but(
    book: &Book,
    order: &PlaceOrder<'_>,
    time: u64,
    demands: &[Demand],
    is_left_out: impl Fn(u16) -> bool,
    candidates: &mut Vec<Candidate>,
) -> bool {
    candidates.clear();
    let (day, minute) = day_and_minute(time);
    for (warehouse, cost) in &book.zones[order.zone.index()].costs {
        let row = &book.warehouses[usize::from(*warehouse)];
        if !row.active || is_left_out(*warehouse) {
            continue;
        }
        let is_late = row.cut_off_minute != ANY_16 && minute >= row.cut_off_minute.into();
        let (orders, units) = if row.day == day { (row.day_orders, row.day_units) } else { (0, 0) };
        let left = |max: u32, load: i64| (max != ANY_32).then(|| (i64::from(max) - load).max(0));
        candidates.push(Candidate {
            warehouse: *warehouse,
            priority: row.priority,
            days: u32::from(cost.days) + u32::from(is_late),
            parcel_cost: cost.parcel.into(),
            unit_cost: cost.unit.into(),
            objective: 0,
            takes_orders: left(row.orders_max, orders) != Some(0),
            units_left: left(row.units_max, units),
        });
    }
    weigh(book, book.policy_of(order.channel.get()).objective, demands, candidates)
}

fn weigh(
    book: &Book,
    objective: Objective,
    demands: &[Demand],
    candidates: &mut [Candidate],
) -> bool {
    match objective {
        Objective::Nearest => {
            candidates.iter_mut().for_each(|row| row.objective = row.days.into());
        }
        Objective::Balance => {
            for row in candidates {
                let units = &book.warehouses[usize::from(row.warehouse)];
                let share = (units.allocated * 1_000).checked_div(units.on_hand);
                row.objective = share.unwrap_or(1_000).min(1_000).into();
            }
        }
        Objective::LeastCostWithShadowPrices => {
            candidates.iter_mut().for_each(|row| row.objective = row.unit_cost.into());
        }
        Objective::Priority => return weigh_by_level(demands, candidates),
        Objective::LeastCost | Objective::FewestParcels | Objective::Greedy => {}
    }
    true
}

/// Units of the lowest number outweigh all of the next: digits of a number whose base is above
/// all units that are wanted.
fn weigh_by_level(demands: &[Demand], candidates: &mut [Candidate]) -> bool {
    let wanted: i64 = demands.iter().map(|demand| demand.units).sum();
    let mut levels: Vec<u16> = candidates.iter().map(|row| row.priority).collect();
    levels.sort_unstable();
    levels.dedup();
    let mut digit = -1_i128;
    for level in levels.iter().rev() {
        for row in candidates.iter_mut().filter(|row| row.priority == *level) {
            row.objective = digit;
        }
        match digit.checked_mul(i128::from(wanted) + 1) {
            Some(next) if next > -(1 << 100) => digit = next,
            _ => return false,
        }
    }
    true
}

impl Case<'_> {
    /// Whether the work limit lets small problems be searched to their end. Where it does not, ties
    /// of equal cost are open, and where parcels are bounded also units.
    pub(super) fn is_searched_to_its_end(&self) -> bool {
        self.book.limits.sourcing_steps_max >= STEPS_ENOUGH
    }

    pub(super) fn candidate(&self, warehouse: u16) -> Option<&Candidate> {
        self.candidates.iter().find(|row| row.warehouse == warehouse)
    }

    pub(super) fn parcel(&self, candidate: &Candidate) -> Weight {
        let cost = candidate.parcel_cost;
        let objective = match self.policy.objective {
            Objective::FewestParcels => 1,
            Objective::LeastCostWithShadowPrices => cost.into(),
            _ => 0,
        };
        (objective, cost)
    }

    pub(super) fn unit(&self, sku: u32, candidate: &Candidate) -> Weight {
        let mut objective = candidate.objective;
        if self.policy.objective == Objective::LeastCostWithShadowPrices {
            let prices = &self.book.the_sku(sku).prices;
            objective += i128::from(prices[usize::from(candidate.warehouse)]);
        }
        (objective, candidate.unit_cost)
    }

    /// What granted units weigh together, each added parcel paid once.
    pub(super) fn weight(&self, grants: &[Grant]) -> Weight {
        let row = |warehouse| self.candidate(warehouse).expect("invariant: it is a candidate");
        let parcels = self.added(grants).map(|warehouse| self.parcel(row(warehouse)));
        let units = grants.iter().map(|grant| {
            let unit = self.unit(grant.sku, row(grant.warehouse));
            (unit.0 * i128::from(grant.units), unit.1 * grant.units)
        });
        parcels.chain(units).fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1))
    }

    /// Whether the rules that are not `dropped` leave the candidate in.
    pub(super) fn is_left(&self, candidate: &Candidate, dropped: Rules) -> bool {
        let policy = self.policy;
        let keeps = |rule: Rule| !dropped.contains(rule);
        let is_listed =
            policy.warehouses.is_empty() || policy.warehouses.contains(&candidate.warehouse);
        let is_in_time = policy.days_max == ANY_16 || candidate.days <= u32::from(policy.days_max);
        (is_listed || !keeps(Rule::Warehouses))
            && (is_in_time || !keeps(Rule::DaysMax))
            && (candidate.takes_orders || !keeps(Rule::OrdersPerDay))
            && (candidate.units_left != Some(0) || !keeps(Rule::UnitsPerDay))
    }

    /// Parcels that an order may have by the rules that are not `dropped`, besides those that it has
    /// already.
    pub(super) fn parcels_max(&self, dropped: Rules) -> u32 {
        let policy = self.policy;
        let value = self.order.value_minor;
        let has_minimum = policy.split_value_min != 0;
        let is_small = has_minimum && value != 0 && value < policy.split_value_min;
        let is_listed =
            self.order.lines.iter().any(|line| policy.no_split_skus.contains(&line.sku().get()));
        let max: u32 = if (is_small || is_listed) && !dropped.contains(Rule::NoSplit) {
            1
        } else if dropped.contains(Rule::ParcelsMax) {
            gantry_model::PARCELS_PER_ORDER_MAX.into()
        } else {
            policy.parcels_max.into()
        };
        max.saturating_sub(u32::try_from(self.sent.len()).expect("invariant: few warehouses"))
    }

    /// Units of `sku` itself that the order may have at a warehouse.
    pub(super) fn available(&self, sku: u32, warehouse: u16, dropped: Rules) -> i64 {
        let row = self.book.the_sku(sku);
        let is_here = |grant: &&Grant| (grant.sku, grant.warehouse) == (sku, warehouse);
        let held = self.in_reach.iter().find(is_here).map_or(0, |grant| grant.units);
        let mut free = row.cells[usize::from(warehouse)].free(row.tracked);
        if self.is_its_own {
            // What it has is had, though more may be kept back by now than there is.
            free = free.max(0);
        }
        if !dropped.contains(Rule::RingFences) {
            free -= self.book.fenced(sku, warehouse, self.order.channel.get());
        }
        (free + held).max(0)
    }

    /// The same of what is wanted, on top of `granted`: of a bundle whole ones.
    pub(super) fn left(&self, sku: u32, warehouse: u16, dropped: Rules, granted: &[Grant]) -> i64 {
        let left = |sku: u32| {
            let here = granted.iter().filter(|grant| grant.warehouse == warehouse);
            let used = here.map(|grant| grant.units * self.units_each(grant.sku, sku));
            (self.available(sku, warehouse, dropped) - used.sum::<i64>()).max(0)
        };
        let parts = &self.book.the_sku(sku).components;
        let whole = parts.iter().map(|(part, each)| left(*part) / i64::from(*each));
        whole.min().unwrap_or_else(|| left(sku))
    }

    /// Units of `part` that a unit of `sku` consumes; of itself one, whether it is a bundle or not.
    pub(super) fn units_each(&self, sku: u32, part: u32) -> i64 {
        if sku == part {
            return 1;
        }
        let parts = &self.book.the_sku(sku).components;
        parts.iter().find(|(own, _)| *own == part).map_or(0, |(_, each)| i64::from(*each))
    }

    /// What one pass has to source: `demands` of what the rules not `dropped` leave after `granted`.
    pub(super) fn fill(
        &self,
        demands: &[Demand],
        dropped: Rules,
        granted: &[Grant],
        problem: &mut Problem,
    ) {
        problem.demands.clear();
        problem.demands.extend_from_slice(demands);
        problem.sources.clear();
        problem.left.clear();
        problem.is_coupled = self.share_a_component(demands);
        let parcels_open = self.added(granted).count();
        let parcels_open = u32::try_from(parcels_open).expect("invariant: few candidates");
        problem.parcels_max = self.parcels_max(dropped).saturating_sub(parcels_open);
        for candidate in self.candidates.iter().filter(|row| self.is_left(row, dropped)) {
            let warehouse = candidate.warehouse;
            let here = || granted.iter().filter(|grant| grant.warehouse == warehouse);
            let keeps_units = !dropped.contains(Rule::UnitsPerDay);
            let room = candidate.units_left.filter(|_| keeps_units);
            let room = room.map(|left| left - here().map(|grant| grant.units).sum::<i64>());
            let have = |demand: &Demand| {
                let left = self.left(demand.sku, warehouse, dropped, granted);
                left.min(room.unwrap_or(left)).max(0)
            };
            let first = problem.left.len();
            problem.left.extend(demands.iter().map(have));
            let left = &problem.left[first..];
            if left.iter().all(|left| *left == 0) {
                problem.left.truncate(first);
                continue;
            }
            let wanted = left.iter().zip(demands).map(|(left, demand)| demand.units.min(*left));
            problem.is_coupled |= room.is_some_and(|room| wanted.sum::<i64>() > room);
            problem.sources.push(Source {
                warehouse,
                priority: candidate.priority,
                days: candidate.days,
                parcel: self.parcel(candidate),
                is_open: here().next().is_some() || self.sent.contains(&warehouse),
            });
        }
        self.fill_rows(demands, problem);
    }

    fn fill_rows(&self, demands: &[Demand], problem: &mut Problem) {
        problem.available.clear();
        problem.units.clear();
        for (row, demand) in demands.iter().enumerate() {
            for (at, source) in problem.sources.iter().enumerate() {
                let candidate = self
                    .candidate(source.warehouse)
                    .expect("invariant: sources were found among the candidates");
                problem.available.push(problem.left[at * demands.len() + row]);
                problem.units.push(self.unit(demand.sku, candidate));
            }
        }
    }

    /// Warehouses that `granted` units come from, each once.
    pub(super) fn open<'g>(&self, granted: &'g [Grant]) -> impl Iterator<Item = u16> + 'g {
        let first = |at: &usize| {
            let warehouse = granted[*at].warehouse;
            granted[..*at].iter().all(|grant| grant.warehouse != warehouse)
        };
        (0..granted.len()).filter(first).map(|at| granted[at].warehouse)
    }

    /// The same, without those that send a parcel of the order already.
    pub(super) fn added<'g>(&'g self, granted: &'g [Grant]) -> impl Iterator<Item = u16> + 'g {
        self.open(granted).filter(|warehouse| !self.sent.contains(warehouse))
    }

    /// Whether two demands consume units of one SKU.
    pub(super) fn share_a_component(&self, demands: &[Demand]) -> bool {
        demands.iter().enumerate().any(|(at, demand)| {
            let parts = &self.book.the_sku(demand.sku).components;
            parts.iter().any(|(part, _)| {
                let others = demands.iter().enumerate().filter(|(other, _)| *other != at);
                others.into_iter().any(|(_, other)| self.units_each(other.sku, *part) > 0)
            })
        })
    }
}
