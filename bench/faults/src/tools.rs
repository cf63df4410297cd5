//! The tools that work on a journal's files, stopped at any point: compress, backup, restore, repair.
//!
//! Whatever stops one, the journal that it worked on must be as good as before, what it was making
//! must be whole or not be there, and it must come to its end when it is begun again.

use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::Command;

use clap::ValueEnum;
use gantry_journal::{FileStorage, JournalError, backup, compress_next, repair, restore};

use crate::judge::{Case, Violation, append, judge, open, prepare};
use crate::programs::{Drive, no_program_starts};
use crate::system_calls::Subject;

/// Frames of a journal that tools work on: some segments of it.
const FRAMES: u64 = 20;
/// The frame that is damaged before a repair.
const DAMAGED_FRAME: usize = 11;

/// A tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Tool {
    /// Compresses every closed segment.
    Compress,
    /// Copies the journal.
    Backup,
    /// Makes a journal of a copy.
    Restore,
    /// Gives up what is damaged.
    Repair,
}

impl Tool {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Compress, Self::Backup, Self::Restore, Self::Repair];

    /// Runs it to its end.
    pub fn run(self, directory: &Path, other: &Path, loss_from: u64) -> Result<(), JournalError> {
        match self {
            Self::Compress => while compress_next(directory)?.is_some() {},
            Self::Backup => drop(backup(directory, other)?),
            Self::Restore => drop(restore(other, directory)?),
            Self::Repair => drop(repair(directory, loss_from)?),
        }
        Ok(())
    }

    fn name(self) -> String {
        self.to_possible_value().unwrap().get_name().to_owned()
    }
}

/// A tool at work on the journal of a case.
#[derive(Clone, Copy, Debug)]
pub struct Working {
    /// The tool.
    pub tool: Tool,
    /// The journal.
    pub case: Case,
}

impl Working {
    /// First sequence of what a repair gives up.
    fn loss_from(&self) -> u64 {
        self.case.history().nth(DAMAGED_FRAME).unwrap().first_sequence
    }

    /// Runs the tool again after it was stopped.
    fn again(&self, root: &Path) -> Result<(), Violation> {
        let _alone = no_program_starts();
        let (journal, copy) = (root.join("journal"), root.join("copy"));
        match self.tool.run(&journal, &copy, self.loss_from()) {
            Ok(()) => Ok(()),
            // It had come to its end, as far as the files go.
            Err(JournalError::NothingToGiveUp { .. }) if self.tool == Tool::Repair => Ok(()),
            Err(error) => Err(Violation(format!("begun again it fails: {error}"))),
        }
    }
}

impl Subject for Working {
    fn lay_out(&self, root: &Path) -> u64 {
        let _alone = no_program_starts();
        let (journal, copy) = (root.join("journal"), root.join("copy"));
        let storage = Box::new(FileStorage::new());
        let (mut opened, _) = open(&journal, self.case.options(), storage).unwrap();
        let frames = self.case.history().first(FRAMES);
        for frame in &frames {
            prepare(&mut opened.preparer).unwrap();
            append(&mut opened.journal, frame).unwrap();
        }
        opened.journal.close().unwrap();
        match self.tool {
            Tool::Compress | Tool::Backup => {}
            Tool::Restore => {
                backup(&journal, &copy).unwrap();
                std::fs::remove_dir_all(&journal).unwrap();
            }
            Tool::Repair => {
                damage(&journal, &self.case);
                return frames[DAMAGED_FRAME - 1].last_sequence();
            }
        }
        frames.last().unwrap().last_sequence()
    }

    fn command(&self, tracer: &[String], root: &Path) -> Command {
        let drive =
            Drive { case: self.case, frames: 0, seal_every: None, close: false, instance: None };
        let mut command = drive.command(tracer, &root.join("journal"));
        command.arg(format!("--tool={}", self.tool.name()));
        command.arg("--other").arg(root.join("copy"));
        command.arg(format!("--accept-loss-from={}", self.loss_from()));
        command
    }

    fn judge(&self, root: &Path, acknowledged: u64) -> Result<(), Violation> {
        let (journal, copy) = (root.join("journal"), root.join("copy"));
        let whole = |directory: &Path| {
            let survived = judge(directory, &self.case, acknowledged)?;
            let exactly = survived.last_sequence == acknowledged;
            let text = format!("{survived:?}, and {acknowledged} should be the last");
            if exactly { Ok(()) } else { Err(Violation(text)) }
        };
        let is_made = match self.tool {
            Tool::Compress | Tool::Repair => false,
            Tool::Backup => copy.exists(),
            Tool::Restore => journal.exists(),
        };
        if !is_made {
            self.again(root)?;
        }
        if self.tool == Tool::Backup {
            let restored = root.join("restored");
            restore(&copy, &restored)
                .map_err(|error| Violation(format!("the copy is not whole: {error}")))?;
            whole(&restored)?;
        }
        whole(&journal)
    }
}

/// Flips a bit in the payload of one frame, with others behind it.
fn damage(journal: &Path, case: &Case) {
    let mut reader = gantry_journal::JournalReader::open(journal).unwrap();
    for _ in 0..DAMAGED_FRAME {
        reader.next_frame().unwrap().unwrap();
    }
    let view = reader.next_frame().unwrap().unwrap();
    assert!(case.history().nth(DAMAGED_FRAME).unwrap().is(&view));
    let path = journal.join(format!("segments/{:020}.segment", view.segment));
    let byte = [view.payload[0] ^ 1];
    let file = OpenOptions::new().write(true).open(path).unwrap();
    file.write_all_at(&byte, view.offset + 256).unwrap();
}
