//! What is expected, to whom it is promised, and whose promises are to be made anew.

use std::collections::BTreeMap;

use gantry_model::{EngineSecond, MatchEnd, Promise, Sequence, Sku, SupplyId, WaitKey};

use super::Fault;
use crate::promised::{Ledger, Line, Supply};

/// Supplies and promises, and the SKUs that are under review.
#[derive(Default)]
pub(super) struct Expected {
    pub(super) ledger: Ledger,
    reviews: BTreeMap<Sku, Review>,
}

#[derive(Clone, Copy)]
struct Review {
    since: Sequence,
    /// The last line without a promise that was looked at.
    after: Option<WaitKey>,
}

impl Expected {
    /// When a line is promised its units.
    pub(super) fn date(&self, line: Line) -> EngineSecond {
        self.ledger.promise(line).map_or(EngineSecond::NONE, |promise| promise.date)
    }

    /// Whether nothing is expected of a SKU.
    pub(super) fn is_none_of(&self, sku: Sku) -> bool {
        self.ledger.of_sku(sku).is_empty()
    }

    /// The supply with this id, of which units are still expected.
    pub(super) fn open(&self, id: SupplyId) -> Result<Supply, Fault> {
        let found = self.ledger.find(id).map(|(_, supply)| supply);
        found.filter(|supply| supply.open() > 0).ok_or(Fault::Rule("the supply is open"))
    }

    /// Whether promises of a SKU are to be made anew.
    pub(super) fn is_reviewed(&self, sku: Sku) -> bool {
        self.reviews.contains_key(&sku)
    }

    /// Whether no promises are to be made anew.
    pub(super) fn is_nothing_reviewed(&self) -> bool {
        self.reviews.is_empty()
    }

    /// The SKU that has been under review for longest, but for those that are passed over.
    pub(super) fn first_reviewed(&self, is_passed: impl Fn(Sku) -> bool) -> Option<Sku> {
        let reviews = self.reviews.iter().filter(|(sku, _)| !is_passed(**sku));
        reviews.min_by_key(|(sku, review)| (review.since, **sku)).map(|(sku, _)| *sku)
    }

    /// The last line without a promise that was looked at.
    pub(super) fn after(&self, sku: Sku) -> Option<WaitKey> {
        self.reviews.get(&sku).and_then(|review| review.after)
    }

    /// Promises of a SKU are to be made anew from the first line on.
    pub(super) fn review(&mut self, sku: Sku, since: Sequence) {
        self.reviews.insert(sku, Review { since, after: None });
    }

    /// A line may have come before the one looked at last: the look begins at the first again.
    pub(super) fn begin_again(&mut self, sku: Sku) {
        if let Some(review) = self.reviews.get_mut(&sku) {
            review.after = None;
        }
    }

    /// What comes after a record that made promises anew.
    pub(super) fn end(&mut self, promise: &Promise, sequence: Sequence) {
        if promise.end == MatchEnd::Over {
            self.reviews.remove(&promise.sku);
            return;
        }
        let after = (promise.last != WaitKey::FIRST).then_some(promise.last);
        let since = self.reviews.get(&promise.sku).map_or(sequence, |review| review.since);
        self.reviews.insert(promise.sku, Review { since, after });
    }
}
