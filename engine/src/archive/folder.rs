//! The archive's folder, and whose it is.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gantry_journal::Storage;

use super::error::{ArchiveError, Doing};
use super::file::ArchiveFile;
use crate::files::number_in;

const FOLDER: &str = "archive";
const ENDING: &str = ".archive";
const PARTIAL: &str = ".partial";

/// Where an instance's archive files lie. The folder is made when the first file is.
#[derive(Clone, Debug)]
pub struct ArchiveFolder {
    storage: Arc<dyn Storage>,
    path: PathBuf,
    instance_id: u128,
}

impl ArchiveFolder {
    /// The archive's folder within an instance's.
    #[must_use]
    pub fn new(storage: Arc<dyn Storage>, instance: &Path, instance_id: u128) -> Self {
        Self { storage, path: instance.join(FOLDER), instance_id }
    }

    /// Id of the instance.
    #[must_use]
    pub const fn instance_id(&self) -> u128 {
        self.instance_id
    }

    /// Where the file with this number lies.
    #[must_use]
    pub fn file(&self, number: u64) -> PathBuf {
        self.path.join(format!("{number:020}{ENDING}"))
    }

    /// Opens the file with this number and verifies every byte.
    ///
    /// # Errors
    /// As [`ArchiveFile::open`].
    pub fn open(&self, number: u64) -> Result<ArchiveFile, ArchiveError> {
        ArchiveFile::open(self.storage(), &self.file(number))
    }

    pub(super) fn storage(&self) -> &dyn Storage {
        &*self.storage
    }

    pub(super) fn partial(&self, number: u64) -> PathBuf {
        self.path.join(format!("{number:020}{PARTIAL}"))
    }

    /// Makes the folder, durably, if it is not there.
    pub(super) fn make(&self) -> Result<(), ArchiveError> {
        self.storage.create_directory(&self.path).doing("create", &self.path)
    }

    /// Gives a whole and synced file its name, durably.
    pub(super) fn publish(&self, number: u64) -> Result<(), ArchiveError> {
        let (partial, file) = (self.partial(number), self.file(number));
        self.storage.rename(&partial, &file).doing("rename", &partial)?;
        self.sync()
    }

    /// Numbers of the files that are there, rising; unfinished ones are removed.
    pub(super) fn numbers(&self) -> Result<Vec<u64>, ArchiveError> {
        let names = match self.storage.list(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            names => names.doing("list", &self.path)?,
        };
        let mut numbers = Vec::new();
        for name in &names {
            if let Some(number) = number_in(name, ENDING) {
                numbers.push(number);
            } else if number_in(name, PARTIAL).is_some() {
                self.remove(&self.path.join(name))?;
            }
        }
        numbers.sort_unstable();
        Ok(numbers)
    }

    pub(super) fn remove(&self, file: &Path) -> Result<(), ArchiveError> {
        self.storage.remove(file).doing("remove", file)?;
        self.sync()
    }

    fn sync(&self) -> Result<(), ArchiveError> {
        self.storage.sync_directory(&self.path).doing("sync", &self.path)
    }
}
