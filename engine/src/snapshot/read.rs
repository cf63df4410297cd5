//! Reading a snapshot: nothing of it is used before all of it has passed its hashes.

use std::path::{Path, PathBuf};

use gantry_journal::{Bookmark, SegmentRead, Storage};
use gantry_model::{EngineTime, Sequence};
use rkyv::util::AlignedVec;

use super::error::{RowsError, SnapshotError};
use super::index_v1::Indexing;
use super::layout::{
    FILE_VERSION, Header, PAGE_BYTES, SECTION_HEADER_BYTES, SectionHeader, SectionsHash,
};
use super::names::sequence_of_path;
use super::restore_v1::Restoring;
use super::rows_v1::ROWS_VERSION;
use crate::Engine;
use crate::state::STATE_HASH_VERSION;

/// What the header of a snapshot says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SnapshotFacts {
    /// The file.
    pub path: PathBuf,
    /// Where its last frame stands in the journal.
    pub bookmark: Bookmark,
    /// Engine time of the last record.
    pub last_time: EngineTime,
    /// The state's hash.
    pub state_hash: u128,
    /// Version of that hash.
    pub state_hash_version: u32,
    /// Version of the rows.
    pub rows_version: u32,
    /// Sections.
    pub sections: u32,
    /// Length of the file.
    pub file_bytes: u64,
}

impl SnapshotFacts {
    pub(crate) fn new(path: PathBuf, header: &Header) -> Self {
        Self {
            path,
            bookmark: header.bookmark(),
            last_time: EngineTime::new(header.last_time_ns.get()),
            state_hash: header.state_hash.get(),
            state_hash_version: header.state_hash_version.get(),
            rows_version: header.rows_version.get(),
            sections: header.section_count.get(),
            file_bytes: PAGE_BYTES as u64 + header.section_bytes.get(),
        }
    }

    /// The last record that it knows of.
    #[must_use]
    pub fn last_sequence(&self) -> u64 {
        self.bookmark.last_sequence
    }
}

/// Reads what the header of the snapshot at `path` says; its sections are not looked at.
///
/// # Errors
/// [`SnapshotError::Damaged`], [`SnapshotError::TooNew`] or [`SnapshotError::Io`].
pub fn snapshot_facts(storage: &dyn Storage, path: &Path) -> Result<SnapshotFacts, SnapshotError> {
    SnapshotReader::open(storage, path).map(|reader| reader.facts)
}

/// Reads a snapshot whole and builds its engine. `index_seed` is a random number that no client
/// can know; see [`Engine::with_index_seed`].
///
/// # Errors
/// A [`SnapshotError`]; nothing of a snapshot that is not whole is ever used.
pub fn read_snapshot(
    storage: &dyn Storage,
    path: &Path,
    index_seed: u64,
) -> Result<(Engine, SnapshotFacts), SnapshotError> {
    let mut reader = SnapshotReader::open(storage, path)?;
    let mut indexer = SnapshotIndexer::new(index_seed);
    let mut builder = SnapshotBuilder::new(&reader);
    let mut section = SnapshotSection::default();
    while reader.next_section(&mut section)? {
        indexer.add(&section);
        builder.add(&section)?;
    }
    builder.finish(indexer)
}

/// One section in memory, its hash proven. Reuse one: it keeps its memory.
#[derive(Debug, Default)]
pub struct SnapshotSection {
    offset: u64,
    kind: u16,
    rows: u32,
    /// `rkyv` wants its archives aligned.
    bytes: AlignedVec,
}

/// Walks the sections of a snapshot; a step function, so that reading and building can be two
/// threads.
#[derive(Debug)]
pub struct SnapshotReader {
    file: Box<dyn SegmentRead>,
    facts: SnapshotFacts,
    sections_hash: [u8; 16],
    offset: u64,
    next_section: u32,
    hash: SectionsHash,
}

impl SnapshotReader {
    /// Opens the file and judges its header.
    ///
    /// # Errors
    /// [`SnapshotError::Damaged`], [`SnapshotError::TooNew`] or [`SnapshotError::Io`].
    pub fn open(storage: &dyn Storage, path: &Path) -> Result<Self, SnapshotError> {
        let damaged = |offset, fault| SnapshotError::damaged(path, offset, fault);
        let file = storage.open_read(path).map_err(SnapshotError::io("open", path))?;
        let mut page = [0; PAGE_BYTES];
        if file.segment_bytes() < PAGE_BYTES as u64 {
            return Err(damaged(0, "the header is cut"));
        }
        file.read_at(0, &mut page).map_err(SnapshotError::io("read", path))?;
        let header = Header::parse(&page).ok_or_else(|| damaged(0, "the header is not whole"))?;
        judge_versions(path, &header)?;
        let facts = SnapshotFacts::new(path.to_path_buf(), &header);
        if sequence_of_path(path) != Some(facts.last_sequence()) {
            return Err(damaged(0, "the file has the name of another snapshot"));
        }
        if file.segment_bytes() != facts.file_bytes {
            return Err(damaged(file.segment_bytes(), "the file has another length"));
        }
        Ok(Self {
            file,
            facts,
            sections_hash: header.sections_hash,
            offset: PAGE_BYTES as u64,
            next_section: 0,
            hash: SectionsHash::default(),
        })
    }

    /// What the header says.
    #[must_use]
    pub fn facts(&self) -> &SnapshotFacts {
        &self.facts
    }

    /// Reads the next section; says whether there was one. At the end the whole file has been
    /// read and proven.
    ///
    /// # Errors
    /// [`SnapshotError::Damaged`] names the offset, or [`SnapshotError::Io`].
    pub fn next_section(&mut self, section: &mut SnapshotSection) -> Result<bool, SnapshotError> {
        if self.next_section == self.facts.sections {
            let is_whole =
                self.offset == self.facts.file_bytes && self.hash.get() == self.sections_hash;
            return if is_whole { Ok(false) } else { Err(self.damaged("the sections are others")) };
        }
        let mut bytes = [0; SECTION_HEADER_BYTES];
        self.read(self.offset, &mut bytes)?;
        let header = SectionHeader::parse(&bytes, self.next_section)
            .ok_or_else(|| self.damaged("a section's header is not one"))?;
        // Padding and all, so that no byte goes unseen.
        section.bytes.resize(header.padded_len(), 0);
        self.read(self.offset + SECTION_HEADER_BYTES as u64, &mut section.bytes)?;
        let (body, padding) = section.bytes.split_at(header.body_len());
        if header.hash != header.hash_with(body) || padding.iter().any(|byte| *byte != 0) {
            return Err(self.damaged("a section does not match its hash"));
        }
        section.bytes.resize(header.body_len(), 0);
        section.offset = self.offset;
        section.kind = header.kind.get();
        section.rows = header.rows.get();
        self.hash.add(&header);
        self.next_section += 1;
        self.offset += (SECTION_HEADER_BYTES + header.padded_len()) as u64;
        Ok(true)
    }

    fn read(&self, offset: u64, bytes: &mut [u8]) -> Result<(), SnapshotError> {
        if offset + bytes.len() as u64 > self.facts.file_bytes {
            return Err(self.damaged("a section is cut"));
        }
        self.file.read_at(offset, bytes).map_err(SnapshotError::io("read", &self.facts.path))
    }

    fn damaged(&self, fault: &'static str) -> SnapshotError {
        SnapshotError::damaged(&self.facts.path, self.offset, fault)
    }
}

/// Finds where ids lie and sums up the hashes of orders: the part of an engine that needs no table,
/// so that indexing and building can be two threads.
#[derive(Debug)]
pub struct SnapshotIndexer {
    indexing: Indexing,
    sections: u32,
}

impl SnapshotIndexer {
    /// Nothing yet. `index_seed` is a random number that no client can know; see
    /// [`Engine::with_index_seed`].
    #[must_use]
    pub fn new(index_seed: u64) -> Self {
        Self { indexing: Indexing::new(index_seed), sections: 0 }
    }

    /// Takes the next section. Whether it makes sense is for the builder to say.
    pub fn add(&mut self, section: &SnapshotSection) {
        self.sections += 1;
        self.indexing.add(section.kind, &section.bytes);
    }
}

/// Builds an engine from sections. The reader must have come to the file's end before
/// [`finish`](Self::finish).
#[derive(Debug)]
pub struct SnapshotBuilder {
    facts: SnapshotFacts,
    restoring: Restoring,
    sections: u32,
}

impl SnapshotBuilder {
    /// A builder for the sections of `reader`.
    #[must_use]
    pub fn new(reader: &SnapshotReader) -> Self {
        Self { facts: reader.facts.clone(), restoring: Restoring::new(), sections: 0 }
    }

    /// Adds the next section.
    ///
    /// # Errors
    /// [`SnapshotError::Rows`].
    pub fn add(&mut self, section: &SnapshotSection) -> Result<(), SnapshotError> {
        self.sections += 1;
        let added = self.restoring.add(section.kind, section.rows, &section.bytes);
        added.map_err(|source| self.rows(section.offset, source))
    }

    /// The engine, if all sections came and add up to what the header says. `indexer` took the
    /// same sections.
    ///
    /// # Errors
    /// [`SnapshotError::Rows`].
    pub fn finish(
        self,
        indexer: SnapshotIndexer,
    ) -> Result<(Engine, SnapshotFacts), SnapshotError> {
        assert_eq!(self.sections, self.facts.sections, "the reader came to its end");
        assert_eq!(self.sections, indexer.sections, "the indexer took the same sections");
        let facts = &self.facts;
        // A hash of an older version has other rows; the sums and the sections' hashes stand.
        let hash = (facts.state_hash_version == STATE_HASH_VERSION).then_some(facts.state_hash);
        let sequence = Sequence::new(facts.last_sequence());
        match self.restoring.finish(indexer.indexing, sequence, facts.last_time, hash) {
            Ok(engine) => Ok((engine, self.facts)),
            Err(source) => Err(SnapshotError::Rows { path: self.facts.path, offset: 0, source }),
        }
    }

    fn rows(&self, offset: u64, source: RowsError) -> SnapshotError {
        SnapshotError::Rows { path: self.facts.path.clone(), offset, source }
    }
}

fn judge_versions(path: &Path, header: &Header) -> Result<(), SnapshotError> {
    let versions = [
        ("file", header.file_version.get().into(), u32::from(FILE_VERSION)),
        ("rows", header.rows_version.get(), ROWS_VERSION),
        ("state hash", header.state_hash_version.get(), STATE_HASH_VERSION),
    ];
    let path = path.to_path_buf();
    match versions.into_iter().find(|(_, found, known)| found > known) {
        Some((what, found, known)) => Err(SnapshotError::TooNew { path, what, found, known }),
        None => Ok(()),
    }
}
