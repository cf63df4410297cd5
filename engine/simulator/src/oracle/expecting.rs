//! The rules of expecting units, of changing what is expected, and of receiving it.

use gantry_model::{
    AdjustReason, ChangeSupply, EngineTime, ExpectSupply, Movement, OutcomeHead, ReceiveSupply,
    RejectReason, SUPPLIES_MAX, SUPPLIES_PER_SKU_MAX, Sequence, Sku, StockChange, StockState,
    UNITS_PER_COMMAND_MAX, Warehouse,
};

use super::book::Book;
use super::freed;
use super::no::{No, figure, no, refuse_if};
use super::supply;

pub(super) fn expect(book: &Book, command: &ExpectSupply, time: u64) -> Result<OutcomeHead, No> {
    let row = book.sku(command.sku.get()).ok_or(RejectReason::UnknownSku)?;
    refuse_if(!book.knows_warehouse(command.warehouse), RejectReason::UnknownWarehouse)?;
    refuse_if(!row.tracked, RejectReason::NotTracked)?;
    refuse_if(command.quantity == 0, RejectReason::QuantityNotPositive)?;
    check_quantity(command.quantity)?;
    refuse_if(command.eta.is_past(EngineTime::new(time)), RejectReason::EtaInPast)?;
    let count = book.supplies_of(command.sku.get()).len();
    if count >= SUPPLIES_PER_SKU_MAX {
        let (count, max) = (figure(count), figure(SUPPLIES_PER_SKU_MAX));
        return no(RejectReason::TooManySupplies, count, max);
    }
    refuse_if(book.supplies.len() >= SUPPLIES_MAX, RejectReason::TableFull)?;
    Ok(OutcomeHead::accepted(0, 0))
}

pub(super) fn change(book: &Book, command: &ChangeSupply, time: u64) -> Result<OutcomeHead, No> {
    let supply = book.open_supply(command.supply)?;
    check_quantity(command.quantity)?;
    let quantity = i64::from(command.quantity);
    if quantity < supply.received {
        return no(RejectReason::BelowReceived, quantity, supply.received);
    }
    let is_expected = quantity > supply.received;
    let is_past = command.eta.is_past(EngineTime::new(time));
    refuse_if(is_expected && is_past, RejectReason::EtaInPast)?;
    Ok(OutcomeHead::accepted(0, 0))
}

pub(super) fn receive(
    book: &Book,
    command: &ReceiveSupply,
    sequence: Sequence,
    movements: &mut Vec<Movement>,
) -> Result<OutcomeHead, No> {
    let supply = book.open_supply(command.supply)?;
    refuse_if(command.quantity == 0, RejectReason::QuantityNotPositive)?;
    let quantity = i64::from(command.quantity);
    if quantity > supply.open() {
        return no(RejectReason::ExceedsExpected, quantity, supply.open());
    }
    let change = StockChange {
        id: command.id,
        sku: Sku::new(supply.sku),
        warehouse: Warehouse::new(supply.warehouse),
        quantity: i32::try_from(quantity).expect("invariant: commands are bounded"),
        reason: AdjustReason::None,
        state: StockState::OnHand,
        note: "",
    };
    let head = supply::receive(book, &change, sequence, movements)?;
    freed::add(book, sequence, movements);
    Ok(head)
}

fn check_quantity(quantity: u32) -> Result<(), No> {
    if quantity > UNITS_PER_COMMAND_MAX {
        return no(RejectReason::QuantityOverLimit, quantity, UNITS_PER_COMMAND_MAX);
    }
    Ok(())
}
