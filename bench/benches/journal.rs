//! What one durable append costs on this disk, by frame size and write path, and what hashing the
//! same bytes costs by itself.
//!
//! The syncs are real: the folder is on the disk of the build folder. Figures move with whatever
//! else uses the disk; compare them with `cargo run --release -p gantry-bench --bin floor` of the
//! same minute.
//!
//!     cargo bench -p gantry-bench --bench journal

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput};
use gantry_bench::JournalRig;
use gantry_journal::{FRAME_HEADER_BYTES, FrameBuffer, WritePath};

/// Whole frames, with header, in the file.
const FRAME_SIZES: [usize; 3] = [4 << 10, 64 << 10, 512 << 10];

fn main() {
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_millis(1_500))
        .sample_size(20)
        .configure_from_args();
    append(&mut criterion);
    hash(&mut criterion);
    criterion.final_summary();
}

fn append(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("append");
    for (name, write_path) in [("mapped", WritePath::Mapped), ("direct", WritePath::Direct)] {
        // A file system that refuses direct writes is a fact of the machine, not a failure.
        let Some(mut rig) = first_append(write_path) else { continue };
        for frame_bytes in FRAME_SIZES {
            let mut buffer = filled(frame_bytes - FRAME_HEADER_BYTES);
            group.throughput(Throughput::Bytes(frame_bytes as u64));
            group.bench_function(BenchmarkId::new(name, frame_bytes), |bencher| {
                bencher
                    .iter(|| rig.append(black_box(&mut buffer)).expect("the disk can be written"));
            });
        }
        rig.close().expect("the disk can be written");
    }
    group.finish();
}

/// A journal whose first segment stands ready, if the file system knows the write path.
fn first_append(write_path: WritePath) -> Option<JournalRig> {
    let mut rig = JournalRig::new(write_path).ok()?;
    rig.append(&mut filled(1)).ok()?;
    Some(rig)
}

fn filled(payload_bytes: usize) -> FrameBuffer {
    let mut buffer = FrameBuffer::new(payload_bytes);
    let payload: Vec<u8> = (0..=250).cycle().take(payload_bytes).collect();
    buffer.extend_from_slice(&payload);
    buffer
}

fn hash(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("hash");
    for frame_bytes in FRAME_SIZES {
        let buffer = filled(frame_bytes - FRAME_HEADER_BYTES);
        let payload = buffer.payload();
        group.throughput(Throughput::Bytes(payload.len() as u64));
        group.bench_function(BenchmarkId::new("blake3", frame_bytes), |bencher| {
            bencher.iter(|| blake3::hash(black_box(payload)));
        });
        group.bench_function(BenchmarkId::new("xxh3_128", frame_bytes), |bencher| {
            bencher.iter(|| twox_hash::XxHash3_128::oneshot(black_box(payload)));
        });
    }
    group.finish();
}
