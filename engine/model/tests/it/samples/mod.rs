//! One thing of each sort and kind, with every field other than zero, as each version that
//! brought something new could say it.

mod commands;
mod queries;
mod records;
mod replies;

use gantry_model::CommandId;

pub(crate) use commands::{
    HOLD, SUPPLY, commands, newest_commands, place_hold, place_order, promise, written,
};
pub(crate) use queries::queries;
pub(crate) use records::records;
pub(crate) use replies::replies;

pub(crate) const ID: CommandId = CommandId::new(0x0102_0304_0506_0708_090a_0b0c_0d0e_0f10);

/// A version that wrote something that no version before it wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    /// Orders and stock.
    First,
    /// Policies, capacity, reserves, bundles, shadow prices, and what is proven of a plan.
    Second,
    /// Waiting lines that are looked at when something came in, and holds.
    Third,
    /// Supplies and promises, dates at which orders are given up, and units that warehouses reject.
    Fourth,
}

/// Something that can be written, and what it must be read as.
pub(crate) struct Sample {
    pub(crate) name: String,
    pub(crate) meaning: String,
    /// As this version writes it.
    pub(crate) written: Vec<u8>,
}
