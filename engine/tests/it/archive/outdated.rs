//! A request whose ids were looked up before the newest archive file was there is told to come
//! again, before anything of it is looked at.

use gantry_engine::{Batch, RequestKind, Submission, Writer, build_archive};
use gantry_model::{
    Actor, Command, CommandId, Item, OrderId, OrderLine, OrderUnits, Query, Reply, ReplyStatus, Sku,
};

use super::instances::{ALL, EVEN_ONE, now, open, order, set_up};

fn status(payload: &[u8]) -> ReplyStatus {
    let (item, _) = Item::split(payload, 1 << 20).unwrap();
    Reply::parse(&item).unwrap().status
}

/// The place of an order again, and a read of it, as two requests.
fn submission(id: OrderId) -> Submission {
    let lines = [OrderLine::new(Sku::new(0), 1)];
    let mut submission = Submission::new(5, Actor::CLIENT_MIN);
    let (mut commands, mut queries) = (Vec::new(), Vec::new());
    Command::PlaceOrder(order(id, &lines)).write(&mut commands);
    Query::ReadOrder(id).write(&mut queries);
    submission.push_frame(RequestKind::Commands, 11, &commands);
    submission.push_frame(RequestKind::Queries, 12, &queries);
    submission
}

#[test]
fn what_was_looked_up_too_early_is_refused_and_carried_out_when_it_comes_again() {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let mut instance = open(folder.path(), 7).unwrap();
    set_up(&mut instance);
    let id = OrderId::new(1_000);
    let lines = [OrderLine::new(Sku::new(0), 1)];
    instance.execute(&Command::PlaceOrder(order(id, &lines)), Actor::CLIENT_MIN, now(1)).unwrap();
    let cancel = OrderUnits { id: CommandId::new(1_001), order: id, units: &[] };
    instance.execute(&Command::CancelOrder(cancel), Actor::CLIENT_MIN, now(1)).unwrap();
    let instance = instance.into_instance().unwrap();
    let facts = build_archive(&instance.archive_folder, &instance.engine, None, ALL, &EVEN_ONE);
    let facts = facts.unwrap().unwrap();

    let mut early = submission(id);
    instance.archive.attach(&mut early).unwrap();
    let file = instance.archive_folder.open(1).unwrap();
    let files = instance.archive.with(file).unwrap();
    let mut writer = Writer::new(instance.engine);
    let mut batch = Batch::new();
    while writer.retire(Some(&facts), &mut batch, now(2)) {}
    let hash = writer.engine().state_hash();

    batch.clear();
    writer.step(&mut early, &mut batch, now(2));
    let replies: Vec<_> = batch.outbox.replies().collect();
    assert_eq!(replies.len(), 2);
    for (reply, request) in replies.iter().zip([11, 12]) {
        assert!(reply.is_refused && reply.payload.is_empty(), "{reply:?}");
        assert_eq!((reply.session, reply.request), (5, request));
    }
    assert_eq!((writer.engine().state_hash(), batch.facts()), (hash, None), "nothing happened");

    let mut again = submission(id);
    files.attach(&mut again).unwrap();
    batch.clear();
    writer.step(&mut again, &mut batch, now(3));
    let replies: Vec<_> = batch.outbox.replies().collect();
    assert!(replies.iter().all(|reply| !reply.is_refused), "{replies:?}");
    let statuses: Vec<_> = replies.iter().map(|reply| status(reply.payload)).collect();
    assert_eq!(statuses, [ReplyStatus::Duplicate, ReplyStatus::Answered]);
    assert_eq!(writer.engine().state_hash(), hash);
}
