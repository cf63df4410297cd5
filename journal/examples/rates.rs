//! Measures appends and verification on this disk.
//!
//! `cargo run --release -p gantry-journal --example rates -- FOLDER [SECONDS]`: for each write path
//! and frame length the synced frames per second with their latencies, then the speed of a verify.
//! The preparer runs in its own thread, as in production.
#![expect(clippy::print_stdout, reason = "a program whose output is its purpose")]

use std::error::Error;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use gantry_journal::{
    FileStorage, FrameBuffer, FrameFacts, Journal, JournalError, JournalOptions, PrepareStep,
    SegmentPreparer, WritePath, verify,
};

/// Bytes of one record, as the design assumes.
const RECORD_BYTES: usize = 250;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("name a folder that may be filled")?;
    let seconds: u64 = arguments.next().map_or(Ok(3), |text| text.parse())?;
    for write_path in [WritePath::Mapped, WritePath::Direct] {
        for frame_bytes in [4, 64, 512].map(|kib| kib * 1024) {
            let directory = Path::new(&folder).join(format!("{write_path:?}-{frame_bytes}"));
            run(&directory, write_path, frame_bytes, Duration::from_secs(seconds))?;
            read(&directory, "first")?;
            read(&directory, "second")?;
            std::fs::remove_dir_all(&directory)?;
        }
    }
    Ok(())
}

fn run(
    directory: &Path,
    write_path: WritePath,
    frame_bytes: usize,
    time: Duration,
) -> Result<(), Box<dyn Error>> {
    let options = JournalOptions { new_instance_id: 1, write_path, ..JournalOptions::default() };
    let storage = Box::new(FileStorage::new());
    let opened = Journal::open(directory, options, storage, None, &mut |_| Ok(()))?;
    let (mut journal, mut preparer) = (opened.journal, opened.preparer);
    while preparer.step()? == PrepareStep::Worked {}
    let stop = AtomicBool::new(false);
    let latencies = thread::scope(|scope| {
        scope.spawn(|| prepare(&mut preparer, &stop));
        let latencies = append(&mut journal, frame_bytes, time);
        stop.store(true, Ordering::Relaxed);
        latencies
    })?;
    print(write_path, frame_bytes, latencies);
    journal.close()?;
    Ok(())
}

fn prepare(preparer: &mut SegmentPreparer, stop: &AtomicBool) {
    while !stop.load(Ordering::Relaxed) {
        // A failing step shows as `NoSegmentReady` in the appending thread.
        let _ = preparer.step();
        thread::sleep(Duration::from_millis(1));
    }
}

fn append(
    journal: &mut Journal,
    frame_bytes: usize,
    time: Duration,
) -> Result<Vec<Duration>, JournalError> {
    let payload = vec![0xa5; frame_bytes - gantry_journal::FRAME_HEADER_BYTES];
    let mut buffer = FrameBuffer::new(payload.len());
    buffer.extend_from_slice(&payload);
    let record_count = u32::try_from(payload.len() / RECORD_BYTES).expect("invariant: a frame");
    let mut latencies = Vec::new();
    let start = Instant::now();
    while start.elapsed() < time {
        let before = Instant::now();
        let first_sequence = journal.last_sequence() + 1;
        let facts = FrameFacts { first_sequence, record_count, time_ns: 0, previous_sync_us: 0 };
        while let Err(error) = journal.append(&mut buffer, facts) {
            if !matches!(error, JournalError::NoSegmentReady) {
                return Err(error);
            }
            thread::sleep(Duration::from_millis(1));
        }
        latencies.push(before.elapsed());
    }
    Ok(latencies)
}

fn print(write_path: WritePath, frame_bytes: usize, mut latencies: Vec<Duration>) {
    latencies.sort_unstable();
    let total: Duration = latencies.iter().sum();
    let at = |per_mille: usize| latencies[(latencies.len() - 1) * per_mille / 1000].as_micros();
    let rate = latencies.len() as f64 / total.as_secs_f64();
    println!(
        "{write_path:?} {} KiB: {rate:.0} frames/s, {:.0} MB/s, p50 {} us, p99 {} us, p99.9 {} us, max {} us",
        frame_bytes / 1024,
        rate * frame_bytes as f64 / 1e6,
        at(500),
        at(990),
        at(999),
        at(1000)
    );
}

fn read(directory: &Path, pass: &str) -> Result<(), JournalError> {
    let start = Instant::now();
    let report = verify(directory)?;
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "    {pass} verify: {seconds:.2} s, {:.2} GB/s, {:.1} M records/s ({} frames, {:.0} MB)",
        report.bytes as f64 / seconds / 1e9,
        report.records as f64 / seconds / 1e6,
        report.frames,
        report.bytes as f64 / 1e6
    );
    Ok(())
}
