//! A process that ends in the middle of retiring goes on where it was.

use std::path::Path;

use gantry_engine::{
    ArchiveLimits, Batch, Engine, LocalInstance, ReplayCheck, Start, Writer, build_archive,
    replay_directory,
};
use gantry_journal::{JournalReader, PrepareStep};
use gantry_model::{
    Actor, Command, CommandId, CommandKind, LineUnits, OrderId, OrderLine, OrderUnits, Query,
    Records, Sequence, Sku, Warehouse,
};

use super::instances::{ALL, EVEN_ONE, now, open, order, real, set_up};

const ORDERS: u128 = 1_200;

/// An instance with closed orders, and four that are open.
fn filled(folder: &Path) -> LocalInstance {
    let mut instance = open(folder, 7).unwrap();
    set_up(&mut instance);
    for number in 0..ORDERS {
        let id = OrderId::new(1_000 + number);
        let lines = [OrderLine::new(Sku::new(0), 2)];
        let place = Command::PlaceOrder(order(id, &lines));
        instance.execute(&place, Actor::CLIENT_MIN, now(number)).unwrap();
        if number % 300 == 0 {
            continue;
        }
        let units = [LineUnits::new(0, Warehouse::new(0), 2)];
        let ship = OrderUnits { id: CommandId::new(5_000 + number), order: id, units: &units };
        instance.execute(&Command::Ship(ship), Actor::CLIENT_MIN, now(number)).unwrap();
    }
    instance
}

fn answers(instance: &mut LocalInstance) -> Vec<Vec<u8>> {
    let mut answers = Vec::new();
    for number in 0..ORDERS + 1 {
        let id = OrderId::new(1_000 + number);
        // Without the sequence of the last record, which is another.
        answers.push(instance.query(&Query::ReadOrder(id)).unwrap().split_off(24));
        if number < ORDERS {
            let lines = [OrderLine::new(Sku::new(0), 2)];
            let again = Command::PlaceOrder(order(id, &lines));
            answers.push(instance.execute(&again, Actor::CLIENT_MIN, now(ORDERS)).unwrap());
        }
    }
    answers
}

/// Retires so many records of the next file, journals them, and ends without a clean stop.
fn retire_some(instance: LocalInstance, records: u32) -> u128 {
    let mut instance = instance.into_instance().unwrap();
    let facts = build_archive(&instance.archive_folder, &instance.engine, None, ALL, &EVEN_ONE);
    let facts = facts.unwrap().expect("closed orders");
    instance.archive_folder.open(facts.number).unwrap();
    let time = instance.engine.last_time();
    let mut writer = Writer::new(instance.engine);
    let mut batch = Batch::new();
    (0..records).for_each(|_| assert!(writer.retire(Some(&facts), &mut batch, time)));
    let frame = batch.facts().unwrap();
    while instance.journal.segment_remaining_bytes() == 0 {
        assert_ne!(instance.preparer.step().unwrap(), PrepareStep::Idle);
    }
    instance.journal.append(&mut batch.records, frame).unwrap();
    writer.engine().state_hash()
}

#[test]
fn a_restart_in_the_middle_of_retiring_makes_the_same_state() {
    let folder = || tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let (at_once, bit_by_bit) = (folder(), folder());
    let mut instance = filled(at_once.path());
    let expected_answers = answers(&mut instance);
    assert!(instance.archive(ALL, &EVEN_ONE).unwrap().is_some());
    let expected = instance.engine().state_hash();
    assert_eq!(answers(&mut instance), expected_answers);
    instance.close().unwrap();

    let mut instance = filled(bit_by_bit.path());
    for records in [1, 2] {
        let hash = retire_some_more(instance, records);
        instance = open(bit_by_bit.path(), 7).unwrap();
        assert_eq!(instance.engine().state_hash(), hash, "replay makes the same state");
        let state = instance.engine().state();
        assert!(state.archives.unfinished().is_some());
        state.audit();
        assert_eq!(state.hash(), state.recompute_hash());
        assert_eq!(answers(&mut instance), expected_answers, "after {records} records");
    }
    // Only what is left of the file is left to do.
    assert_eq!(instance.archive(ALL, &EVEN_ONE).unwrap(), None);
    assert_eq!(instance.engine().state_hash(), expected);
    assert_eq!(answers(&mut instance), expected_answers);
    instance.close().unwrap();
    let check = ReplayCheck::Decide;
    let replayed = replay_directory(
        Start::without_snapshot(2),
        &real(),
        bit_by_bit.path(),
        check,
        Sequence::MAX,
        &mut |_| (),
    )
    .unwrap();
    assert_eq!(replayed.engine.state_hash(), expected);
}

/// The first time builds the file; later it is there and goes on.
fn retire_some_more(instance: LocalInstance, records: u32) -> u128 {
    if instance.engine().state().archives.unfinished().is_none() {
        return retire_some(instance, records);
    }
    let mut instance = instance.into_instance().unwrap();
    let time = instance.engine.last_time();
    let mut writer = Writer::new(instance.engine);
    let mut batch = Batch::new();
    (0..records).for_each(|_| assert!(writer.retire(None, &mut batch, time)));
    let frame = batch.facts().unwrap();
    instance.journal.append(&mut batch.records, frame).unwrap();
    writer.engine().state_hash()
}

#[test]
fn every_prefix_of_retiring_holds_together() {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let mut instance = filled(folder.path());
    let limits = ArchiveLimits { orders_max: 100, commands_max: 130, ..EVEN_ONE };
    while instance.archive(ALL, &limits).unwrap().is_some() {}
    let expected = instance.engine().state_hash();
    instance.close().unwrap();
    let mut reader = JournalReader::open(folder.path()).unwrap();
    let mut engine = Engine::new();
    let mut retired = 0;
    while let Some(frame) = reader.next_frame().unwrap() {
        for record in Records::new(frame.payload) {
            let record = record.unwrap();
            engine.replay_record(&record).unwrap();
            if record.command.kind() == CommandKind::Retire {
                retired += 1;
                assert_eq!(record.actor, Actor::ENGINE);
                engine.state().audit();
                assert_eq!(engine.state_hash(), engine.state().recompute_hash());
            }
        }
    }
    assert!(retired >= 6, "{retired} records");
    assert_eq!(engine.state_hash(), expected);
    assert_eq!(engine.state().orders.iter().count(), 4, "four are open");
}
