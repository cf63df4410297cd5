//! The engine's own note that it looked at waiting lines of a SKU that came in.

use zerocopy::little_endian::{U16, U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use crate::byte_enum::{byte_enum, byte_field};
use crate::item::{BodyReader, Malformed};
use crate::{Sequence, Sku, WaitKey};

byte_enum!(
    /// What comes after a look at waiting lines.
    MatchEnd {
        /// The lines behind this one are looked at next.
        GoesOn = 0 "goes_on",
        /// There is nothing left, to give or to be given to.
        Over = 1 "over",
    }
);

/// Waiting lines of a SKU were looked at, from the best on; the last of them got what the record's
/// movements say, those before it nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Match {
    /// The SKU that they wait for.
    pub sku: Sku,
    /// The last line that was looked at; [`WaitKey::FIRST`] where there was none.
    pub last: WaitKey,
    /// What comes next.
    pub end: MatchEnd,
}

#[derive(Clone, Copy, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct MatchFixed {
    pub(crate) sku: U32,
    pub(crate) line: U16,
    pub(crate) priority_class: u8,
    pub(crate) end: u8,
    pub(crate) placed: U64,
}
const _: () = assert!(size_of::<MatchFixed>() == 16);

impl Match {
    pub(crate) fn parse(body: &[u8]) -> Result<Self, Malformed> {
        let mut reader = BodyReader::new(body);
        let fixed: &MatchFixed = reader.fixed()?;
        reader.end()?;
        let last = WaitKey {
            priority_class: fixed.priority_class,
            placed: Sequence::new(fixed.placed.get()),
            line: fixed.line.get(),
        };
        let end = byte_field("end", fixed.end, MatchEnd::from_byte)?;
        Ok(Self { sku: Sku::new(fixed.sku.get()), last, end })
    }

    pub(crate) fn fixed(&self) -> MatchFixed {
        let WaitKey { priority_class, placed, line } = self.last;
        MatchFixed {
            sku: self.sku.get().into(),
            line: line.into(),
            priority_class,
            end: self.end.number(),
            placed: placed.get().into(),
        }
    }
}
