//! The engine's own note that closed orders and remembered commands left memory for an archive
//! file.

use zerocopy::little_endian::{U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use crate::ROWS_RETIRED_PER_RECORD_MAX;
use crate::item::{BodyReader, Malformed};

/// The oldest closed orders and the oldest remembered commands leave memory. An archive file holds
/// them, and is durable before the first of its records; several records work one file off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retire {
    /// The archive file's number, dense from 1.
    pub archive: u64,
    /// The hash that the archive file bears.
    pub archive_hash: [u8; 16],
    /// Orders that the file holds.
    pub orders_total: u32,
    /// Commands that the file holds.
    pub commands_total: u32,
    /// Orders that leave with this record, in the order in which they were closed.
    pub orders: u32,
    /// Commands that leave with this record, in the order in which they were carried out.
    pub commands: u32,
}

#[derive(Clone, Copy, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct RetireFixed {
    pub(crate) archive: U64,
    pub(crate) archive_hash: [u8; 16],
    pub(crate) orders_total: U32,
    pub(crate) commands_total: U32,
    pub(crate) orders: U32,
    pub(crate) commands: U32,
}
const _: () = assert!(size_of::<RetireFixed>() == 40);

impl Retire {
    pub(crate) fn parse(body: &[u8]) -> Result<Self, Malformed> {
        let mut reader = BodyReader::new(body);
        let fixed: &RetireFixed = reader.fixed()?;
        reader.end()?;
        Ok(Self {
            archive: fixed.archive.get(),
            archive_hash: fixed.archive_hash,
            orders_total: fixed.orders_total.get(),
            commands_total: fixed.commands_total.get(),
            orders: bounded("orders", fixed.orders)?,
            commands: bounded("commands", fixed.commands)?,
        })
    }

    pub(crate) fn fixed(&self) -> RetireFixed {
        RetireFixed {
            archive: self.archive.into(),
            archive_hash: self.archive_hash,
            orders_total: self.orders_total.into(),
            commands_total: self.commands_total.into(),
            orders: self.orders.into(),
            commands: self.commands.into(),
        }
    }
}

fn bounded(field: &'static str, count: U32) -> Result<u32, Malformed> {
    let count = count.get();
    if count > ROWS_RETIRED_PER_RECORD_MAX {
        return Err(Malformed::BadField { field, value: count.into() });
    }
    Ok(count)
}
