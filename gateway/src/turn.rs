//! What every loop of the server is: turns, and a rest between two of them.
//!
//! A loop owns no thread. In a server each has one, which calls its turns and rests as they say;
//! [`SteppedServer`](crate::SteppedServer) lets its caller choose whose turn it is.

use std::time::Duration;

/// What a loop asks for after a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rest {
    /// Another turn at once.
    Again,
    /// Another turn when its bell rings, or after this long if that is given.
    Bell(Option<Duration>),
    /// Another turn after this long, whoever rings.
    Pause(Duration),
    /// Nothing: it is over.
    Over,
}
