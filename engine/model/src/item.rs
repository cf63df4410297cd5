//! Items: the unit in which commands, queries and replies travel and are kept.
//!
//! Every item begins with its kind, schema and length; its length is a multiple of eight and its
//! padding is zero, so that one meaning has exactly one form and can be hashed.

use zerocopy::little_endian::{U16, U32};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// Items start and end on multiples of this.
pub const ITEM_ALIGNMENT_BYTES: usize = 8;
/// Size of [`ItemHeader`].
pub const ITEM_HEADER_BYTES: usize = size_of::<ItemHeader>();

/// The head of every item.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub struct ItemHeader {
    /// What the item is; numbers are in [`crate::CommandKind`] and [`crate::QueryKind`].
    pub kind: U16,
    /// Which layout of that kind.
    pub schema: U16,
    /// Length of the whole item with this header, a multiple of eight.
    pub length_bytes: U32,
}

const _: () = assert!(ITEM_HEADER_BYTES == 8);

/// Why bytes are not an item of a known form. Nothing of such an item is carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// Fewer bytes than the layout needs.
    #[error("item needs {need} bytes, has {have}")]
    TooShort {
        /// Bytes that the layout needs.
        need: usize,
        /// Bytes that are there.
        have: usize,
    },
    /// More bytes than the layout has.
    #[error("item has {extra} bytes after its last field")]
    TrailingBytes {
        /// Bytes too many.
        extra: usize,
    },
    /// The length is not a multiple of eight, or over the bound.
    #[error("item length {length} is not a multiple of 8 within 8 to {max}")]
    BadLength {
        /// The length found.
        length: usize,
        /// The largest allowed.
        max: usize,
    },
    /// No such kind.
    #[error("unknown item kind {kind:#06x}")]
    UnknownKind {
        /// The number found.
        kind: u16,
    },
    /// The kind is known, this schema of it is not.
    #[error("item kind {kind:#06x} has no schema {schema}")]
    UnknownSchema {
        /// The kind's number.
        kind: u16,
        /// The schema found.
        schema: u16,
    },
    /// A field holds a value that it cannot have.
    #[error("field {field} cannot be {value}")]
    BadField {
        /// The field's name in the byte table.
        field: &'static str,
        /// The value found.
        value: u64,
    },
    /// A text is not UTF-8.
    #[error("field {field} is not UTF-8")]
    NotUtf8 {
        /// The field's name in the byte table.
        field: &'static str,
    },
}

impl Malformed {
    /// The fixed number under which a reply names this; block 1 to 99 of the reasons.
    #[must_use]
    pub const fn number(self) -> u16 {
        match self {
            Self::TooShort { .. } => 1,
            Self::TrailingBytes { .. } => 2,
            Self::BadLength { .. } => 3,
            Self::UnknownKind { .. } => 4,
            Self::UnknownSchema { .. } => 5,
            Self::BadField { .. } => 6,
            Self::NotUtf8 { .. } => 7,
        }
    }
}

/// One item: its head, its body, and its whole bytes.
#[derive(Clone, Copy, Debug)]
pub struct Item<'a> {
    /// What the item is.
    pub kind: u16,
    /// Which layout of that kind.
    pub schema: u16,
    /// The bytes after the header.
    pub body: &'a [u8],
    /// The whole item.
    pub bytes: &'a [u8],
}

impl<'a> Item<'a> {
    /// Takes the first item off `bytes`; returns it and what follows.
    pub fn split(bytes: &'a [u8], max: usize) -> Result<(Self, &'a [u8]), Malformed> {
        let have = bytes.len();
        let Ok((header, _)) = ItemHeader::ref_from_prefix(bytes) else {
            return Err(Malformed::TooShort { need: ITEM_HEADER_BYTES, have });
        };
        let length = header.length_bytes.get() as usize;
        let aligned = length.is_multiple_of(ITEM_ALIGNMENT_BYTES);
        if !aligned || length < ITEM_HEADER_BYTES || length > max {
            return Err(Malformed::BadLength { length, max });
        }
        if length > have {
            return Err(Malformed::TooShort { need: length, have });
        }
        let (item, rest) = bytes.split_at(length);
        let body = &item[ITEM_HEADER_BYTES..];
        Ok((Self { kind: header.kind.get(), schema: header.schema.get(), body, bytes: item }, rest))
    }
}

/// Walks the items of a frame. Stops after the first item whose bounds are wrong, because what
/// follows it cannot be found.
#[derive(Clone, Debug)]
pub struct Items<'a> {
    rest: &'a [u8],
    max: usize,
}

impl<'a> Items<'a> {
    /// Items of `bytes`, none longer than `max`.
    #[must_use]
    pub const fn new(bytes: &'a [u8], max: usize) -> Self {
        Self { rest: bytes, max }
    }
}

impl<'a> Iterator for Items<'a> {
    type Item = Result<Item<'a>, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        match Item::split(self.rest, self.max) {
            Ok((item, rest)) => {
                self.rest = rest;
                Some(Ok(item))
            }
            Err(malformed) => {
                self.rest = &[];
                Some(Err(malformed))
            }
        }
    }
}

/// Takes fixed fields, then lists, then texts off an item's body, and checks that nothing is left.
pub(crate) struct BodyReader<'a> {
    rest: &'a [u8],
}

impl<'a> BodyReader<'a> {
    pub(crate) const fn new(body: &'a [u8]) -> Self {
        Self { rest: body }
    }

    pub(crate) fn fixed<T>(&mut self) -> Result<&'a T, Malformed>
    where
        T: FromBytes + KnownLayout + Immutable + Unaligned,
    {
        let (value, rest) = T::ref_from_prefix(self.rest)
            .map_err(|_| Malformed::TooShort { need: size_of::<T>(), have: self.rest.len() })?;
        self.rest = rest;
        Ok(value)
    }

    pub(crate) fn list<T>(&mut self, count: usize) -> Result<&'a [T], Malformed>
    where
        T: FromBytes + KnownLayout + Immutable + Unaligned,
    {
        let (list, rest) = <[T]>::ref_from_prefix_with_elems(self.rest, count).map_err(|_| {
            Malformed::TooShort { need: count * size_of::<T>(), have: self.rest.len() }
        })?;
        self.rest = rest;
        Ok(list)
    }

    pub(crate) fn text(&mut self, field: &'static str, length: u8) -> Result<&'a str, Malformed> {
        let length = usize::from(length);
        if length > crate::CODE_BYTES_MAX {
            return Err(Malformed::BadField { field, value: length as u64 });
        }
        if self.rest.len() < length {
            return Err(Malformed::TooShort { need: length, have: self.rest.len() });
        }
        let (text, rest) = self.rest.split_at(length);
        self.rest = rest;
        std::str::from_utf8(text).map_err(|_| Malformed::NotUtf8 { field })
    }

    /// The body must end here, but for fewer than eight zero bytes.
    pub(crate) fn end(self) -> Result<(), Malformed> {
        if self.rest.len() >= ITEM_ALIGNMENT_BYTES {
            return Err(Malformed::TrailingBytes { extra: self.rest.len() });
        }
        zero("padding", self.rest)
    }
}

/// Reserved bytes must be zero, so that they can mean something one day.
pub(crate) fn zero(field: &'static str, bytes: &[u8]) -> Result<(), Malformed> {
    match bytes.iter().find(|byte| **byte != 0) {
        None => Ok(()),
        Some(byte) => Err(Malformed::BadField { field, value: u64::from(*byte) }),
    }
}
