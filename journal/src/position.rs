//! Where a journal stands: what the next frame must be.

use crate::layout::{CHAIN_START, Hash, SegmentHeader};

/// State between two frames, the same for the writer and for whoever walks the files.
#[derive(Clone, Debug)]
pub(crate) struct Position {
    pub(crate) instance_id: u128,
    /// Term of the last frame or segment.
    pub(crate) term: u64,
    pub(crate) next_frame: u64,
    pub(crate) next_sequence: u64,
    pub(crate) chain: Hash,
    /// Kind of the seal or clean stop behind the last frame, if there is one.
    pub(crate) control: Option<u16>,
}

impl Position {
    /// Before the first frame.
    pub(crate) fn start(instance_id: u128) -> Self {
        Self {
            instance_id,
            term: 1,
            next_frame: 1,
            next_sequence: 1,
            chain: CHAIN_START,
            control: None,
        }
    }

    /// Before the first frame of a segment, as its header says.
    pub(crate) fn before(header: &SegmentHeader) -> Self {
        Self {
            instance_id: header.instance_id.get(),
            term: header.term.get(),
            next_frame: header.first_frame.get(),
            next_sequence: header.first_sequence.get(),
            chain: header.chain,
            control: None,
        }
    }

    /// Highest frame number so far; 0 before the first.
    pub(crate) fn last_frame(&self) -> u64 {
        self.next_frame - 1
    }

    /// Highest record sequence so far; 0 before the first.
    pub(crate) fn last_sequence(&self) -> u64 {
        self.next_sequence - 1
    }

    /// Steps over one data frame.
    pub(crate) fn advance(&mut self, record_count: u32, term: u64, chain: Hash) {
        assert!(record_count > 0, "a frame holds records");
        self.next_frame += 1;
        self.next_sequence += u64::from(record_count);
        self.term = term;
        self.chain = chain;
        self.control = None;
    }
}
