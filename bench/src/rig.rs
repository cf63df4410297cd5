//! A journal on a scratch folder, with the thread that prepares its segments.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use gantry_journal::{
    Appended, FileStorage, FrameBuffer, FrameFacts, Journal, JournalError, JournalOptions,
    PrepareStep, SegmentPreparer, WritePath,
};
use tempfile::TempDir;

use crate::scratch::scratch_folder;

/// How long to wait before asking again for a segment or for work.
const PAUSE: Duration = Duration::from_micros(200);

/// A journal that is ready to append to.
#[derive(Debug)]
pub struct JournalRig {
    journal: Journal,
    next_sequence: u64,
    preparing: Preparing,
    folder: TempDir,
}

/// The preparer's thread; dropping it stops the thread, before the folder goes.
#[derive(Debug)]
struct Preparing {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl JournalRig {
    /// A new journal with this write path and prepared segments.
    ///
    /// # Errors
    /// What the journal says of the folder.
    ///
    /// # Panics
    /// If no scratch folder can be made.
    pub fn new(write_path: WritePath) -> Result<Self, JournalError> {
        let folder = scratch_folder().expect("invariant: the build folder can be written");
        let options = JournalOptions { new_instance_id: 1, write_path, ..Default::default() };
        let storage = Box::new(FileStorage::new());
        let opened = Journal::open(folder.path(), options, storage, None, &mut |_| Ok(()))?;
        let preparing = Preparing::start(opened.preparer);
        Ok(Self { journal: opened.journal, next_sequence: 1, preparing, folder })
    }

    /// Appends the buffer as one frame of one record and returns when it is durable.
    ///
    /// # Errors
    /// What the journal says, but for a segment that is not ready yet: that is waited for.
    pub fn append(&mut self, buffer: &mut FrameBuffer) -> Result<Appended, JournalError> {
        let facts = FrameFacts {
            first_sequence: self.next_sequence,
            record_count: 1,
            time_ns: 1,
            previous_sync_us: 0,
        };
        self.append_records(buffer, facts)
    }

    /// As [`append`](Self::append), with the caller's own facts.
    ///
    /// # Errors
    /// As [`append`](Self::append).
    pub fn append_records(
        &mut self,
        buffer: &mut FrameBuffer,
        facts: FrameFacts,
    ) -> Result<Appended, JournalError> {
        loop {
            match self.journal.append(buffer, facts) {
                Err(JournalError::NoSegmentReady) => thread::sleep(PAUSE),
                Ok(appended) => {
                    self.next_sequence = appended.durable_sequence + 1;
                    return Ok(appended);
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Stops in order and keeps the folder, to be read.
    ///
    /// # Errors
    /// What the journal says.
    pub fn close(self) -> Result<TempDir, JournalError> {
        drop(self.preparing);
        self.journal.close()?;
        Ok(self.folder)
    }
}

impl Preparing {
    fn start(mut preparer: SegmentPreparer) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let work = move || {
            // Relaxed, as the store in `drop`: the flag guards no other memory.
            while !stopped.load(Ordering::Relaxed) {
                match preparer.step() {
                    Ok(PrepareStep::Worked) => {}
                    Ok(PrepareStep::Idle) => thread::sleep(PAUSE),
                    Err(error) => panic!("the preparer failed: {error}"),
                }
            }
        };
        Self { stop, thread: Some(thread::spawn(work)) }
    }
}

impl Drop for Preparing {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let thread = self.thread.take().expect("invariant: taken here only");
        // A panic of the preparer was printed when it happened.
        let _ = thread.join();
    }
}
