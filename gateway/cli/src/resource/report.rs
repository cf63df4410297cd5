//! What comes out. The names are a format that other programs read.

use serde::Serialize;

use super::swaps::SwapSums;
use super::trial::Trial;
use crate::output::{Answer, Page, grouped};

/// What sourcing every open order again gains, and swaps between them then.
#[derive(Debug, Serialize)]
pub(super) struct ResourceReport {
    orders_tried: u64,
    /// Orders that moved alone.
    orders_improved: u64,
    /// Of those improved, orders that left a warehouse which does not serve them any more. They are
    /// in none of the sums of parcels and cost.
    orders_left_unserved: u64,
    units_moved: u64,
    swaps: SwapsReport,
    /// Orders whose last parcel comes later than it did.
    orders_later: u64,
    orders_with_more_parcels: u64,
    parcels_before: u64,
    /// When each order alone was tried.
    parcels_resourced: u64,
    /// When orders have swapped, too.
    parcels_after: u64,
    cost_minor_before: i64,
    cost_minor_resourced: i64,
    cost_minor_after: i64,
    seconds: f64,
    /// `null`: nothing was sent.
    pub(super) sent: Option<SentReport>,
}

/// Orders that have units of each other.
#[derive(Debug, Serialize)]
struct SwapsReport {
    tried: u64,
    made: u64,
    /// How often all orders were gone through.
    rounds: u32,
    /// Orders that swapped, once or more.
    orders: u64,
    units: u64,
    seconds: f64,
}

/// What a server made of the orders that gained.
#[derive(Debug, Default, Serialize)]
pub(super) struct SentReport {
    /// Orders that were to move alone.
    pub(super) orders: u64,
    /// Orders whose units are where they were when it was tried.
    pub(super) as_tried: u64,
    /// Orders whose units are somewhere else.
    pub(super) otherwise: u64,
    /// Orders whose units are where they were.
    pub(super) unchanged: u64,
    /// Orders that are closed by now.
    pub(super) refused: u64,
    pub(super) swaps: u64,
    pub(super) swaps_made: u64,
    /// Swaps by which somebody would lose by now, or whose units have gone.
    pub(super) swaps_refused: u64,
}

impl ResourceReport {
    pub(super) fn new(trial: &Trial, swaps: &SwapSums, [alone, swapping]: [f64; 2]) -> Self {
        let sums = &trial.sums;
        let (old, new) = (&swaps.before, &swaps.after);
        Self {
            orders_tried: sums.tried,
            orders_improved: sums.improved,
            orders_left_unserved: sums.left,
            units_moved: sums.units_moved,
            swaps: SwapsReport {
                tried: swaps.tried,
                made: swaps.made,
                rounds: swaps.rounds,
                orders: swaps.orders,
                units: swaps.units,
                seconds: swapping,
            },
            orders_later: sums.later + swaps.later,
            orders_with_more_parcels: sums.more_parcels + swaps.more_parcels,
            parcels_before: sums.before.parcels,
            parcels_resourced: sums.after.parcels,
            parcels_after: (sums.after.parcels + new.parcels).saturating_sub(old.parcels),
            cost_minor_before: sums.before.cost_minor,
            cost_minor_resourced: sums.after.cost_minor,
            cost_minor_after: sums.after.cost_minor + new.cost_minor - old.cost_minor,
            seconds: alone + swapping,
            sent: None,
        }
    }
}

impl Answer for ResourceReport {
    fn page(&self) -> Page {
        let swaps = &self.swaps;
        let page = Page::new().facts([
            ("orders tried", grouped(self.orders_tried)),
            ("orders improved alone", grouped(self.orders_improved)),
            ("- from where nothing serves", grouped(self.orders_left_unserved)),
            ("units moved", grouped(self.units_moved)),
            ("swaps tried", grouped(swaps.tried)),
            ("swaps made", grouped(swaps.made)),
            ("orders that swapped", grouped(swaps.orders)),
            ("units swapped", grouped(swaps.units)),
            ("orders later than before", grouped(self.orders_later)),
            ("orders with more parcels", grouped(self.orders_with_more_parcels)),
            ("parcels before", grouped(self.parcels_before)),
            ("- sourced again", grouped(self.parcels_resourced)),
            ("- and swapped", grouped(self.parcels_after)),
            ("cost before", grouped(self.cost_minor_before)),
            ("- sourced again", grouped(self.cost_minor_resourced)),
            ("- and swapped", grouped(self.cost_minor_after)),
            ("seconds", format!("{:.3}", self.seconds)),
            ("- of it for swaps", format!("{:.3}", swaps.seconds)),
        ]);
        let Some(sent) = &self.sent else { return page.text("nothing was sent") };
        page.facts([
            ("orders sent", grouped(sent.orders)),
            ("- as tried", grouped(sent.as_tried)),
            ("- otherwise", grouped(sent.otherwise)),
            ("- unchanged", grouped(sent.unchanged)),
            ("- refused", grouped(sent.refused)),
            ("swaps sent", grouped(sent.swaps)),
            ("- made", grouped(sent.swaps_made)),
            ("- refused", grouped(sent.swaps_refused)),
        ])
    }
}
