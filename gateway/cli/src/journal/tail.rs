//! What a reader of a folder leaves out, said on the side.

use gantry_engine::Start;
use gantry_journal::TailReport;

use crate::output::note;

/// Says what figures from a folder leave out because of how its journal ends.
pub(crate) fn note_tail(tail: &TailReport) {
    if tail.writer_running {
        note("a server is at work on this folder: this is its state up to the last durable frame");
    } else if tail.torn_bytes > 0 {
        note(format_args!(
            "{} bytes at the end were never acknowledged; the next start cuts them off",
            tail.torn_bytes
        ));
    }
}

/// Says where the reading of a journal begins whose first records were trimmed.
pub(crate) fn note_start(start: &Start) {
    for error in &start.passed_over {
        note(format_args!("{error}: a newer snapshot is used"));
    }
    if let Some(snapshot) = &start.snapshot {
        note(format_args!(
            "the journal was trimmed: this begins with the snapshot behind record {}",
            snapshot.last_sequence()
        ));
    }
}
