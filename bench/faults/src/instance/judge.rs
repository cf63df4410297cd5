//! Starts what a fault has left of an instance, and holds it against what the seed issued.

use std::fmt::Display;
use std::fs;
use std::path::Path;

use gantry_engine::{Instance, LocalInstance, Start};
use gantry_journal::FileStorage;

use super::INDEX_SEED;
use super::commands::{check_orders, send};
use super::making::{archive, open, snapshot, storage, trim_to_floor};
use crate::judge::{Case, Survived, Violation};
use crate::programs::no_program_starts;

/// Starts the instance in `directory`, in which everything up to `acknowledged` was acknowledged:
/// from its newest snapshot, and from as far back as its journal reaches, which must make the same
/// state. Every command of the seed up to some number must have been carried out, and no other,
/// and each order be as they left it. Then goes on as a restarted server would: everything that is
/// made of a journal is made, nothing half made stays, and another start gives the same state.
///
/// # Errors
/// What of that does not hold.
pub fn judge(directory: &Path, case: &Case, acknowledged: u64) -> Result<Survived, Violation> {
    let _alone = no_program_starts();
    let newest = Start::from_newest(&FileStorage, directory, INDEX_SEED);
    let newest = newest.map_err(failed("no start"))?;
    let files = Box::new(FileStorage::new());
    let first = Instance::open_from(newest, directory, case.options(), files)
        .map_err(failed("start refused"))?;
    let last_sequence = first.engine.last_sequence().get();
    let (frames, cut_bytes) = (first.recovery.frames, first.recovery.cut_bytes);
    if last_sequence < acknowledged {
        return Err(Violation(format!(
            "records up to {acknowledged} were acknowledged, the start ends at {last_sequence}"
        )));
    }
    let hash = first.engine.state_hash();
    drop(first);
    let whole = Start::for_reading(&storage(), directory, INDEX_SEED);
    let whole = whole.map_err(failed("the journal cannot be read from its beginning"))?;
    let mut second = open(directory, case, whole).map_err(failed("second start refused"))?;
    expect_state(&second, hash, "a replay of the whole journal")?;
    let count = count_carried_out(&mut second, case.seed)?;
    check_orders(&mut second, case.seed, count)?;
    go_on(second, directory, case, count)?;
    Ok(Survived { last_sequence, frames, cut_bytes })
}

fn failed<E: Display>(what: &'static str) -> impl Fn(E) -> Violation {
    move |error| Violation(format!("{what}: {error}"))
}

fn expect_state(instance: &LocalInstance, hash: u128, what: &str) -> Result<(), Violation> {
    let found = instance.engine().state_hash();
    let text = || format!("{what} gives the state {found:032x}, it was {hash:032x}");
    if found == hash { Ok(()) } else { Err(Violation(text())) }
}

/// Sends every command until one is carried out now: the number of those that were before and of
/// this one.
fn count_carried_out(instance: &mut LocalInstance, seed: u64) -> Result<u64, Violation> {
    for number in 0.. {
        if send(instance, seed, number).map_err(failed("no command is taken"))? {
            return Ok(number + 1);
        }
    }
    unreachable!("numbers do not end")
}

/// Makes everything once more, with a command before each snapshot so that there is news.
fn go_on(
    mut instance: LocalInstance,
    directory: &Path,
    case: &Case,
    mut count: u64,
) -> Result<(), Violation> {
    for _ in 0..2 {
        // At least one order more is placed and closed.
        for _ in 0..4 {
            if !send(&mut instance, case.seed, count).map_err(failed("no command is taken"))? {
                return Err(Violation(format!("command {count} was known without those before")));
            }
            // Beside a writer a shadow sees a frame once there is another behind it.
            instance.commit().map_err(failed("no commit"))?;
            count += 1;
        }
        let made = snapshot(directory).map_err(failed("no snapshot can be made"))?;
        expect(made, "no snapshot was made of new records")?;
    }
    let made = archive(&mut instance).map_err(failed("nothing can be archived"))?;
    expect(made, "no archive file was made of closed orders")?;
    trim_to_floor(directory).map_err(failed("the journal cannot be trimmed"))?;
    check_orders(&mut instance, case.seed, count)?;
    let hash = instance.engine().state_hash();
    drop(instance);
    let newest = Start::from_newest(&FileStorage, directory, INDEX_SEED);
    let newest = newest.map_err(failed("no start after all was made"))?;
    let mut again = open(directory, case, newest).map_err(failed("start after all was made"))?;
    expect_state(&again, hash, "the start after all was made")?;
    check_orders(&mut again, case.seed, count)?;
    no_partials(directory)
}

fn expect(holds: bool, otherwise: &str) -> Result<(), Violation> {
    if holds { Ok(()) } else { Err(Violation(otherwise.to_owned())) }
}

fn no_partials(directory: &Path) -> Result<(), Violation> {
    for folder in ["snapshots", "archive"].map(|name| directory.join(name)) {
        for entry in fs::read_dir(folder).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            if name.ends_with(".partial") {
                return Err(Violation(format!("{name} was left half made")));
            }
        }
    }
    Ok(())
}
