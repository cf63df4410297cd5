//! What a seed issues: frame by frame the same bytes, whoever asks and however often.
//!
//! A frame depends on seed and number only. So a driver that was killed goes on where its journal
//! ends, and the judge knows every byte that may be there.

use gantry_journal::{FrameFacts, FrameView};
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// One page less the header: the longest payload of the shortest frame.
const PAGE_PAYLOAD_BYTES: usize = 4096 - 256;

/// A frame as it must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Number of the frame, dense from 1.
    pub number: u64,
    /// Sequence of its first record.
    pub first_sequence: u64,
    /// Number of its records.
    pub record_count: u32,
    /// Time of the frame.
    pub time_ns: u64,
    /// How long the sync of the frame before took, as its writer counted.
    pub previous_sync_us: u32,
    /// Its records; what they mean is nobody's business here.
    pub payload: Vec<u8>,
}

impl Frame {
    /// A frame that was found in a journal.
    #[must_use]
    pub fn of(view: &FrameView<'_>) -> Self {
        Self {
            number: view.number,
            first_sequence: view.first_sequence,
            record_count: view.record_count,
            time_ns: view.time_ns,
            previous_sync_us: view.previous_sync_us,
            payload: view.payload.to_vec(),
        }
    }

    /// Whether a frame of a journal is this one.
    #[must_use]
    pub fn is(&self, view: &FrameView<'_>) -> bool {
        self.number == view.number
            && self.first_sequence == view.first_sequence
            && self.record_count == view.record_count
            && self.time_ns == view.time_ns
            && self.previous_sync_us == view.previous_sync_us
            && self.payload == view.payload
    }

    /// What a writer says of it.
    #[must_use]
    pub fn facts(&self) -> FrameFacts {
        FrameFacts {
            first_sequence: self.first_sequence,
            record_count: self.record_count,
            time_ns: self.time_ns,
            previous_sync_us: self.previous_sync_us,
        }
    }

    /// Sequence of its last record.
    #[must_use]
    pub fn last_sequence(&self) -> u64 {
        self.first_sequence + u64::from(self.record_count) - 1
    }
}

/// The frames of a seed, from the first on.
#[derive(Clone, Debug)]
pub struct History {
    seed: u64,
    payload_bytes_max: usize,
    next_number: u64,
    next_sequence: u64,
}

impl History {
    /// The history of `seed`, no payload longer than `payload_bytes_max`.
    #[must_use]
    pub fn new(seed: u64, payload_bytes_max: usize) -> Self {
        assert!(payload_bytes_max > 0, "a frame holds records");
        Self { seed, payload_bytes_max, next_number: 1, next_sequence: 1 }
    }

    /// The first `count` frames.
    #[must_use]
    pub fn first(&self, count: u64) -> Vec<Frame> {
        Self::new(self.seed, self.payload_bytes_max).take(usize::try_from(count).unwrap()).collect()
    }

    fn random(&self) -> ChaCha8Rng {
        let mixed = self.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ self.next_number;
        ChaCha8Rng::seed_from_u64(mixed)
    }

    /// Most frames fill one page, some a few, a few all that fits.
    fn payload_bytes(&self, random: &mut ChaCha8Rng) -> usize {
        let longest = match random.random_range(0..20) {
            0 => self.payload_bytes_max,
            1..=4 => 4 * PAGE_PAYLOAD_BYTES,
            _ => PAGE_PAYLOAD_BYTES,
        };
        random.random_range(1..=longest.min(self.payload_bytes_max))
    }
}

impl Iterator for History {
    type Item = Frame;

    fn next(&mut self) -> Option<Frame> {
        let mut random = self.random();
        let mut payload = vec![0; self.payload_bytes(&mut random)];
        random.fill_bytes(&mut payload);
        // Zeros look like what was never written, so some frames end in them.
        if random.random_range(0..4) == 0 {
            let from = random.random_range(0..payload.len());
            payload[from..].fill(0);
        }
        let frame = Frame {
            number: self.next_number,
            first_sequence: self.next_sequence,
            record_count: random.random_range(1..=5),
            time_ns: 1_000 * self.next_number,
            previous_sync_us: random.random(),
            payload,
        };
        self.next_number += 1;
        self.next_sequence += u64::from(frame.record_count);
        Some(frame)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_one_history_and_another_seed_another() {
        let of = |seed| History::new(seed, 40_000).take(50).collect::<Vec<_>>();
        assert_eq!(of(7), of(7));
        assert_eq!(of(7)[..20], History::new(7, 40_000).first(20));
        assert_ne!(of(7), of(8));
    }

    #[test]
    fn sequences_are_dense_and_payloads_of_all_lengths() {
        let frames: Vec<_> = History::new(1, 40_000).take(500).collect();
        for pair in frames.windows(2) {
            assert_eq!(pair[1].first_sequence, pair[0].last_sequence() + 1);
        }
        let longest = frames.iter().map(|frame| frame.payload.len()).max().unwrap();
        let pages = frames.iter().filter(|frame| frame.payload.len() <= PAGE_PAYLOAD_BYTES).count();
        assert!(longest > 20_000 && (200..500).contains(&pages), "{longest} {pages}");
    }
}
