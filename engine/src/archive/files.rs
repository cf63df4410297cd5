//! The archive files of an instance, and what is looked up in them before a request is queued.

use std::sync::Arc;

use gantry_model::{COMMAND_BYTES_MAX, Command, CommandId, Item, Items, Query};

use super::error::ArchiveError;
use super::file::{ArchiveFacts, ArchiveFile};
use super::filter::Filter;
use super::folder::ArchiveFolder;
use super::image::Archived;
use crate::answer::order_of;
use crate::state::Archives;
use crate::submission::{RequestKind, Submission};

/// Bytes of filters that stay in memory: those of the newest files. An older file whose span takes
/// an id in is looked at for each such id.
const FILTER_BYTES_MAX: usize = 16 << 20;

/// Every archive file that may be asked. Cheap to clone; a new file makes a new set.
#[derive(Clone, Debug, Default)]
pub struct ArchiveFiles {
    /// By number, dense from 1.
    files: Vec<OpenFile>,
    id_max: u128,
}

#[derive(Clone, Debug)]
struct OpenFile {
    file: Arc<ArchiveFile>,
    filter: Option<Arc<Filter>>,
}

impl ArchiveFiles {
    /// Opens what the state names. A file that it does not name was published and nothing left
    /// memory for it: it is removed, and built again when it is due.
    pub fn open(folder: &ArchiveFolder, archives: &Archives) -> Result<Self, ArchiveError> {
        let numbers = folder.numbers()?;
        let mut files = Self::default();
        for row in archives.rows() {
            let file = open_ours(folder, row.number)?;
            if file.facts().hash != row.hash {
                return Err(ArchiveError::OtherFile { path: file.path().to_path_buf() });
            }
            files = files.with(file)?;
        }
        for number in numbers.into_iter().filter(|number| *number > archives.last_number()) {
            open_ours(folder, number).map(drop).or_else(|error| match error {
                // Nothing depends on it.
                ArchiveError::Damaged { .. } => Ok(()),
                other => Err(other),
            })?;
            folder.remove(&folder.file(number))?;
        }
        Ok(files)
    }

    /// This set and the next file.
    pub fn with(&self, file: ArchiveFile) -> Result<Self, ArchiveError> {
        assert_eq!(file.facts().number, self.last_number() + 1, "archive files are dense");
        let mut files = self.files.clone();
        let filter = Some(Arc::new(file.read_filter()?));
        let id_max = self.id_max.max(file.id_max());
        files.push(OpenFile { file: Arc::new(file), filter });
        let mut filter_bytes = 0;
        for open in files.iter_mut().rev() {
            filter_bytes += open.filter.as_ref().map_or(0, |filter| filter.as_bytes().len());
            if filter_bytes > FILTER_BYTES_MAX {
                open.filter = None;
            }
        }
        Ok(Self { files, id_max })
    }

    /// The number of the newest file; 0 if there is none.
    #[must_use]
    pub fn last_number(&self) -> u64 {
        self.files.len() as u64
    }

    /// What the newest file is.
    #[must_use]
    pub fn last(&self) -> Option<ArchiveFacts> {
        self.files.last().map(|open| open.file.facts())
    }

    /// What the archive knows of an id.
    pub fn look_up(&self, id: CommandId) -> Result<Option<Archived>, ArchiveError> {
        if id.get() > self.id_max {
            return Ok(None);
        }
        for OpenFile { file, filter } in self.files.iter().rev() {
            let may_be_there = || filter.as_ref().is_none_or(|ids| ids.may_contain(id.get()));
            if file.spans(id)
                && may_be_there()
                && let Some(archived) = file.look_up(id)?
            {
                return Ok(Some(archived));
            }
        }
        Ok(None)
    }

    /// What the archive knows of every id in the requests of a submission, which notes it.
    pub fn attach(&self, submission: &mut Submission) -> Result<(), ArchiveError> {
        let mut archived = Vec::new();
        if !self.files.is_empty() {
            for (kind, items) in submission.items() {
                for item in Items::new(items, COMMAND_BYTES_MAX).map_while(Result::ok) {
                    self.look_up_each(kind, &item, &mut archived)?;
                }
            }
        }
        submission.attach(self.last_number(), sorted(archived));
        Ok(())
    }

    /// What the archive knows of the ids in one item.
    pub(crate) fn look_up_item(
        &self,
        kind: RequestKind,
        item: &Item<'_>,
    ) -> Result<Vec<Archived>, ArchiveError> {
        let mut archived = Vec::new();
        self.look_up_each(kind, item, &mut archived)?;
        Ok(sorted(archived))
    }

    fn look_up_each(
        &self,
        kind: RequestKind,
        item: &Item<'_>,
        archived: &mut Vec<Archived>,
    ) -> Result<(), ArchiveError> {
        for id in ids_in(kind, item).into_iter().flatten() {
            archived.extend(self.look_up(id)?);
        }
        Ok(())
    }
}

/// Each id once, rising: how [`super::Known`] finds them.
fn sorted(mut archived: Vec<Archived>) -> Vec<Archived> {
    archived.sort_unstable_by_key(Archived::id);
    archived.dedup_by_key(|archived| archived.id());
    archived
}

/// The ids that an answer to `item` may depend on: its own, and those of the orders it is about.
fn ids_in(kind: RequestKind, item: &Item<'_>) -> [Option<CommandId>; 3] {
    match kind {
        RequestKind::Commands => match Command::parse(item) {
            Ok(command) => {
                let is_other = |order: &CommandId| Some(*order) != command.id();
                let second = match &command {
                    Command::SwapUnits(swap) => Some(swap.second),
                    _ => None,
                };
                [command.id(), order_of(&command).filter(is_other), second]
            }
            Err(_) => [None; 3],
        },
        RequestKind::Queries => match Query::parse(item) {
            Ok(Query::ReadOrder(order)) => [Some(order), None, None],
            _ => [None; 3],
        },
    }
}

/// Opens a file that must be ours.
pub(super) fn open_ours(folder: &ArchiveFolder, number: u64) -> Result<ArchiveFile, ArchiveError> {
    let file = folder.open(number)?;
    let (found, expected) = (file.instance_id(), folder.instance_id());
    if found != expected {
        let path = file.path().to_path_buf();
        return Err(ArchiveError::OtherInstance { path, found, expected });
    }
    if file.facts().number != number {
        return Err(ArchiveError::OtherFile { path: file.path().to_path_buf() });
    }
    Ok(file)
}
