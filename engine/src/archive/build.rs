//! Builds the next archive file from an engine that has seen enough.

use std::path::Path;

use gantry_journal::sabotage::{Sabotage, asked};
use gantry_journal::{NewFile, Storage};
use zerocopy::{Immutable, IntoBytes};

use super::error::{ArchiveError, Doing};
use super::file::ArchiveFacts;
use super::filter::Filter;
use super::folder::ArchiveFolder;
use super::image::write_image;
use super::layout::{CommandEntry, Entry, HEADER_BYTES, Header, OrderEntry, PAGE_BYTES, part_hash};
use super::moment::Moment;
use crate::Engine;
use crate::files::truncate;
use crate::state::{ClosedRow, CommandRow, State};

const WRITE_BYTES: usize = 256 << 10;

/// How much goes into one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArchiveLimits {
    /// Fewer orders and commands than this make no file.
    pub rows_min: u32,
    /// Orders of a file at most.
    pub orders_max: u32,
    /// Commands of a file at most.
    pub commands_max: u32,
}

impl Default for ArchiveLimits {
    fn default() -> Self {
        Self { rows_min: 1 << 14, orders_max: 1 << 18, commands_max: 1 << 19 }
    }
}

/// Writes the file after `last`, durably, from the orders of `engine` that were closed, and the
/// commands that were carried out, up to `until`: the oldest first. Does nothing while there are
/// fewer than are worth a file.
///
/// Any engine will do, also one in the past, in which rows of the files before have not left yet.
/// All that it has seen must be durable in the journal.
pub fn build_archive(
    folder: &ArchiveFolder,
    engine: &Engine,
    last: Option<&ArchiveFacts>,
    until: Moment,
    limits: &ArchiveLimits,
) -> Result<Option<ArchiveFacts>, ArchiveError> {
    let Some(rows) = Rows::of(engine.state(), last, until, limits) else { return Ok(None) };
    let number = last.map_or(1, |last| last.number + 1);
    folder.make()?;
    let path = folder.partial(number);
    let mut header = Header::new(folder.instance_id(), number);
    header.orders_before = rows.orders_before.into();
    header.commands_before = rows.commands_before.into();
    (header.orders, header.commands) = (rows.orders.into(), rows.commands.into());
    header.until_sequence = until.sequence.get().into();
    header.until_time_ns = until.time.get().into();
    let mut content = Content::begin(folder.storage(), &path)?;
    content.write(&rows, &mut header)?;
    let header = header.sealed();
    content.finish(&header)?;
    folder.publish(number)?;
    Ok(Some(ArchiveFacts::of(&header)))
}

/// The rows that go into a file.
struct Rows<'a> {
    state: &'a State,
    orders_before: u64,
    commands_before: u64,
    orders: u32,
    commands: u32,
}

impl<'a> Rows<'a> {
    /// `None` if there are too few, or if the engine has not seen all that the files before hold.
    fn of(
        state: &'a State,
        last: Option<&ArchiveFacts>,
        until: Moment,
        limits: &ArchiveLimits,
    ) -> Option<Self> {
        let (orders_before, commands_before) = last.map_or((0, 0), ArchiveFacts::ends);
        let mut rows = Self { state, orders_before, commands_before, orders: 0, commands: 0 };
        let closed = rows.closed()?.take(limits.orders_max as usize);
        let closed = closed.take_while(|row| row.closed <= until.sequence).count();
        let commands = rows.carried_out()?.take(limits.commands_max as usize);
        let commands = commands.take_while(|row| row.sequence <= until.sequence).count();
        let count = |rows| u32::try_from(rows).expect("invariant: bounded by the limits of a file");
        (rows.orders, rows.commands) = (count(closed), count(commands));
        (closed + commands >= limits.rows_min.max(1) as usize).then_some(rows)
    }

    /// Closed orders in memory behind those that the files before hold.
    fn closed(&self) -> Option<impl Iterator<Item = &'a ClosedRow>> {
        let archives = &self.state.archives;
        let held = self.orders_before.checked_sub(archives.orders())?;
        let held = u32::try_from(held).ok().filter(|held| *held <= archives.closed.len())?;
        Some(archives.closed.iter().skip(held as usize))
    }

    /// Commands in memory behind those that the files before hold.
    fn carried_out(&self) -> Option<impl Iterator<Item = &'a CommandRow>> {
        let held = self.commands_before.checked_sub(self.state.archives.commands())?;
        let held = u32::try_from(held).ok().filter(|held| *held <= self.state.command_count())?;
        Some(self.state.commands().skip(held as usize))
    }
}

/// Everything behind the header, on its way into the file.
struct Content<'a> {
    file: Box<dyn NewFile>,
    path: &'a Path,
    hasher: blake3::Hasher,
    /// Bytes before `offset` that are not in the file yet.
    buffer: Vec<u8>,
    /// Where the next byte goes.
    offset: u64,
}

impl<'a> Content<'a> {
    /// Leaves room for the header.
    fn begin(storage: &dyn Storage, path: &'a Path) -> Result<Self, ArchiveError> {
        let file = storage.create_file(path).doing("create", path)?;
        let buffer = Vec::with_capacity(WRITE_BYTES);
        let (hasher, offset) = (blake3::Hasher::new(), PAGE_BYTES as u64);
        Ok(Self { file, path, hasher, buffer, offset })
    }

    /// Writes the rows, and completes the header.
    fn write(&mut self, rows: &Rows<'_>, header: &mut Header) -> Result<(), ArchiveError> {
        let mut orders = self.write_images(rows)?;
        orders.sort_unstable_by_key(Entry::id);
        let commands = rows.carried_out().into_iter().flatten().take(rows.commands as usize);
        let mut commands: Vec<_> = commands
            .map(|row| CommandEntry {
                id: row.id.get().into(),
                sequence: row.sequence.get().into(),
                content_hash: row.content_hash.into(),
            })
            .collect();
        commands.sort_unstable_by_key(Entry::id);
        let ids = || orders.iter().map(Entry::id).chain(commands.iter().map(Entry::id));
        header.id_min = ids().min().unwrap_or(0).into();
        header.id_max = ids().max().unwrap_or(0).into();
        let mut filter = Filter::for_ids(orders.len() + commands.len());
        ids().for_each(|id| filter.insert(id));
        header.order_index_offset = self.offset.into();
        self.put_part(orders.as_slice())?;
        header.command_index_offset = self.offset.into();
        self.put_part(commands.as_slice())?;
        header.filter_offset = self.offset.into();
        self.put_part(filter.as_bytes())?;
        header.file_bytes = self.offset.into();
        header.content_hash = truncate(&self.hasher.finalize());
        self.flush()
    }

    /// Writes the orders; returns where each lies.
    fn write_images(&mut self, rows: &Rows<'_>) -> Result<Vec<OrderEntry>, ArchiveError> {
        let mut entries = Vec::with_capacity(rows.orders as usize);
        let mut image = Vec::new();
        for row in rows.closed().into_iter().flatten().take(rows.orders as usize) {
            let order = rows.state.orders.view(row.slot);
            write_image(&order, row.closed, &mut image);
            entries.push(OrderEntry {
                id: order.row.id.get().into(),
                offset: self.offset.into(),
                image_hash: part_hash(&image).into(),
            });
            self.put(image.as_slice())?;
        }
        self.end_part()?;
        Ok(entries)
    }

    fn put_part<T: IntoBytes + Immutable + ?Sized>(
        &mut self,
        part: &T,
    ) -> Result<(), ArchiveError> {
        self.put(part)?;
        self.end_part()
    }

    /// Fills the page up with zero.
    fn end_part(&mut self) -> Result<(), ArchiveError> {
        let page = PAGE_BYTES as u64;
        let rest = self.offset.next_multiple_of(page) - self.offset;
        let rest = usize::try_from(rest).expect("invariant: less than a page");
        self.put(&[0_u8; PAGE_BYTES][..rest])
    }

    fn put<T: IntoBytes + Immutable + ?Sized>(&mut self, part: &T) -> Result<(), ArchiveError> {
        let bytes = part.as_bytes();
        if self.buffer.len() + bytes.len() > WRITE_BYTES {
            self.flush()?;
        }
        if bytes.len() > WRITE_BYTES {
            self.file.write_at(self.offset, bytes).doing("write", self.path)?;
        } else {
            self.buffer.extend_from_slice(bytes);
        }
        self.hasher.update(bytes);
        self.offset += bytes.len() as u64;
        Ok(())
    }

    fn flush(&mut self) -> Result<(), ArchiveError> {
        if !self.buffer.is_empty() {
            let start = self.offset - self.buffer.len() as u64;
            self.file.write_at(start, &self.buffer).doing("write", self.path)?;
            self.buffer.clear();
        }
        Ok(())
    }

    /// Writes the header, and makes everything durable.
    fn finish(mut self, header: &Header) -> Result<(), ArchiveError> {
        let mut page = [0; PAGE_BYTES];
        page[..HEADER_BYTES].copy_from_slice(header.as_bytes());
        self.file.write_at(0, &page).doing("write", self.path)?;
        if asked(Sabotage::UnsyncedRename) {
            return Ok(());
        }
        self.file.sync().doing("sync", self.path)
    }
}
