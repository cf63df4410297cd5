//! What a simulated disk does wrong, how often, and how long it takes.

use std::error::Error;
use std::fmt;
use std::io;

use super::page::{MILLION, is_met};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

/// A fault of a disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiskFault {
    /// A sync answers `EIO`. The pages count as clean afterwards: they are read as they were
    /// written, and no later sync makes them durable.
    SyncError,
    /// A write answers `EIO`; some of it may be there.
    WriteError,
    /// A page cannot be read until it is written.
    ReadError,
    /// There is no room.
    NoSpace,
    /// A call takes from 10 milliseconds to 10 seconds.
    Stall,
    /// A write that is synced, and lands on another page of its file. Its own page is as it was.
    MisdirectedWrite,
    /// A write that is synced and is not there.
    LostWrite,
    /// A bit that changed by itself.
    BitRot,
}

impl DiskFault {
    /// Every fault.
    pub const ALL: [Self; 8] = [
        Self::SyncError,
        Self::WriteError,
        Self::ReadError,
        Self::NoSpace,
        Self::Stall,
        Self::MisdirectedWrite,
        Self::LostWrite,
        Self::BitRot,
    ];

    /// Whether it may take something that was acknowledged, of which there is no other copy: a
    /// refusal that names it is all that can be asked then.
    #[must_use]
    pub const fn is_beyond_one_copy(self) -> bool {
        matches!(self, Self::MisdirectedWrite | Self::LostWrite | Self::BitRot)
    }

    /// Its place in [`DiskFault::ALL`].
    const fn number(self) -> usize {
        self as usize
    }
}

/// How often faults come by themselves, in calls of a million that could have them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DiskRates {
    /// Syncs of files and folders.
    pub sync_errors: u32,
    /// Writes.
    pub write_errors: u32,
    /// Reads.
    pub read_errors: u32,
    /// Calls of any sort.
    pub stalls: u32,
    /// Writes.
    pub misdirected_writes: u32,
    /// Writes.
    pub lost_writes: u32,
}

/// What calls take, in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DiskTimes {
    /// Every call.
    pub call_ns: u64,
    /// A sync besides.
    pub sync_ns: u64,
    /// Each 4096 bytes that are read or written.
    pub page_ns: u64,
}

impl Default for DiskTimes {
    /// A disk as servers have them: 100 µs a sync, 2 GB/s.
    fn default() -> Self {
        Self { call_ns: 1_000, sync_ns: 100_000, page_ns: 2_000 }
    }
}

/// What happened to a disk so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DiskCounts {
    /// Storage calls.
    pub calls: u64,
    /// Power cuts.
    pub power_cuts: u64,
    /// Processes that died.
    pub process_deaths: u64,
    /// Sectors that a power cut took back to an older version.
    pub sectors_taken_back: u64,
    /// Changes of names that a power cut took back.
    pub names_taken_back: u64,
    faults: [u64; DiskFault::ALL.len()],
}

impl DiskCounts {
    /// How often a fault came.
    #[must_use]
    pub const fn of(&self, fault: DiskFault) -> u64 {
        self.faults[fault.number()]
    }

    /// Faults that one copy cannot mask.
    #[must_use]
    pub fn beyond_one_copy(&self) -> u64 {
        let beyond = DiskFault::ALL.into_iter().filter(|fault| fault.is_beyond_one_copy());
        beyond.map(|fault| self.of(fault)).sum()
    }

    pub(super) fn add(&mut self, fault: DiskFault) {
        self.faults[fault.number()] += 1;
    }
}

/// Faults to come.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) rates: DiskRates,
    /// Faults that come once, and how many calls that could have them come before.
    armed: Vec<(DiskFault, u64)>,
}

impl Plan {
    /// Lets a fault come at the `nth` call from now that can have it.
    pub(super) fn arm(&mut self, fault: DiskFault, nth: u64) {
        assert!(nth > 0, "the first call is 1");
        self.armed.push((fault, nth));
    }

    pub(super) fn heal(&mut self) {
        *self = Self::default();
    }

    /// Whether a fault comes at this call, which can have it.
    pub(super) fn strikes(&mut self, fault: DiskFault, random: &mut ChaCha8Rng) -> bool {
        let mut strikes = false;
        if !self.armed.is_empty() {
            for (_, left) in self.armed.iter_mut().filter(|(armed, _)| *armed == fault) {
                *left -= 1;
                strikes |= *left == 0;
            }
            self.armed.retain(|(_, left)| *left > 0);
        }
        let share = match fault {
            DiskFault::SyncError => self.rates.sync_errors,
            DiskFault::WriteError => self.rates.write_errors,
            DiskFault::ReadError => self.rates.read_errors,
            DiskFault::Stall => self.rates.stalls,
            DiskFault::MisdirectedWrite => self.rates.misdirected_writes,
            DiskFault::LostWrite => self.rates.lost_writes,
            DiskFault::NoSpace | DiskFault::BitRot => 0,
        };
        strikes | is_met(random, share.min(MILLION))
    }
}

/// How long a stall takes.
pub(super) fn stall_ns(random: &mut ChaCha8Rng) -> u64 {
    // Short ones and long ones are as likely: a tenth of a second finds other faults than ten.
    let most = 10_u64.pow(random.random_range(0..=3));
    10_000_000 * random.random_range(1..=most)
}

/// Why a call did nothing, or nothing that its caller lives to see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gone {
    /// The process died at this call or before.
    Process,
    /// The handle is one of a process before a crash.
    Handle,
}

impl fmt::Display for Gone {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Process => "simulated: the process died at a storage call",
            Self::Handle => "simulated: the handle was opened before a crash",
        })
    }
}

impl Error for Gone {}

impl From<Gone> for io::Error {
    fn from(gone: Gone) -> Self {
        Self::other(gone)
    }
}

/// Whether an error, or what caused it, says that the simulated process is dead: nothing that
/// happens afterwards is real.
#[must_use]
pub fn is_death(error: &(dyn Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        if error.is::<Gone>() || inner.is_some_and(|inner| inner.is::<Gone>()) {
            return true;
        }
        next = error.source();
    }
    false
}
