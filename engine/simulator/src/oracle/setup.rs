//! The rules of set-up: catalogue, costs, limits.

use gantry_model::{
    CANDIDATES_PER_ZONE_MAX, COST_MINOR_MAX, Limits, OutcomeHead, RejectReason, SKUS_MAX, SetCosts,
    UpsertSku, WAREHOUSES_MAX, ZONES_MAX,
};

use super::book::Book;
use super::no::{No, figure, no, refuse_if};

/// What an upsert of `code` answers: its handle, or the next one.
pub(super) fn upsert<'a>(
    code: &str,
    mut codes: impl ExactSizeIterator<Item = &'a String>,
    max: usize,
) -> Result<OutcomeHead, No> {
    refuse_if(code.is_empty(), RejectReason::CodeEmpty)?;
    let count = codes.len();
    let handle = match codes.position(|known| known == code) {
        Some(handle) => handle,
        None if count >= max => {
            return no(RejectReason::TableFull, figure(count + 1), figure(max));
        }
        None => count,
    };
    Ok(OutcomeHead::defined(u32::try_from(handle).expect("invariant: tables are bounded")))
}

pub(super) fn sku(book: &Book, command: &UpsertSku<'_>) -> Result<OutcomeHead, No> {
    let head = upsert(command.code, book.skus.iter().map(|row| &row.code), SKUS_MAX)?;
    let Some(sku) = head.handle() else { return Ok(head) };
    if let Some(row) = book.sku(sku).filter(|row| row.tracked != command.tracked) {
        let is_expected = !book.supplies_of(sku).is_empty();
        let is_in_use = book.is_in_use(sku) || !row.fences.is_empty() || is_expected;
        refuse_if(is_in_use, RejectReason::TrackingInUse)?;
        let is_bundle = !row.components.is_empty();
        refuse_if(command.tracked && is_bundle, RejectReason::BundleTracked)?;
    }
    Ok(head)
}

pub(super) fn warehouse(book: &Book, code: &str) -> Result<OutcomeHead, No> {
    upsert(code, book.warehouses.iter().map(|row| &row.code), WAREHOUSES_MAX)
}

pub(super) fn zone(book: &Book, code: &str) -> Result<OutcomeHead, No> {
    upsert(code, book.zones.iter().map(|row| &row.code), ZONES_MAX)
}

/// There may be as many channels as zones.
pub(super) fn channel(book: &Book, code: &str) -> Result<OutcomeHead, No> {
    upsert(code, book.channels.iter().map(|row| &row.code), ZONES_MAX)
}

pub(super) fn costs(book: &Book, command: &SetCosts<'_>) -> Result<OutcomeHead, No> {
    refuse_if(!book.knows_warehouse(command.warehouse), RejectReason::UnknownWarehouse)?;
    refuse_if(command.rows.is_empty(), RejectReason::NoLines)?;
    let rises = command.rows.is_sorted_by(|one, next| one.zone() < next.zone());
    refuse_if(!rises, RejectReason::ListNotRising)?;
    for row in command.rows {
        let zone = book.zones.get(row.zone().index()).ok_or(RejectReason::UnknownZone)?;
        let cost = row.parcel_cost().max(row.unit_cost());
        if cost > COST_MINOR_MAX {
            return no(RejectReason::CostOverLimit, cost, COST_MINOR_MAX);
        }
        let is_new = !zone.costs.contains_key(&command.warehouse.get());
        let is_full = zone.costs.len() >= CANDIDATES_PER_ZONE_MAX;
        refuse_if(row.is_served() && is_new && is_full, RejectReason::TooManyCandidates)?;
    }
    Ok(OutcomeHead::accepted(0, 0))
}

pub(super) fn limits(limits: &Limits) -> Result<OutcomeHead, No> {
    let bounds = Limits::MAX;
    for (value, max) in [
        (limits.lines_per_order_max, bounds.lines_per_order_max),
        (limits.quantity_per_line_max, bounds.quantity_per_line_max),
        (limits.rejections_remembered_max, bounds.rejections_remembered_max),
        (limits.sourcing_steps_max, bounds.sourcing_steps_max),
    ] {
        if value < 1 || value > max {
            return no(RejectReason::BadLimit, value, max);
        }
    }
    Ok(OutcomeHead::accepted(0, 0))
}
