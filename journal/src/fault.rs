//! What a disk does wrong, decided by a test while it runs.
//!
//! [`Faults`] is the switchboard; [`FaultStorage`](crate::FaultStorage) asks it before each call.
//! The product never makes one: it is public because the tests of every crate above need the same.

use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// A sort of call to the storage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiskCall {
    /// Writing pages of a segment.
    WritePages,
    /// Syncing pages of a segment.
    SyncPages,
    /// Reading bytes of a file, copied or mapped.
    Read,
    /// Making, filling or syncing a spare.
    Zero,
    /// Making, writing or syncing a file that is written once, and small files.
    File,
    /// Opening a segment, to write or to read.
    Open,
    /// Making, renaming, removing or syncing names, and syncing whole files.
    Folder,
    /// Bringing pages into memory: a hint.
    Populate,
}

impl DiskCall {
    /// Every sort.
    pub const ALL: [Self; 8] = [
        Self::WritePages,
        Self::SyncPages,
        Self::Read,
        Self::Zero,
        Self::File,
        Self::Open,
        Self::Folder,
        Self::Populate,
    ];
    const COUNT: usize = Self::ALL.len();
}

/// What a failing call answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiskError {
    /// The device fails: `EIO`.
    Device,
    /// No space is left: `ENOSPC`.
    Full,
    /// The file system is read-only: `EROFS`.
    ReadOnly,
    /// The process has too many files open: `EMFILE`.
    TooManyFiles,
    /// The call is not known here: `EINVAL`.
    Unknown,
}

impl From<DiskError> for io::Error {
    fn from(error: DiskError) -> Self {
        use rustix::io::Errno;
        match error {
            DiskError::Device => Errno::IO,
            DiskError::Full => Errno::NOSPC,
            DiskError::ReadOnly => Errno::ROFS,
            DiskError::TooManyFiles => Errno::MFILE,
            DiskError::Unknown => Errno::INVAL,
        }
        .into()
    }
}

/// Which of the calls from now on fail; the first is 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiskWhen {
    /// Only this one.
    Once(u64),
    /// This one and all after it, until [`Faults::heal`].
    From(u64),
}

impl DiskWhen {
    /// Every call from now on.
    pub const ALWAYS: Self = Self::From(1);

    fn takes(self, nth: u64) -> bool {
        match self {
            Self::Once(wanted) => nth == wanted,
            Self::From(first) => nth >= first,
        }
    }
}

/// Pages that were written to a segment: their offset and their bytes.
pub type WrittenPages = (u64, Vec<u8>);

#[derive(Debug)]
struct Rule {
    calls: Vec<DiskCall>,
    when: DiskWhen,
    error: DiskError,
    seen: u64,
}

/// Pages of a file that the disk cannot read.
#[derive(Debug)]
struct BrokenPages {
    path: PathBuf,
    offsets: Range<u64>,
}

#[derive(Debug, Default)]
struct State {
    rules: Vec<Rule>,
    delays: [Duration; DiskCall::COUNT],
    counts: [u64; DiskCall::COUNT],
    available_bytes: Option<u64>,
    broken: Vec<BrokenPages>,
    written: Option<Vec<WrittenPages>>,
}

/// The switchboard of a [`FaultStorage`](crate::FaultStorage); clones share it.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    state: Arc<Mutex<State>>,
}

impl Faults {
    /// Nothing fails yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes calls of these sorts, counted together from now on, fail with `error`.
    pub fn fail(&self, calls: &[DiskCall], when: DiskWhen, error: DiskError) {
        let calls = calls.to_vec();
        self.state().rules.push(Rule { calls, when, error, seen: 0 });
    }

    /// No space is left: spares and new files find none, and segments that exist are as before,
    /// until [`heal`](Self::heal).
    pub fn fill_disk(&self) {
        self.state().available_bytes = Some(0);
        self.fail(&[DiskCall::Zero, DiskCall::File], DiskWhen::ALWAYS, DiskError::Full);
    }

    /// Says that the file system has this much room, whatever it has.
    pub fn set_available_bytes(&self, bytes: u64) {
        self.state().available_bytes = Some(bytes);
    }

    /// Makes every read of these bytes of a file fail with `EIO`, until somebody writes there: a
    /// disk then puts another sector in its place.
    pub fn break_pages(&self, path: &Path, offsets: Range<u64>) {
        self.state().broken.push(BrokenPages { path: path.to_path_buf(), offsets });
    }

    /// Nothing fails any more, and there is as much room as there is; delays stay.
    pub fn heal(&self) {
        let mut state = self.state();
        state.rules.clear();
        state.broken.clear();
        state.available_bytes = None;
    }

    /// Makes each call of this sort take `delay` longer.
    pub fn delay(&self, call: DiskCall, delay: Duration) {
        self.state().delays[call as usize] = delay;
    }

    /// Calls of this sort so far, also those that failed.
    #[must_use]
    pub fn calls(&self, call: DiskCall) -> u64 {
        self.state().counts[call as usize]
    }

    /// Calls of all sorts so far.
    #[must_use]
    pub fn all_calls(&self) -> u64 {
        self.state().counts.iter().sum()
    }

    /// Keeps a copy of all pages that are written to segments from now on.
    pub fn record_writes(&self) {
        self.state().written = Some(Vec::new());
    }

    /// The pages written since [`record_writes`](Self::record_writes), in order.
    #[must_use]
    pub fn written(&self) -> Vec<WrittenPages> {
        self.state().written.clone().unwrap_or_default()
    }

    /// Counts a call, takes its time, and says whether it fails.
    pub(crate) fn before(&self, call: DiskCall) -> io::Result<()> {
        let (delay, failed) = self.state().meet(call);
        if !delay.is_zero() {
            thread::sleep(delay);
        }
        failed.map_or(Ok(()), |error| Err(error.into()))
    }

    pub(crate) fn available_bytes(&self) -> Option<u64> {
        self.state().available_bytes
    }

    /// Says whether a read of `bytes` at `offset` meets a broken page.
    pub(crate) fn before_read(&self, path: &Path, offset: u64, bytes: u64) -> io::Result<()> {
        self.before(DiskCall::Read)?;
        let meets = |broken: &BrokenPages| {
            broken.path == path
                && broken.offsets.start < offset + bytes
                && offset < broken.offsets.end
        };
        let broken = self.state().broken.iter().any(meets);
        if broken { Err(DiskError::Device.into()) } else { Ok(()) }
    }

    pub(crate) fn wrote(&self, path: &Path, offset: u64, pages: &[u8]) {
        let mut state = self.state();
        let end = offset + pages.len() as u64;
        let written = |broken: &BrokenPages| {
            broken.path == path && offset <= broken.offsets.start && broken.offsets.end <= end
        };
        state.broken.retain(|broken| !written(broken));
        if let Some(written) = &mut state.written {
            written.push((offset, pages.to_vec()));
        }
    }

    /// A panic of a test leaves these plain values whole.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn meet(&mut self, call: DiskCall) -> (Duration, Option<DiskError>) {
        self.counts[call as usize] += 1;
        let mut failed = None;
        for rule in self.rules.iter_mut().filter(|rule| rule.calls.contains(&call)) {
            rule.seen += 1;
            if rule.when.takes(rule.seen) {
                failed = failed.or(Some(rule.error));
            }
        }
        (self.delays[call as usize], failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn once_and_from_count_calls_of_their_sorts_only() {
        let faults = Faults::new();
        let fails = |call| faults.before(call).is_err();
        faults.fail(&[DiskCall::Read, DiskCall::Open], DiskWhen::Once(2), DiskError::Device);
        let met = [DiskCall::Read, DiskCall::Folder, DiskCall::Open, DiskCall::Read].map(fails);
        assert_eq!(met, [false, false, true, false]);
        faults.fail(&[DiskCall::Folder], DiskWhen::From(2), DiskError::Full);
        assert_eq!([DiskCall::Folder; 3].map(fails), [false, true, true]);
        faults.heal();
        assert!(!fails(DiskCall::Folder));
        assert_eq!((faults.calls(DiskCall::Folder), faults.all_calls()), (5, 8));
    }
}
