//! `gantry journal repair`: gives up what a person decided to lose.

use std::path::PathBuf;

use gantry_journal::RepairReport;
use serde::Serialize;

use crate::args::RepairArgs;
use crate::error::CliError;
use crate::output::{Answer, Output, Page, grouped};

use super::FolderError;

#[derive(Debug, Serialize)]
struct Repaired {
    last_sequence: u64,
    term: u64,
    frames_lost: u64,
    records_lost: u64,
    highest_sequence_lost: u64,
    bytes_lost: u64,
    unreadable_bytes: u64,
    lost: PathBuf,
}

/// Runs `gantry journal repair`.
pub(crate) fn repair(args: &RepairArgs, output: &mut Output) -> Result<(), CliError> {
    let done = gantry_journal::repair(&args.directory, args.accept_loss_from);
    let report = done.map_err(FolderError::from)?;
    output.answer(args.format.json, &Repaired::from(report))
}

impl From<RepairReport> for Repaired {
    fn from(report: RepairReport) -> Self {
        Self {
            last_sequence: report.last_sequence,
            term: report.term,
            frames_lost: report.frames,
            records_lost: report.records,
            highest_sequence_lost: report.highest_sequence,
            bytes_lost: report.bytes,
            unreadable_bytes: report.unreadable_bytes,
            lost: report.lost,
        }
    }
}

impl Answer for Repaired {
    fn page(&self) -> Page {
        Page::new()
            .text(format!(
                "The journal ends with record {} now, in term {}.",
                grouped(self.last_sequence),
                self.term
            ))
            .text("Lost, as far as can be told:")
            .facts([
                ("frames", grouped(self.frames_lost)),
                ("records", grouped(self.records_lost)),
                ("up to sequence", grouped(self.highest_sequence_lost)),
                ("bytes", grouped(self.bytes_lost)),
                ("of which unreadable", grouped(self.unreadable_bytes)),
                ("kept in", self.lost.display().to_string()),
            ])
    }
}
