//! A place in a journal from which a walk can begin.

use crate::layout::{FrameHeader, Hash};
use crate::position::Position;

/// A place behind a valid frame, from which a walk can begin without reading what lies before.
///
/// A snapshot carries one. It stays good for as long as the frame that it stands behind is in the
/// journal, wherever the journal began before that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bookmark {
    /// Id of the journal.
    pub instance_id: u128,
    /// Term of the frame that it stands behind.
    pub term: u64,
    /// Number of that frame.
    pub frame_number: u64,
    /// Segment that holds it.
    pub segment: u64,
    /// Offset of its header in the segment file.
    pub offset: u64,
    /// Sequence of its last record.
    pub last_sequence: u64,
    /// Its chain hash, which stands for everything before it.
    pub chain: Hash,
}

impl Bookmark {
    /// Behind the frame of `header`.
    pub(crate) fn behind(header: &FrameHeader) -> Self {
        let record_count = u64::from(header.record_count.get());
        Self {
            instance_id: header.instance_id.get(),
            term: header.term.get(),
            frame_number: header.frame_number.get(),
            segment: header.segment_number.get(),
            offset: header.offset.get(),
            // Wrapping, because a header is compared with a bookmark before it is believed.
            last_sequence: header.first_sequence.get().wrapping_add(record_count).wrapping_sub(1),
            chain: header.chain,
        }
    }

    /// Where a walk stands that has just passed the frame.
    pub(crate) fn position(&self) -> Position {
        Position {
            instance_id: self.instance_id,
            term: self.term,
            next_frame: self.frame_number + 1,
            next_sequence: self.last_sequence + 1,
            chain: self.chain,
            control: None,
        }
    }
}
