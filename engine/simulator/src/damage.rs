//! Damage to the files of a server that has stopped. What was acknowledged has no other copy: a
//! refusal to start that names the damage is all that can be asked, and a start would lose it
//! without a word. A snapshot has one, the journal: a start passes it over.

use std::path::PathBuf;
use std::sync::Arc;

use gantry_engine::{Start, list_snapshots};
use gantry_gateway::ServerError;
use gantry_journal::{Durability, JournalError, Storage, WritePath};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::machine::{Machine, StoppedState};

/// What befalls the files of a server that has stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Damage {
    /// A bit of a durable frame, with other frames behind it, changes by itself.
    Rot,
    /// Somebody puts the journal back as it was before the newest snapshot.
    PutBack,
    /// A bit of the newest snapshot changes by itself.
    RotSnapshot,
}

/// Where a frame of the journal stands.
#[derive(Clone, Copy, Debug)]
pub struct Frame {
    pub(crate) segment: u64,
    pub(crate) offset: u64,
    pub(crate) bytes: u64,
}

impl Damage {
    pub(crate) fn draw(random: &mut ChaCha8Rng) -> Self {
        [Self::Rot, Self::PutBack, Self::RotSnapshot][random.random_range(0..3_usize)]
    }
}

impl Machine {
    /// Damages the files of the server that stopped at `stopped` and whose journal has these frames,
    /// if there is anything to damage, and starts it.
    ///
    /// # Errors
    /// What the start did instead of what was due.
    pub fn suffer(
        &mut self,
        damage: Damage,
        (stopped, frames): (StoppedState, &[Frame]),
        random: &mut ChaCha8Rng,
    ) -> Result<(), String> {
        let (is_done, full_replay) = match damage {
            Damage::Rot => (self.rot(frames, random)?, true),
            Damage::PutBack => (self.put_back(frames, random)?, false),
            Damage::RotSnapshot => (self.rot_snapshot(random)?, false),
        };
        if !is_done {
            return Ok(());
        }
        match (damage, self.reopen(full_replay)) {
            (Damage::Rot, Err(ServerError::Open(JournalError::Damage(_))))
            | (Damage::PutBack, Err(ServerError::Open(JournalError::BookmarkLost(_)))) => Ok(()),
            (Damage::RotSnapshot, Ok(opened)) if opened == stopped => Ok(()),
            (_, Ok(opened)) => Err(format!("{damage:?}, and the server starts: {opened:?}")),
            (_, Err(error)) => Err(format!("{damage:?}, and the server says: {error}")),
        }
    }

    fn segment(&self, number: u64) -> PathBuf {
        self.options.directory.join(format!("segments/{number:020}.segment"))
    }

    fn rot(&self, frames: &[Frame], random: &mut ChaCha8Rng) -> Result<bool, String> {
        // The last frame may have been torn, as far as anybody can tell.
        let Some((_, followed)) = frames.split_last().filter(|(_, rest)| !rest.is_empty()) else {
            return Ok(false);
        };
        let frame = &followed[random.random_range(0..followed.len())];
        let offset = frame.offset + random.random_range(0..frame.bytes);
        let rotten = self.disk.rot_at(&self.segment(frame.segment), offset);
        rotten.map_err(|error| error.to_string())
    }

    fn rot_snapshot(&self, random: &mut ChaCha8Rng) -> Result<bool, String> {
        let storage = self.disk.mounted();
        let snapshots = list_snapshots(&storage, &self.options.directory);
        let snapshots = snapshots.map_err(|error| error.to_string())?;
        let Some(newest) = snapshots.first() else { return Ok(false) };
        let bytes = storage.file_bytes(newest).map_err(|error| error.to_string())?;
        let offset = random.random_range(0..bytes);
        self.disk.rot_at(newest, offset).map_err(|error| error.to_string())
    }

    fn put_back(&self, frames: &[Frame], random: &mut ChaCha8Rng) -> Result<bool, String> {
        let storage: Arc<dyn Storage> = Arc::new(self.disk.mounted());
        let start = Start::from_newest(&*storage, &self.options.directory, 0);
        let start = start.map_err(|error| error.to_string())?;
        let Some(bookmark) = start.bookmark() else { return Ok(false) };
        let seen = frames.iter().take_while(|frame| {
            (frame.segment, frame.offset) <= (bookmark.segment, bookmark.offset)
        });
        let first_lost = &frames[random.random_range(0..seen.count())];
        self.cut_from(&*storage, first_lost, frames).map_err(|error| error.to_string())?;
        Ok(true)
    }

    /// What stood in the segments before a frame was written.
    fn cut_from(
        &self,
        storage: &dyn Storage,
        first_lost: &Frame,
        frames: &[Frame],
    ) -> std::io::Result<()> {
        let last = frames.last().map_or(0, |frame| frame.segment);
        // Prepared ones lie behind the last that was begun.
        for number in first_lost.segment + 1..=last + 4 {
            storage.remove(&self.segment(number))?;
        }
        let path = self.segment(first_lost.segment);
        let file = storage.open_segment(&path, WritePath::Mapped, Durability::Sync)?;
        let bytes = file.segment_bytes() - first_lost.offset;
        let length = usize::try_from(bytes).map_err(std::io::Error::other)?;
        file.write_pages(first_lost.offset, &vec![0; length])?;
        file.sync_range(first_lost.offset, bytes)
    }
}
