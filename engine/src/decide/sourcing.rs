//! Setting up sourcing: policies, capacity, reserves, bundles, shadow prices.

use gantry_model::{
    AssignPolicy, Channel, Objective, OutcomeHead, PARCELS_PER_ORDER_MAX, POLICIES_MAX, Policy,
    PriceRow, RING_FENCES_PER_CELL_MAX, RejectReason, ReserveRow, Rule, Rules,
    SHADOW_PRICE_MINOR_MAX, SetBundle, SetCapacity, SetPolicy, SetReserves, SetShadowPrices, Sku,
    SkuField, UNITS_PER_CELL_MAX, UNITS_PER_COMPONENT_MAX, Warehouse, WarehouseField,
};

use super::Rejection;
use super::control::handle;
use crate::state::{CUT_OFF_NONE, DAYS_ANY, PlaceRow, State};

const MINUTES_PER_DAY: u16 = 24 * 60;

pub(super) fn policy(state: &State, command: &SetPolicy<'_>) -> Result<OutcomeHead, Rejection> {
    let policy = handle(&state.catalogue.policies, command.code, POLICIES_MAX)?;
    let parcels = command.parcels_max;
    if parcels == 0 || parcels > PARCELS_PER_ORDER_MAX {
        let (actual, limit) = (parcels.into(), PARCELS_PER_ORDER_MAX.into());
        return Err(Rejection::of(RejectReason::ParcelsMaxOutOfRange, actual, limit));
    }
    if contradicts_itself(command) {
        return Err(RejectReason::PolicyContradicts.into());
    }
    let warehouses = command.warehouses;
    if !warehouses.is_sorted_by(|left, right| left.get() < right.get())
        || !command.no_split_skus.is_sorted_by(|left, right| left.get() < right.get())
    {
        return Err(RejectReason::ListNotRising.into());
    }
    warehouses.iter().map(WarehouseField::get).try_for_each(|known| warehouse(state, known))?;
    command.no_split_skus.iter().map(SkuField::get).try_for_each(|known| sku(state, known))?;
    Ok(OutcomeHead::defined(policy.get().into()))
}

/// Whether a rule is soft that the policy does not have, or one rule leaves another nothing to say.
fn contradicts_itself(command: &SetPolicy<'_>) -> bool {
    let splits = command.split_value_min != 0 || !command.no_split_skus.is_empty();
    let bounds_parcels = command.parcels_max < PARCELS_PER_ORDER_MAX;
    let absent = [
        (Rule::Warehouses, command.warehouses.is_empty()),
        (Rule::DaysMax, command.days_max == DAYS_ANY),
        (Rule::ParcelsMax, !bounds_parcels),
        (Rule::NoSplit, !splits),
    ];
    let absent = absent.into_iter().filter(|(_, is_absent)| *is_absent);
    let absent = absent.fold(Rules::NONE, |rules, (rule, _)| rules.with(rule));
    let is_one_parcel = command.parcels_max == 1;
    command.split_value_min < 0
        || command.soft.bits() & absent.bits() != 0
        || (is_one_parcel && splits)
        || (command.objective == Objective::Greedy && (bounds_parcels || splits))
}

pub(super) fn assignment(state: &State, command: &AssignPolicy) -> Result<OutcomeHead, Rejection> {
    channel(state, command.channel)?;
    if command.policy != Policy::NONE && state.policies.row(command.policy).is_none() {
        return Err(RejectReason::UnknownPolicy.into());
    }
    Ok(OutcomeHead::accepted(0, 0))
}

pub(super) fn capacity(state: &State, command: &SetCapacity) -> Result<OutcomeHead, Rejection> {
    warehouse(state, command.warehouse)?;
    let minute = command.cut_off_minute;
    if minute >= MINUTES_PER_DAY && minute != CUT_OFF_NONE {
        let (actual, limit) = (minute.into(), (MINUTES_PER_DAY - 1).into());
        return Err(Rejection::of(RejectReason::BadCutOff, actual, limit));
    }
    Ok(OutcomeHead::accepted(0, 0))
}

pub(super) fn reserves(state: &State, command: &SetReserves<'_>) -> Result<OutcomeHead, Rejection> {
    let key = |row: &ReserveRow| (row.sku(), row.warehouse(), row.channel());
    check_rows(command.rows, key)?;
    for row in command.rows {
        let sku_row = state.catalogue.sku(row.sku()).ok_or(RejectReason::UnknownSku)?;
        warehouse(state, row.warehouse())?;
        channel(state, row.channel())?;
        if !sku_row.tracked {
            return Err(RejectReason::NotTracked.into());
        }
        if row.units() > UNITS_PER_CELL_MAX {
            let (actual, limit) = (row.units().into(), UNITS_PER_CELL_MAX.into());
            return Err(Rejection::of(RejectReason::QuantityOverLimit, actual, limit));
        }
    }
    check_fences(state, command.rows)
}

/// No cell ends with more ring-fences than it may have. A row of zero units is none.
fn check_fences(state: &State, rows: &[ReserveRow]) -> Result<OutcomeHead, Rejection> {
    let place = |row: &ReserveRow| (row.sku(), row.warehouse());
    for of_cell in rows.chunk_by(|left, right| place(left) == place(right)) {
        let (sku, warehouse) = place(&of_cell[0]);
        let stays = |fence: &&PlaceRow| {
            let is_named = of_cell.iter().any(|row| row.channel() == fence.channel);
            fence.warehouse == warehouse && !is_named
        };
        let is_fence = |row: &&ReserveRow| row.channel() != Channel::NONE && row.units() > 0;
        let staying = state.fences.of(sku).iter().filter(stays).count();
        let count = staying + of_cell.iter().filter(is_fence).count();
        if count > RING_FENCES_PER_CELL_MAX {
            let figure = |value: usize| i64::try_from(value).unwrap_or(i64::MAX);
            let (actual, limit) = (figure(count), figure(RING_FENCES_PER_CELL_MAX));
            return Err(Rejection::of(RejectReason::TooManyRingFences, actual, limit));
        }
    }
    Ok(OutcomeHead::accepted(0, 0))
}

pub(super) fn shadow_prices(
    state: &State,
    command: &SetShadowPrices<'_>,
) -> Result<OutcomeHead, Rejection> {
    let key = |row: &PriceRow| (row.sku(), row.warehouse());
    if !command.clear || !command.rows.is_empty() {
        check_rows(command.rows, key)?;
    }
    for row in command.rows {
        sku(state, row.sku())?;
        warehouse(state, row.warehouse())?;
        if row.price() > SHADOW_PRICE_MINOR_MAX {
            let (actual, limit) = (row.price().into(), SHADOW_PRICE_MINOR_MAX.into());
            return Err(Rejection::of(RejectReason::CostOverLimit, actual, limit));
        }
    }
    Ok(OutcomeHead::accepted(0, 0))
}

pub(super) fn bundle(state: &State, command: &SetBundle<'_>) -> Result<OutcomeHead, Rejection> {
    let row = state.catalogue.sku(command.sku).ok_or(RejectReason::UnknownSku)?;
    if row.tracked {
        return Err(RejectReason::BundleTracked.into());
    }
    if state.stock.is_in_use(command.sku) {
        return Err(RejectReason::BundleInUse.into());
    }
    if !command.components.is_sorted_by(|left, right| left.sku() < right.sku()) {
        return Err(RejectReason::ListNotRising.into());
    }
    for component in command.components {
        sku(state, component.sku())?;
        if component.sku() == command.sku {
            return Err(RejectReason::BundleContainsItself.into());
        }
        if !state.bundles.components(component.sku()).is_empty() {
            return Err(RejectReason::BundleInBundle.into());
        }
        let (units, limit) = (component.units(), UNITS_PER_COMPONENT_MAX);
        if units == 0 {
            return Err(RejectReason::QuantityNotPositive.into());
        }
        if units > limit {
            let (actual, limit) = (units.into(), limit.into());
            return Err(Rejection::of(RejectReason::QuantityOverLimit, actual, limit));
        }
    }
    if !command.components.is_empty() && state.bundles.is_component(command.sku) {
        return Err(RejectReason::BundleInBundle.into());
    }
    Ok(OutcomeHead::accepted(0, 0))
}

/// A list that says something, and nothing twice.
fn check_rows<R, K: Ord>(rows: &[R], key: impl Fn(&R) -> K) -> Result<(), Rejection> {
    if rows.is_empty() {
        return Err(RejectReason::NoLines.into());
    }
    if !rows.is_sorted_by(|left, right| key(left) < key(right)) {
        return Err(RejectReason::ListNotRising.into());
    }
    Ok(())
}

fn sku(state: &State, sku: Sku) -> Result<(), Rejection> {
    if state.catalogue.skus.contains(sku) { Ok(()) } else { Err(RejectReason::UnknownSku.into()) }
}

fn warehouse(state: &State, warehouse: Warehouse) -> Result<(), Rejection> {
    let is_known = state.catalogue.warehouses.contains(warehouse);
    if is_known { Ok(()) } else { Err(RejectReason::UnknownWarehouse.into()) }
}

fn channel(state: &State, channel: Channel) -> Result<(), Rejection> {
    let is_known = channel == Channel::NONE || state.catalogue.channels.contains(channel);
    if is_known { Ok(()) } else { Err(RejectReason::UnknownChannel.into()) }
}
