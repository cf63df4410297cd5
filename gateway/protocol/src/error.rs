//! Why bytes are not a frame, with the facts, and the numbers that an error frame carries.

use crate::Direction;

/// Builds the enum, its numbers and names from one table.
macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $number:literal $text:literal,)*) => {
        /// What an error frame says. Numbers never change.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u16)]
        pub enum ErrorCode { $($(#[$doc])* $variant = $number,)* }

        impl ErrorCode {
            /// Every code, in order of its number.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The code with this number.
            #[must_use]
            pub const fn from_number(number: u16) -> Option<Self> {
                match number { $($number => Some(Self::$variant),)* _ => None }
            }

            /// The name in the document, logs and metrics.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }
    };
}

codes! {
    /// The first four bytes are not `GTRY`: the stream is out of step, or not ours.
    BadMagic = 1 "bad_magic",
    /// A protocol version that the reader does not speak.
    BadVersion = 2 "bad_version",
    /// The header's checksum does not match.
    BadHeaderChecksum = 3 "bad_header_checksum",
    /// The payload is longer than may be sent.
    PayloadTooLong = 4 "payload_too_long",
    /// The payload's checksum does not match.
    BadPayloadChecksum = 5 "bad_payload_checksum",
    /// No such kind of frame, or none that this side may send.
    UnknownFrameKind = 6 "unknown_frame_kind",
    /// More items than one frame may hold.
    TooManyItems = 7 "too_many_items",
    /// The first frame was no hello.
    HelloExpected = 8 "hello_expected",
    /// The actor's number is kept for the engine or its tools.
    ActorReserved = 9 "actor_reserved",
    /// The server has as many connections as it takes.
    TooManyConnections = 10 "too_many_connections",
    /// Nothing was sent for too long.
    IdleTimeout = 11 "idle_timeout",
    /// Replies are not read as fast as they come.
    SlowReader = 12 "slow_reader",
    /// More requests without an answer than the welcome allows.
    TooManyInFlight = 13 "too_many_in_flight",
    /// The server stops; the request was not carried out.
    ShuttingDown = 14 "shutting_down",
    /// The payload's length or content does not fit the frame's kind.
    UnexpectedPayload = 15 "unexpected_payload",
}

impl ErrorCode {
    /// The fixed number.
    #[must_use]
    pub const fn number(self) -> u16 {
        self as u16
    }

    /// Whether the connection goes on after it: the frame's end was known.
    #[must_use]
    pub const fn connection_goes_on(self) -> bool {
        matches!(
            self,
            Self::BadPayloadChecksum
                | Self::UnknownFrameKind
                | Self::TooManyItems
                | Self::UnexpectedPayload
        )
    }
}

/// Why the next bytes are not a frame that may be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// The first four bytes are not `GTRY`.
    #[error("frame begins with {found:02x?}, not with GTRY")]
    BadMagic {
        /// The bytes found.
        found: [u8; 4],
    },
    /// A version that is not spoken here.
    #[error("frame has protocol version {found}, {spoken} is spoken here")]
    BadVersion {
        /// The version found.
        found: u16,
        /// The version that is spoken.
        spoken: u16,
    },
    /// The header was damaged.
    #[error("header checksum is {stated:#010x}, its bytes give {computed:#010x}")]
    BadHeaderChecksum {
        /// What the header says.
        stated: u32,
        /// What its bytes give.
        computed: u32,
    },
    /// More bytes than may be sent this way.
    #[error("request {request}: payload of {payload_bytes} bytes, at most {payload_bytes_max}")]
    PayloadTooLong {
        /// The frame's request id.
        request: u64,
        /// The length found.
        payload_bytes: usize,
        /// The longest allowed.
        payload_bytes_max: usize,
    },
    /// The payload was damaged.
    #[error(
        "request {request}: payload checksum is {stated:#010x}, its bytes give {computed:#010x}"
    )]
    BadPayloadChecksum {
        /// The frame's request id.
        request: u64,
        /// What the header says.
        stated: u32,
        /// What the payload's bytes give.
        computed: u32,
    },
    /// No such kind of frame, or none that travels this way.
    #[error("request {request}: frame kind {kind} does not travel {direction:?}")]
    UnknownKind {
        /// The frame's request id.
        request: u64,
        /// The number found.
        kind: u16,
        /// Which way the frame came.
        direction: Direction,
    },
    /// More items than a frame of this kind may hold.
    #[error("request {request}: {item_count} items, at most {items_max}")]
    TooManyItems {
        /// The frame's request id.
        request: u64,
        /// The count found.
        item_count: u32,
        /// The most allowed.
        items_max: usize,
    },
    /// A payload whose length does not fit the frame's kind.
    #[error(
        "request {request}: frame kind {kind} with {payload_bytes} bytes, \
         has {payload_bytes_min} to {payload_bytes_max}"
    )]
    UnexpectedPayload {
        /// The frame's request id.
        request: u64,
        /// The frame kind's number.
        kind: u16,
        /// The length found.
        payload_bytes: usize,
        /// The shortest allowed.
        payload_bytes_min: usize,
        /// The longest allowed.
        payload_bytes_max: usize,
    },
}

impl FrameError {
    /// The code under which an error frame tells the other side.
    #[must_use]
    pub const fn code(self) -> ErrorCode {
        match self {
            Self::BadMagic { .. } => ErrorCode::BadMagic,
            Self::BadVersion { .. } => ErrorCode::BadVersion,
            Self::BadHeaderChecksum { .. } => ErrorCode::BadHeaderChecksum,
            Self::PayloadTooLong { .. } => ErrorCode::PayloadTooLong,
            Self::BadPayloadChecksum { .. } => ErrorCode::BadPayloadChecksum,
            Self::UnknownKind { .. } => ErrorCode::UnknownFrameKind,
            Self::TooManyItems { .. } => ErrorCode::TooManyItems,
            Self::UnexpectedPayload { .. } => ErrorCode::UnexpectedPayload,
        }
    }

    /// The request that the error frame names; 0 where the header could not be believed.
    #[must_use]
    pub const fn request(self) -> u64 {
        match self {
            Self::BadMagic { .. } | Self::BadVersion { .. } | Self::BadHeaderChecksum { .. } => 0,
            Self::PayloadTooLong { request, .. }
            | Self::BadPayloadChecksum { request, .. }
            | Self::UnknownKind { request, .. }
            | Self::TooManyItems { request, .. }
            | Self::UnexpectedPayload { request, .. } => request,
        }
    }

    /// Whether the stream cannot be read on: the next frame's start is not known.
    #[must_use]
    pub const fn is_fatal(self) -> bool {
        !self.code().connection_goes_on()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_dense_from_one_and_lead_back() {
        for (number, code) in (1..).zip(ErrorCode::ALL) {
            assert_eq!(code.number(), number);
            assert_eq!(ErrorCode::from_number(number), Some(*code));
        }
        assert_eq!(ErrorCode::from_number(0), None);
        assert_eq!(ErrorCode::from_number(16), None);
    }
}
