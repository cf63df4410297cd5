//! Snapshots of a server: made while it serves, begun with at the next start.

use std::fs;
use std::path::Path;

use crate::harness::{TestServer, order, start_on};

/// Places orders until a snapshot of at least `sequence` was made; returns how many were placed.
fn serve_until(test: &TestServer, placed: u64, snapshots: usize) -> u64 {
    let mut wire = test.connect();
    let mut request = placed;
    while names(test.folder.path()).len() < snapshots {
        request += 1;
        wire.send_commands(request, &[order(request.into(), 1)]);
        assert_eq!(wire.next_replies(request).accepted, 1);
    }
    request
}

fn names(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder.join("snapshots")) else { return Vec::new() };
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| name.ends_with(".snapshot")).collect();
    names.sort();
    names
}

#[test]
fn a_server_makes_snapshots_while_it_serves_and_the_next_start_begins_with_the_newest() {
    let test = TestServer::start_with(|options| options.snapshot_every_bytes = 64 << 10, None);
    test.furnish();
    let placed = serve_until(&test, 0, 1);
    let first = names(test.folder.path());
    serve_until(&test, placed, 2);
    let (folder, report) = test.stop();
    let newest = names(folder.path()).pop().unwrap();
    assert_ne!(first[0], newest, "a second one was made while orders came");
    let server = start_on(folder.path(), |_| {}, None).unwrap();
    let opened = *server.opened();
    drop(server);
    assert_eq!(newest, format!("{:020}.snapshot", opened.snapshot_sequence));
    assert_eq!(opened.snapshot_sequence + opened.records_replayed, report.last_sequence);
    assert_eq!(opened.state_hash, report.state_hash);
    let server = start_on(folder.path(), |options| options.full_replay = true, None).unwrap();
    assert_eq!(server.opened().snapshot_sequence, 0);
    assert_eq!(server.opened().records_replayed, report.last_sequence);
    assert_eq!(server.opened().state_hash, report.state_hash);
}

#[test]
fn a_journal_that_is_not_synced_gets_no_snapshots() {
    let test = TestServer::start_with(
        |options| {
            options.snapshot_every_bytes = 1;
            options.journal.durability = gantry_journal::Durability::Os;
        },
        None,
    );
    test.furnish();
    let mut wire = test.connect();
    for request in 1..=50 {
        wire.send_commands(request, &[order(request.into(), 1)]);
        assert_eq!(wire.next_replies(request).accepted, 1);
    }
    let (folder, _) = test.stop();
    assert!(!folder.path().join("snapshots").exists());
}
