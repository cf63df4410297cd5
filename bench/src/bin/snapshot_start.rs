//! How fast a start from a snapshot of many open orders is.
//!
//! ```text
//! snapshot_start ORDERS FOLDER [RUNS]
//! ```
//!
//! Fills the shop of the workload `steady` with orders, writes a snapshot, and reads it back so
//! many times: on one thread, and with a second one that reads and proves ahead, as a server does.
//! If the folder holds a snapshot, that one is read, so that each start can be a new process.
//! Beside them stand the time to read the same file and the time to read and hash it; the file is
//! in the page cache, as it is after a restart of the process alone.

#![expect(clippy::print_stdout, reason = "printing figures is what this program is for")]

use std::error::Error;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use gantry_bench::{Shop, ShopPlan};
use gantry_engine::{
    Engine, SnapshotReader, SnapshotSection, list_snapshots, read_snapshot, snapshot_facts,
    write_snapshot,
};
use gantry_gateway::read_snapshot_ahead;
use gantry_journal::{Bookmark, FileStorage};

/// As the server has it: memory that a run gives back is not all new to the next one either.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Orders that are written down at once.
const ORDERS_PER_CHUNK: u64 = 10_000;
/// A read's buffer.
const READ_BYTES: usize = 4 << 20;

fn main() -> Result<(), Box<dyn Error>> {
    let mut words = std::env::args().skip(1);
    let orders: u64 = words.next().ok_or("how many orders?")?.parse()?;
    let folder = PathBuf::from(words.next().ok_or("which folder?")?);
    let runs: usize = words.next().map_or(Ok(5), |word| word.parse())?;
    let storage = FileStorage::new();
    let path = match list_snapshots(&storage, &folder)?.into_iter().next() {
        Some(path) => path,
        None => make(&folder, orders)?,
    };
    let hash = snapshot_facts(&storage, &path)?.state_hash;
    let file_bytes = std::fs::metadata(&path)?.len();
    println!("{orders} orders, {} MiB, resident {} MiB", file_bytes >> 20, resident_mib()?);
    let check = |engine: &Engine| assert_eq!(engine.state_hash(), hash, "the same state");
    median("read the file", runs, || read_file(&path))?;
    median("read and prove", runs, || {
        let mut reader = SnapshotReader::open(&storage, &path)?;
        let mut section = SnapshotSection::default();
        while reader.next_section(&mut section)? {}
        Ok(())
    })?;
    // First what a server does: its memory is new to the process then.
    median("start, two threads", runs, || {
        check(&read_snapshot_ahead(&storage, &path, 1)?.0);
        Ok(())
    })?;
    median("start, one thread", runs, || {
        check(&read_snapshot(&storage, &path, 1)?.0);
        Ok(())
    })?;
    let engine = read_snapshot(&storage, &path, 1)?.0;
    let units = engine.totals();
    println!(
        "{} of {} orders open; memory of orders and ids {} MiB, resident {} MiB",
        units.open_orders,
        units.orders,
        units.order_memory_bytes.get() >> 20,
        resident_mib()?
    );
    Ok(())
}

/// A snapshot of that many orders.
fn make(folder: &Path, orders: u64) -> Result<PathBuf, Box<dyn Error>> {
    let mut shop = Shop::new(ShopPlan::STEADY);
    let mut items = Vec::new();
    for _ in 0..orders / ORDERS_PER_CHUNK {
        items.clear();
        (0..ORDERS_PER_CHUNK).for_each(|_| shop.write_order(&mut items));
        shop.execute(&items);
    }
    let engine = shop.engine();
    let last_sequence = engine.last_sequence().get();
    let bookmark = Bookmark {
        instance_id: 1,
        term: 0,
        frame_number: 1,
        segment: 1,
        offset: 4096,
        last_sequence,
        chain: [0; 16],
    };
    let started = Instant::now();
    let made = write_snapshot(&FileStorage::new(), folder, engine, &bookmark, &mut || true)?;
    println!("written and synced in {} ms", started.elapsed().as_millis());
    Ok(made.ok_or("nobody stops it")?.path)
}

fn read_file(path: &Path) -> Result<(), Box<dyn Error>> {
    let mut file = std::fs::File::open(path)?;
    let mut buffer = vec![0; READ_BYTES];
    while file.read(&mut buffer)? > 0 {}
    Ok(())
}

fn median(
    name: &str,
    runs: usize,
    mut run: impl FnMut() -> Result<(), Box<dyn Error>>,
) -> Result<(), Box<dyn Error>> {
    let mut times = Vec::new();
    for _ in 0..runs {
        let started = Instant::now();
        run()?;
        times.push(started.elapsed());
    }
    times.sort();
    let middle = times.get(times.len() / 2).map_or(0, Duration::as_millis);
    println!("{name}: median {middle} ms of {:?}", times);
    Ok(())
}

fn resident_mib() -> Result<u64, Box<dyn Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    let kib: u64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kib >> 10)
}
