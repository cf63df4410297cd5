//! What an order must be before anything is sourced.

use gantry_model::{Channel, LINES_PER_ORDER_MAX, PlaceOrder, RejectReason};

use super::book::Book;
use super::no::{No, figure, no, refuse_if};

/// Units of one SKU over all lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Demand {
    pub(super) sku: u32,
    pub(super) units: i64,
}

/// Sums what the order wants, SKU by SKU, or says why nothing is to be sourced.
pub(super) fn demands(
    book: &Book,
    order: &PlaceOrder<'_>,
    demands: &mut Vec<Demand>,
) -> Result<(), No> {
    demands.clear();
    check_head(book, order)?;
    let mut rows = order.lines.len();
    for line in order.lines {
        let (sku, units) = (line.sku().get(), line.quantity());
        let row = book.sku(sku).ok_or(RejectReason::UnknownSku)?;
        refuse_if(!row.active, RejectReason::SkuInactive)?;
        refuse_if(units == 0, RejectReason::QuantityNotPositive)?;
        if units > book.limits.quantity_per_line_max {
            return no(RejectReason::QuantityOverLimit, units, book.limits.quantity_per_line_max);
        }
        let known = demands.iter_mut().find(|demand| demand.sku == sku);
        let units = i64::from(units);
        let total = match known {
            Some(demand) => {
                demand.units += units;
                demand.units
            }
            None => {
                demands.push(Demand { sku, units });
                units
            }
        };
        if row.order_max != 0 && total > i64::from(row.order_max) {
            return no(RejectReason::OverOrderMaximum, total, row.order_max);
        }
        rows += row.components.len();
    }
    if rows > LINES_PER_ORDER_MAX {
        return no(RejectReason::TooManyLines, figure(rows), figure(LINES_PER_ORDER_MAX));
    }
    let zone = &book.zones[order.zone.index()];
    let is_active = |warehouse: &u16| book.warehouses[usize::from(*warehouse)].active;
    refuse_if(!zone.costs.keys().any(is_active), RejectReason::NotServed)
}

fn check_head(book: &Book, order: &PlaceOrder<'_>) -> Result<(), No> {
    refuse_if(order.lines.is_empty(), RejectReason::NoLines)?;
    let lines_max = book.limits.lines_per_order_max;
    if figure(order.lines.len()) > i64::from(lines_max) {
        return no(RejectReason::TooManyLines, figure(order.lines.len()), lines_max);
    }
    refuse_if(order.zone.index() >= book.zones.len(), RejectReason::UnknownZone)?;
    let is_known = order.channel == Channel::NONE || order.channel.index() < book.channels.len();
    refuse_if(!is_known, RejectReason::UnknownChannel)?;
    let [letters @ .., last] = order.currency;
    let is_currency = last == 0 && letters.iter().all(u8::is_ascii_uppercase);
    refuse_if(!is_currency && order.currency != [0; 4], RejectReason::BadCurrency)
}
