//! Backup of a journal that may be in use, and restore that verifies before it publishes.
//!
//! Both make their copy under a name of its own and rename it when it is whole and durable, so a
//! folder of the name that was asked for is never half a copy. Snapshots and archives are copied
//! as they are: what they hold is not the journal's business, but that it is the same is.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::bookmark::Bookmark;
use crate::copy::{Unreadable, copy_file, hash_file};
use crate::disk::FileStorage;
use crate::error::JournalError;
use crate::folder::{ARCHIVED, Folder, PARTIAL, SNAPSHOT};
use crate::journal::Journal;
use crate::layout::SEGMENT_BYTES_DEFAULT;
use crate::manifest::{Contents, Manifest};
use crate::options::JournalOptions;
use crate::reader::JournalReader;
use crate::storage::{Context, Storage};

/// What a backup holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BackupReport {
    /// Id of the journal.
    pub instance_id: u128,
    /// The journal's term: a restored one is higher.
    pub term: u64,
    /// First record; 0 if there is none. Above 1 if the journal was trimmed.
    pub first_sequence: u64,
    /// Last record; 0 if there is none.
    pub last_sequence: u64,
    /// Frames, each verified.
    pub frames: u64,
    /// Segments.
    pub segments: u64,
    /// Files of `snapshots/` and `archive/`.
    pub files: u32,
}

/// Copies the journal in `source` into a new folder `target`, up to the last record that is known
/// to be durable, also beside a running writer. Everything is verified on the way.
///
/// # Errors
/// Those of a [`JournalReader`]; [`JournalError::NotEmpty`] if `target` holds anything.
pub fn backup(source: &Path, target: &Path) -> Result<BackupReport, JournalError> {
    backup_with(source, target, Arc::new(FileStorage::new()))
}

/// As [`backup`], on another storage.
pub fn backup_with(
    source: &Path,
    target: &Path,
    storage: Arc<dyn Storage>,
) -> Result<BackupReport, JournalError> {
    let from = Folder::new(Arc::clone(&storage), source);
    from.require_instance_id()?;
    let into = Unpublished::begin(storage, target)?;
    // Snapshots first and archives last: a snapshot must not know more than the journal beside it,
    // and an archive must hold all that the journal says it does.
    let mut files = Files::default();
    into.copy_named(&from, &Folder::snapshots, SNAPSHOT, &mut files)?;
    let mut reader = JournalReader::open_trimmed_on(from.clone())?;
    while reader.next_frame()?.is_some() {}
    let (last_segment, end) = reader.durable_end().unwrap_or((0, 0));
    let mut segments = 0;
    for number in from.segment_numbers()?.into_iter().filter(|number| *number <= last_segment) {
        let used_bytes = if number == last_segment { end } else { u64::MAX };
        into.copy_segment(&from, number, used_bytes)?;
        segments += 1;
    }
    into.copy_named(&from, &Folder::archive, ARCHIVED, &mut files)?;
    into.copy_instance(&from)?;
    let report = into.report(&reader, segments, &files);
    let contents = Contents {
        instance_id: report.instance_id,
        term: report.term,
        segments,
        files: files.count,
        files_hash: files.hash(),
    };
    let manifest = Manifest::new(&contents, reader.bookmark().as_ref());
    manifest.write(into.folder.storage.as_ref(), &into.folder.root)?;
    into.publish()?;
    Ok(report)
}

/// Makes a new journal in `directory` from a backup, in a higher term. The copy is verified, every
/// hash and the whole chain, before it gets its name.
///
/// # Errors
/// [`JournalError::NotEmpty`] if `directory` holds anything; [`JournalError::NotABackup`];
/// [`JournalError::BackupDamaged`] or [`JournalError::Damage`] if the copy is not what the backup
/// was. Nothing has the name of `directory` then.
pub fn restore(backup: &Path, directory: &Path) -> Result<BackupReport, JournalError> {
    restore_with(backup, directory, Arc::new(FileStorage::new()))
}

/// As [`restore`], on another storage.
pub fn restore_with(
    backup: &Path,
    directory: &Path,
    storage: Arc<dyn Storage>,
) -> Result<BackupReport, JournalError> {
    let manifest = Manifest::read(storage.as_ref(), backup)?;
    let from = Folder::new(Arc::clone(&storage), backup);
    let into = Unpublished::begin(storage, directory)?;
    into.copy_instance(&from)?;
    let mut segments = 0;
    for number in from.segment_numbers()? {
        into.copy_segment(&from, number, u64::MAX)?;
        segments += 1;
    }
    let mut files = Files::default();
    into.copy_named(&from, &Folder::snapshots, SNAPSHOT, &mut files)?;
    into.copy_named(&from, &Folder::archive, ARCHIVED, &mut files)?;
    let mut reader = JournalReader::open_trimmed_on(into.folder.clone())?;
    while reader.next_frame()?.is_some() {}
    let report = into.report(&reader, segments, &files);
    check_whole(backup, &manifest, &reader, &report, &files)?;
    into.raise_term(report.term + 1, reader.bookmark().as_ref())?;
    into.publish()?;
    Ok(BackupReport { term: report.term + 1, ..report })
}

/// Whether the copy holds all that the manifest says, and nothing else.
fn check_whole(
    backup: &Path,
    manifest: &Manifest,
    reader: &JournalReader,
    report: &BackupReport,
    files: &Files,
) -> Result<(), JournalError> {
    let damaged = |what| Err(JournalError::BackupDamaged { path: backup.to_path_buf(), what });
    let found = Contents {
        instance_id: report.instance_id,
        term: report.term,
        segments: report.segments,
        files: files.count,
        files_hash: files.hash(),
    };
    let expected = manifest.contents();
    if reader.bookmark() != manifest.last() || !reader.tail().is_clean() {
        return damaged("its journal does not end where it did");
    }
    if (found.files, found.files_hash) != (expected.files, expected.files_hash) {
        return damaged("its snapshots and archives are not those that were copied");
    }
    if found != expected {
        return damaged("it is not the journal that was copied");
    }
    Ok(())
}

/// Files whose content is not the journal's business.
#[derive(Debug, Default)]
struct Files {
    count: u32,
    /// Of each file: its folder, number, length and content.
    hasher: blake3::Hasher,
}

impl Files {
    fn hash(&self) -> [u8; 16] {
        crate::layout::truncate(&self.hasher.finalize())
    }
}

/// A folder that is being made and has not its name yet.
struct Unpublished {
    folder: Folder,
    target: PathBuf,
}

impl Unpublished {
    fn begin(storage: Arc<dyn Storage>, target: &Path) -> Result<Self, JournalError> {
        match storage.list(target) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(JournalError::io("list", target, error)),
            Ok(names) if names.is_empty() => {}
            Ok(_) => return Err(JournalError::NotEmpty { path: target.to_path_buf() }),
        }
        let mut name = target.file_name().unwrap_or_default().to_os_string();
        name.push(PARTIAL);
        let folder = Folder::new(storage, &target.with_file_name(name));
        for directory in [folder.segments(), folder.pool()] {
            folder.storage.create_directory(&directory).context("create", &directory)?;
        }
        let unpublished = Self { folder, target: target.to_path_buf() };
        unpublished.remove_leftovers()?;
        Ok(unpublished)
    }

    /// What an interrupted copy left under the unpublished name.
    fn remove_leftovers(&self) -> Result<(), JournalError> {
        let folder = &self.folder;
        let ours = [folder.segments(), folder.pool(), folder.snapshots(), folder.archive()];
        for directory in ours.iter().chain([&folder.root]) {
            let names = match folder.storage.list(directory) {
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                other => other.context("list", directory)?,
            };
            for path in names.iter().map(|name| directory.join(name)) {
                if !ours.contains(&path) {
                    folder.storage.remove(&path).context("remove", &path)?;
                }
            }
        }
        Ok(())
    }

    fn copy_instance(&self, from: &Folder) -> Result<(), JournalError> {
        let (source, target) = (from.instance_path(), self.folder.instance_path());
        self.copy(&source, &target, u64::MAX)
    }

    fn copy_segment(
        &self,
        from: &Folder,
        number: u64,
        used_bytes: u64,
    ) -> Result<(), JournalError> {
        let found = from.open_segment(number)?;
        let segment = found.ok_or_else(|| JournalError::Missing { path: from.segments() })?;
        let name = segment.path.file_name().unwrap_or_default();
        // A compressed segment is closed, so all of it is durable.
        let used_bytes = if segment.is_compressed() { u64::MAX } else { used_bytes };
        self.copy(&segment.path, &self.folder.segments().join(name), used_bytes)
    }

    fn copy(&self, source: &Path, target: &Path, used_bytes: u64) -> Result<(), JournalError> {
        let storage = self.folder.storage.as_ref();
        copy_file(storage, source, target, used_bytes, Unreadable::Refuse)?;
        Ok(())
    }

    /// Copies the numbered files of one folder and takes their hashes, of what was written.
    fn copy_named(
        &self,
        from: &Folder,
        directory: &dyn Fn(&Folder) -> PathBuf,
        ending: &str,
        files: &mut Files,
    ) -> Result<(), JournalError> {
        let storage = self.folder.storage.as_ref();
        let (sources, targets) = (directory(from), directory(&self.folder));
        let numbers = from.numbers(&sources, ending)?;
        if !numbers.is_empty() {
            storage.create_directory(&targets).context("create", &targets)?;
        }
        for number in numbers {
            let name = format!("{number:020}{ending}");
            let (source, target) = (sources.join(&name), targets.join(&name));
            match self.copy(&source, &target, u64::MAX) {
                // Retention took it since it was listed.
                Err(JournalError::Io { action: "open", source, .. })
                    if source.kind() == std::io::ErrorKind::NotFound =>
                {
                    continue;
                }
                other => other?,
            }
            files.count += 1;
            files.hasher.update(name.as_bytes());
            hash_file(storage, &target, &mut files.hasher)?;
        }
        Ok(())
    }

    fn report(&self, reader: &JournalReader, segments: u64, files: &Files) -> BackupReport {
        let walked = reader.report();
        BackupReport {
            instance_id: walked.instance_id,
            term: reader.term(),
            first_sequence: walked.first_sequence,
            last_sequence: walked.last_sequence,
            frames: walked.frames,
            segments,
            files: files.count,
        }
    }

    /// Opens the copy as any start does, in a new term.
    fn raise_term(&self, term: u64, last: Option<&Bookmark>) -> Result<(), JournalError> {
        let segment_bytes = match self.folder.segment_numbers()?.last() {
            Some(number) => {
                let last = self.folder.open_segment(*number)?;
                last.map_or(SEGMENT_BYTES_DEFAULT, |segment| segment.segment_bytes())
            }
            None => SEGMENT_BYTES_DEFAULT,
        };
        let options = JournalOptions { term: Some(term), segment_bytes, ..Default::default() };
        Journal::open_folder(self.folder.clone(), options, last, &mut |_| Ok(()))?.journal.close()
    }

    /// Makes all names durable and gives the folder its own.
    fn publish(self) -> Result<(), JournalError> {
        let folder = &self.folder;
        let storage = &folder.storage;
        let inside = [folder.segments(), folder.pool(), folder.snapshots(), folder.archive()];
        for directory in &inside {
            match storage.sync_directory(directory) {
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                other => other.context("sync", directory)?,
            }
        }
        storage.sync_directory(&folder.root).context("sync", &folder.root)?;
        storage.rename(&folder.root, &self.target).context("rename", &folder.root)?;
        let parent = self.target.parent().filter(|parent| !parent.as_os_str().is_empty());
        let parent = parent.unwrap_or(Path::new("."));
        storage.sync_directory(parent).context("sync", parent)
    }
}
