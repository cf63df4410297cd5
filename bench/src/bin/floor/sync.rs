//! The latency of one durable write, and the file that it goes to.

use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use gantry_bench::Latencies;
use gantry_journal::{Durability, FileStorage, PAGE_BYTES, SegmentFile, Storage, WritePath};

/// Sizes that a lone order, a common batch and a full one have.
pub(crate) const SIZES_BYTES: [usize; 3] = [4 << 10, 64 << 10, 512 << 10];

/// Length of the file; at its end, writing begins again at its start.
const FILE_BYTES: u64 = 128 << 20;
/// Zeros are written in pieces of this length.
const PIECE_BYTES: u64 = 1 << 20;
/// Pages are brought into memory this far ahead of the writes.
const POPULATE_BYTES: u64 = 8 << 20;
/// Syncs of one size, at most.
const SYNCS_MAX: usize = 2_000;
/// Time for one size, at most.
const TIME_MAX: Duration = Duration::from_millis(1_500);
/// Syncs before the measured ones.
const SYNCS_UNMEASURED: usize = 20;

/// Zero-written like a segment, and written the way that the journal writes.
pub(crate) struct FloorFile {
    file: Box<dyn SegmentFile>,
    offset: u64,
    populated_bytes: u64,
}

impl FloorFile {
    /// A new file in `folder`.
    pub(crate) fn create(folder: &Path, write_path: WritePath) -> io::Result<Self> {
        let path = folder.join("floor");
        let storage = FileStorage::new();
        storage.remove(&path)?;
        let mut zeros = storage.create_zero_file(&path, FILE_BYTES)?;
        let mut offset = 0;
        while offset < FILE_BYTES {
            zeros.write_zeros(offset, PIECE_BYTES)?;
            offset += PIECE_BYTES;
        }
        zeros.sync()?;
        let file = storage.open_segment(&path, write_path, Durability::Sync)?;
        Ok(Self { file, offset: 0, populated_bytes: 0 })
    }

    /// Makes the next `bytes` ready, as the journal's preparer does beside it.
    pub(crate) fn prepare(&mut self, bytes: u64) -> io::Result<()> {
        if self.offset + bytes > FILE_BYTES {
            (self.offset, self.populated_bytes) = (0, 0);
        }
        while self.populated_bytes < self.offset + bytes {
            let end = FILE_BYTES.min(self.populated_bytes + POPULATE_BYTES);
            self.file.populate(self.populated_bytes, end - self.populated_bytes)?;
            self.populated_bytes = end;
        }
        Ok(())
    }

    /// Writes whole pages and returns when they are durable.
    pub(crate) fn write(&mut self, pages: &[u8]) -> io::Result<()> {
        let bytes = pages.len() as u64;
        assert!(bytes.is_multiple_of(PAGE_BYTES), "only whole pages are written");
        self.file.write_pages(self.offset, pages)?;
        self.file.sync_range(self.offset, bytes)?;
        self.offset += bytes;
        Ok(())
    }
}

/// Memory that starts on a page, as direct writes need it.
pub(crate) struct Pages {
    bytes: Vec<u8>,
    start: usize,
    length_bytes: usize,
}

impl Pages {
    /// `length_bytes` of bytes that are not zero.
    pub(crate) fn new(length_bytes: usize) -> Self {
        let page = usize::try_from(PAGE_BYTES).expect("invariant: a page fits memory");
        let bytes = vec![0xa5; length_bytes + page];
        let start = bytes.as_ptr().addr().next_multiple_of(page) - bytes.as_ptr().addr();
        Self { bytes, start, length_bytes }
    }

    /// The first `length_bytes`, rounded up to whole pages.
    pub(crate) fn first(&self, length_bytes: usize) -> &[u8] {
        let page = usize::try_from(PAGE_BYTES).expect("invariant: a page fits memory");
        let rounded = length_bytes.next_multiple_of(page);
        assert!(rounded <= self.length_bytes, "{rounded} bytes are more than there are");
        &self.bytes[self.start..self.start + rounded]
    }
}

/// Times single durable writes of one size.
pub(crate) fn measure(
    folder: &Path,
    write_path: WritePath,
    size_bytes: usize,
) -> io::Result<Latencies> {
    let mut file = FloorFile::create(folder, write_path)?;
    let pages = Pages::new(size_bytes);
    let begun = Instant::now();
    let mut latencies_ns = Vec::with_capacity(SYNCS_MAX);
    for sync in 0..SYNCS_MAX {
        file.prepare(size_bytes as u64)?;
        let started = Instant::now();
        file.write(pages.first(size_bytes))?;
        if sync >= SYNCS_UNMEASURED {
            latencies_ns.push(nanoseconds(started.elapsed()));
        }
        if begun.elapsed() > TIME_MAX {
            break;
        }
    }
    Ok(Latencies::new(latencies_ns))
}

/// A time as a number; times of this tool are seconds, not centuries.
pub(crate) fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).expect("invariant: below 500 years")
}
