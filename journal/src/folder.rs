//! Names and layout of the journal's folder, and its crash-safe creation.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use zerocopy::IntoBytes;

use crate::error::{Fault, JournalError};
use crate::layout::{FORMAT_VERSION, InstanceFile};
use crate::storage::{Context, FolderLock, Storage};

const LOCK: &str = "LOCK";
const INSTANCE: &str = "gantry.instance";
const INSTANCE_PARTIAL: &str = "gantry.instance.partial";
const SEGMENTS: &str = "segments";
const POOL: &str = "pool";
const SNAPSHOTS: &str = "snapshots";
const ARCHIVE: &str = "archive";
const LOST: &str = "lost";

/// Ending of a segment's name.
pub(crate) const SEGMENT: &str = ".segment";
/// Ending of a compressed segment's name.
pub(crate) const COMPRESSED: &str = ".segment.lz4";
/// Ending of the name of a spare that is zero to its end, durably.
pub(crate) const SPARE: &str = ".zero";
/// Ending of a snapshot's name; what it holds is not the journal's business.
pub(crate) const SNAPSHOT: &str = ".snapshot";
/// Ending of the name of an archive; what it holds is not the journal's business.
pub(crate) const ARCHIVED: &str = ".archive";
/// Ending of the name of a file or folder that is still being made; worthless after a crash.
pub(crate) const PARTIAL: &str = ".partial";

/// A journal's folder on a storage.
#[derive(Clone, Debug)]
pub(crate) struct Folder {
    pub(crate) storage: Arc<dyn Storage>,
    pub(crate) root: PathBuf,
}

impl Folder {
    pub(crate) fn new(storage: Arc<dyn Storage>, root: &Path) -> Self {
        Self { storage, root: root.to_path_buf() }
    }

    pub(crate) fn lock_path(&self) -> PathBuf {
        self.root.join(LOCK)
    }

    pub(crate) fn instance_path(&self) -> PathBuf {
        self.root.join(INSTANCE)
    }

    pub(crate) fn segments(&self) -> PathBuf {
        self.root.join(SEGMENTS)
    }

    pub(crate) fn pool(&self) -> PathBuf {
        self.root.join(POOL)
    }

    pub(crate) fn snapshots(&self) -> PathBuf {
        self.root.join(SNAPSHOTS)
    }

    pub(crate) fn archive(&self) -> PathBuf {
        self.root.join(ARCHIVE)
    }

    pub(crate) fn lost(&self) -> PathBuf {
        self.root.join(LOST)
    }

    pub(crate) fn segment_path(&self, number: u64) -> PathBuf {
        self.segments().join(format!("{number:020}{SEGMENT}"))
    }

    pub(crate) fn compressed_path(&self, number: u64) -> PathBuf {
        self.segments().join(format!("{number:020}{COMPRESSED}"))
    }

    pub(crate) fn spare_path(&self, number: u64) -> PathBuf {
        self.pool().join(format!("{number:020}{SPARE}"))
    }

    pub(crate) fn partial_path(&self, number: u64) -> PathBuf {
        self.pool().join(format!("{number:020}{PARTIAL}"))
    }

    /// Numbers of the segments, plain or compressed, rising.
    pub(crate) fn segment_numbers(&self) -> Result<Vec<u64>, JournalError> {
        let mut numbers = self.plain_segment_numbers()?;
        numbers.extend(self.numbers(&self.segments(), COMPRESSED)?);
        numbers.sort_unstable();
        // For a moment of its making a compressed segment is there as both.
        numbers.dedup();
        Ok(numbers)
    }

    /// Numbers of the segments that are not compressed, rising.
    pub(crate) fn plain_segment_numbers(&self) -> Result<Vec<u64>, JournalError> {
        self.numbers(&self.segments(), SEGMENT)
    }

    /// Numbers of the files of `directory` whose names are 20 digits and `ending`, rising.
    pub(crate) fn numbers(&self, directory: &Path, ending: &str) -> Result<Vec<u64>, JournalError> {
        let names = match self.storage.list(directory) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            other => other.context("list", directory)?,
        };
        let mut numbers: Vec<u64> =
            names.iter().filter_map(|name| parse_number(name, ending)).collect();
        numbers.sort_unstable();
        Ok(numbers)
    }

    /// The instance id of a folder that is ours; `None` for one that may become ours: missing,
    /// empty, or left behind by a creation that was interrupted.
    pub(crate) fn instance_id(&self) -> Result<Option<u128>, JournalError> {
        let path = self.instance_path();
        if let Some(bytes) = self.storage.read_small(&path).context("read", &path)? {
            return self.parse_instance(&bytes).map(Some);
        }
        match self.storage.list(&self.root) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(JournalError::io("list", &self.root, error)),
            Ok(names) if self.is_new(&names)? => Ok(None),
            Ok(_) => Err(JournalError::NotAJournal { path: self.root.clone() }),
        }
    }

    /// The instance id of a folder that must be a journal.
    pub(crate) fn require_instance_id(&self) -> Result<u128, JournalError> {
        if let Some(instance_id) = self.instance_id()? {
            return Ok(instance_id);
        }
        let path = self.root.clone();
        Err(match self.storage.list(&path) {
            Ok(_) => JournalError::NotAJournal { path },
            Err(_) => JournalError::Missing { path },
        })
    }

    fn parse_instance(&self, bytes: &[u8]) -> Result<u128, JournalError> {
        let path = self.instance_path();
        let Some(file) = InstanceFile::parse(bytes) else {
            return Err(JournalError::damage(&path, 0, 1, 1, Fault::InstanceFile));
        };
        if file.format.get() > FORMAT_VERSION {
            return Err(JournalError::UnsupportedVersion { path, found: file.format.get() });
        }
        Ok(file.instance_id.get())
    }

    /// Whether `names` are at most what an interrupted creation leaves: our own empty folders.
    fn is_new(&self, names: &[String]) -> Result<bool, JournalError> {
        let ours = [LOCK, INSTANCE_PARTIAL, SEGMENTS, POOL];
        if !names.iter().all(|name| ours.contains(&name.as_str())) {
            return Ok(false);
        }
        for directory in [self.segments(), self.pool()] {
            match self.storage.list(&directory) {
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => return Err(JournalError::io("list", &directory, error)),
                Ok(inside) if inside.is_empty() => {}
                Ok(_) => return Ok(false),
            }
        }
        Ok(true)
    }

    /// Takes the writer's lock.
    pub(crate) fn lock(&self) -> Result<Box<dyn FolderLock>, JournalError> {
        let path = self.lock_path();
        let lock = self.storage.lock(&path).context("lock", &path)?;
        lock.ok_or(JournalError::Locked { path })
    }

    /// Whether a writer is at work.
    pub(crate) fn is_locked(&self) -> Result<bool, JournalError> {
        let path = self.lock_path();
        self.storage.is_locked(&path).context("look at the lock of", &path)
    }

    /// Makes the locked folder a journal. The instance file comes last and whole, by a rename: a
    /// folder that has it has all the rest.
    pub(crate) fn create(&self, instance_id: u128) -> Result<(), JournalError> {
        for directory in [self.segments(), self.pool()] {
            self.storage.create_directory(&directory).context("create", &directory)?;
        }
        let partial = self.root.join(INSTANCE_PARTIAL);
        let bytes = InstanceFile::new(instance_id);
        self.storage.write_small(&partial, bytes.as_bytes()).context("write", &partial)?;
        let path = self.instance_path();
        self.storage.rename(&partial, &path).context("rename", &partial)?;
        self.storage.sync_directory(&self.root).context("sync", &self.root)
    }

    /// Moves a file between the two folders, durably.
    pub(crate) fn move_file(&self, source: &Path, target: &Path) -> Result<(), JournalError> {
        self.storage.rename(source, target).context("rename", source)?;
        for directory in [self.segments(), self.pool()] {
            self.storage.sync_directory(&directory).context("sync", &directory)?;
        }
        Ok(())
    }

    /// As [`Self::move_file`], but the file has its old name again if a sync fails: a sync that is
    /// tried again may say yes and mean nothing, so only a name that is made again is believed.
    pub(crate) fn move_file_or_back(
        &self,
        source: &Path,
        target: &Path,
    ) -> Result<(), JournalError> {
        self.move_file(source, target).inspect_err(|_| {
            // Without it the file is found by its new name at the next start, as unused.
            let _ = self.storage.rename(target, source);
        })
    }
}

fn parse_number(name: &str, ending: &str) -> Option<u64> {
    let digits = name.strip_suffix(ending)?;
    let plain = digits.len() == 20 && digits.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| digits.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_twenty_digits_are_segments() {
        let check =
            |name: &str, expected| assert_eq!(parse_number(name, SEGMENT), expected, "{name}");
        check("00000000000000000007.segment", Some(7));
        check("0000000000000000007.segment", None);
        check("00000000000000000007.zero", None);
        check("+0000000000000000007.segment", None);
        check("99999999999999999999.segment", None);
    }
}
