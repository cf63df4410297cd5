//! Ids, handles, sequences and time: every raw integer of the domain wears a type.

use std::fmt;

/// Builds a newtype over an integer with `new`, `get` and a plain `Display`.
macro_rules! integer_newtype {
    ($(#[$doc:meta])* $name:ident($raw:ty)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name($raw);

        impl $name {
            /// Wraps the raw value.
            #[must_use]
            pub const fn new(raw: $raw) -> Self {
                Self(raw)
            }

            /// The raw value.
            #[must_use]
            pub const fn get(self) -> $raw {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

/// Builds a dense handle: a newtype that indexes tables and names "nothing" by its largest value.
macro_rules! handle {
    ($(#[$doc:meta])* $name:ident($raw:ty)) => {
        integer_newtype!($(#[$doc])* $name($raw));

        impl $name {
            /// The value that names nothing, where a layout has a field but no handle to put in.
            pub const NONE: Self = Self(<$raw>::MAX);

            /// The position in a dense table.
            #[must_use]
            pub const fn index(self) -> usize {
                self.0 as usize
            }
        }

        impl Handle for $name {
            fn from_index(index: usize) -> Self {
                let raw = <$raw>::try_from(index).expect("invariant: tables are bounded below the handle's range");
                assert!(raw != <$raw>::MAX, "the largest handle names nothing");
                Self(raw)
            }

            fn index(self) -> usize {
                self.0 as usize
            }
        }
    };
}

/// What every dense handle can do: the engine numbers things in order of first upsert.
pub trait Handle: Copy + Ord {
    /// The handle of the row at `index`. Panics past the handle's range, which tables forbid.
    fn from_index(index: usize) -> Self;
    /// The position in a dense table.
    fn index(self) -> usize;
}

handle!(
    /// A stock keeping unit, by the number the engine gave it.
    Sku(u32)
);
handle!(
    /// A place that holds stock, by the number the engine gave it.
    Warehouse(u16)
);
handle!(
    /// A destination zone, by the number the engine gave it.
    Zone(u16)
);
handle!(
    /// Where demand enters (web, marketplace, shop), by the number the engine gave it.
    Channel(u16)
);
handle!(
    /// A sourcing policy, by the number the engine gave it.
    Policy(u16)
);

integer_newtype!(
    /// The position of a record in the journal, dense from 1. Zero means "no record".
    Sequence(u64)
);
integer_newtype!(
    /// Engine time: nanoseconds since the Unix epoch, never going back within a journal.
    EngineTime(u64)
);
integer_newtype!(
    /// A whole second of engine time, since the Unix epoch: when goods are expected, or an order is
    /// given up. Until the year 2106.
    EngineSecond(u32)
);
integer_newtype!(
    /// Who asked for a command. 0 is the engine itself, 1 the import, 2 the command line;
    /// a client names its own number (16 and up) in its hello.
    Actor(u32)
);
integer_newtype!(
    /// The 128-bit id that a client gives a mutating command before it first sends it.
    CommandId(u128)
);

/// The id of an order is the id of the command that placed it.
pub type OrderId = CommandId;

/// The id of a hold is the id of the command that placed it.
pub type HoldId = CommandId;

/// The id of an expected supply is the id of the command that announced it.
pub type SupplyId = CommandId;

impl EngineSecond {
    /// No time at all; it is behind every other.
    pub const NONE: Self = Self(u32::MAX);

    /// Its first nanosecond.
    #[must_use]
    pub const fn begins(self) -> EngineTime {
        EngineTime(self.0 as u64 * 1_000_000_000)
    }

    /// Whether it has begun.
    #[must_use]
    pub const fn is_past(self, now: EngineTime) -> bool {
        self.0 != Self::NONE.0 && self.begins().0 <= now.0
    }
}

impl CommandId {
    /// No id at all.
    pub const NONE: Self = Self(0);
}

impl Sequence {
    /// No record at all.
    pub const NONE: Self = Self(0);
    /// Behind every record.
    pub const MAX: Self = Self(u64::MAX);

    /// The sequence that follows.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl Actor {
    /// The engine itself: marks and ticks.
    pub const ENGINE: Self = Self(0);
    /// `gantry import`.
    pub const IMPORT: Self = Self(1);
    /// The `gantry` command line as a client.
    pub const COMMAND_LINE: Self = Self(2);
    /// The lowest number a client may choose for itself.
    pub const CLIENT_MIN: Self = Self(16);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handles_are_dense_and_the_largest_names_nothing() {
        assert_eq!(<Warehouse as Handle>::from_index(7).get(), 7);
        assert_eq!(Sku::NONE.get(), u32::MAX);
        assert!(std::panic::catch_unwind(|| <Zone as Handle>::from_index(0xffff)).is_err());
    }

    #[test]
    fn a_second_is_past_from_its_first_nanosecond_on() {
        let second = EngineSecond::new(7);
        assert!(!second.is_past(EngineTime::new(6_999_999_999)));
        assert!(second.is_past(EngineTime::new(7_000_000_000)));
        assert!(!EngineSecond::NONE.is_past(EngineTime::new(u64::MAX)));
    }

    #[test]
    fn sequences_count_from_one() {
        assert_eq!(Sequence::NONE.next(), Sequence::new(1));
    }
}
