//! The disk behind all its handles: carries calls out, and puts faults into them.

use std::collections::BTreeMap;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use gantry_journal::sabotage::{Sabotage, asked};
use rand::RngExt;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::faults::{DiskCounts, DiskFault, DiskTimes, Gone, Plan, stall_ns};
use super::file::File;
use super::names::{Names, Place, SharedFile, hold};
use super::page::{Outage, PAGE_BYTES, length};

const EIO: i32 = 5;
const ENOSPC: i32 = 28;
/// Room on a disk whose size nobody set.
const CAPACITY_BYTES: u64 = 1 << 40;

/// How a call goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Course {
    Run,
    /// The process dies at it.
    Die,
}

#[derive(Debug)]
pub(super) struct Disk {
    random: ChaCha8Rng,
    names: Names,
    /// Who holds which lock.
    locks: BTreeMap<PathBuf, u64>,
    last_holder: u64,
    /// Rises with every crash. What was opened in another is stale.
    pub(super) era: u64,
    /// Calls until the process dies.
    dies_after: Option<u64>,
    /// The same, counted from the next write to the first page of a segment.
    dies_at_roll: Option<u64>,
    is_dead: bool,
    pub(super) plan: Plan,
    pub(super) times: DiskTimes,
    pub(super) counts: DiskCounts,
    pub(super) elapsed_ns: u64,
    pub(super) capacity_bytes: u64,
    used_bytes: u64,
}

impl Disk {
    pub(super) fn new(random: ChaCha8Rng) -> Self {
        Self {
            random,
            names: Names::new(),
            locks: BTreeMap::new(),
            last_holder: 0,
            era: 0,
            dies_after: None,
            dies_at_roll: None,
            is_dead: false,
            plan: Plan::default(),
            times: DiskTimes::default(),
            counts: DiskCounts::default(),
            elapsed_ns: 0,
            capacity_bytes: CAPACITY_BYTES,
            used_bytes: 0,
        }
    }

    pub(super) fn die_at(&mut self, nth: u64) {
        assert!(nth > 0, "the first call is 1");
        self.dies_after = Some(nth);
    }

    pub(super) fn die_at_roll(&mut self, nth: u64) {
        assert!(nth > 0, "the first call is 1");
        self.dies_at_roll = Some(nth);
    }

    /// The next call begins a segment.
    pub(super) fn roll(&mut self) {
        if let Some(nth) = self.dies_at_roll.take() {
            self.die_at(nth);
        }
    }

    pub(super) const fn is_dead(&self) -> bool {
        self.is_dead
    }

    /// What every call begins with. `era` is that of a handle; none for the disk's own.
    fn begin(&mut self, era: Option<u64>) -> io::Result<Course> {
        if era.is_some_and(|era| era != self.era) {
            return Err(Gone::Handle.into());
        }
        if self.is_dead {
            return Err(Gone::Process.into());
        }
        self.counts.calls += 1;
        self.elapsed_ns += self.times.call_ns;
        if self.strikes(DiskFault::Stall) {
            self.elapsed_ns += stall_ns(&mut self.random);
        }
        if let Some(left) = &mut self.dies_after {
            *left -= 1;
            if *left == 0 {
                (self.dies_after, self.is_dead) = (None, true);
                return Ok(Course::Die);
            }
        }
        Ok(Course::Run)
    }

    fn strikes(&mut self, fault: DiskFault) -> bool {
        let strikes = self.plan.strikes(fault, &mut self.random);
        // The others are counted where they make a difference.
        if strikes && !fault.is_beyond_one_copy() {
            self.counts.add(fault);
        }
        strikes
    }

    /// Carries a call out; where the process dies at it, all of it or nothing.
    pub(super) fn call<T>(
        &mut self,
        era: Option<u64>,
        run: impl FnOnce(&mut Self) -> io::Result<T>,
    ) -> io::Result<T> {
        match self.begin(era)? {
            Course::Run => run(self),
            Course::Die => {
                if self.random.random_bool(0.5) {
                    let _ = run(self);
                }
                Err(Gone::Process.into())
            }
        }
    }

    /// How many of so many steps a call comes to, and what it answers if these are not all.
    fn steps(&mut self, era: Option<u64>, steps: usize) -> io::Result<(usize, io::Result<()>)> {
        Ok(match self.begin(era)? {
            Course::Run => (steps, Ok(())),
            Course::Die => (self.random.random_range(0..=steps), Err(Gone::Process.into())),
        })
    }

    pub(super) const fn names(&self) -> &Names {
        &self.names
    }

    // Folders and names.

    /// Makes the folders that are missing, each durable before the next. One that is there is made
    /// durable.
    pub(super) fn create_directory(&mut self, era: Option<u64>, path: &Path) -> io::Result<()> {
        let mut missing: Vec<_> =
            path.ancestors().take_while(|path| self.names.folder(path).is_err()).collect();
        missing.reverse();
        if missing.is_empty() {
            return self.call(era, |disk| match path.parent() {
                Some(parent) => disk.sync_directory(parent),
                None => Ok(()),
            });
        }
        let (steps, answer) = self.steps(era, missing.len() * 2)?;
        let made = (0..steps).try_for_each(|step| {
            let place = self.names.place(missing[step / 2])?;
            if step % 2 == 0 {
                return self.names.make_folder(place);
            }
            self.sync_names(place.0)
        });
        answer.and(made)
    }

    /// In an order of chance, as a file system that hashes names would.
    pub(super) fn list(&mut self, path: &Path) -> io::Result<Vec<String>> {
        let mut names = self.names.list(path)?;
        names.shuffle(&mut self.random);
        Ok(names)
    }

    pub(super) fn sync_directory(&mut self, path: &Path) -> io::Result<()> {
        let folder = self.names.folder(path)?;
        self.sync_names(folder)
    }

    /// A failed sync of a folder only leaves its names as they were. A file system whose own journal
    /// fails stops taking changes, which is another fault: no room.
    fn sync_names(&mut self, folder: super::names::Folder) -> io::Result<()> {
        self.elapsed_ns += self.times.sync_ns;
        if self.strikes(DiskFault::SyncError) {
            return Err(io::Error::from_raw_os_error(EIO));
        }
        if !asked(Sabotage::ForgetDirectorySync) {
            self.names.sync(folder);
        }
        Ok(())
    }

    pub(super) fn rename(&mut self, source: &Path, target: &Path) -> io::Result<()> {
        let (source, target) = (self.names.place(source)?, self.names.place(target)?);
        let is_moved = source != target;
        let replaced = self.names.rename(source, target)?;
        if let Some(file) = replaced.filter(|_| is_moved) {
            self.forget(&file);
        }
        Ok(())
    }

    pub(super) fn remove(&mut self, path: &Path) -> io::Result<()> {
        let place = match self.names.place(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            place => place?,
        };
        if let Some(file) = self.names.unlink(place)? {
            self.forget(&file);
        }
        Ok(())
    }

    /// No name leads to the file any more: its room is free.
    fn forget(&mut self, file: &SharedFile) {
        let mut file = hold(file);
        file.is_named = false;
        self.used_bytes = self.used_bytes.saturating_sub(file.room_bytes());
    }

    /// Takes a lock, unless somebody holds it: the number of the holder.
    pub(super) fn lock(&mut self, path: &Path) -> io::Result<Option<u64>> {
        let place = self.names.place(path)?;
        if self.names.file(path).is_err() {
            self.link(place, File::of_zeros(0))?;
        }
        if self.locks.contains_key(path) {
            return Ok(None);
        }
        self.last_holder += 1;
        self.locks.insert(path.to_path_buf(), self.last_holder);
        Ok(Some(self.last_holder))
    }

    pub(super) fn is_locked(&self, path: &Path) -> bool {
        self.locks.contains_key(path)
    }

    pub(super) fn unlock(&mut self, path: &Path, holder: u64) {
        if self.locks.get(path) == Some(&holder) {
            self.locks.remove(path);
        }
    }

    // Files.

    fn link(&mut self, place: Place, file: File) -> io::Result<SharedFile> {
        self.take_room(file.room_bytes())?;
        let file = Arc::new(Mutex::new(file));
        self.names.link(place, Arc::clone(&file));
        Ok(file)
    }

    fn take_room(&mut self, bytes: u64) -> io::Result<()> {
        if bytes > self.available_bytes() {
            self.counts.add(DiskFault::NoSpace);
            return Err(io::Error::from_raw_os_error(ENOSPC));
        }
        self.used_bytes += bytes;
        Ok(())
    }

    pub(super) const fn available_bytes(&self) -> u64 {
        self.capacity_bytes.saturating_sub(self.used_bytes)
    }

    /// Creates a file of zeros, never the one that had its name.
    pub(super) fn create_zeros(&mut self, path: &Path, bytes: u64) -> io::Result<SharedFile> {
        self.remove(path)?;
        let place = self.names.place(path)?;
        self.link(place, File::of_zeros(bytes))
    }

    /// Creates a file, or empties the one that is there.
    pub(super) fn create(&mut self, path: &Path) -> io::Result<SharedFile> {
        let place = self.names.place(path)?;
        match self.names.file(path) {
            Ok(file) => {
                self.used_bytes = self.used_bytes.saturating_sub(hold(&file).room_bytes());
                hold(&file).truncate();
                Ok(file)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.link(place, File::of_zeros(0))
            }
            Err(error) => Err(error),
        }
    }

    pub(super) fn write_small(
        &mut self,
        era: Option<u64>,
        path: &Path,
        bytes: &[u8],
    ) -> io::Result<()> {
        let (steps, answer) = self.steps(era, 3)?;
        answer.and(self.write_small_steps(steps, path, bytes))
    }

    fn write_small_steps(&mut self, steps: usize, path: &Path, bytes: &[u8]) -> io::Result<()> {
        if steps == 0 {
            return Ok(());
        }
        let file = self.create(path)?;
        if steps >= 2 {
            self.put(&file, 0, bytes)?;
        }
        if steps >= 3 {
            self.sync_file(&file)?;
        }
        Ok(())
    }

    pub(super) fn write(
        &mut self,
        era: Option<u64>,
        file: &SharedFile,
        offset: u64,
        bytes: &[u8],
    ) -> io::Result<()> {
        let course = self.begin(era)?;
        if course == Course::Run {
            return self.put(file, offset, bytes);
        }
        let part = self.part_of(bytes);
        let _ = self.put(file, offset, part);
        Err(Gone::Process.into())
    }

    /// What a write comes to that is cut off: nothing, all, a beginning, or something in between.
    fn part_of<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let end = match self.random.random_range(0..4) {
            0 => 0,
            1 => bytes.len(),
            // Headers are short.
            2 => bytes.len().min(1 << self.random.random_range(0..=8)),
            _ => self.random.random_range(0..=bytes.len()),
        };
        &bytes[..end]
    }

    fn put(&mut self, file: &SharedFile, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.elapsed_ns += self.times.page_ns * (bytes.len() as u64).div_ceil(PAGE_BYTES);
        let is_broken = self.strikes(DiskFault::WriteError);
        let bytes = if is_broken { self.part_of(bytes) } else { bytes };
        let mut held = hold(file);
        if held.is_named {
            let end = (offset + bytes.len() as u64).next_multiple_of(PAGE_BYTES);
            self.take_room(end.saturating_sub(held.room_bytes()))?;
        }
        held.write(offset, bytes);
        if is_broken {
            return Err(io::Error::from_raw_os_error(EIO));
        }
        self.mislead(&mut held, offset, bytes.len() as u64);
        Ok(())
    }

    /// Loses one page of a write, or puts it elsewhere.
    fn mislead(&mut self, file: &mut File, offset: u64, bytes: u64) {
        for fault in [DiskFault::LostWrite, DiskFault::MisdirectedWrite] {
            if !self.strikes(fault) || bytes == 0 {
                continue;
            }
            let page = self.random.random_range(offset..offset + bytes) / PAGE_BYTES;
            let pages = file.room_bytes() / PAGE_BYTES;
            let other = match fault {
                DiskFault::MisdirectedWrite if pages > 1 => {
                    let distance = self.random.random_range(1..pages);
                    Some((page + distance) % pages * PAGE_BYTES)
                }
                _ => None,
            };
            if file.lose(page * PAGE_BYTES, other) {
                self.counts.add(fault);
            }
        }
    }

    pub(super) fn write_zeros(
        &mut self,
        file: &SharedFile,
        offset: u64,
        bytes: u64,
    ) -> io::Result<()> {
        self.elapsed_ns += self.times.page_ns * bytes.div_ceil(PAGE_BYTES);
        if self.strikes(DiskFault::WriteError) {
            return Err(io::Error::from_raw_os_error(EIO));
        }
        hold(file).write_zeros(offset, bytes);
        Ok(())
    }

    pub(super) fn sync_file(&mut self, file: &SharedFile) -> io::Result<()> {
        let room_bytes = hold(file).room_bytes();
        self.sync(file, 0, room_bytes, File::sync)
    }

    pub(super) fn sync_range(
        &mut self,
        file: &SharedFile,
        offset: u64,
        bytes: u64,
    ) -> io::Result<()> {
        if asked(Sabotage::SkipSync) {
            return Ok(());
        }
        self.sync(file, offset, bytes, |file| file.sync_range(offset, bytes))
    }

    fn sync(
        &mut self,
        file: &SharedFile,
        offset: u64,
        bytes: u64,
        sync: impl FnOnce(&mut File),
    ) -> io::Result<()> {
        self.elapsed_ns += self.times.sync_ns;
        if self.strikes(DiskFault::SyncError) {
            hold(file).fail_sync(offset, bytes);
            return Err(io::Error::from_raw_os_error(EIO));
        }
        sync(&mut hold(file));
        Ok(())
    }

    /// Whether bytes of a file can be read.
    pub(super) fn check_read(
        &mut self,
        file: &mut File,
        offset: u64,
        bytes: u64,
    ) -> io::Result<()> {
        self.elapsed_ns += self.times.page_ns * bytes.div_ceil(PAGE_BYTES);
        if bytes > 0 && self.strikes(DiskFault::ReadError) {
            let page = self.random.random_range(offset..offset + bytes) / PAGE_BYTES * PAGE_BYTES;
            file.break_range(page..page + PAGE_BYTES);
        }
        if !file.is_readable(offset, bytes) {
            return Err(io::Error::from_raw_os_error(EIO));
        }
        if offset + bytes > file.bytes() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(())
    }

    pub(super) fn read_small(&mut self, path: &Path) -> io::Result<Option<Vec<u8>>> {
        let file = match self.names.file(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            file => file?,
        };
        let mut file = hold(&file);
        let mut bytes = vec![0; length(file.bytes())];
        self.check_read(&mut file, 0, bytes.len() as u64)?;
        file.read(0, &mut bytes);
        Ok(Some(bytes))
    }

    // What befalls the disk.

    pub(super) fn break_pages(&mut self, path: &Path, range: Range<u64>) -> io::Result<()> {
        hold(&*self.names.file(path)?).break_range(range);
        self.counts.add(DiskFault::ReadError);
        Ok(())
    }

    pub(super) fn heal(&mut self) {
        self.plan.heal();
        (self.dies_after, self.dies_at_roll) = (None, None);
        self.names.files().iter().for_each(|(_, file)| hold(file).mend());
    }

    /// Flips a bit; false where a sync is awaited, or where the file ends.
    pub(super) fn rot_at(&mut self, path: &Path, offset: u64) -> io::Result<bool> {
        let bit = self.random.random_range(0..8);
        let is_rotten = hold(&*self.names.file(path)?).rot(offset, bit);
        if is_rotten {
            self.counts.add(DiskFault::BitRot);
        }
        Ok(is_rotten)
    }

    /// Flips a bit of a written page somewhere; says where.
    pub(super) fn rot(&mut self) -> Option<(PathBuf, u64)> {
        let mut files = self.names.files();
        files.retain(|(_, file)| hold(file).bytes() > 0);
        for _ in 0..files.len() * 4 {
            let (path, file) = &files[self.random.random_range(0..files.len())];
            let bytes = hold(file).bytes();
            let offset = self.random.random_range(0..bytes);
            let is_written = !hold(file).is_untouched(offset, 1);
            if is_written && self.rot_at(Path::new(path), offset).is_ok_and(|done| done) {
                return Some((PathBuf::from(path), offset));
            }
        }
        None
    }

    pub(super) fn crash_process(&mut self) {
        self.counts.process_deaths += 1;
        for (_, file) in self.names.files() {
            hold(&file).evict(&mut self.random);
        }
        self.begin_era();
    }

    pub(super) fn crash_power(&mut self) {
        self.counts.power_cuts += 1;
        let outage = Outage::draw(&mut self.random);
        self.counts.names_taken_back += self.names.lose_power(&mut self.random, outage);
        self.used_bytes = 0;
        for (_, file) in self.names.files() {
            let mut file = hold(&file);
            self.counts.sectors_taken_back += file.lose_power(&mut self.random, outage);
            file.is_named = true;
            self.used_bytes += file.room_bytes();
        }
        self.begin_era();
    }

    fn begin_era(&mut self) {
        self.era += 1;
        self.locks.clear();
        (self.dies_after, self.is_dead) = (None, false);
    }
}
