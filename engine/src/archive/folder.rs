//! The archive's folder, and whose it is.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::error::{ArchiveError, Doing};
use crate::files::number_in;

const FOLDER: &str = "archive";
const ENDING: &str = ".archive";
const PARTIAL: &str = ".partial";

/// Where an instance's archive files lie. The folder is made when the first file is.
#[derive(Clone, Debug)]
pub struct ArchiveFolder {
    root: PathBuf,
    path: PathBuf,
    instance_id: u128,
}

impl ArchiveFolder {
    /// The archive's folder within an instance's.
    #[must_use]
    pub fn new(instance: &Path, instance_id: u128) -> Self {
        Self { root: instance.to_path_buf(), path: instance.join(FOLDER), instance_id }
    }

    /// Id of the instance.
    #[must_use]
    pub const fn instance_id(&self) -> u128 {
        self.instance_id
    }

    /// The file with this number.
    #[must_use]
    pub fn file(&self, number: u64) -> PathBuf {
        self.path.join(format!("{number:020}{ENDING}"))
    }

    pub(super) fn partial(&self, number: u64) -> PathBuf {
        self.path.join(format!("{number:020}{PARTIAL}"))
    }

    /// Makes the folder, durably, if it is not there.
    pub(super) fn make(&self) -> Result<(), ArchiveError> {
        match fs::create_dir(&self.path) {
            Ok(()) => sync_folder(&self.root),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            Err(error) => Err(error).doing("create", &self.path),
        }
    }

    /// Gives a whole and synced file its name, durably.
    pub(super) fn publish(&self, number: u64) -> Result<(), ArchiveError> {
        let (partial, file) = (self.partial(number), self.file(number));
        fs::rename(&partial, &file).doing("rename", &partial)?;
        sync_folder(&self.path)
    }

    /// Numbers of the files that are there, rising; unfinished ones are removed.
    pub(super) fn numbers(&self) -> Result<Vec<u64>, ArchiveError> {
        let entries = match fs::read_dir(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.doing("list", &self.path)?,
        };
        let mut numbers = Vec::new();
        for entry in entries {
            let name = entry.doing("list", &self.path)?.file_name();
            let Some(name) = name.to_str() else { continue };
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
        fs::remove_file(file).doing("remove", file)?;
        sync_folder(&self.path)
    }
}

fn sync_folder(path: &Path) -> Result<(), ArchiveError> {
    File::open(path).and_then(|folder| folder.sync_all()).doing("sync", path)
}
