//! A small instance on a real folder, one frame a record.

use std::path::Path;
use std::sync::Arc;

use gantry_engine::{
    Engine, Instance, InstanceError, LocalInstance, Shadow, SnapshotError, SnapshotFacts,
};
use gantry_journal::{FileStorage, JournalOptions, JournalReader};
use gantry_model::{Actor, Command, CommandId, EngineTime, Record, Records};

use super::random_lines;
use crate::shop::Shop;

pub(crate) const INSTANCE: u128 = 42;

fn options(instance: u128) -> JournalOptions {
    JournalOptions {
        new_instance_id: instance,
        segment_bytes: 1 << 20,
        segments_spare: 1,
        ..JournalOptions::default()
    }
}

/// Opens the folder as a server would.
pub(crate) fn open(directory: &Path) -> Result<Instance, InstanceError> {
    Instance::open(directory, options(INSTANCE), Box::new(FileStorage::new()), 1)
}

/// `count` commands of a random shop that each make a record.
pub(crate) fn commands(seed: u64, count: usize) -> Vec<(Vec<u8>, EngineTime)> {
    let mut shop = Shop::new();
    random_lines(seed, count * 4).iter().for_each(|line| drop(shop.run(line)));
    let records = Records::new(shop.records.payload()).map(Result::unwrap);
    let commands = records.map(|record: Record<'_>| (record.command_bytes.to_vec(), record.time));
    let commands: Vec<_> = commands.take(count).collect();
    assert_eq!(commands.len(), count);
    commands
}

/// A writer of the folder that goes on where it stands.
pub(crate) struct Writer(pub(crate) LocalInstance);

impl Writer {
    pub(crate) fn open(directory: &Path) -> Self {
        Self(open(directory).unwrap().into())
    }

    pub(crate) fn create(directory: &Path, instance: u128) -> Self {
        let storage = Box::new(FileStorage::new());
        Self(Instance::open(directory, options(instance), storage, 1).unwrap().into())
    }

    /// Carries the commands out, each durable before the next.
    pub(crate) fn run(&mut self, commands: &[(Vec<u8>, EngineTime)]) {
        for (bytes, time) in commands {
            let (item, _) = gantry_model::Item::split(bytes, usize::MAX).unwrap();
            let command = Command::parse(&item).unwrap();
            self.0.execute(&command, Actor::CLIENT_MIN, *time).unwrap();
            self.0.commit().unwrap();
        }
    }

    /// Ends in order; returns the state's hash.
    pub(crate) fn close(self) -> u128 {
        let hash = self.0.engine().state_hash();
        self.0.close().unwrap();
        hash
    }
}

/// A closed instance of some commands; returns the state's hash.
pub(crate) fn build(directory: &Path, seed: u64, count: usize) -> u128 {
    let mut writer = Writer::create(directory, INSTANCE);
    writer.run(&commands(seed, count));
    writer.close()
}

/// Makes a snapshot of all that is durable.
pub(crate) fn make(directory: &Path) -> Result<Option<SnapshotFacts>, SnapshotError> {
    let mut shadow = Shadow::begin(directory, Arc::new(FileStorage::new()), 3)?;
    while shadow.step()? {}
    shadow.finish(&mut || true)
}

/// What the whole journal makes.
pub(crate) fn full_replay(directory: &Path) -> Engine {
    let mut reader = JournalReader::open(directory).unwrap();
    let mut engine = Engine::new();
    while let Some(frame) = reader.next_frame().unwrap() {
        engine.replay(frame.payload).unwrap();
    }
    engine
}

/// An id that no script uses.
pub(crate) fn fresh_zone(number: u128, code: &str) -> Command<'_> {
    let id = CommandId::new(9_000_000 + number);
    Command::UpsertZone(gantry_model::UpsertCode { id, code })
}
