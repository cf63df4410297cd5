//! The real binary over real TCP with real kills, judged by the same oracle.
//!
//! A server lives in a folder, several clients ask what a workload makes, and the process is killed
//! at a random moment, again and again. While nobody holds the journal, every new record in it is
//! judged, and so is what clients were told. After the start a sample of what they were told is
//! asked again; now and then the whole state is read through queries, and a full replay must give
//! the state hash that the server tells.

mod door;
mod feed;
mod folder;
mod server;
mod shop;

use std::path::PathBuf;

use tokio::runtime::{Builder, Runtime};

use self::folder::Folder;
use crate::random::{Stream, stream};

/// Restarts that one folder lives through; then a new one keeps the oracle's tables short.
const RESTARTS_PER_FOLDER: u64 = 50;

/// What is done.
#[derive(Clone, Debug)]
pub struct RealRun {
    /// The `gantry` binary.
    pub binary: PathBuf,
    /// Decides all but what the kernel's scheduler and the network do.
    pub seed: u64,
    /// Starts after a kill.
    pub restarts: u64,
    /// Commands and queries that clients may ask between two kills.
    pub items_per_life: usize,
}

/// What was done and held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RealFigures {
    /// Folders that were lived in.
    pub folders: u64,
    /// Starts after a kill.
    pub restarts: u64,
    /// Of these: killed while starting.
    pub killed_while_starting: u64,
    /// Of these: with a snapshot in the folder.
    pub with_snapshot: u64,
    /// Of these: with an archive file in the folder.
    pub with_archive: u64,
    /// Journals that ended in a torn frame.
    pub torn: u64,
    /// Records that were judged.
    pub records: u64,
    /// Of these: of commands that nobody had an answer to when the process died.
    pub unanswered: u64,
    /// Of the records: rows that leave memory, and marks.
    pub own: u64,
    /// Orders with a record.
    pub orders: u64,
    /// Replies that were held against the history.
    pub told: u64,
    /// Accepted commands that were asked again, and whose whole reply was judged.
    pub asked_again: u64,
    /// Times that the whole state was compared, a full replay's hash included.
    pub compared: u64,
    /// Queries that this took.
    pub queries: u64,
}

impl RealRun {
    /// Does it, and counts in `figures`; after each folder `tell` sees what was done so far.
    ///
    /// # Errors
    /// With the first thing that is not as it must be, and where.
    ///
    /// # Panics
    /// If there is no memory or no thread for a runtime.
    pub fn run(
        &self,
        figures: &mut RealFigures,
        mut tell: impl FnMut(&RealFigures),
    ) -> Result<(), String> {
        let runtime = runtime();
        let mut random = stream(self.seed, Stream::Faults);
        while figures.restarts < self.restarts {
            let restarts = RESTARTS_PER_FOLDER.min(self.restarts - figures.restarts).max(2);
            let seed = self.seed.wrapping_mul(1 << 20).wrapping_add(figures.folders);
            let place = tempfile::tempdir().map_err(|error| format!("no folder: {error}"))?;
            let mut folder = Folder::new(self, &runtime, place.path(), seed, &mut random);
            let lived = folder.live(restarts, figures);
            if let Err(what) = lived {
                let restart = figures.restarts;
                // What was left is the evidence.
                let kept = place.keep();
                return Err(format!(
                    "seed {}, folder {}, restart {restart}: {what}; see {}",
                    self.seed,
                    figures.folders,
                    kept.display()
                ));
            }
            figures.folders += 1;
            tell(figures);
        }
        Ok(())
    }
}

fn runtime() -> Runtime {
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build();
    runtime.expect("invariant: a machine that runs this has a thread to spare")
}
