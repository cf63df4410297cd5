//! `gantry backup` and `gantry restore`.

use gantry_journal::{BackupReport, backup, restore};
use serde::Serialize;

use crate::args::{BackupArgs, RestoreArgs};
use crate::error::CliError;
use crate::journal::FolderError;
use crate::names::Id;
use crate::output::{Answer, Output, Page, grouped};

/// What a copy holds. Its reader knows the folders: they were typed.
#[derive(Debug, Serialize)]
struct Copied {
    #[serde(skip)]
    sentence: String,
    instance_id: Id,
    term: u64,
    first_sequence: u64,
    last_sequence: u64,
    frames: u64,
    segments: u64,
    files: u32,
}

/// Runs `gantry backup`.
pub(crate) fn run_backup(args: &BackupArgs, output: &mut Output) -> Result<(), CliError> {
    let report = backup(&args.directory, &args.backup).map_err(FolderError::from)?;
    let sentence = format!("{} is a whole copy, safe on disk.", args.backup.display());
    output.answer(args.format.json, &Copied::new(sentence, &report))
}

/// Runs `gantry restore`.
pub(crate) fn run_restore(args: &RestoreArgs, output: &mut Output) -> Result<(), CliError> {
    let report = restore(&args.backup, &args.directory).map_err(FolderError::from)?;
    let sentence = format!("{} is ready; every hash of it holds.", args.directory.display());
    output.answer(args.format.json, &Copied::new(sentence, &report))
}

impl Copied {
    fn new(sentence: String, report: &BackupReport) -> Self {
        Self {
            sentence,
            instance_id: Id(report.instance_id),
            term: report.term,
            first_sequence: report.first_sequence,
            last_sequence: report.last_sequence,
            frames: report.frames,
            segments: report.segments,
            files: report.files,
        }
    }
}

impl Answer for Copied {
    fn page(&self) -> Page {
        Page::new().text(self.sentence.clone()).facts([
            ("instance", self.instance_id.to_string()),
            ("term", self.term.to_string()),
            ("first sequence", grouped(self.first_sequence)),
            ("last sequence", grouped(self.last_sequence)),
            ("frames", grouped(self.frames)),
            ("segments", grouped(self.segments)),
            ("snapshots and archives", grouped(self.files)),
        ])
    }
}
