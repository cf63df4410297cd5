//! Disks that fail: a full one makes the server wait, a failed sync makes it end.

use std::env;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process;
use std::time::Duration;

use gantry_gateway::{ServerError, ServerOptions, ServerStats};
use gantry_journal::{DiskCall, DiskError, DiskWhen, FaultStorage, Faults, JournalError};
use gantry_model::{
    Command, CommandId, LineUnits, OrderId, OrderLine, OrderUnits, ShortMode, Sku, Warehouse,
};
use gantry_protocol::FrameKind;
use tempfile::TempDir;

use crate::harness::{TestServer, bytes_of, order, order_of, start_on, start_on_storage};
use crate::wire::Wire;

const FOLDER_VARIABLE: &str = "GANTRY_TEST_FOLDER";
const SIGABRT: i32 = 6;
/// The order that [`start_on_full_disk`] places.
const ORDER: u128 = 77;
/// Frames that were answered before the disk is full.
const REPLIES_BEFORE: u64 = 1;

/// A server whose disk is full from the second segment on.
fn start_on_full_disk(stop_timeout: Duration) -> (TestServer, Faults) {
    let folder = TempDir::new().unwrap();
    let faults = Faults::new();
    let small = |options: &mut ServerOptions| {
        options.journal.segment_bytes = 1 << 20;
        options.stop_timeout = stop_timeout;
    };
    let storage = Box::new(FaultStorage::new(&faults));
    let server = start_on_storage(folder.path(), small, storage).unwrap();
    let test = TestServer { folder, server };
    test.furnish();
    let mut wire = test.connect();
    let lines = [OrderLine::new(Sku::new(0), 2_000); 128];
    let order = Command::PlaceOrder(order_of(ORDER, &lines, ShortMode::ShipComplete));
    wire.send_commands(1, &[bytes_of(&order)]);
    assert_eq!(wire.next_replies(1).accepted, 1);
    faults.fill_disk();
    (test, faults)
}

/// Takes a unit off each line of the long order: not refused on a full disk, and large.
fn long_cancel(id: u128) -> Vec<u8> {
    let units: Vec<_> = (0..128).map(|line| LineUnits::new(line, Warehouse::NONE, 1)).collect();
    let (id, order) = (CommandId::new(id | 1 << 102), OrderId::new(ORDER));
    bytes_of(&Command::CancelOrder(OrderUnits { id, order, units: &units }))
}

/// Looks for a segment after which the journal waits for good: a prepared one comes much sooner.
const LOOKS_STUCK: u64 = 500;

/// Sends long cancels until the journal has no segment left; returns how many frames were sent.
fn fill(test: &TestServer, wire: &mut Wire) -> u64 {
    for request in 1.. {
        let looks = test.server.stats().journal_waits_for_segment;
        let first = u128::from(request) * 10;
        let cancels: Vec<_> = (first..first + 10).map(long_cancel).collect();
        wire.send_commands(request, &cancels);
        let is_stuck = |stats: &ServerStats| stats.journal_waits_for_segment > looks + LOOKS_STUCK;
        test.wait_for("the frame is worked off or stuck", |stats| {
            stats.replies > request + REPLIES_BEFORE || is_stuck(stats)
        });
        if is_stuck(&test.server.stats()) {
            return request;
        }
    }
    unreachable!("two segments are soon full")
}

#[test]
fn on_a_full_disk_answers_wait_and_service_resumes_by_itself() {
    let (test, faults) = start_on_full_disk(Duration::from_secs(10));
    let mut wire = test.connect();
    let sent = fill(&test, &mut wire);
    let durable = test.server.stats().durable_sequence;
    let looks = test.server.stats().journal_waits_for_segment;
    test.wait_for("more looks", |stats| stats.journal_waits_for_segment > looks + 20);
    assert_eq!(test.server.stats().durable_sequence, durable);
    faults.heal();
    for request in 1..=sent {
        assert_eq!(wire.next_replies(request).accepted, 10);
    }
}

#[test]
fn a_stop_on_a_full_disk_ends_and_says_what_was_not_written() {
    let (test, faults) = start_on_full_disk(Duration::from_millis(100));
    let mut wire = test.connect();
    let sent = fill(&test, &mut wire);
    let durable = test.server.stats().durable_sequence;
    test.server.stop_handle().stop();
    let TestServer { folder, server } = test;
    let error = server.wait().unwrap_err();
    assert!(matches!(error, ServerError::Unwritten { records: 10 }), "{error}");
    let mut answered = 0;
    while let Some(frame) = wire.next() {
        answered += u64::from(frame.kind == FrameKind::Replies);
    }
    assert_eq!(answered, sent - 1, "the last frame was not acknowledged");
    faults.heal();
    let server = start_on(folder.path(), |_| {}, None).unwrap();
    let again = TestServer { folder, server };
    assert_eq!(again.server.opened().recovery.last_sequence, durable);
}

#[test]
fn a_start_on_a_full_disk_says_so() {
    let folder = TempDir::new().unwrap();
    let faults = Faults::new();
    faults.set_available_bytes(0);
    let storage = Box::new(FaultStorage::new(&faults));
    let error = start_on_storage(folder.path(), |_| {}, storage).unwrap_err();
    assert!(matches!(error, ServerError::Open(JournalError::NoRoom { .. })), "{error}");
}

/// Run by the test below in a process of its own.
#[test]
#[ignore = "ends its process; run by a_failed_sync_ends_the_process"]
fn serve_until_a_sync_fails() {
    let Some(folder) = env::var_os(FOLDER_VARIABLE) else { return };
    let folder = Path::new(&folder);
    let faults = Faults::new();
    let storage = Box::new(FaultStorage::new(&faults));
    let server = start_on_storage(folder, |_| {}, storage).unwrap();
    let mut wire = Wire::greeted(server.local_addr());
    wire.send_commands(1, &[order(1, 1)]);
    assert_eq!(wire.next_replies(1).rejected, 1, "there is no such SKU");
    let lamp = crate::harness::furniture();
    faults.fail(&[DiskCall::SyncPages], DiskWhen::ALWAYS, DiskError::Device);
    wire.send_commands(2, &lamp);
    // Whatever comes now was told although it was not durable.
    let told = wire.next();
    std::fs::write(folder.join("told.txt"), format!("{told:?}")).unwrap();
}

#[test]
fn a_failed_sync_ends_the_process_without_an_answer() {
    let folder = TempDir::new().unwrap();
    let output = process::Command::new(env::current_exe().unwrap())
        .args(["--exact", "faults::serve_until_a_sync_fails", "--ignored"])
        .env(FOLDER_VARIABLE, folder.path())
        .output()
        .unwrap();
    assert_eq!(output.status.signal(), Some(SIGABRT), "{output:?}");
    assert!(!folder.path().join("told.txt").exists(), "an answer came");
    assert!(start_on(folder.path(), |_| {}, None).is_ok(), "the next start recovers");
}
