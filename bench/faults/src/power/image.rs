//! What a power cut leaves of a disk.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::disk::{BLOCK_BYTES, Disk};
use super::recorder::Event;
use super::session::Session;

/// What a device writes as a whole.
const SECTOR_BYTES: usize = 512;

/// When the power is cut, and how much of what was in the device's cache came through.
#[derive(Clone, Copy, Debug)]
pub struct Cut {
    /// Events before the cut.
    pub events: usize,
    /// Percent of unsynced blocks that came through, as far as they did.
    pub kept_percent: u32,
    /// Percent of the kept blocks of our files that are torn.
    pub torn_percent: u32,
}

impl Cut {
    /// A cut anywhere; or right behind an acknowledgement, when most is at stake; or just before
    /// the flush that led to one, when a whole frame is on its way.
    #[must_use]
    pub fn random(session: &Session, random: &mut ChaCha8Rng) -> Self {
        let all = &session.events;
        let mut events = random.random_range(0..=all.len());
        let is_promise = |event: &Event| matches!(event, Event::Acknowledged(_));
        let promise = all[events..].iter().position(is_promise).map(|distance| events + distance);
        let flush = |end| all[..end].iter().rposition(|event| matches!(event, Event::Flush));
        events = match (random.random_range(0..3), promise) {
            (1, Some(promise)) => promise + 1,
            (2, Some(promise)) => flush(promise).unwrap_or(events),
            _ => events,
        };
        let percents = [0, 10, 50, 90, 100];
        let kept_percent = percents[random.random_range(0..percents.len())];
        let torn_percent = percents[random.random_range(0..percents.len())];
        Self { events, kept_percent, torn_percent }
    }
}

/// The disk after the cut, and the last sequence that had been acknowledged by then.
#[must_use]
pub fn crash(session: &Session, cut: &Cut, random: &mut ChaCha8Rng) -> (Disk, u64) {
    let events = &session.events[..cut.events];
    let mut acknowledged = session.acknowledged_before;
    for event in events {
        if let Event::Acknowledged(sequence) = event {
            acknowledged = *sequence;
        }
    }
    let flushed = events.iter().rposition(|event| matches!(event, Event::Flush)).unwrap_or(0);
    let mut disk = session.base.clone();
    for (index, event) in events.iter().enumerate() {
        let Event::Write { offset, bytes } = event else { continue };
        if index < flushed {
            disk.write(*offset, bytes);
            continue;
        }
        for (number, block) in bytes.chunks(BLOCK_BYTES).enumerate() {
            let at = offset + number * BLOCK_BYTES;
            if random.random_range(0..100) < cut.kept_percent {
                keep(&mut disk, session, cut, at, block, random);
            }
        }
    }
    (disk, acknowledged)
}

/// Writes a block, or only some of its sectors if it belongs to a file of ours.
fn keep(
    disk: &mut Disk,
    session: &Session,
    cut: &Cut,
    at: usize,
    block: &[u8],
    random: &mut ChaCha8Rng,
) {
    let may_tear = session.content_blocks.contains(&(at / BLOCK_BYTES));
    if !may_tear || random.random_range(0..100) >= cut.torn_percent {
        disk.write(at, block);
        return;
    }
    for (number, sector) in block.chunks(SECTOR_BYTES).enumerate() {
        if random.random_bool(0.5) {
            disk.write(at + number * SECTOR_BYTES, sector);
        }
    }
}
