//! A record and its time.

use gantry_model::{EngineTime, Sequence};

/// A record and its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The record.
    pub sequence: Sequence,
    /// When it was decided.
    pub time: EngineTime,
}
