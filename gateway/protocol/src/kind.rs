//! What a frame is, who sends it, and how long its payload must be.

use crate::body::{BUSY_BYTES, ERROR_HEAD_BYTES, ERROR_TEXT_BYTES_MAX, HELLO_BYTES, WELCOME_BYTES};
use crate::{FRAME_PAYLOAD_BYTES_MAX, ITEMS_PER_FRAME_MAX, REPLY_PAYLOAD_BYTES_MAX};

/// Which way a frame travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From a client: hello, commands, queries.
    ToServer,
    /// From a server: welcome, replies, busy, error, goodbye.
    ToClient,
}

impl Direction {
    /// The longest payload that travels this way.
    #[must_use]
    pub const fn payload_bytes_max(self) -> usize {
        match self {
            Self::ToServer => FRAME_PAYLOAD_BYTES_MAX,
            Self::ToClient => REPLY_PAYLOAD_BYTES_MAX,
        }
    }
}

/// The kind of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u16)]
pub enum FrameKind {
    /// The client's first frame: who it is.
    Hello = 1,
    /// The server's answer to it: which instance, and its limits.
    Welcome = 2,
    /// Commands to be carried out in order.
    Commands = 3,
    /// Queries to be answered in order.
    Queries = 4,
    /// One reply for each item of a request.
    Replies = 5,
    /// Nothing of the request was carried out; ask again later.
    Busy = 6,
    /// The request, or the connection, was refused.
    Error = 7,
    /// The server stops; send nothing more.
    Goodbye = 8,
}

impl FrameKind {
    /// Every kind, in order of its number.
    pub const ALL: [Self; 8] = [
        Self::Hello,
        Self::Welcome,
        Self::Commands,
        Self::Queries,
        Self::Replies,
        Self::Busy,
        Self::Error,
        Self::Goodbye,
    ];

    /// The kind with this number.
    #[must_use]
    pub const fn from_number(number: u16) -> Option<Self> {
        match number {
            1 => Some(Self::Hello),
            2 => Some(Self::Welcome),
            3 => Some(Self::Commands),
            4 => Some(Self::Queries),
            5 => Some(Self::Replies),
            6 => Some(Self::Busy),
            7 => Some(Self::Error),
            8 => Some(Self::Goodbye),
            _ => None,
        }
    }

    /// The fixed number.
    #[must_use]
    pub const fn number(self) -> u16 {
        self as u16
    }

    /// The name in the document, logs and metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hello => "hello",
            Self::Welcome => "welcome",
            Self::Commands => "commands",
            Self::Queries => "queries",
            Self::Replies => "replies",
            Self::Busy => "busy",
            Self::Error => "error",
            Self::Goodbye => "goodbye",
        }
    }

    /// Who sends it to whom.
    #[must_use]
    pub const fn direction(self) -> Direction {
        match self {
            Self::Hello | Self::Commands | Self::Queries => Direction::ToServer,
            Self::Welcome | Self::Replies | Self::Busy | Self::Error | Self::Goodbye => {
                Direction::ToClient
            }
        }
    }

    /// The most items that a frame of this kind holds; 0 for those with a fixed body.
    #[must_use]
    pub const fn items_max(self) -> usize {
        match self {
            Self::Commands | Self::Queries | Self::Replies => ITEMS_PER_FRAME_MAX,
            _ => 0,
        }
    }

    /// The shortest and the longest payload that a frame of this kind has.
    #[must_use]
    pub const fn payload_bytes_bounds(self) -> (usize, usize) {
        match self {
            Self::Hello => (HELLO_BYTES, HELLO_BYTES),
            Self::Welcome => (WELCOME_BYTES, WELCOME_BYTES),
            Self::Busy => (BUSY_BYTES, BUSY_BYTES),
            Self::Error => (
                ERROR_HEAD_BYTES.next_multiple_of(8),
                (ERROR_HEAD_BYTES + ERROR_TEXT_BYTES_MAX).next_multiple_of(8),
            ),
            Self::Goodbye => (0, 0),
            Self::Commands | Self::Queries | Self::Replies => {
                (0, self.direction().payload_bytes_max())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_dense_from_one_and_lead_back() {
        for (number, kind) in (1..).zip(FrameKind::ALL) {
            assert_eq!(kind.number(), number);
            assert_eq!(FrameKind::from_number(number), Some(kind));
        }
        assert_eq!(FrameKind::from_number(0), None);
        assert_eq!(FrameKind::from_number(9), None);
    }
}
