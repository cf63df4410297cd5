//! Writing a snapshot: streamed into a `.partial`, synced, renamed, the folder synced.

use std::io;
use std::path::Path;

use gantry_journal::sabotage::{Sabotage, asked};
use gantry_journal::{Bookmark, NewFile, Storage};
use zerocopy::IntoBytes;

use super::error::SnapshotError;
use super::layout::{Header, PAGE_BYTES, SECTION_HEADER_BYTES, SectionHeader, SectionsHash};
use super::names::{partial_path, snapshot_path, snapshots_path};
use super::read::SnapshotFacts;
use super::rows_v1::ROWS_VERSION;
use super::save_v1::{Section, save};
use crate::Engine;
use crate::state::STATE_HASH_VERSION;

/// A snapshot is synced in pieces of this size while it is written, so that the journal's own syncs
/// never wait behind much of it.
const SYNC_EVERY_BYTES: u64 = 16 << 20;

/// Writes the state of `engine`, which stands behind `bookmark`, and publishes it; what of it is
/// kept does not depend on what was there before. `proceed` is asked before each section; `None` if
/// it said no.
///
/// # Durability
/// A file of the final name is whole and durable. A crash at any moment leaves the `.partial`,
/// which nobody reads, and everything else as it was.
///
/// # Errors
/// An [`SnapshotError::Io`]; the `.partial` is removed if that is possible.
pub fn write_snapshot(
    storage: &dyn Storage,
    directory: &Path,
    engine: &Engine,
    bookmark: &Bookmark,
    proceed: &mut dyn FnMut() -> bool,
) -> Result<Option<SnapshotFacts>, SnapshotError> {
    assert_eq!(engine.last_sequence().get(), bookmark.last_sequence, "the state of its bookmark");
    let folder = snapshots_path(directory);
    storage.create_directory(&folder).map_err(SnapshotError::io("create", &folder))?;
    let partial = partial_path(directory, bookmark.last_sequence);
    let path = snapshot_path(directory, bookmark.last_sequence);
    let written = write_partial(storage, &partial, engine, bookmark, proceed);
    let header = match written {
        Ok(Some(header)) => header,
        other => {
            // It is only in the way; the next attempt empties it.
            let _ = storage.remove(&partial);
            return other.map(|_| None).map_err(SnapshotError::io("write", &partial));
        }
    };
    storage.rename(&partial, &path).map_err(SnapshotError::io("rename", &partial))?;
    storage.sync_directory(&folder).map_err(SnapshotError::io("sync", &folder))?;
    Ok(Some(SnapshotFacts::new(path, &header)))
}

fn write_partial(
    storage: &dyn Storage,
    path: &Path,
    engine: &Engine,
    bookmark: &Bookmark,
    proceed: &mut dyn FnMut() -> bool,
) -> io::Result<Option<Header>> {
    let mut writer = Writer::new(storage.create_file(path)?);
    let saved = save(engine, &mut |section| {
        if proceed() { writer.put(&section).map_err(Some) } else { Err(None) }
    });
    match saved {
        Ok(()) => {}
        Err(None) => return Ok(None),
        Err(Some(error)) => return Err(error),
    }
    let header = Header {
        last_time_ns: engine.last_time().get().into(),
        state_hash: engine.state_hash().into(),
        state_hash_version: STATE_HASH_VERSION.into(),
        rows_version: ROWS_VERSION.into(),
        ..Header::new(bookmark)
    };
    writer.finish(header).map(Some)
}

/// Appends sections; the header comes last, in front.
#[derive(Debug)]
struct Writer {
    file: Box<dyn NewFile>,
    offset: u64,
    synced: u64,
    sections: u32,
    hash: SectionsHash,
}

impl Writer {
    fn new(file: Box<dyn NewFile>) -> Self {
        let offset = PAGE_BYTES as u64;
        Self { file, offset, synced: 0, sections: 0, hash: SectionsHash::default() }
    }

    fn put(&mut self, section: &Section<'_>) -> io::Result<()> {
        let body = section.bytes;
        let header = SectionHeader::new(self.sections, section.kind.number(), section.rows, body);
        self.sections += 1;
        self.hash.add(&header);
        self.append(header.as_bytes())?;
        self.append(body)?;
        self.append(&[0; SECTION_HEADER_BYTES][..header.padded_len() - body.len()])?;
        if self.offset - self.synced >= SYNC_EVERY_BYTES {
            self.synced = self.offset;
            self.file.sync()?;
        }
        Ok(())
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        if !bytes.is_empty() {
            self.file.write_at(self.offset, bytes)?;
            self.offset += bytes.len() as u64;
        }
        Ok(())
    }

    fn finish(mut self, header: Header) -> io::Result<Header> {
        let header = Header {
            section_count: self.sections.into(),
            section_bytes: (self.offset - PAGE_BYTES as u64).into(),
            sections_hash: self.hash.get(),
            ..header
        };
        self.file.write_at(0, &header.into_page())?;
        if !asked(Sabotage::UnsyncedRename) {
            self.file.sync()?;
        }
        Ok(header)
    }
}
