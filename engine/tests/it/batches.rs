//! The writer's step function: requests split over batches, answers in one piece, in order.

use gantry_engine::{Batch, Engine, Progress, RequestKind, Submission, Writer};
use gantry_model::{
    Actor, Command, CommandId, EngineTime, Items, Query, Reply, ReplyStatus, UpsertCode,
};

const NOW: EngineTime = EngineTime::new(1_000);

fn zone_command(number: u32, out: &mut Vec<u8>) {
    let code = format!("zone {number} of a rather long list of them");
    let code = &code[..code.len().min(40)];
    Command::UpsertZone(UpsertCode { id: CommandId::new(u128::from(number) + 1), code }).write(out);
}

fn frame_of(numbers: std::ops::Range<u32>) -> Vec<u8> {
    let mut payload = Vec::new();
    numbers.for_each(|number| zone_command(number, &mut payload));
    payload
}

#[test]
fn one_submission_larger_than_a_batch_is_answered_whole() {
    let mut writer = Writer::new(Engine::new());
    let mut submission = Submission::new(7, Actor::CLIENT_MIN);
    for request in 0..9 {
        let numbers = request * 1_000..(request + 1) * 1_000;
        submission.push_frame(RequestKind::Commands, u64::from(request), &frame_of(numbers));
    }
    let mut answers = Vec::new();
    let mut replayed = Engine::new();
    let mut batches = 0;
    loop {
        let mut batch = Batch::new();
        let progress = writer.step(&mut submission, &mut batch, NOW);
        batches += 1;
        if let Some(facts) = batch.facts() {
            assert_eq!(facts.first_sequence, replayed.last_sequence().get() + 1);
            let count = replayed.replay(batch.records.payload()).unwrap();
            assert_eq!(u64::from(facts.record_count), count);
            assert_eq!(batch.last_sequence(), replayed.last_sequence());
        }
        for reply in batch.outbox.replies() {
            assert_eq!(reply.session, 7);
            let items: Vec<_> = Items::new(reply.payload, 1 << 20).map(Result::unwrap).collect();
            assert_eq!(items.len(), reply.item_count as usize);
            let accepted = |item| Reply::parse(item).unwrap().status == ReplyStatus::Accepted;
            assert!(items.iter().all(accepted));
            answers.push((reply.request, items.len()));
        }
        if progress == Progress::Finished {
            break;
        }
    }
    assert!(batches > 1, "the submission was larger than a batch");
    let expected: Vec<_> = (0..9).map(|request| (request, 1_000)).collect();
    assert_eq!(answers, expected);
    assert_eq!(replayed.state_hash(), writer.engine().state_hash());
}

#[test]
fn marks_are_journaled_and_a_changed_record_is_noticed_by_the_next_mark() {
    let mut writer = Writer::new(Engine::new());
    let mut frames: Vec<Vec<u8>> = Vec::new();
    for start in (0..14_000_u32).step_by(1_000) {
        // Fourteen thousand zones, each sent five times under another id.
        for round in 0..6_u32 {
            let mut submission = Submission::new(1, Actor::CLIENT_MIN);
            let mut payload = Vec::new();
            for number in start..start + 1_000 {
                let id = CommandId::new(u128::from(number) + u128::from(round) * 1_000_000 + 1);
                let code = format!("{number}");
                Command::UpsertZone(UpsertCode { id, code: &code }).write(&mut payload);
            }
            submission.push_frame(RequestKind::Commands, 1, &payload);
            loop {
                let mut batch = Batch::new();
                let progress = writer.step(&mut submission, &mut batch, NOW);
                frames.push(batch.records.payload().to_vec());
                if progress == Progress::Finished {
                    break;
                }
            }
        }
    }
    let replay = |frames: &[Vec<u8>]| {
        let mut engine = Engine::new();
        frames.iter().try_for_each(|frame| engine.replay(frame).map(|_| ()))
    };
    assert!(writer.engine().last_sequence().get() > 65_536 + 14_000);
    replay(&frames).unwrap();
    // The first zone's name is the one byte "0": rename it in its record.
    let name = frames[0].windows(8).position(|bytes| bytes == b"0\0\0\0\0\0\0\0").unwrap();
    frames[0][name] = b'X';
    let error = replay(&frames).unwrap_err().to_string();
    assert!(error.contains("state hash before record"), "{error}");
}

#[test]
fn an_item_of_wrong_bounds_ends_its_frame_and_no_other() {
    let mut writer = Writer::new(Engine::new());
    let mut submission = Submission::new(1, Actor::CLIENT_MIN);
    let mut broken = frame_of(0..3);
    let item_bytes = broken.len() / 3;
    broken[item_bytes + 4] = 3; // The second item's length is not a multiple of eight.
    submission.push_frame(RequestKind::Commands, 1, &broken);
    submission.push_frame(RequestKind::Commands, 2, &frame_of(3..4));
    let mut query = Vec::new();
    Query::ReadTotals.write(&mut query);
    submission.push_frame(RequestKind::Queries, 3, &query);
    let mut batch = Batch::new();
    assert_eq!(writer.step(&mut submission, &mut batch, NOW), Progress::Finished);
    let statuses: Vec<Vec<ReplyStatus>> = batch
        .outbox
        .replies()
        .map(|reply| {
            let items = Items::new(reply.payload, 1 << 20).map(Result::unwrap);
            items.map(|item| Reply::parse(&item).unwrap().status).collect()
        })
        .collect();
    let expected = [
        vec![ReplyStatus::Accepted, ReplyStatus::Malformed],
        vec![ReplyStatus::Accepted],
        vec![ReplyStatus::Answered],
    ];
    assert_eq!(statuses, expected);
}
