//! Orders and ids that left memory: the oracle keeps them all, so it says what memory would have
//! answered.

use std::path::Path;

use gantry_engine::{ArchiveLimits, LocalInstance, Moment};
use gantry_journal::{FileStorage, JournalOptions, JournalReader};
use gantry_model::{Actor, Command, EngineTime, Items, Query, Sequence};
use gantry_simulator::oracle::{Answered, Oracle};
use gantry_simulator::random::{Stream, stream};
use gantry_simulator::workload::{Made, Workload};
use rand::RngExt;

use crate::run::swarm;

/// Everything that was ever closed is old enough.
const ALL: Moment = Moment { sequence: Sequence::MAX, time: EngineTime::new(77) };

/// Returns the orders that left memory.
fn archive_as_it_goes(seed: u64, items: usize) -> u64 {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let mut instance = open(folder.path());
    let mut workload = Workload::new(stream(seed, Stream::Workload), swarm(seed).well_formed());
    let mut rng = stream(seed, Stream::Turns);
    let mut answers = Vec::new();
    let mut now = 1_700_000_000_000_000_000;
    for _ in 0..items {
        now += u64::from(rng.random_range(0..100_u32)) * 1_000_000_000;
        let mut bytes = Vec::new();
        let made = workload.next(&mut bytes);
        let item = Items::new(&bytes, usize::MAX).next().unwrap().unwrap();
        let reply = match made {
            Made::Query => instance.query(&Query::parse(&item).unwrap()).unwrap(),
            Made::Command => {
                let (command, now) = (Command::parse(&item).unwrap(), EngineTime::new(now));
                instance.execute(&command, Actor::CLIENT_MIN, now).unwrap()
            }
        };
        answers.push((made == Made::Query, bytes, reply));
        if rng.random_range(0..100) == 0 {
            let limits = ArchiveLimits {
                rows_min: 1,
                orders_max: rng.random_range(1..60),
                commands_max: rng.random_range(1..60),
            };
            instance.archive(ALL, &limits).unwrap();
        }
    }
    instance.close().unwrap();
    let mut oracle = Oracle::new();
    let answers = answers.iter().map(|(is_query, request, reply)| Answered {
        is_query: *is_query,
        request,
        reply,
    });
    let judged = oracle.batch(&records(folder.path()), answers);
    assert_eq!(judged, Ok(()), "seed {seed}");
    let mut instance = open(folder.path());
    let compared = oracle.compare(&mut |query| instance.query(query).unwrap());
    assert_eq!(compared, Ok(()), "seed {seed}");
    instance.engine().state().archives.orders()
}

fn open(folder: &Path) -> LocalInstance {
    let options = JournalOptions {
        new_instance_id: 7,
        segment_bytes: 2 << 20,
        segments_spare: 1,
        ..JournalOptions::default()
    };
    LocalInstance::open(folder, options, Box::new(FileStorage::new()), 1).unwrap()
}

/// All records of a journal that is closed.
fn records(folder: &Path) -> Vec<u8> {
    let mut reader = JournalReader::open(folder).unwrap();
    let mut records = Vec::new();
    while let Some(frame) = reader.next_frame().unwrap() {
        records.extend_from_slice(frame.payload);
    }
    records
}

#[test]
fn orders_that_left_memory_answer_as_before() {
    let left: u64 = (5_000..5_040).map(|seed| archive_as_it_goes(seed, 1_500)).sum();
    assert!(left > 300, "{left} orders left memory");
}
