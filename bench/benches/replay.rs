//! How fast a state is rebuilt from its journal: read, verify every hash, apply.
//!
//! The journal lies in the page cache, as it does after a restart of the process alone; after a
//! restart of the machine the disk may be what limits. The figure holds a constant: the zeros behind
//! the last frame, up to a whole segment and a spare, are read too, which a longer journal hides.
//!
//!     cargo bench -p gantry-bench --bench replay

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use criterion::{Criterion, SamplingMode, Throughput};
use gantry_bench::{JournalRig, Shop, ShopPlan};
use gantry_engine::{ReplayCheck, Start, replay_directory};
use gantry_journal::{FileStorage, FrameBuffer, FrameFacts, PAYLOAD_BYTES_MAX, Storage, WritePath};
use gantry_model::{Records, Sequence};
use tempfile::TempDir;

/// Orders in the journal, beside the records that define the shop.
const ORDERS: u32 = 300_000;
/// Orders that are written down at once.
const ORDERS_PER_CHUNK: u32 = 10_000;

fn main() {
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(5))
        .sample_size(10)
        .configure_from_args();
    replay(&mut criterion);
    criterion.final_summary();
}

fn replay(criterion: &mut Criterion) {
    let (folder, records) = journal();
    let mut group = criterion.benchmark_group("replay");
    group.throughput(Throughput::Elements(records)).sampling_mode(SamplingMode::Flat);
    group.bench_function("directory", |bencher| {
        bencher.iter(|| {
            assert_eq!(replayed(folder.path()), records, "every record is replayed");
        });
    });
    group.finish();
}

fn replayed(directory: &Path) -> u64 {
    let storage: Arc<dyn Storage> = Arc::new(FileStorage::new());
    let replayed = replay_directory(
        Start::without_snapshot(1),
        &storage,
        directory,
        ReplayCheck::Apply,
        Sequence::MAX,
        &mut |_| {},
    );
    replayed.expect("the journal was written a moment ago").records
}

/// A journal of a shop and its orders; how many records it has.
fn journal() -> (TempDir, u64) {
    let mut shop = Shop::recorded(ShopPlan::STEADY);
    let mut rig = JournalRig::new(WritePath::Mapped).expect("the disk can be written");
    let mut records = append(&mut rig, shop.take_frames(), 0);
    for _ in 0..ORDERS / ORDERS_PER_CHUNK {
        let mut items = Vec::new();
        (0..ORDERS_PER_CHUNK).for_each(|_| shop.write_order(&mut items));
        shop.execute(&items);
        records = append(&mut rig, shop.take_frames(), records);
    }
    (rig.close().expect("the disk can be written"), records)
}

/// Appends the frames behind `records` records; returns how many there are then.
fn append(rig: &mut JournalRig, frames: Vec<Vec<u8>>, mut records: u64) -> u64 {
    let mut buffer = FrameBuffer::new(PAYLOAD_BYTES_MAX);
    for frame in frames {
        buffer.clear();
        buffer.extend_from_slice(&frame);
        let record_count = u32::try_from(Records::new(&frame).count()).expect("below 2^32");
        let facts = FrameFacts {
            first_sequence: records + 1,
            record_count,
            time_ns: 1,
            previous_sync_us: 0,
        };
        rig.append_records(&mut buffer, facts).expect("the disk can be written");
        records += u64::from(record_count);
    }
    records
}
