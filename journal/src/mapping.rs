//! The only unsafe code of the crate: memory that is a file.
//!
//! A writer's mapping is reached through raw pointers only, because its bytes change under any
//! reference that another mapping of the file could give out. A reader's mapping gives slices of
//! bytes that no writer changes any more. What is *not* here: when to sync, and what bytes mean.
#![expect(unsafe_code, reason = "copying into and reading from a file mapping needs raw pointers")]

use std::fs::File;
use std::io;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use memmap2::{Advice, MmapOptions, MmapRaw, UncheckedAdvice};

use crate::layout::PAGE_LENGTH;

/// A reader's pages are faulted in by windows of this size.
const READ_WINDOW_BYTES: usize = 8 * 1024 * 1024;

/// A whole file, mapped to be written.
#[derive(Debug)]
pub(crate) struct WriteMapping {
    memory: MmapRaw,
    /// Held over each copy: makes a second writing thread wait instead of being a data race.
    writing: Mutex<()>,
}

impl WriteMapping {
    /// Maps the whole of `file`.
    pub(crate) fn new(file: &File) -> io::Result<Self> {
        let memory = MmapOptions::new().map_raw(file)?;
        Ok(Self { memory, writing: Mutex::new(()) })
    }

    /// Length of the mapping.
    pub(crate) fn length(&self) -> usize {
        self.memory.len()
    }

    /// Copies `bytes` to `offset`.
    pub(crate) fn copy_in(&self, offset: usize, bytes: &[u8]) {
        let end = offset.checked_add(bytes.len()).expect("invariant: offsets are file offsets");
        assert!(end <= self.memory.len(), "write beyond the mapping");
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let target = self.memory.as_mut_ptr().wrapping_add(offset);
        // SAFETY: `target..target + len` lies inside the mapping (asserted above), which lives as
        // long as `self`. `bytes` cannot overlap it: no reference into this mapping is ever given
        // out. `writing` keeps other threads' copies out. The file is never shortened while the
        // folder is locked, so no page behind the mapping is missing.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), target, bytes.len()) }
    }

    /// Writes the dirty pages of the range to the device and flushes its cache.
    ///
    /// The range is unmapped first, because it is never written again: write-back must take the
    /// right to write from every mapping of a page, and does so with an interrupt to the other
    /// processors for each page. Unmapped at once, the range costs one.
    pub(crate) fn sync(&self, offset: usize, bytes: usize) -> io::Result<()> {
        // SAFETY: the mapping is shared and file-backed, so its pages stay in the page cache, dirty
        // as they are; only this process's view of them goes, and the next access maps them again.
        unsafe { self.memory.unchecked_advise_range(UncheckedAdvice::DontNeed, offset, bytes) }?;
        self.memory.flush_range(offset, bytes)
    }

    /// Faults the range in for writing; an error instead of a signal if the disk has none.
    pub(crate) fn populate(&self, offset: usize, bytes: usize) -> io::Result<()> {
        self.memory.advise_range(Advice::PopulateWrite, offset, bytes)
    }
}

/// A whole file, mapped to be read.
#[derive(Debug)]
pub(crate) struct ReadMapping {
    memory: MmapRaw,
    /// What was faulted in ahead of its use.
    populated: Mutex<Range<usize>>,
}

impl ReadMapping {
    /// Maps the whole of `file` read-only and tells the kernel to read ahead.
    pub(crate) fn new(file: &File) -> io::Result<Self> {
        let memory = MmapOptions::new().map_raw_read_only(file)?;
        memory.advise(Advice::Sequential)?;
        Ok(Self { memory, populated: Mutex::new(0..0) })
    }

    /// Length of the mapping.
    pub(crate) fn length(&self) -> usize {
        self.memory.len()
    }

    /// The bytes of a range that no writer changes any more; an error if the disk cannot read them.
    ///
    /// A page that the kernel takes back between here and its use, and then cannot read again, is
    /// still a signal.
    pub(crate) fn slice(&self, offset: usize, bytes: usize) -> io::Result<&[u8]> {
        let end = offset.checked_add(bytes).expect("invariant: offsets are file offsets");
        assert!(end <= self.memory.len(), "read beyond the mapping");
        self.populate(offset, end)?;
        let start = self.memory.as_ptr().wrapping_add(offset);
        // SAFETY: the range lies inside the mapping (asserted above), which lives as long as the
        // returned borrow of `self`. Callers ask only for durable frames, which are never written
        // again, or read while no writer holds the folder; the file is never shortened by us.
        Ok(unsafe { std::slice::from_raw_parts(start, bytes) })
    }

    /// Faults whole windows in, in one call each: page by page costs more than the hashing, and a
    /// page that cannot be read says so here.
    fn populate(&self, start: usize, end: usize) -> io::Result<()> {
        let mut populated = self.populated.lock().unwrap_or_else(PoisonError::into_inner);
        if populated.start <= start && end <= populated.end {
            return Ok(());
        }
        let page = start - start % PAGE_LENGTH;
        let goes_on = (populated.start..=populated.end).contains(&page);
        let from = if goes_on { populated.end } else { page };
        let target = end.next_multiple_of(READ_WINDOW_BYTES).min(self.memory.len());
        match self.memory.advise_range(Advice::PopulateRead, from, target - from) {
            Ok(()) => {}
            // A kernel before 5.14 does not know the call: the use of a page reads it in.
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => {}
            // Some page of the window, perhaps none of those that were asked for.
            Err(_) => {
                return self.memory.advise_range(Advice::PopulateRead, page, end - page);
            }
        }
        *populated = if goes_on { populated.start..target } else { from..target };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file that lost its end stands for a disk that cannot read: both are SIGBUS at the use.
    #[test]
    fn a_page_that_cannot_be_read_is_an_error() {
        let file = tempfile::tempfile().unwrap();
        file.set_len(16 * 4096).unwrap();
        let mapping = ReadMapping::new(&file).unwrap();
        file.set_len(3 * 4096).unwrap();
        assert_eq!(mapping.slice(4096, 8192).unwrap(), [0; 8192]);
        assert!(mapping.slice(2 * 4096 + 10, 4096).is_err());
        assert!(mapping.slice(15 * 4096, 100).is_err());
        assert_eq!(mapping.slice(10, 100).unwrap(), [0; 100]);
        assert!(mapping.slice(0, 16 * 4096).is_err(), "an error is not forgotten");
    }

    #[test]
    fn a_read_in_the_middle_populates_nothing_before_it() {
        let file = tempfile::tempfile().unwrap();
        file.set_len(64 * 1024 * 1024).unwrap();
        let mapping = ReadMapping::new(&file).unwrap();
        let offset = 40 * 1024 * 1024 + 5000;
        mapping.slice(offset, 10).unwrap();
        let populated = mapping.populated.lock().unwrap().clone();
        assert_eq!(populated, 40 * 1024 * 1024 + 4096..48 * 1024 * 1024);
        mapping.slice(0, 10).unwrap();
        assert_eq!(*mapping.populated.lock().unwrap(), 0..READ_WINDOW_BYTES);
        mapping.slice(READ_WINDOW_BYTES - 5, 10).unwrap();
        assert_eq!(*mapping.populated.lock().unwrap(), 0..2 * READ_WINDOW_BYTES);
    }
}
