//! `gantry journal trim`: deletes what lies before the floor.

use std::sync::Arc;

use gantry_engine::{Trimmed, trim_instance};
use gantry_journal::{FileStorage, Storage};
use serde::Serialize;

use crate::args::TrimArgs;
use crate::error::CliError;
use crate::output::{Answer, Output, Page, grouped};

/// What a trim did. The names are a format that other programs read.
#[derive(Debug, Serialize)]
struct TrimShown {
    first_sequence: u64,
    segments: u64,
    bytes: u64,
    snapshots: u64,
}

/// Runs `gantry journal trim`.
pub(crate) fn trim(args: &TrimArgs, output: &mut Output) -> Result<(), CliError> {
    let seed = gantry_gateway::index_seed();
    let storage: Arc<dyn Storage> = Arc::new(FileStorage::new());
    let Trimmed { floor, segments, snapshots } =
        trim_instance(&storage, &args.directory, args.keep_from.unwrap_or(u64::MAX), seed)?;
    let shown = TrimShown {
        first_sequence: floor.last_sequence() + 1,
        segments: segments.segments,
        bytes: segments.bytes,
        snapshots,
    };
    output.answer(args.format.json, &shown)
}

impl Answer for TrimShown {
    fn page(&self) -> Page {
        Page::new().facts([
            ("can be read from record", grouped(self.first_sequence)),
            ("segments deleted", grouped(self.segments)),
            ("bytes freed", grouped(self.bytes)),
            ("snapshots deleted", grouped(self.snapshots)),
        ])
    }
}
