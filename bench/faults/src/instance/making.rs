//! What an instance makes of its journal while it works, and the work itself.

use std::path::Path;
use std::sync::Arc;

use clap::ValueEnum;
use gantry_engine::{
    ArchiveLimits, Instance, LocalInstance, Moment, Shadow, SnapshotError, Start, trim_instance,
};
use gantry_journal::{FileStorage, Storage};
use gantry_model::{EngineTime, Sequence};

use super::INDEX_SEED;
use super::commands::send;
use crate::judge::Case;

/// Everything that was ever closed is old enough.
const ALL: Moment = Moment { sequence: Sequence::MAX, time: EngineTime::new(0) };
/// A file however little there is.
const EVEN_ONE: ArchiveLimits =
    ArchiveLimits { rows_min: 1, orders_max: 1 << 12, commands_max: 1 << 12 };
/// Commands that are carried out while a snapshot is written.
const COMMANDS_MEANWHILE: u64 = 2;

/// Something that is made of a journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Making {
    /// A snapshot, by the shadow.
    Snapshot,
    /// An archive file, and the rows that it holds leave memory.
    Archive,
    /// A journal without its beginning.
    Trim,
}

impl Making {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Snapshot, Self::Archive, Self::Trim];

    pub(crate) fn name(self) -> String {
        self.to_possible_value().unwrap().get_name().to_owned()
    }
}

/// What is made while an instance works, in turn.
#[derive(Clone, Debug, Default)]
pub struct Makings {
    /// One after the other, and again from the first.
    pub kinds: Vec<Making>,
    /// One after so many commands.
    pub every: u64,
}

/// Any failure of the work: a driver ends with it, as a server would.
pub type Failure = Box<dyn std::error::Error>;

/// Opens the instance in `directory` and carries out the next `count` commands of the case, each
/// durable before the next, with makings between them. Says the last durable sequence each time.
pub fn work(
    directory: &Path,
    case: &Case,
    count: u64,
    makings: &Makings,
    say: &mut dyn FnMut(&str) -> std::io::Result<()>,
) -> Result<LocalInstance, Failure> {
    let instance = open(directory, case, Start::from_newest(&FileStorage, directory, INDEX_SEED)?)?;
    let mut worker = Worker { directory, seed: case.seed, instance, next: 0, say };
    let opened = worker.instance.engine().last_sequence();
    (worker.say)(&format!("opened {}", opened.get()))?;
    // Those that were carried out before are duplicates.
    while !send(&mut worker.instance, worker.seed, worker.next)? {
        worker.next += 1;
    }
    let end = worker.next + count;
    worker.next += 1;
    worker.acknowledge()?;
    let mut kinds = makings.kinds.iter().cycle();
    for done in 1.. {
        if done % makings.every.max(1) == 0
            && let Some(kind) = kinds.next()
        {
            worker.make(*kind)?;
        }
        if worker.next >= end {
            break;
        }
        worker.carry_out()?;
    }
    Ok(worker.instance)
}

pub(super) fn open(
    directory: &Path,
    case: &Case,
    start: Start,
) -> Result<LocalInstance, gantry_engine::InstanceError> {
    let storage = Box::new(FileStorage::new());
    Instance::open_from(start, directory, case.options(), storage).map(LocalInstance::from)
}

struct Worker<'a> {
    directory: &'a Path,
    seed: u64,
    instance: LocalInstance,
    /// The next command.
    next: u64,
    say: &'a mut dyn FnMut(&str) -> std::io::Result<()>,
}

impl Worker<'_> {
    fn carry_out(&mut self) -> Result<(), Failure> {
        send(&mut self.instance, self.seed, self.next)?;
        self.next += 1;
        self.acknowledge()
    }

    fn acknowledge(&mut self) -> Result<(), Failure> {
        self.instance.commit()?;
        let durable = self.instance.engine().last_sequence().get();
        Ok((self.say)(&format!("ack {durable}"))?)
    }

    fn make(&mut self, making: Making) -> Result<(), Failure> {
        match making {
            Making::Snapshot => self.make_snapshot(),
            Making::Archive => {
                self.instance.archive(ALL, &EVEN_ONE)?;
                self.acknowledge()
            }
            Making::Trim => trim(self.directory),
        }
    }

    /// Makes one while the work goes on.
    fn make_snapshot(&mut self) -> Result<(), Failure> {
        let mut shadow = begin_shadow(self.directory)?;
        while shadow.step()? {}
        let (mut left, mut failed) = (COMMANDS_MEANWHILE, None);
        shadow.finish(&mut || {
            if left > 0 {
                left -= 1;
                failed = self.carry_out().err();
            }
            failed.is_none()
        })?;
        failed.map_or(Ok(()), Err)
    }
}

pub(super) fn storage() -> Arc<dyn Storage> {
    Arc::new(FileStorage::new())
}

fn begin_shadow(directory: &Path) -> Result<Shadow, SnapshotError> {
    Shadow::begin(directory, storage(), INDEX_SEED)
}

/// Makes a snapshot of what is durable; whether there was anything new in it.
pub(super) fn snapshot(directory: &Path) -> Result<bool, SnapshotError> {
    let mut shadow = begin_shadow(directory)?;
    while shadow.step()? {}
    Ok(shadow.finish(&mut || true)?.is_some())
}

/// Lets everything closed leave memory; whether there was anything.
pub(super) fn archive(instance: &mut LocalInstance) -> Result<bool, Failure> {
    let built = instance.archive(ALL, &EVEN_ONE)?;
    instance.commit()?;
    Ok(built.is_some())
}

/// Trims as far as it goes. Too few snapshots to do so are no failure.
fn trim(directory: &Path) -> Result<(), Failure> {
    match trim_instance(&storage(), directory, u64::MAX, INDEX_SEED) {
        Ok(_) | Err(SnapshotError::NoFloor { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Trims to the older of two snapshots, which are there.
pub(super) fn trim_to_floor(directory: &Path) -> Result<(), SnapshotError> {
    trim_instance(&storage(), directory, u64::MAX, INDEX_SEED).map(drop)
}
