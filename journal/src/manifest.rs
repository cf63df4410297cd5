//! What a backup says of itself: `gantry.backup`.
//!
//! The journal's own hashes tell whether what is there is right. This tells whether all is there:
//! the place where the copy ends, and a hash over the files that the journal does not understand.

use std::path::{Path, PathBuf};

use zerocopy::little_endian::{U16, U32, U64, U128};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use crate::bookmark::Bookmark;
use crate::error::JournalError;
use crate::layout::{FORMAT_VERSION, Hash, hash};
use crate::storage::{Context, Storage};

const MAGIC: [u8; 16] = *b"gantry backup\n\0\0";
const NAME: &str = "gantry.backup";
const HASHED_BYTES: usize = 144;

/// The whole of `gantry.backup`; the table is in `docs/FORMAT.md`.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct Manifest {
    magic: [u8; 16],
    format: U16,
    reserved: [u8; 2],
    /// Files of `snapshots/` and `archive/`.
    files: U32,
    segments: U64,
    instance_id: U128,
    term: U64,
    frame_number: U64,
    segment: U64,
    offset: U64,
    last_sequence: U64,
    journal_term: U64,
    chain: Hash,
    files_hash: Hash,
    reserved_end: [u8; 16],
    hash: Hash,
}

const _: () = assert!(size_of::<Manifest>() == HASHED_BYTES + size_of::<Hash>());

/// What a backup holds besides its last frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Contents {
    pub(crate) instance_id: u128,
    pub(crate) term: u64,
    pub(crate) segments: u64,
    pub(crate) files: u32,
    pub(crate) files_hash: Hash,
}

impl Manifest {
    /// Of a copy that ends behind `last`; `None` for a journal without frames.
    pub(crate) fn new(contents: &Contents, last: Option<&Bookmark>) -> Self {
        let number = |value: fn(&Bookmark) -> u64| U64::new(last.map_or(0, value));
        let mut manifest = Self {
            magic: MAGIC,
            format: FORMAT_VERSION.into(),
            reserved: [0; 2],
            files: contents.files.into(),
            segments: contents.segments.into(),
            instance_id: contents.instance_id.into(),
            term: number(|last| last.term),
            frame_number: number(|last| last.frame_number),
            segment: number(|last| last.segment),
            offset: number(|last| last.offset),
            last_sequence: number(|last| last.last_sequence),
            journal_term: contents.term.into(),
            chain: last.map_or([0; 16], |last| last.chain),
            files_hash: contents.files_hash,
            reserved_end: [0; 16],
            hash: [0; 16],
        };
        manifest.hash = hash(&manifest.as_bytes()[..HASHED_BYTES]);
        manifest
    }

    /// Writes the file into `directory` and syncs it.
    pub(crate) fn write(
        &self,
        storage: &dyn Storage,
        directory: &Path,
    ) -> Result<(), JournalError> {
        let path = path(directory);
        storage.write_small(&path, self.as_bytes()).context("write", &path)
    }

    /// Reads the file of a backup.
    pub(crate) fn read(storage: &dyn Storage, directory: &Path) -> Result<Self, JournalError> {
        let file = path(directory);
        let bytes = storage.read_small(&file).context("read", &file)?.unwrap_or_default();
        let not_a_backup = || JournalError::NotABackup { path: directory.to_path_buf() };
        let manifest = Self::read_from_bytes(&bytes).map_err(|_| not_a_backup())?;
        let whole = manifest.magic == MAGIC && manifest.hash == hash(&bytes[..HASHED_BYTES]);
        if !whole {
            return Err(not_a_backup());
        }
        if manifest.format.get() > FORMAT_VERSION {
            let found = manifest.format.get();
            return Err(JournalError::UnsupportedVersion { path: file, found });
        }
        Ok(manifest)
    }

    /// Where the copy ends; `None` for a journal without frames.
    pub(crate) fn last(&self) -> Option<Bookmark> {
        (self.frame_number.get() > 0).then(|| Bookmark {
            instance_id: self.instance_id.get(),
            term: self.term.get(),
            frame_number: self.frame_number.get(),
            segment: self.segment.get(),
            offset: self.offset.get(),
            last_sequence: self.last_sequence.get(),
            chain: self.chain,
        })
    }

    pub(crate) fn contents(&self) -> Contents {
        Contents {
            instance_id: self.instance_id.get(),
            term: self.journal_term.get(),
            segments: self.segments.get(),
            files: self.files.get(),
            files_hash: self.files_hash,
        }
    }
}

fn path(directory: &Path) -> PathBuf {
    directory.join(NAME)
}
