//! Starts that must fail with a reason, and stops that must lose nothing.

use std::net::TcpListener;
use std::thread;
use std::time::Duration;

use gantry_gateway::{Server, ServerError};
use gantry_journal::{FileStorage, JournalError};
use gantry_model::{Actor, Command, CommandId, UpsertCode};
use gantry_protocol::{ErrorCode, FrameKind};
use tempfile::TempDir;

use crate::harness::{TestServer, order, small, start_on};

#[test]
fn a_stop_answers_everything_that_was_taken() {
    let test = TestServer::start_with(|_| {}, Some(Duration::from_millis(20)));
    test.furnish();
    let mut wire = test.connect();
    for request in 1..=50 {
        wire.send_commands(request, &[order(request.into(), 1)]);
    }
    test.wait_for("all requests are taken", |stats| stats.requests >= 51);
    let stop = test.server.stop_handle();
    let reader = thread::spawn(move || {
        let (mut answered, mut goodbyes) = (0, 0);
        while let Some(frame) = wire.next() {
            match frame.kind {
                FrameKind::Replies => answered += 1,
                FrameKind::Goodbye => goodbyes += 1,
                other => panic!("{other:?}"),
            }
        }
        (answered, goodbyes)
    });
    stop.stop();
    let (folder, report) = test.stop();
    assert_eq!(reader.join().unwrap(), (50, 1));
    let server = start_on(folder.path(), |_| {}, None).unwrap();
    assert!(server.opened().recovery.clean_stop);
    assert_eq!(server.opened().state_hash, report.state_hash);
    let again = TestServer { folder, server };
    let mut wire = again.connect();
    for request in 1..=50 {
        assert!(wire.knows_order(request, request.into()), "order {request} is gone");
    }
}

#[test]
fn a_dropped_server_stops_in_order_too() {
    let TestServer { folder, server } = TestServer::start();
    drop(server);
    let again = start_on(folder.path(), |_| {}, None).unwrap();
    assert!(again.opened().records_replayed == 0 && !again.opened().recovery.created);
}

#[test]
fn a_client_that_holds_its_connection_does_not_hold_the_stop() {
    let test = TestServer::start();
    let mut wire = test.connect();
    test.stop();
    assert_eq!(wire.next().unwrap().kind, FrameKind::Goodbye);
    assert!(wire.next().is_none());
}

#[test]
fn a_taken_port_is_named() {
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = other.local_addr().unwrap();
    let folder = TempDir::new().unwrap();
    let error = start_on(folder.path(), |options| options.listen = address, None).unwrap_err();
    assert!(matches!(error, ServerError::PortTaken { address: named } if named == address));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "the folder is untouched");
}

#[test]
fn a_folder_in_use_is_refused() {
    let test = TestServer::start();
    let error = start_on(test.folder.path(), |_| {}, None).unwrap_err();
    assert!(matches!(error, ServerError::Open(JournalError::Locked { .. })), "{error}");
    let mut wire = test.connect();
    assert!(!wire.knows_order(1, 1), "the first server goes on");
}

#[test]
fn a_folder_of_somebody_else_is_refused_and_left_alone() {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("letters.txt"), "not a journal").unwrap();
    let error = start_on(folder.path(), |_| {}, None).unwrap_err();
    assert!(matches!(error, ServerError::Open(JournalError::NotAJournal { .. })), "{error}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_setting_beyond_its_limit_is_named() {
    let folder = TempDir::new().unwrap();
    let error = start_on(folder.path(), |options| options.batches = 1, None).unwrap_err();
    assert_eq!(error.to_string(), "batches is 1, must be at least 2");
}

#[test]
fn what_comes_first_is_there_before_anybody_connects_and_durable() {
    let folder = TempDir::new().unwrap();
    let zone = Command::UpsertZone(UpsertCode { id: CommandId::new(7), code: "home" });
    let storage = || Box::new(FileStorage::new());
    let server = Server::start_after(small(folder.path()), storage(), |first, now| {
        first.execute(&zone, Actor::COMMAND_LINE, now).map(drop).map_err(ServerError::from)
    });
    let server = server.unwrap();
    assert_eq!(server.opened().recovery.last_sequence, 0, "opened tells what was found");
    server.stop_handle().stop();
    let report = server.wait().unwrap();
    assert_eq!(report.last_sequence, 1);
    let again = start_on(folder.path(), |_| {}, None).unwrap();
    assert_eq!(again.opened().records_replayed, 1);
    assert_eq!(again.opened().state_hash, report.state_hash);
}

#[test]
fn a_start_whose_first_commands_fail_leaves_nothing_running() {
    let folder = TempDir::new().unwrap();
    let mut options = small(folder.path());
    options.listen = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let storage = Box::new(FileStorage::new());
    let failed = Server::start_after(options.clone(), storage, |_, _| {
        Err(ServerError::Open(JournalError::Options("no")))
    });
    assert!(matches!(failed, Err(ServerError::Open(JournalError::Options("no")))));
    assert!(
        Server::start(options, Box::new(FileStorage::new())).is_ok(),
        "port and folder are free"
    );
}

#[test]
fn requests_after_the_goodbye_are_refused_or_unanswered_but_never_carried_out_unsaid() {
    let test = TestServer::start_with(|_| {}, Some(Duration::from_millis(50)));
    test.furnish();
    let mut wire = test.connect();
    wire.send_commands(1, &[order(1, 1)]);
    test.wait_for("the first is taken", |stats| stats.requests >= 2);
    let stop = test.server.stop_handle();
    stop.stop();
    let talker = thread::spawn(move || {
        let mut answered = vec![];
        let mut refused = vec![];
        let mut request = 2;
        while let Some(frame) = wire.next() {
            match frame.kind {
                FrameKind::Goodbye => {
                    // The connection may be gone by now; then the request was not carried out.
                    let late = crate::wire::frame_of(
                        FrameKind::Commands,
                        request,
                        &[order(request.into(), 1)],
                    );
                    let _ = wire.try_send(&late);
                    request += 1;
                }
                FrameKind::Error => {
                    assert_eq!(frame.error(), Some(ErrorCode::ShuttingDown));
                    refused.push(frame.request);
                }
                _ => answered.push(frame.request),
            }
        }
        (answered, refused)
    });
    let (folder, _) = test.stop();
    let (answered, refused) = talker.join().unwrap();
    assert_eq!(answered, [1]);
    assert!(refused.iter().all(|request| *request >= 2));
    let again = TestServer { server: start_on(folder.path(), |_| {}, None).unwrap(), folder };
    let mut wire = again.connect();
    assert!(wire.knows_order(1, 1));
    assert!(!wire.knows_order(2, 2), "a request after the goodbye was carried out");
}
