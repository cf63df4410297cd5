//! Enumerations over a byte: numbers that are fixed on the wire, with a name each.

use crate::item::Malformed;

/// Builds an enum over a byte, with `from_byte` and `name`.
macro_rules! byte_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $value:literal $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum $name { $($(#[$vdoc])* $variant = $value,)* }

        impl $name {
            /// Every value, in order of its number.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The value with this number.
            #[must_use]
            pub const fn from_byte(byte: u8) -> Option<Self> {
                match byte { $($value => Some(Self::$variant),)* _ => None }
            }

            /// The fixed number.
            #[must_use]
            pub const fn number(self) -> u8 { self as u8 }

            /// The name in dumps, options and metrics.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }
    };
}
pub(crate) use byte_enum;

/// The value of an enumerated field, or which field holds what it cannot.
pub(crate) fn byte_field<T>(
    field: &'static str,
    byte: u8,
    from_byte: impl Fn(u8) -> Option<T>,
) -> Result<T, Malformed> {
    from_byte(byte).ok_or(Malformed::BadField { field, value: u64::from(byte) })
}
