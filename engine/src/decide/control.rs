//! Setting the engine up: catalogue, costs, limits.

use gantry_model::{
    COST_MINOR_MAX, Handle, Limits, OutcomeHead, RejectReason, SKUS_MAX, SetCosts, UpsertCode,
    UpsertSku, UpsertWarehouse, WAREHOUSES_MAX, ZONES_MAX,
};

use super::Rejection;
use crate::state::{CodeTable, State};

/// Channels share the bound of zones.
const CHANNELS_MAX: usize = ZONES_MAX;

pub(super) fn sku(state: &State, command: &UpsertSku<'_>) -> Result<OutcomeHead, Rejection> {
    let sku = handle(&state.catalogue.skus, command.code, SKUS_MAX)?;
    if let Some(row) = state.catalogue.sku(sku)
        && row.tracked != command.tracked
    {
        let is_expected = state.supplies.of_sku(sku).next().is_some();
        if state.stock.is_in_use(sku) || !state.fences.of(sku).is_empty() || is_expected {
            return Err(RejectReason::TrackingInUse.into());
        }
        if command.tracked && !state.bundles.components(sku).is_empty() {
            return Err(RejectReason::BundleTracked.into());
        }
    }
    Ok(OutcomeHead::defined(sku.get()))
}

pub(super) fn warehouse(
    state: &State,
    command: &UpsertWarehouse<'_>,
) -> Result<OutcomeHead, Rejection> {
    let warehouse = handle(&state.catalogue.warehouses, command.code, WAREHOUSES_MAX)?;
    Ok(OutcomeHead::defined(warehouse.get().into()))
}

pub(super) fn zone(state: &State, command: &UpsertCode<'_>) -> Result<OutcomeHead, Rejection> {
    let zone = handle(&state.catalogue.zones, command.code, ZONES_MAX)?;
    Ok(OutcomeHead::defined(zone.get().into()))
}

pub(super) fn channel(state: &State, command: &UpsertCode<'_>) -> Result<OutcomeHead, Rejection> {
    let channel = handle(&state.catalogue.channels, command.code, CHANNELS_MAX)?;
    Ok(OutcomeHead::defined(channel.get().into()))
}

pub(super) fn handle<H: Handle>(
    table: &CodeTable<H>,
    code: &str,
    max: usize,
) -> Result<H, Rejection> {
    if code.is_empty() {
        return Err(RejectReason::CodeEmpty.into());
    }
    let handle = table.handle(code);
    if handle.is_none() && table.len() >= max {
        let figure = |value: usize| i64::try_from(value).unwrap_or(i64::MAX);
        return Err(Rejection::of(RejectReason::TableFull, figure(table.len() + 1), figure(max)));
    }
    Ok(table.handle_or_next(code))
}

pub(super) fn costs(state: &State, command: &SetCosts<'_>) -> Result<OutcomeHead, Rejection> {
    if !state.catalogue.warehouses.contains(command.warehouse) {
        return Err(RejectReason::UnknownWarehouse.into());
    }
    if command.rows.is_empty() {
        return Err(RejectReason::NoLines.into());
    }
    if !command.rows.is_sorted_by(|left, right| left.zone() < right.zone()) {
        return Err(RejectReason::ListNotRising.into());
    }
    for row in command.rows {
        if !state.catalogue.zones.contains(row.zone()) {
            return Err(RejectReason::UnknownZone.into());
        }
        let cost = row.parcel_cost().max(row.unit_cost());
        if cost > COST_MINOR_MAX {
            let (actual, limit) = (cost.into(), COST_MINOR_MAX.into());
            return Err(Rejection::of(RejectReason::CostOverLimit, actual, limit));
        }
        if row.is_served() && !state.network.has_room(row.zone(), command.warehouse) {
            return Err(RejectReason::TooManyCandidates.into());
        }
    }
    Ok(OutcomeHead::accepted(0, 0))
}

pub(super) fn limits(limits: &Limits) -> Result<OutcomeHead, Rejection> {
    let pairs = [
        (limits.lines_per_order_max, Limits::MAX.lines_per_order_max),
        (limits.quantity_per_line_max, Limits::MAX.quantity_per_line_max),
        (limits.rejections_remembered_max, Limits::MAX.rejections_remembered_max),
        (limits.sourcing_steps_max, Limits::MAX.sourcing_steps_max),
    ];
    match pairs.iter().find(|(value, max)| *value == 0 || value > max) {
        Some((value, max)) => {
            let (actual, limit) = ((*value).into(), (*max).into());
            Err(Rejection::of(RejectReason::BadLimit, actual, limit))
        }
        None => Ok(OutcomeHead::accepted(0, 0)),
    }
}
