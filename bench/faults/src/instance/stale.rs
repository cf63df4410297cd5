//! A journal that is put back to an earlier time beside a snapshot of a later one.

use std::fs;
use std::path::Path;

use gantry_engine::{InstanceError, Start};
use gantry_journal::{FileStorage, JournalError, WritePath};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::making::{Failure, open, snapshot};
use super::{INDEX_SEED, Makings, case, work};
use crate::judge::{Case, Violation};
use crate::programs::no_program_starts;
use crate::scenario::copy_folder;

/// An instance works, its segments are copied, it works on, a snapshot is made, the copy is put
/// back. The start must say that the journal lost what the snapshot has seen.
///
/// # Errors
/// If it starts, or refuses for another reason.
pub fn put_back(seed: u64) -> Result<(), Violation> {
    let _alone = no_program_starts();
    let folder = tempfile::tempdir().unwrap();
    let case = case(seed, WritePath::Mapped);
    let directory = folder.path().join("shop");
    grow_and_put_back(&case, &directory, &folder.path().join("earlier"))
        .unwrap_or_else(|error| panic!("{case:?}: {error}"));
    let start = Start::from_newest(&FileStorage, &directory, INDEX_SEED).unwrap();
    let (snapshot, started) = (start.snapshot.clone(), open(&directory, &case, start));
    let at = snapshot.unwrap().last_sequence();
    match started {
        Err(InstanceError::Journal(JournalError::BookmarkLost { .. })) => Ok(()),
        Err(other) => Err(Violation(format!("seed {seed}: refused for another reason: {other}"))),
        Ok(_) => Err(Violation(format!(
            "seed {seed}: a journal that ends before record {at} of a snapshot was accepted"
        ))),
    }
}

fn grow_and_put_back(case: &Case, directory: &Path, earlier: &Path) -> Result<(), Failure> {
    let mut random = ChaCha8Rng::seed_from_u64(case.seed);
    let segments = directory.join("segments");
    let grow = |commands| work(directory, case, commands, &Makings::default(), &mut |_| Ok(()));
    // A crash or a clean stop, which must make no difference.
    let first = grow(random.random_range(1..30))?;
    if random.random_bool(0.5) {
        first.close()?;
    } else {
        drop(first);
    }
    copy_folder(&segments, earlier);
    grow(random.random_range(1..30))?.close()?;
    assert!(snapshot(directory)?, "no snapshot was made of a closed journal");
    fs::remove_dir_all(&segments)?;
    copy_folder(earlier, &segments);
    Ok(())
}
