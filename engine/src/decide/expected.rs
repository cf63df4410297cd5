//! What is expected: announcing supplies, changing them, and what of them comes in.

use gantry_journal::mark;
use gantry_model::{
    AdjustReason, ChangeSupply, EngineTime, ExpectSupply, OutcomeHead, ReceiveSupply, RejectReason,
    SUPPLIES_PER_SKU_MAX, Sequence, StockChange, StockState, SupplyId, UNITS_PER_COMMAND_MAX,
};

use super::place::figures;
use super::{Decision, Rejection, supply};
use crate::state::{State, SupplyRow};

pub(super) fn expect(
    state: &State,
    command: &ExpectSupply,
    now: EngineTime,
) -> Result<OutcomeHead, Rejection> {
    let row = state.catalogue.sku(command.sku).ok_or(RejectReason::UnknownSku)?;
    if !state.catalogue.warehouses.contains(command.warehouse) {
        return Err(RejectReason::UnknownWarehouse.into());
    }
    if !row.tracked {
        return Err(RejectReason::NotTracked.into());
    }
    if command.quantity == 0 {
        return Err(RejectReason::QuantityNotPositive.into());
    }
    check_quantity(command.quantity)?;
    if command.eta.is_past(now) {
        return Err(RejectReason::EtaInPast.into());
    }
    let count = state.supplies.of_sku(command.sku).count();
    if count >= SUPPLIES_PER_SKU_MAX {
        return Err(figures(RejectReason::TooManySupplies, count, SUPPLIES_PER_SKU_MAX));
    }
    if !state.supplies.has_room() {
        return Err(RejectReason::TableFull.into());
    }
    Ok(OutcomeHead::accepted(0, 0))
}

pub(super) fn change(
    state: &State,
    command: &ChangeSupply,
    now: EngineTime,
) -> Result<OutcomeHead, Rejection> {
    let supply = look_up(state, command.supply)?;
    check_quantity(command.quantity)?;
    if command.quantity < supply.received {
        let (actual, limit) = (command.quantity.into(), supply.received.into());
        return Err(Rejection::of(RejectReason::BelowReceived, actual, limit));
    }
    if command.quantity > supply.received && command.eta.is_past(now) {
        return Err(RejectReason::EtaInPast.into());
    }
    if command.quantity == supply.received {
        mark!("supply closed by a change");
        if supply.promised > 0 {
            mark!("supply closed with promises left");
        }
    }
    Ok(OutcomeHead::accepted(0, 0))
}

pub(super) fn receive(
    state: &State,
    command: &ReceiveSupply,
    sequence: Sequence,
    decision: &mut Decision,
) -> Result<OutcomeHead, Rejection> {
    let row = look_up(state, command.supply)?;
    if command.quantity == 0 {
        return Err(RejectReason::QuantityNotPositive.into());
    }
    if command.quantity > row.open() {
        let (actual, limit) = (command.quantity.into(), row.open().into());
        return Err(Rejection::of(RejectReason::ExceedsExpected, actual, limit));
    }
    let change = StockChange {
        id: command.id,
        sku: row.sku,
        warehouse: row.warehouse,
        quantity: i32::try_from(command.quantity).expect("invariant: a supply is below 2^31 units"),
        reason: AdjustReason::None,
        state: StockState::OnHand,
        note: "",
    };
    let head = supply::receive(state, &change, sequence, decision)?;
    mark!("expected units came in");
    Ok(head)
}

/// A supply of which anything is still expected.
fn look_up(state: &State, id: SupplyId) -> Result<&SupplyRow, RejectReason> {
    if let Some(row) = state.supplies.find(id) {
        return if row.is_closed() { Err(RejectReason::SupplyClosed) } else { Ok(row) };
    }
    // Commands that were carried out cannot be told apart.
    let was_supply = state.command_record(id).is_some();
    Err(if was_supply { RejectReason::SupplyClosed } else { RejectReason::UnknownSupply })
}

fn check_quantity(quantity: u32) -> Result<(), Rejection> {
    if quantity > UNITS_PER_COMMAND_MAX {
        let (actual, limit) = (quantity.into(), UNITS_PER_COMMAND_MAX.into());
        return Err(Rejection::of(RejectReason::QuantityOverLimit, actual, limit));
    }
    Ok(())
}
