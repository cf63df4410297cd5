//! `gantry journal compress`: makes the closed segments of a journal smaller.

use gantry_journal::compress_next;
use serde::Serialize;

use crate::args::CompressArgs;
use crate::error::CliError;
use crate::output::{Answer, Output, Page, Progress, grouped};

use super::FolderError;

#[derive(Debug, Default, Serialize)]
struct Compressed {
    segments: u64,
    bytes_before: u64,
    bytes_after: u64,
}

/// Runs `gantry journal compress`.
pub(crate) fn compress(args: &CompressArgs, output: &mut Output) -> Result<(), CliError> {
    let mut total = Compressed::default();
    let mut progress = Progress::new("compressing", None);
    while let Some(done) = compress_next(&args.directory).map_err(FolderError::from)? {
        total.segments += 1;
        total.bytes_before += done.bytes;
        total.bytes_after += done.compressed_bytes;
        progress.set(total.segments);
    }
    drop(progress);
    output.answer(args.format.json, &total)
}

impl Answer for Compressed {
    fn page(&self) -> Page {
        Page::new().facts([
            ("segments compressed", grouped(self.segments)),
            ("bytes before", grouped(self.bytes_before)),
            ("bytes after", grouped(self.bytes_after)),
        ])
    }
}
