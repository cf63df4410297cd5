//! One archive file, open to be read.

use std::io;
use std::path::{Path, PathBuf};

use gantry_journal::{SegmentRead, Storage};
use gantry_model::CommandId;
use zerocopy::FromBytes;

use super::error::{ArchiveError, Doing};
use super::filter::{BLOCK_BYTES, Filter};
use super::image::{Archived, ArchivedCommand, ArchivedOrder};
use super::layout::{
    CommandEntry, Entry, Header, HeaderFault, ImageHead, OrderEntry, PAGE_BYTES, PAGE_ENTRIES,
    part_hash,
};
use crate::files::truncate;
use crate::state::ArchiveRow;

/// Bytes that are read at once to verify a file.
const VERIFY_BYTES: usize = 1 << 20;
/// Bytes that are read for an image before its length is known; most are shorter.
const IMAGE_GUESS_BYTES: usize = 512;

/// What an archive file is, as its header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArchiveFacts {
    /// Its number, dense from 1.
    pub number: u64,
    /// The hash that it bears: of its header, and so of its content.
    pub hash: [u8; 16],
    /// Orders that the files before it hold.
    pub orders_before: u64,
    /// Commands that the files before it hold.
    pub commands_before: u64,
    /// Orders that it holds.
    pub orders: u32,
    /// Commands that it holds.
    pub commands: u32,
    /// Its length.
    pub file_bytes: u64,
}

impl ArchiveFacts {
    pub(super) fn of(header: &Header) -> Self {
        Self {
            number: header.number.get(),
            hash: header.header_hash,
            orders_before: header.orders_before.get(),
            commands_before: header.commands_before.get(),
            orders: header.orders.get(),
            commands: header.commands.get(),
            file_bytes: header.file_bytes.get(),
        }
    }

    /// Orders and commands that this file and all before it hold.
    #[must_use]
    pub fn ends(&self) -> (u64, u64) {
        let (orders, commands) = (u64::from(self.orders), u64::from(self.commands));
        (self.orders_before + orders, self.commands_before + commands)
    }

    /// The row of the state before anything left memory for it.
    pub(crate) const fn row(&self) -> ArchiveRow {
        ArchiveRow {
            number: self.number,
            hash: self.hash,
            orders_total: self.orders,
            commands_total: self.commands,
            orders_retired: 0,
            commands_retired: 0,
        }
    }
}

/// A page of an index: its first id, and what its bytes must hash to when it is read again.
#[derive(Clone, Copy, Debug)]
struct IndexPage {
    first: u128,
    hash: u64,
}

/// An archive file that was verified whole. It is not read into memory: only the first id of each
/// page of its indexes is kept.
#[derive(Debug)]
pub struct ArchiveFile {
    path: PathBuf,
    file: Box<dyn SegmentRead>,
    header: Header,
    orders: Vec<IndexPage>,
    commands: Vec<IndexPage>,
}

impl ArchiveFile {
    /// Opens a file and verifies every byte.
    pub fn open(storage: &dyn Storage, path: &Path) -> Result<Self, ArchiveError> {
        let file = match storage.open_read(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(ArchiveError::Missing { path: path.to_path_buf() });
            }
            file => file.doing("open", path)?,
        };
        let header = read_header(&*file, path)?;
        if file.segment_bytes() != header.file_bytes.get() {
            return Err(ArchiveError::damaged(path, "it is not as long as its header says"));
        }
        check_parts(&header).map_err(|fault| ArchiveError::damaged(path, fault))?;
        let path = path.to_path_buf();
        let mut opened = Self { path, file, header, orders: Vec::new(), commands: Vec::new() };
        opened.verify_content()?;
        let [orders, commands, filter] = opened.offsets();
        opened.orders = opened.index::<OrderEntry>(orders, commands, header.orders.get())?;
        opened.commands = opened.index::<CommandEntry>(commands, filter, header.commands.get())?;
        Ok(opened)
    }

    /// What its header says.
    #[must_use]
    pub fn facts(&self) -> ArchiveFacts {
        ArchiveFacts::of(&self.header)
    }

    /// Id of the instance that it belongs to.
    #[must_use]
    pub fn instance_id(&self) -> u128 {
        self.header.instance_id.get()
    }

    /// Where it lies.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the id lies between the smallest and the largest.
    pub(super) fn spans(&self, id: CommandId) -> bool {
        (self.header.id_min.get()..=self.header.id_max.get()).contains(&id.get())
    }

    /// The largest id.
    pub(super) fn id_max(&self) -> u128 {
        self.header.id_max.get()
    }

    /// What it holds of an id.
    pub fn look_up(&self, id: CommandId) -> Result<Option<Archived>, ArchiveError> {
        if !self.spans(id) {
            return Ok(None);
        }
        let [orders, commands, _] = self.offsets();
        if let Some(entry) = self.find::<OrderEntry>(&self.orders, orders, id.get())? {
            return self.read_image(&entry).map(|order| Some(Archived::Order(Box::new(order))));
        }
        let entry = self.find::<CommandEntry>(&self.commands, commands, id.get())?;
        Ok(entry.map(|entry| Archived::Command(ArchivedCommand::new(&entry))))
    }

    /// Reads its filter into memory.
    pub(super) fn read_filter(&self) -> Result<Filter, ArchiveError> {
        let [_, _, start] = self.offsets();
        let ids = self.header.orders.get() as usize + self.header.commands.get() as usize;
        let bytes = Filter::bytes_for(ids);
        let is_there = bytes.is_multiple_of(BLOCK_BYTES)
            && start + bytes as u64 <= self.header.file_bytes.get();
        if !is_there {
            return Err(ArchiveError::damaged(&self.path, "its filter has another length"));
        }
        self.read(start, bytes).map(Filter::from_bytes)
    }

    fn offsets(&self) -> [u64; 3] {
        let header = &self.header;
        [header.order_index_offset, header.command_index_offset, header.filter_offset]
            .map(zerocopy::little_endian::U64::get)
    }

    fn verify_content(&self) -> Result<(), ArchiveError> {
        let mut hasher = blake3::Hasher::new();
        let mut offset = PAGE_BYTES as u64;
        let all = usize::try_from(self.header.file_bytes.get()).unwrap_or(usize::MAX);
        let mut bytes = vec![0; VERIFY_BYTES.min(all)];
        while offset < self.header.file_bytes.get() {
            let left = self.header.file_bytes.get() - offset;
            let count = usize::try_from(left).unwrap_or(usize::MAX).min(VERIFY_BYTES);
            self.file.read_at(offset, &mut bytes[..count]).doing("read", &self.path)?;
            hasher.update(&bytes[..count]);
            offset += count as u64;
        }
        if truncate(&hasher.finalize()) == self.header.content_hash {
            return Ok(());
        }
        Err(ArchiveError::damaged(&self.path, "its content does not match its hash"))
    }

    /// Reads the index between two offsets; keeps of each page what leads to it and guards it.
    fn index<E: Entry>(
        &self,
        start: u64,
        end: u64,
        entries: u32,
    ) -> Result<Vec<IndexPage>, ArchiveError> {
        let fault = |fault| ArchiveError::damaged(&self.path, fault);
        if end - start != (entries as usize).div_ceil(PAGE_ENTRIES) as u64 * PAGE_BYTES as u64 {
            return Err(fault("an index has another length"));
        }
        let mut pages = Vec::new();
        let mut left = entries as usize;
        let mut last = 0;
        for offset in (start..end).step_by(PAGE_BYTES) {
            let bytes = self.read(offset, PAGE_BYTES)?;
            let entries = entries_of::<E>(&bytes, left.min(PAGE_ENTRIES));
            left -= entries.len();
            for entry in entries {
                if entry.id() <= last || !self.spans(CommandId::new(entry.id())) {
                    return Err(fault("an index does not rise"));
                }
                last = entry.id();
            }
            pages.push(IndexPage { first: entries[0].id(), hash: part_hash(&bytes) });
        }
        Ok(pages)
    }

    fn find<E: Entry + Copy>(
        &self,
        pages: &[IndexPage],
        start: u64,
        id: u128,
    ) -> Result<Option<E>, ArchiveError> {
        let Some(at) = pages.partition_point(|page| page.first <= id).checked_sub(1) else {
            return Ok(None);
        };
        let bytes = self.read(start + (at * PAGE_BYTES) as u64, PAGE_BYTES)?;
        if part_hash(&bytes) != pages[at].hash {
            return Err(ArchiveError::damaged(&self.path, "a page of an index has changed"));
        }
        // Behind the last entry of the last page there is zero, which is no id.
        let entries = entries_of::<E>(&bytes, PAGE_ENTRIES);
        let used = entries.partition_point(|entry| entry.id() != 0);
        let found = entries[..used].binary_search_by(|entry| entry.id().cmp(&id));
        Ok(found.ok().map(|index| entries[index]))
    }

    fn read_image(&self, entry: &OrderEntry) -> Result<ArchivedOrder, ArchiveError> {
        let fault = |fault| ArchiveError::damaged(&self.path, fault);
        let [images_end, ..] = self.offsets();
        let offset = entry.offset.get();
        let room = images_end.checked_sub(offset).ok_or_else(|| fault("an image lies outside"))?;
        let room = usize::try_from(room).unwrap_or(usize::MAX);
        let mut bytes = self.read(offset, room.min(IMAGE_GUESS_BYTES))?;
        let head = ImageHead::ref_from_prefix(&bytes).map_err(|_| fault("an image is cut"))?;
        let length = head.0.length_bytes.get() as usize;
        if length > room {
            return Err(fault("an image lies outside"));
        }
        if length > bytes.len() {
            bytes = self.read(offset, length)?;
        }
        bytes.truncate(length);
        if part_hash(&bytes) != entry.image_hash.get() {
            return Err(fault("an image has changed"));
        }
        ArchivedOrder::parse(&bytes).ok_or_else(|| fault("an image is not one"))
    }

    fn read(&self, offset: u64, count: usize) -> Result<Vec<u8>, ArchiveError> {
        let mut bytes = vec![0; count];
        self.file.read_at(offset, &mut bytes).doing("read", &self.path)?;
        Ok(bytes)
    }
}

fn read_header(file: &dyn SegmentRead, path: &Path) -> Result<Header, ArchiveError> {
    let mut page = [0; PAGE_BYTES];
    if file.segment_bytes() < PAGE_BYTES as u64 {
        return Err(ArchiveError::damaged(path, "it is shorter than a header"));
    }
    file.read_at(0, &mut page).doing("read", path)?;
    Header::parse(&page).map_err(|fault| match fault {
        HeaderFault::Broken => ArchiveError::damaged(path, "its header does not match its hash"),
        HeaderFault::Format(found) => {
            ArchiveError::UnsupportedVersion { path: path.to_path_buf(), found }
        }
    })
}

/// The parts come one after the other, each on a page.
fn check_parts(header: &Header) -> Result<(), &'static str> {
    let ends = [
        PAGE_BYTES as u64,
        header.order_index_offset.get(),
        header.command_index_offset.get(),
        header.filter_offset.get(),
        header.file_bytes.get(),
    ];
    let on_pages = ends.iter().all(|end| end.is_multiple_of(PAGE_BYTES as u64));
    if on_pages && ends.is_sorted() { Ok(()) } else { Err("its parts do not lie in order") }
}

/// The first `count` entries of a page.
fn entries_of<E: Entry>(page: &[u8], count: usize) -> &[E] {
    let (entries, _) = <[E]>::ref_from_prefix_with_elems(page, count)
        .expect("invariant: a page holds so many entries");
    entries
}
