//! What an order must be before anything is sourced.

use gantry_model::{
    Channel, HoldId, LINES_PER_ORDER_MAX, OrderLine, PlaceOrder, RejectReason, Zone,
};

use super::book::Book;
use super::no::{No, figure, no, refuse_if};

/// Units of one SKU over all lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Demand {
    pub(super) sku: u32,
    pub(super) units: i64,
}

/// Sums what the order wants at `time`, SKU by SKU, or says why nothing is to be sourced.
pub(super) fn demands(
    book: &Book,
    order: &PlaceOrder<'_>,
    time: u64,
    demands: &mut Vec<Demand>,
) -> Result<(), No> {
    check_head(book, order)?;
    if order.hold != HoldId::NONE {
        book.active_hold(order.hold, time)?;
    }
    sum_lines(book, order.lines, demands)?;
    refuse_if(!is_served(book, order.zone), RejectReason::NotServed)
}

/// Whether a warehouse may serve a zone.
pub(super) fn is_served(book: &Book, zone: Zone) -> bool {
    let is_active = |warehouse: &u16| book.warehouses[usize::from(*warehouse)].active;
    book.zones[zone.index()].costs.keys().any(is_active)
}

/// Sums what lines want, SKU by SKU, or says what is wrong with one.
pub(super) fn sum_lines(
    book: &Book,
    lines: &[OrderLine],
    demands: &mut Vec<Demand>,
) -> Result<(), No> {
    demands.clear();
    let mut rows = lines.len();
    for line in lines {
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
    Ok(())
}

fn check_head(book: &Book, order: &PlaceOrder<'_>) -> Result<(), No> {
    refuse_if(order.lines.is_empty(), RejectReason::NoLines)?;
    check_line_count(book, order.lines)?;
    refuse_if(order.zone.index() >= book.zones.len(), RejectReason::UnknownZone)?;
    check_channel(book, order.channel)?;
    let [letters @ .., last] = order.currency;
    let is_currency = last == 0 && letters.iter().all(u8::is_ascii_uppercase);
    refuse_if(!is_currency && order.currency != [0; 4], RejectReason::BadCurrency)
}

pub(super) fn check_line_count(book: &Book, lines: &[OrderLine]) -> Result<(), No> {
    let max = book.limits.lines_per_order_max;
    if figure(lines.len()) > i64::from(max) {
        return no(RejectReason::TooManyLines, figure(lines.len()), max);
    }
    Ok(())
}

pub(super) fn check_channel(book: &Book, channel: Channel) -> Result<(), No> {
    let is_known = channel == Channel::NONE || channel.index() < book.channels.len();
    refuse_if(!is_known, RejectReason::UnknownChannel)
}
