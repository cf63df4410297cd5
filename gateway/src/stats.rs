//! Counts since the start, readable while the server runs.
//!
//! Each counter is raised once per read, drain or batch, never per order.

use std::sync::atomic::{AtomicU64, Ordering};

/// Builds the shared counters and the plain struct that they are read into.
macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// Counts since the server started. Taken one after the other, so they may be of slightly
        /// different moments.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct ServerStats { $($(#[$doc])* pub $name: u64,)* }

        #[derive(Debug, Default)]
        pub(crate) struct Counters { $(pub(crate) $name: AtomicU64,)* }

        impl Counters {
            pub(crate) fn read(&self) -> ServerStats {
                // Relaxed: statistics order nothing.
                ServerStats { $($name: self.$name.load(Ordering::Relaxed),)* }
            }
        }
    };
}

counters! {
    /// Connections that are open now.
    connections_open,
    /// Connections that were accepted.
    connections_accepted,
    /// Connections that were turned away because there were too many.
    connections_refused,
    /// Connections that were closed because they left their answers unread.
    connections_slow,
    /// Connections that were closed because nothing came.
    connections_idle,
    /// Socket reads that brought at least one byte.
    reads,
    /// Request frames that were put into a queue.
    requests,
    /// Request frames that were answered busy.
    requests_busy,
    /// Error frames sent.
    errors,
    /// Submissions put into the command queue.
    submissions_commands,
    /// Submissions put into the query queue.
    submissions_queries,
    /// Rounds in which the engine thread found work.
    engine_drains,
    /// Times that the engine thread had no batch to fill and stopped draining.
    engine_stalls,
    /// Batches whose replies were released.
    batches,
    /// Replies frames released.
    replies,
    /// Frames appended to the journal and synced.
    journal_frames,
    /// Records in those frames.
    journal_records,
    /// Payload bytes of those frames.
    journal_bytes,
    /// Seals that were written because nothing came.
    journal_seals,
    /// Times that the journal waited for a prepared segment.
    journal_waits_for_segment,
    /// Archive files that were made.
    archive_files,
    /// Orders that left memory.
    archive_orders_retired,
    /// Requests that were answered busy because an archive file was newer than their look-up.
    archive_requests_outdated,
    /// Sequence of the last durable record.
    durable_sequence,
}

/// Adds to a counter.
pub(crate) fn add(counter: &AtomicU64, count: u64) {
    counter.fetch_add(count, Ordering::Relaxed);
}

/// Takes from a counter that tells how many there are now.
pub(crate) fn subtract(counter: &AtomicU64, count: u64) {
    counter.fetch_sub(count, Ordering::Relaxed);
}
