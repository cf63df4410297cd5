//! What comes out. The names are a format that other programs read.

use serde::Serialize;

use super::trial::Trial;
use crate::output::{Answer, Page, grouped};

/// What sourcing every open order again gains.
#[derive(Debug, Serialize)]
pub(super) struct ResourceReport {
    orders_tried: u64,
    orders_improved: u64,
    /// Of those improved, orders that left a warehouse which does not serve them any more. They are
    /// in none of the sums of parcels and cost.
    orders_left_unserved: u64,
    /// Orders whose last parcel comes later than it did.
    orders_later: u64,
    units_moved: u64,
    parcels_before: u64,
    parcels_after: u64,
    cost_minor_before: i64,
    cost_minor_after: i64,
    seconds: f64,
    /// `null`: nothing was sent.
    pub(super) sent: Option<SentReport>,
}

/// What a server made of the orders that gained.
#[derive(Debug, Default, Serialize)]
pub(super) struct SentReport {
    pub(super) orders: u64,
    /// Orders whose units are where they were when it was tried.
    pub(super) as_tried: u64,
    /// Orders whose units are somewhere else.
    pub(super) otherwise: u64,
    /// Orders whose units are where they were.
    pub(super) unchanged: u64,
    /// Orders that are closed by now.
    pub(super) refused: u64,
}

impl ResourceReport {
    pub(super) fn new(trial: &Trial, seconds: f64) -> Self {
        let sums = &trial.sums;
        Self {
            orders_tried: sums.tried,
            orders_improved: sums.improved,
            orders_left_unserved: sums.left,
            orders_later: sums.later,
            units_moved: sums.units_moved,
            parcels_before: sums.before.parcels,
            parcels_after: sums.after.parcels,
            cost_minor_before: sums.before.cost_minor,
            cost_minor_after: sums.after.cost_minor,
            seconds,
            sent: None,
        }
    }
}

impl Answer for ResourceReport {
    fn page(&self) -> Page {
        let page = Page::new().facts([
            ("orders tried", grouped(self.orders_tried)),
            ("orders improved", grouped(self.orders_improved)),
            ("- from where nothing serves", grouped(self.orders_left_unserved)),
            ("orders later than before", grouped(self.orders_later)),
            ("units moved", grouped(self.units_moved)),
            ("parcels before", grouped(self.parcels_before)),
            ("parcels after", grouped(self.parcels_after)),
            ("cost before", grouped(self.cost_minor_before)),
            ("cost after", grouped(self.cost_minor_after)),
            ("seconds", format!("{:.3}", self.seconds)),
        ]);
        let Some(sent) = &self.sent else { return page.text("nothing was sent") };
        page.facts([
            ("orders sent", grouped(sent.orders)),
            ("- as tried", grouped(sent.as_tried)),
            ("- otherwise", grouped(sent.otherwise)),
            ("- unchanged", grouped(sent.unchanged)),
            ("- refused", grouped(sent.refused)),
        ])
    }
}
