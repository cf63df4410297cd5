//! Bit flips in the folder of a real server, judged by the real binary.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use gantry_journal::JournalReader;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;
use tokio::runtime::Builder;

use super::ledger::Ledger;
use super::server::{Product, Server};
use super::shop::set_up;
use crate::bit_rot::{Answer, Tally};
use crate::driver::Io;
use crate::judge::Violation;

/// Every so often the server itself is started on the damage too.
const SERVED_EVERY: u64 = 20;

/// A folder that a killed server left, and what a replay of it says.
struct Left {
    _folder: tempfile::TempDir,
    directory: PathBuf,
    replayed: Value,
    segments: Vec<(PathBuf, u64)>,
    /// First sequence of the last frame.
    last_frame_from: u64,
}

/// Flips one bit at a time in the written part of a folder, `flips` times; a replay must refuse, or
/// cut the last frame, or give the same state.
pub fn rot(product: &Product, seed: u64, flips: u64) -> Result<Tally, Violation> {
    let left = leave(product, seed)?;
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut tally = Tally::default();
    for count in 0..flips {
        let (path, bytes) = &left.segments[random.random_range(0..left.segments.len())];
        let offset = random.random_range(0..*bytes);
        let mask = 1_u8 << random.random_range(0..8);
        flip(path, offset, mask);
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let answer = judge(product, &left).map_err(|violation| {
            Violation(format!("seed {seed}, {name}, byte {offset}, bits {mask:#x}: {violation}"))
        })?;
        if answer == Answer::Refused && count.is_multiple_of(SERVED_EVERY) {
            // A start from a snapshot does not read what lies before it.
            let options = ["--full-replay"];
            let served = Server::start_with(product, &left.directory, Io::Mapped, &options);
            if served.is_ok() {
                let text = "a replay refuses it and the server takes it";
                return Err(Violation(format!("seed {seed}, {name}, byte {offset}: {text}")));
            }
        }
        flip(path, offset, mask);
        tally.count(answer);
    }
    Ok(tally)
}

fn flip(path: &Path, offset: u64, mask: u8) {
    let file = OpenOptions::new().read(true).write(true).open(path).unwrap();
    let mut byte = [0];
    file.read_exact_at(&mut byte, offset).unwrap();
    file.write_all_at(&[byte[0] ^ mask], offset).unwrap();
}

/// Loads a new server for a moment and kills it.
fn leave(product: &Product, seed: u64) -> Result<Left, Violation> {
    let folder = tempfile::tempdir().unwrap();
    let directory = folder.path().join("shop");
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let server = Server::start(product, &directory, Io::Mapped)?;
    runtime.block_on(async {
        set_up(server.address()).await;
        let load = tokio::spawn(Ledger::load(server.address().to_owned(), seed));
        tokio::time::sleep(Duration::from_millis(300)).await;
        server.kill();
        load.await.unwrap();
    });
    let replayed = product.json(&["replay", directory.to_str().unwrap()])?;
    let mut reader = JournalReader::open(&directory).unwrap();
    let mut ends = BTreeMap::new();
    let mut last_frame_from = 0;
    while let Some(view) = reader.next_frame().unwrap() {
        let bytes = (256 + view.payload.len() as u64).next_multiple_of(4096);
        ends.insert(view.segment, view.offset + bytes);
        last_frame_from = view.first_sequence;
    }
    let path = |number: u64| directory.join(format!("segments/{number:020}.segment"));
    let segments = ends.into_iter().map(|(number, end)| (path(number), end)).collect();
    Ok(Left { _folder: folder, directory, replayed, segments, last_frame_from })
}

fn judge(product: &Product, left: &Left) -> Result<Answer, Violation> {
    let ran = product.run(&["replay", left.directory.to_str().unwrap(), "--json"]);
    if ran.code != Some(0) {
        let named = ran.stderr.contains(".segment") && ran.stderr.contains("offset");
        let complaint = || Violation(format!("a refusal that names nothing: {ran:?}"));
        return if named { Ok(Answer::Refused) } else { Err(complaint()) };
    }
    let found = ran.json()?;
    if found["state_hash"] == left.replayed["state_hash"]
        && found["last_sequence"] == left.replayed["last_sequence"]
    {
        return Ok(Answer::Harmless);
    }
    // Only the last frame, which has no seal behind it.
    if found["last_sequence"].as_u64() == Some(left.last_frame_from - 1) {
        return Ok(Answer::Cut);
    }
    Err(Violation(format!("a replay gave {found}, before it was {}", left.replayed)))
}
