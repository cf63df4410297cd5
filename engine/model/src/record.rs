//! Records: a command, what was decided, and the movements that carry it out.
//!
//! A record is what the journal keeps, what replay applies, what the dump shows. It is a header,
//! the command's canonical bytes, the outcome, and the movements, each a multiple of eight long.

use zerocopy::little_endian::{U16, U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use crate::item::{BodyReader, Item, Malformed};
use crate::{
    Actor, COMMAND_BYTES_MAX, Command, EngineTime, MOVEMENT_BYTES, Movement, Outcome,
    RECORD_BYTES_MAX, Sequence,
};

/// Size of [`RecordHeader`].
pub const RECORD_HEADER_BYTES: usize = size_of::<RecordHeader>();

const RECORD_SCHEMA_1: u16 = 1;

/// The head of every record.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub struct RecordHeader {
    length_bytes: U32,
    schema: U16,
    movement_count: U16,
    sequence: U64,
    time_ns: U64,
    actor: U32,
    command_bytes: U32,
    outcome_bytes: U32,
    reserved: [u8; 4],
}
const _: () = assert!(RECORD_HEADER_BYTES == 40);

impl RecordHeader {
    /// The head of a record with parts of these sizes. Panics over the bounds, which `decide` keeps.
    #[must_use]
    pub fn new(
        sequence: Sequence,
        time: EngineTime,
        actor: Actor,
        command_bytes: usize,
        outcome_bytes: usize,
        movement_count: usize,
    ) -> Self {
        let length =
            RECORD_HEADER_BYTES + command_bytes + outcome_bytes + movement_count * MOVEMENT_BYTES;
        assert!(length <= RECORD_BYTES_MAX, "a record of {length} bytes is over the bound");
        let bounded = |value: usize| {
            U32::new(u32::try_from(value).expect("invariant: smaller than the record's bound"))
        };
        Self {
            length_bytes: bounded(length),
            schema: RECORD_SCHEMA_1.into(),
            movement_count: u16::try_from(movement_count)
                .expect("invariant: movements are bounded below 2^16")
                .into(),
            sequence: sequence.get().into(),
            time_ns: time.get().into(),
            actor: actor.get().into(),
            command_bytes: bounded(command_bytes),
            outcome_bytes: bounded(outcome_bytes),
            reserved: [0; 4],
        }
    }

    /// Length of the whole record.
    #[must_use]
    pub fn length_bytes(&self) -> usize {
        self.length_bytes.get() as usize
    }
}

/// Why bytes are not a record. In a journal whose hashes hold this is a bug or a newer version.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// A part is malformed.
    #[error("record {sequence}: {part}: {malformed}")]
    Part {
        /// The record, as far as its header could be read; else 0.
        sequence: Sequence,
        /// Which part.
        part: &'static str,
        /// What is wrong with it.
        malformed: Malformed,
    },
    /// The record layout is newer than this program.
    #[error("record {sequence} has schema {schema}; this program knows schema 1")]
    UnknownSchema {
        /// The record.
        sequence: Sequence,
        /// The schema found.
        schema: u16,
    },
    /// A movement of unknown kind or reason.
    #[error("record {sequence}: movement {index} has an unknown kind or reason")]
    UnknownMovement {
        /// The record.
        sequence: Sequence,
        /// The movement's position in the record.
        index: usize,
    },
}

/// A record, borrowed from the journal or from a decision just taken.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// Its position in the journal.
    pub sequence: Sequence,
    /// When it was decided.
    pub time: EngineTime,
    /// Who asked.
    pub actor: Actor,
    /// What was asked.
    pub command: Command<'a>,
    /// The command's canonical bytes.
    pub command_bytes: &'a [u8],
    /// What was decided.
    pub outcome: Outcome<'a>,
    /// The quantities that change.
    pub movements: &'a [Movement],
}

impl<'a> Record<'a> {
    /// Takes the first record off `bytes`; returns it and what follows.
    pub fn split(bytes: &'a [u8]) -> Result<(Self, &'a [u8]), RecordError> {
        let mut sequence = Sequence::NONE;
        let mut part = "header";
        match Self::split_parts(bytes, &mut sequence, &mut part) {
            Ok((record, schema, rest)) => record.check(schema).map(|()| (record, rest)),
            Err(malformed) => Err(RecordError::Part { sequence, part, malformed }),
        }
    }

    fn split_parts(
        bytes: &'a [u8],
        sequence: &mut Sequence,
        part: &mut &'static str,
    ) -> Result<(Self, u16, &'a [u8]), Malformed> {
        let mut reader = BodyReader::new(bytes);
        let header: &RecordHeader = reader.fixed()?;
        *sequence = Sequence::new(header.sequence.get());
        let length = header.length_bytes();
        if length > bytes.len() {
            return Err(Malformed::TooShort { need: length, have: bytes.len() });
        }
        *part = "command";
        let command_bytes: &[u8] = reader.list(header.command_bytes.get() as usize)?;
        let (item, after) = Item::split(command_bytes, COMMAND_BYTES_MAX)?;
        if !after.is_empty() {
            return Err(Malformed::TrailingBytes { extra: after.len() });
        }
        let command = Command::parse(&item)?;
        *part = "outcome";
        let outcome = Outcome::parse(reader.list(header.outcome_bytes.get() as usize)?)?;
        *part = "movements";
        let movements = reader.list(usize::from(header.movement_count.get()))?;
        let end = RECORD_HEADER_BYTES
            + command_bytes.len()
            + header.outcome_bytes.get() as usize
            + size_of_val(movements);
        if end != length {
            return Err(Malformed::BadLength { length, max: end });
        }
        let record = Self {
            sequence: *sequence,
            time: EngineTime::new(header.time_ns.get()),
            actor: Actor::new(header.actor.get()),
            command,
            command_bytes,
            outcome,
            movements,
        };
        Ok((record, header.schema.get(), &bytes[length..]))
    }

    fn check(&self, schema: u16) -> Result<(), RecordError> {
        let sequence = self.sequence;
        if schema != RECORD_SCHEMA_1 {
            return Err(RecordError::UnknownSchema { sequence, schema });
        }
        match self.movements.iter().position(|movement| !movement.is_known()) {
            Some(index) => Err(RecordError::UnknownMovement { sequence, index }),
            None => Ok(()),
        }
    }
}

/// Walks the records of a frame's payload; stops after the first that is not one.
#[derive(Clone, Debug)]
pub struct Records<'a> {
    rest: &'a [u8],
}

impl<'a> Records<'a> {
    /// The records in `payload`.
    #[must_use]
    pub const fn new(payload: &'a [u8]) -> Self {
        Self { rest: payload }
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Result<Record<'a>, RecordError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let split = Record::split(self.rest);
        self.rest = split.as_ref().map_or(&[], |(_, rest)| rest);
        Some(split.map(|(record, _)| record))
    }
}
