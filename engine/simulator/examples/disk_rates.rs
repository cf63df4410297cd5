//! Measures the simulated disk below the journal: appends, and openings of what they left.
//!
//! `cargo run --release -p gantry-simulator --example disk_rates`: for each frame length how long an
//! append takes of which the disk is a part, and how long it takes to open a journal of one segment
//! of 1 MiB after the power went; beside each the same work without the disk, the hashing of the
//! same bytes.
#![expect(clippy::print_stdout, reason = "a program whose output is its purpose")]
#![expect(clippy::disallowed_types, clippy::disallowed_methods, reason = "it measures real time")]

use std::error::Error;
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use gantry_journal::{
    FRAME_HEADER_BYTES, FrameBuffer, FrameFacts, Journal, JournalError, JournalOptions, Opened,
};
use gantry_simulator::disk::SimDisk;
use gantry_simulator::random::{Stream, stream};

const SEGMENT_BYTES: u64 = 1 << 20;
/// Bytes of one record, as the design assumes.
const RECORD_BYTES: usize = 250;
/// How much is written for a figure.
const WRITTEN_BYTES: usize = 256 << 20;

fn main() -> Result<(), Box<dyn Error>> {
    for frame_bytes in [4, 16, 64].map(|kib| kib * 1024) {
        let payload: Vec<u8> =
            (0..=u8::MAX).cycle().take(frame_bytes - FRAME_HEADER_BYTES).collect();
        let records = payload.len() / RECORD_BYTES;
        let frames = WRITTEN_BYTES / frame_bytes;
        let time = appended(&payload, frames)?;
        let alone = timed(frames, || {
            black_box(blake3::hash(&payload));
        });
        let us = |time: Duration, count: usize| time.as_secs_f64() * 1e6 / count as f64;
        let rate = (records * frames) as f64 / time.as_secs_f64();
        println!(
            "{} KiB: {:.1} us a frame (its hash {:.1}), {rate:.0} records/s",
            frame_bytes / 1024,
            us(time, frames),
            us(alone, frames),
        );
        let (time, bytes) = opened(&payload)?;
        let alone = timed(1, || {
            black_box(blake3::hash(&vec![7; bytes]));
        });
        println!(
            "    opening {bytes} bytes of frames in 1 MiB: {:.0} us (their hash {:.0})",
            us(time, 1),
            us(alone, 1),
        );
    }
    Ok(())
}

fn timed(times: usize, work: impl Fn()) -> Duration {
    let start = Instant::now();
    (0..times).for_each(|_| work());
    start.elapsed()
}

fn open(disk: &SimDisk) -> Result<Opened, JournalError> {
    let options = JournalOptions {
        new_instance_id: 7,
        segment_bytes: SEGMENT_BYTES,
        ..JournalOptions::default()
    };
    let storage = Box::new(disk.mounted());
    Journal::open(Path::new("/shop"), options, storage, None, &mut |_| Ok(()))
}

fn append(opened: &mut Opened, buffer: &mut FrameBuffer) -> Result<(), JournalError> {
    let first_sequence = opened.journal.last_sequence() + 1;
    let facts = FrameFacts { first_sequence, record_count: 1, time_ns: 0, previous_sync_us: 0 };
    loop {
        match opened.journal.append(buffer, facts) {
            Err(JournalError::NoSegmentReady) => drop(opened.preparer.step()?),
            other => return other.map(drop),
        }
    }
}

fn buffer(payload: &[u8]) -> FrameBuffer {
    let mut buffer = FrameBuffer::new(payload.len());
    buffer.extend_from_slice(payload);
    buffer
}

/// What so many frames take, rolls and preparing included.
fn appended(payload: &[u8], frames: usize) -> Result<Duration, JournalError> {
    let mut opened = open(&SimDisk::new(stream(1, Stream::Disk)))?;
    let mut buffer = buffer(payload);
    let start = Instant::now();
    (0..frames).try_for_each(|_| append(&mut opened, &mut buffer))?;
    Ok(start.elapsed())
}

/// The median of opening a journal of one full segment, and the bytes of its frames.
fn opened(payload: &[u8]) -> Result<(Duration, usize), JournalError> {
    let mut times = Vec::new();
    let mut bytes = 0;
    for seed in 0..31 {
        let disk = SimDisk::new(stream(seed, Stream::Disk));
        let mut opened = open(&disk)?;
        let mut buffer = buffer(payload);
        append(&mut opened, &mut buffer)?;
        bytes = payload.len();
        while opened.journal.segment_remaining_bytes() >= payload.len() as u64 + 4096 {
            append(&mut opened, &mut buffer)?;
            bytes += payload.len();
        }
        drop(opened);
        disk.crash_power();
        let start = Instant::now();
        drop(open(&disk)?);
        times.push(start.elapsed());
    }
    times.sort_unstable();
    Ok((times[times.len() / 2], bytes))
}
