//! What is among the cases: a check that a rule is in play, and not only in the description.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};

use gantry_engine::Problem;
use gantry_model::{PARCELS_PER_ORDER_MAX, Proof};

use crate::case::Case;

/// Counts of cases by what they have.
#[derive(Default)]
pub(crate) struct Mix {
    cases: u64,
    counts: BTreeMap<(&'static str, String), u64>,
}

impl Mix {
    pub(crate) fn count(&mut self, case: &Case) {
        let problem = &case.problem;
        self.cases += 1;
        self.add("lines", class(problem.demands.len(), &[1, 2, 5, 9, 14]));
        self.add("sources", class(problem.sources.len(), &[1, 4, 8, 16, 32, 64]));
        self.add("objective", problem.objective.name().into());
        self.add("proof", case.plan.proof.map_or("none", Proof::name).into());
        self.add("parcels", class(case.measure.parcels as usize, &[0, 1, 2, 4, 8]));
        self.add("short", if case.measure.units_short > 0 { "yes" } else { "no" }.into());
        for rule in rules(problem) {
            self.add("rule", rule.into());
        }
    }

    fn add(&mut self, what: &'static str, which: String) {
        *self.counts.entry((what, which)).or_default() += 1;
    }
}

impl Display for Mix {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        writeln!(out, "{} cases", self.cases)?;
        for ((what, which), count) in &self.counts {
            writeln!(out, "{what:>10} {which:<28} {count:>9}")?;
        }
        Ok(())
    }
}

/// The class of a size by the highest of each class.
fn class(size: usize, highest: &[usize]) -> String {
    let at = highest.partition_point(|highest| *highest < size);
    let low = if at == 0 { 0 } else { highest[at - 1] + 1 };
    match highest.get(at) {
        Some(high) if low.max(1) >= *high => format!("{high:>3}"),
        Some(high) => format!("{low:>3} to {high}"),
        None => format!("{low:>3} or more"),
    }
}

/// What makes a problem more than stock and costs.
fn rules(problem: &Problem) -> Vec<&'static str> {
    let sources = &problem.sources;
    let zero = sources.iter().filter(|row| row.parcel_cost == 0 || row.unit_cost == 0).count();
    let huge = sources.iter().any(|row| row.parcel_cost.max(row.unit_cost) > 100_000_000);
    let is_tie = |at: usize| {
        let key = |at: usize| (sources[at].parcel_cost, sources[at].unit_cost);
        (0..at).any(|earlier| key(earlier) == key(at))
    };
    [
        (problem.parcels_max < u32::from(PARCELS_PER_ORDER_MAX), "parcels_max"),
        (sources.iter().any(|row| row.units_max != u32::MAX), "units_max"),
        (sources.iter().any(|row| row.is_open), "is_open"),
        (!problem.parts.is_empty(), "shared components"),
        (!problem.prices.is_empty(), "shadow prices"),
        (zero > 0, "zero costs"),
        (huge, "costs above 10^8"),
        ((0..sources.len()).any(is_tie), "two sources of equal costs"),
    ]
    .into_iter()
    .filter_map(|(is_there, name)| is_there.then_some(name))
    .collect()
}
