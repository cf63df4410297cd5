//! Supplies that are expected, as answers show them.

use gantry_model::{
    PROMISES_PER_REPLY_MAX, PromiseKey, PromiseRow, ReadSupply, ReplyWriter, Sequence, Sku,
    SuppliesHead, SupplyHead, SupplyId, SupplyStatus,
};

use crate::state::{State, SupplyRow};

/// Whether a supply is there, or a command of its id was carried out: then it is closed.
pub(super) fn is_known(state: &State, id: SupplyId) -> bool {
    state.supplies.find(id).is_some() || state.command_record(id).is_some()
}

/// A supply as it stands, without the lines to which it is promised.
pub(super) fn put<'a>(reply: ReplyWriter<'a>, state: &State, id: SupplyId) -> ReplyWriter<'a> {
    match open(state, id) {
        Some(row) => reply.put(&head(row, 0)),
        None => reply.put(&closed(state, id)),
    }
}

fn open(state: &State, id: SupplyId) -> Option<&SupplyRow> {
    state.supplies.find(id).filter(|row| !row.is_closed())
}

fn closed(state: &State, id: SupplyId) -> SupplyHead {
    let placed = state.supplies.find(id).map(|row| row.placed);
    let placed = placed.or_else(|| state.command_record(id));
    SupplyHead::closed(id, placed.unwrap_or(Sequence::NONE))
}

fn head(row: &SupplyRow, row_count: u16) -> SupplyHead {
    SupplyHead {
        id: row.id.get().into(),
        placed: row.placed.get().into(),
        sku: row.sku.get().into(),
        expected: row.expected.into(),
        received: row.received.into(),
        promised: row.promised.into(),
        eta: row.eta.get().into(),
        lines: row.lines.into(),
        row_count: row_count.into(),
        warehouse: row.warehouse.get().into(),
        status: SupplyStatus::Open.number(),
        reserved: [0; 3],
    }
}

/// A supply and lines to which it is promised, from a place on.
pub(super) fn put_with_lines(reply: ReplyWriter<'_>, state: &State, query: &ReadSupply) {
    let Some(row) = open(state, query.supply) else {
        return put(reply, state, query.supply).end();
    };
    let rows_max = match query.rows_max {
        0 => PROMISES_PER_REPLY_MAX,
        given => given.min(PROMISES_PER_REPLY_MAX),
    };
    let line = |key: PromiseKey| {
        let promise = state.promises.get(key.placed, key.line);
        let promise = promise.expect("invariant: an index names what is promised");
        let order = state.orders.row(promise.slot).id;
        PromiseRow::new(order, key, promise.units_of(row.placed))
    };
    let lines = state.promises.of_supply(row.placed, query.from);
    let rows: Vec<PromiseRow> = lines.take(rows_max as usize).map(line).collect();
    reply.put(&head(row, super::count(rows.len()))).put(rows.as_slice()).end();
}

/// The supplies that are expected of a SKU.
pub(super) fn put_those_of_sku(reply: ReplyWriter<'_>, state: &State, sku: Sku) {
    let open = || state.supplies.of_sku(sku).filter(|row| !row.is_closed());
    let rows: Vec<SupplyHead> = open().map(|row| head(row, 0)).collect();
    let sum =
        |units: fn(&SupplyRow) -> u32| -> u64 { open().map(|row| u64::from(units(row))).sum() };
    let head = SuppliesHead {
        open: sum(SupplyRow::open).into(),
        promised: sum(|row| row.promised).into(),
        sku: sku.get().into(),
        row_count: super::count(rows.len()).into(),
        is_due: state.reviews.of(sku).is_some().into(),
        reserved: 0,
    };
    reply.put(&head).put(rows.as_slice()).end();
}
