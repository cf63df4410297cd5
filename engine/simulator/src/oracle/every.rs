//! Every whole plan of one pass, where demands compete and plans are few: unit by unit.

use gantry_model::{Objective, Rules};

use super::case::{Candidate, Case, Grant};
use super::order::Demand;
use super::plan::Weight;

/// Choices after which there are too many plans.
const CHOICES_MAX: usize = 30_000;

/// The lightest plans.
#[derive(Debug)]
pub(super) struct Lightest {
    pub(super) weight: Weight,
    pub(super) plans: Vec<Vec<Grant>>,
}

struct Search<'a> {
    case: &'a Case<'a>,
    wanted: &'a [Demand],
    sources: Vec<&'a Candidate>,
    grants: Vec<Grant>,
    choices: usize,
    lightest: Option<Lightest>,
}

/// The lightest plans that keep every rule and grant every unit, if there are any; `None` where that
/// is not known.
pub(super) fn lightest(case: &Case<'_>, wanted: &[Demand]) -> Option<Option<Lightest>> {
    if case.policy.objective == Objective::Greedy || !case.is_comparable {
        return None;
    }
    let sources = case.candidates.iter().filter(|row| case.is_left(row, Rules::NONE));
    let mut search = Search {
        case,
        wanted,
        sources: sources.collect(),
        grants: Vec::new(),
        choices: 0,
        lightest: None,
    };
    let first = wanted.first().map_or(0, |demand| demand.units);
    search.choose(0, 0, first);
    (search.choices < CHOICES_MAX).then_some(search.lightest)
}

impl Search<'_> {
    /// Tries what a demand's units that are left may have from a source and those behind it.
    fn choose(&mut self, demand: usize, source: usize, left: i64) {
        if self.choices >= CHOICES_MAX {
            return;
        }
        self.choices += 1;
        if left == 0 {
            match self.wanted.get(demand + 1) {
                Some(next) => self.choose(demand + 1, 0, next.units),
                None => self.weigh(),
            }
            return;
        }
        let Some(candidate) = self.sources.get(source) else { return };
        let (sku, warehouse) = (self.wanted[demand].sku, candidate.warehouse);
        let here = self.grants.iter().filter(|grant| grant.warehouse == warehouse);
        let here: i64 = here.map(|grant| grant.units).sum();
        let room = candidate.units_left.map_or(left, |room| room - here);
        let there = self.case.left(sku, warehouse, Rules::NONE, &self.grants);
        self.choose(demand, source + 1, left);
        for units in 1..=there.min(room).min(left) {
            self.grants.push(Grant { sku, warehouse, units });
            self.choose(demand, source + 1, left - units);
            self.grants.pop();
        }
    }

    fn weigh(&mut self) {
        let parcels_max = usize::try_from(self.case.parcels_max(Rules::NONE)).unwrap_or(usize::MAX);
        if self.case.added(&self.grants).count() > parcels_max {
            return;
        }
        let weight = self.case.weight(&self.grants);
        match &mut self.lightest {
            Some(lightest) if lightest.weight < weight => {}
            Some(lightest) if lightest.weight == weight => {
                lightest.plans.push(self.grants.clone());
            }
            lightest => *lightest = Some(Lightest { weight, plans: vec![self.grants.clone()] }),
        }
    }
}
