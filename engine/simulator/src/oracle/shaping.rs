//! The rules of what shapes sourcing: policies, capacity, reserves, bundles, shadow prices.

use gantry_model::{
    AssignPolicy, Channel, Objective, OutcomeHead, PARCELS_PER_ORDER_MAX, POLICIES_MAX, Policy,
    RING_FENCES_PER_CELL_MAX, RejectReason, ReserveRow, Rule, SHADOW_PRICE_MINOR_MAX, SetBundle,
    SetCapacity, SetPolicy, SetReserves, SetShadowPrices, Sku, UNITS_PER_CELL_MAX,
    UNITS_PER_COMPONENT_MAX, Warehouse,
};

use super::book::{ANY_16, Book};
use super::no::{No, figure, no, refuse_if};
use super::setup::upsert;

pub(super) fn policy(book: &Book, command: &SetPolicy<'_>) -> Result<OutcomeHead, No> {
    let head = upsert(command.code, book.policies.iter().map(|row| &row.code), POLICIES_MAX)?;
    let parcels = command.parcels_max;
    if !(1..=PARCELS_PER_ORDER_MAX).contains(&parcels) {
        return no(RejectReason::ParcelsMaxOutOfRange, parcels, PARCELS_PER_ORDER_MAX);
    }
    refuse_if(contradicts_itself(command), RejectReason::PolicyContradicts)?;
    let rises = command.warehouses.is_sorted_by(|one, next| one.get() < next.get())
        && command.no_split_skus.is_sorted_by(|one, next| one.get() < next.get());
    refuse_if(!rises, RejectReason::ListNotRising)?;
    for warehouse in command.warehouses {
        known_warehouse(book, warehouse.get())?;
    }
    for sku in command.no_split_skus {
        known_sku(book, sku.get())?;
    }
    Ok(head)
}

fn contradicts_itself(command: &SetPolicy<'_>) -> bool {
    let has_no_split = command.split_value_min != 0 || !command.no_split_skus.is_empty();
    let has_parcels = command.parcels_max < PARCELS_PER_ORDER_MAX;
    let is_soft = |rule: Rule| command.soft.contains(rule);
    command.split_value_min < 0
        || is_soft(Rule::Warehouses) && command.warehouses.is_empty()
        || is_soft(Rule::DaysMax) && command.days_max == ANY_16
        || is_soft(Rule::ParcelsMax) && !has_parcels
        || is_soft(Rule::NoSplit) && !has_no_split
        || has_no_split && command.parcels_max == 1
        || command.objective == Objective::Greedy && (has_parcels || has_no_split)
}

pub(super) fn assignment(book: &Book, command: &AssignPolicy) -> Result<OutcomeHead, No> {
    known_channel(book, command.channel)?;
    let is_known = command.policy == Policy::NONE || command.policy.index() < book.policies.len();
    refuse_if(!is_known, RejectReason::UnknownPolicy)?;
    Ok(yes())
}

pub(super) fn capacity(book: &Book, command: &SetCapacity) -> Result<OutcomeHead, No> {
    known_warehouse(book, command.warehouse)?;
    let minute = command.cut_off_minute;
    if minute > 1_439 && minute != ANY_16 {
        return no(RejectReason::BadCutOff, minute, 1_439);
    }
    Ok(yes())
}

pub(super) fn reserves(book: &Book, command: &SetReserves<'_>) -> Result<OutcomeHead, No> {
    let key = |row: &ReserveRow| (row.sku(), row.warehouse(), row.channel());
    refuse_if(command.rows.is_empty(), RejectReason::NoLines)?;
    let rises = command.rows.is_sorted_by(|one, next| key(one) < key(next));
    refuse_if(!rises, RejectReason::ListNotRising)?;
    for row in command.rows {
        let sku = book.sku(row.sku().get()).ok_or(RejectReason::UnknownSku)?;
        known_warehouse(book, row.warehouse())?;
        known_channel(book, row.channel())?;
        refuse_if(!sku.tracked, RejectReason::NotTracked)?;
        if row.units() > UNITS_PER_CELL_MAX {
            return no(RejectReason::QuantityOverLimit, row.units(), UNITS_PER_CELL_MAX);
        }
    }
    // Now the ring-fences that each named cell would have.
    for row in command.rows {
        let mut channels: Vec<u16> = book
            .the_sku(row.sku().get())
            .fences
            .iter()
            .filter(|fence| fence.warehouse == row.warehouse().get())
            .map(|fence| fence.channel)
            .collect();
        let of_cell = command
            .rows
            .iter()
            .filter(|other| (other.sku(), other.warehouse()) == (row.sku(), row.warehouse()));
        for other in of_cell.filter(|other| other.channel() != Channel::NONE) {
            channels.retain(|channel| *channel != other.channel().get());
            if other.units() > 0 {
                channels.push(other.channel().get());
            }
        }
        if channels.len() > RING_FENCES_PER_CELL_MAX {
            let (count, max) = (figure(channels.len()), figure(RING_FENCES_PER_CELL_MAX));
            return no(RejectReason::TooManyRingFences, count, max);
        }
    }
    Ok(yes())
}

pub(super) fn prices(book: &Book, command: &SetShadowPrices<'_>) -> Result<OutcomeHead, No> {
    let is_missing = command.rows.is_empty() && !command.clear;
    refuse_if(is_missing, RejectReason::NoLines)?;
    let rises = command
        .rows
        .is_sorted_by(|one, next| (one.sku(), one.warehouse()) < (next.sku(), next.warehouse()));
    refuse_if(!rises, RejectReason::ListNotRising)?;
    for row in command.rows {
        known_sku(book, row.sku())?;
        known_warehouse(book, row.warehouse())?;
        if row.price() > SHADOW_PRICE_MINOR_MAX {
            return no(RejectReason::CostOverLimit, row.price(), SHADOW_PRICE_MINOR_MAX);
        }
    }
    Ok(yes())
}

pub(super) fn bundle(book: &Book, command: &SetBundle<'_>) -> Result<OutcomeHead, No> {
    let row = book.sku(command.sku.get()).ok_or(RejectReason::UnknownSku)?;
    refuse_if(row.tracked, RejectReason::BundleTracked)?;
    refuse_if(book.is_in_use(command.sku.get()), RejectReason::BundleInUse)?;
    let rises = command.components.is_sorted_by(|one, next| one.sku() < next.sku());
    refuse_if(!rises, RejectReason::ListNotRising)?;
    for part in command.components {
        let component = book.sku(part.sku().get()).ok_or(RejectReason::UnknownSku)?;
        refuse_if(part.sku() == command.sku, RejectReason::BundleContainsItself)?;
        refuse_if(!component.components.is_empty(), RejectReason::BundleInBundle)?;
        refuse_if(part.units() == 0, RejectReason::QuantityNotPositive)?;
        if part.units() > UNITS_PER_COMPONENT_MAX {
            return no(RejectReason::QuantityOverLimit, part.units(), UNITS_PER_COMPONENT_MAX);
        }
    }
    let is_both = !command.components.is_empty() && book.is_component(command.sku.get());
    refuse_if(is_both, RejectReason::BundleInBundle)?;
    Ok(yes())
}

fn yes() -> OutcomeHead {
    OutcomeHead::accepted(0, 0)
}

fn known_sku(book: &Book, sku: Sku) -> Result<(), No> {
    refuse_if(book.sku(sku.get()).is_none(), RejectReason::UnknownSku)
}

fn known_warehouse(book: &Book, warehouse: Warehouse) -> Result<(), No> {
    refuse_if(!book.knows_warehouse(warehouse), RejectReason::UnknownWarehouse)
}

fn known_channel(book: &Book, channel: Channel) -> Result<(), No> {
    let is_known = channel == Channel::NONE || channel.index() < book.channels.len();
    refuse_if(!is_known, RejectReason::UnknownChannel)
}
