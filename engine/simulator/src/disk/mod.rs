//! A disk in memory that behaves as real ones do at their worst.
//!
//! # What is written
//! A write goes into the page cache, where every reader sees it at once. Until a sync of its range
//! returns, the device may hold any version that its 512-byte sectors had since the last sync, each
//! sector its own: a kernel writes back when it likes and in any order, and a device writes a sector
//! whole and a page not. A power cut draws one for each; how much is kept, and how much is torn
//! within a page, is drawn anew for every cut, from everything to nothing.
//!
//! # Names
//! What makes, moves or removes a name is durable when the folder is synced; a move between two
//! folders when both are. Syncing a file does not make its name durable. A power cut keeps any of the
//! changes that are left, each as a whole, in any combination in which no change is kept without
//! those before it that touched the same name. ext4 and XFS log changes in order and so lose an end
//! of that list only; POSIX promises less, as does `Storage`, and what the journal promises in
//! `docs/FORMAT.md` rests on the syncs it names and on no order. So this is the harsher choice of
//! the two. What is not drawn is a torn rename: no file system of this century does that. Names are
//! listed in an order of chance.
//!
//! # A sync that fails
//! marks its pages clean, as Linux does: they are read as they were written, until the page cache
//! lets them go, and a later sync that succeeds takes none of them along. Only writing them again
//! and syncing that makes them durable. After the process has died, a page of this sort may be read
//! as what the device has.
//!
//! # Crashes
//! [`SimDisk::crash_process`] keeps the page cache, [`SimDisk::crash_power`] does not. Both end the
//! era: locks are free, and what was opened before answers nothing but errors. So does everything
//! from the call on at which the process was told to die ([`SimDisk::die_at`]), which has happened
//! wholly, in part, or not at all; [`is_death`] tells these errors.
//!
//! # Faults
//! come at a given call or by rates ([`DiskFault`]). A misdirected write, a lost one and a flipped
//! bit may take what was acknowledged: no single copy can mask them, so they are counted apart
//! ([`DiskCounts::beyond_one_copy`]), and a refusal is what to expect. What they did shows when the
//! power comes back; a flipped bit at once. Promises of a storage that the journal's feature `sabotage`
//! breaks are broken here as they are in its real one.
//!
//! # Time
//! No call waits. What it would have taken adds up, for the caller to take.
//!
//! The same seed and the same calls make the same disk, byte for byte.

mod arena;
mod faults;
mod file;
mod handles;
mod names;
mod page;
mod state;
mod storage;

use std::fmt;
use std::hash::Hasher;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use rand_chacha::ChaCha8Rng;
use twox_hash::XxHash3_64;

pub use faults::{DiskCounts, DiskFault, DiskRates, DiskTimes, is_death};
use names::hold;
use state::Disk;

/// A simulated disk; clones are the same one. See the module.
#[derive(Clone)]
pub struct SimDisk {
    disk: Arc<Mutex<Disk>>,
    /// The era that it was mounted in; none for whoever owns the machine.
    era: Option<u64>,
}

impl fmt::Debug for SimDisk {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("SimDisk").field("era", &self.era).finish_non_exhaustive()
    }
}

impl SimDisk {
    /// An empty disk, whose chance is all in `random`.
    #[must_use]
    pub fn new(random: ChaCha8Rng) -> Self {
        Self { disk: Arc::new(Mutex::new(Disk::new(random))), era: None }
    }

    /// The same disk for one process: it ends with the next crash, as all that is opened by it.
    #[must_use]
    pub fn mounted(&self) -> Self {
        Self { disk: Arc::clone(&self.disk), era: Some(hold(&self.disk).era) }
    }

    /// The power goes and comes back.
    pub fn crash_power(&self) {
        hold(&self.disk).crash_power();
    }

    /// The process is killed.
    pub fn crash_process(&self) {
        hold(&self.disk).crash_process();
    }

    /// Lets the process die at the `nth` storage call from now; the first is 1. It stays dead until
    /// a crash is called.
    pub fn die_at(&self, nth: u64) {
        hold(&self.disk).die_at(nth);
    }

    /// The same, counted from the next write to the first page of a segment, which is 1.
    pub fn die_at_roll(&self, nth: u64) {
        hold(&self.disk).die_at_roll(nth);
    }

    /// Whether the process has died at a storage call, and no crash was called since.
    #[must_use]
    pub fn is_dead(&self) -> bool {
        hold(&self.disk).is_dead()
    }

    /// How often faults come by themselves from now on.
    pub fn set_rates(&self, rates: DiskRates) {
        hold(&self.disk).plan.rates = rates;
    }

    /// Lets a fault come once, at the `nth` call from now that can have it; the first is 1. No room
    /// and flipped bits have calls of their own.
    pub fn fail_once(&self, fault: DiskFault, nth: u64) {
        hold(&self.disk).plan.arm(fault, nth);
    }

    /// No fault comes from now on, nor the death of the process, and everything can be read. What has happened, has happened.
    pub fn heal(&self) {
        hold(&self.disk).heal();
    }

    /// Makes bytes of a file unreadable until they are written.
    ///
    /// # Errors
    /// There is no such file.
    pub fn break_pages(&self, path: &Path, range: Range<u64>) -> io::Result<()> {
        hold(&self.disk).break_pages(path, range)
    }

    /// Flips a bit of the byte there; false where a sync is awaited, or behind the file's end.
    ///
    /// # Errors
    /// There is no such file.
    pub fn rot_at(&self, path: &Path, offset: u64) -> io::Result<bool> {
        hold(&self.disk).rot_at(path, offset)
    }

    /// Flips a bit of a written page somewhere; says where, if there is any.
    #[must_use]
    pub fn rot(&self) -> Option<(PathBuf, u64)> {
        hold(&self.disk).rot()
    }

    /// The size of the disk. It may be less than what is in use: then there is no room.
    pub fn set_capacity(&self, capacity_bytes: u64) {
        hold(&self.disk).capacity_bytes = capacity_bytes;
    }

    /// Room that is left.
    #[must_use]
    pub fn free_bytes(&self) -> u64 {
        hold(&self.disk).available_bytes()
    }

    /// What calls take from now on.
    pub fn set_times(&self, times: DiskTimes) {
        hold(&self.disk).times = times;
    }

    /// What the calls since the last time would have taken.
    #[must_use]
    pub fn take_elapsed_ns(&self) -> u64 {
        std::mem::take(&mut hold(&self.disk).elapsed_ns)
    }

    /// What happened so far.
    #[must_use]
    pub fn counts(&self) -> DiskCounts {
        hold(&self.disk).counts
    }

    /// A hash of every name and of every byte that a reader would see now.
    #[must_use]
    pub fn digest(&self) -> u64 {
        let mut hasher = XxHash3_64::new();
        for (path, file) in hold(&self.disk).names().files() {
            hasher.write(path.as_bytes());
            let file = hold(&file);
            hasher.write_u64(file.bytes());
            file.for_each_page(|page| hasher.write(page));
        }
        hasher.finish()
    }
}
