//! `gantry serve`: starting, stopping, and telling nobody what the disk does not hold.

use std::future::Future;
use std::net::TcpListener;
use std::path::Path;
use std::time::{Duration, Instant};

use gantry_client::{Client, ClientOptions, OwnedReply, new_id};
use gantry_model::{
    Actor, AdjustReason, Channel, Command, CommandId, CostRow, HoldId, OrderLine, OrderUnits,
    PlaceOrder, Query, RejectReason, ReplyBody, ReplyStatus, SetCosts, ShortMode, Sku, StockChange,
    StockState, UpsertCode, UpsertSku, UpsertWarehouse, Warehouse, Zone,
};
use rustix::process::Signal;

use crate::process::{Run, Server, run};

fn serve(directory: &Path, options: &[&str]) -> Run {
    let directory = ["serve", "--directory", directory.to_str().unwrap()];
    run(directory.iter().chain(options))
}

/// A start that must fail with one clear sentence.
fn refused(directory: &Path, options: &[&str], texts: &[&str]) {
    let any_port = ["--listen", "127.0.0.1:0"];
    let any_port = if options.contains(&"--listen") { &[] } else { any_port.as_slice() };
    let run = serve(directory, &[any_port, options].concat());
    assert_eq!(run.code, Some(1), "{run:?}");
    assert_eq!(run.stdout, "", "it must not say that it listens");
    let last = run.stderr.lines().last().unwrap();
    assert!(last.starts_with("gantry: "), "{run:?}");
    for text in texts {
        assert!(last.contains(text), "{text}: {run:?}");
    }
}

#[test]
fn signals_stop_it_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let directory = folder.path().join("shop");
    for signal in [Signal::TERM, Signal::INT, Signal::HUP] {
        let server = Server::start(&directory, &[]);
        server.json(&["zone", "set", &format!("{signal:?}")]);
        let (status, log) = server.signal(signal);
        assert!(status.success(), "{signal:?}: {status} {log}");
        assert!(log.contains("stopped in order"), "{signal:?}: {log}");
    }
    let server = Server::start(&directory, &["--log-format", "json"]);
    assert_eq!(server.json(&["stats"])["last_sequence"], 3);
    let log = server.log();
    let replayed = log.lines().find(|line| line.contains("journal replayed")).unwrap();
    let fields = &serde_json::from_str::<serde_json::Value>(replayed).unwrap()["fields"];
    assert_eq!((&fields["records"], &fields["cut_bytes"]), (&3.into(), &0.into()), "{replayed}");
    assert_eq!(fields["clean_stop"], true, "{replayed}");
}

#[test]
fn a_taken_port_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    refused(&folder.path().join("shop"), &["--listen", &address], &[&address, "taken", "--listen"]);
    assert!(!folder.path().join("shop").exists(), "nothing was made");
}

#[test]
fn a_folder_that_is_not_ours_stays_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("letter.txt"), "dear").unwrap();
    refused(folder.path(), &[], &["not a Gantry journal", folder.path().to_str().unwrap()]);
    let names: Vec<_> = std::fs::read_dir(folder.path()).unwrap().flatten().collect();
    assert_eq!(names.len(), 1, "{names:?}");
    let file = folder.path().join("letter.txt");
    refused(&file, &[], &[file.to_str().unwrap()]);
    assert_eq!(std::fs::read_to_string(file).unwrap(), "dear");
}

#[test]
fn a_locked_folder_has_one_server_only() {
    let folder = tempfile::tempdir().unwrap();
    let directory = folder.path().join("shop");
    let server = Server::start(&directory, &[]);
    refused(&directory, &[], &["locked", "another process"]);
    server.json(&["zone", "set", "10"]);
}

#[test]
fn a_folder_that_cannot_be_written_is_refused() {
    // For root, too: nobody makes a folder in /proc.
    refused(Path::new("/proc/gantry-test"), &[], &["/proc/gantry-test"]);
}

#[test]
fn a_disk_without_room_is_refused_with_the_figures() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = (1_u64 << 60).to_string();
    let options = ["--segment-bytes", &bytes];
    refused(&folder.path().join("shop"), &options, &["no room", &bytes, "available"]);
}

#[test]
fn settings_beyond_their_limits_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let directory = folder.path().join("shop");
    refused(&directory, &["--segment-bytes", "4096"], &["segment", "1 MiB"]);
    refused(&directory, &["--segment-bytes", "9000001"], &["segment", "4096"]);
    refused(&directory, &["--connections-max", "0"], &["connections_max"]);
    for wrong in [["--listen", "nowhere"], ["--durability", "maybe"], ["--log", "loud"]] {
        assert_eq!(serve(&directory, &wrong).code, Some(2), "{wrong:?}");
    }
    assert!(!directory.exists(), "nothing was made");
}

#[test]
fn less_than_full_durability_is_said_aloud() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(&folder.path().join("shop"), &["--durability", "os"]);
    assert!(server.log().contains("a power cut"), "{}", server.log());
    assert_eq!(server.json(&["stats"])["durability"], "os");
}

#[test]
fn settings_come_from_the_environment_too() {
    let folder = tempfile::tempdir().unwrap();
    let output = crate::process::command(["serve"])
        .env("GANTRY_DIRECTORY", folder.path().join("shop"))
        .env("GANTRY_LISTEN", "nowhere")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("nowhere"));
}

/// Every way in which a frame may reach the device.
const SYNC_CALLS: &str = "inject=fdatasync,fsync,msync,sync_file_range,pwrite64,pwritev,pwritev2";
const SYNC_DELAY: Duration = Duration::from_millis(50);

fn strace_works() -> bool {
    let probe = ["-f", "-qq", "-o", "/dev/null", "-e", "inject=fdatasync:delay_enter=1", "true"];
    let run = std::process::Command::new("strace").args(probe).output();
    let works = run.is_ok_and(|output| output.status.success());
    if !works {
        println!("skipped: strace is not there, or may not trace");
    }
    works
}

/// The result, and that it did not come before a sync can have ended.
async fn not_before_the_sync<T>(what: &str, work: impl Future<Output = T>) -> T {
    let started = Instant::now();
    let result = work.await;
    let elapsed = started.elapsed();
    assert!(elapsed >= SYNC_DELAY, "{what} was answered after {elapsed:?}: it lies");
    result
}

async fn connect(address: &str) -> Client {
    Client::connect(address, ClientOptions::new(Actor::CLIENT_MIN)).await.unwrap()
}

async fn command(client: &Client, command: Command<'_>) -> OwnedReply {
    let what = command.kind().name();
    not_before_the_sync(what, client.command(&command)).await.unwrap()
}

fn order(
    id: CommandId,
    quantity: u32,
    short: ShortMode,
    lines: &mut Vec<OrderLine>,
) -> Command<'_> {
    lines.clear();
    lines.push(OrderLine::new(Sku::new(0), quantity));
    Command::PlaceOrder(PlaceOrder {
        id,
        hold: HoldId::NONE,
        customer: 0,
        value_minor: 0,
        currency: [0; 4],
        zone: Zone::new(0),
        channel: Channel::NONE,
        priority_class: 0,
        service_level: 0,
        short,
        reference: "",
        lines,
    })
}

fn receipt(quantity: i32) -> Command<'static> {
    Command::Receive(StockChange {
        id: new_id(),
        sku: Sku::new(0),
        warehouse: Warehouse::new(0),
        quantity,
        reason: AdjustReason::None,
        state: StockState::OnHand,
        note: "",
    })
}

async fn set_up(client: &Client) {
    let (priority, active, code) = (1, true, "A");
    let upsert = UpsertWarehouse { id: new_id(), priority, active, code };
    command(client, Command::UpsertWarehouse(upsert)).await;
    command(client, Command::UpsertZone(UpsertCode { id: new_id(), code })).await;
    let (order_max, tracked, backorder) = (0, true, true);
    let upsert = UpsertSku { id: new_id(), order_max, tracked, backorder, active, code };
    command(client, Command::UpsertSku(upsert)).await;
    let rows = [CostRow::serves(Zone::new(0), 1, 1, 1)];
    let (id, warehouse) = (new_id(), Warehouse::new(0));
    command(client, Command::SetCosts(SetCosts { id, warehouse, rows: &rows })).await;
    assert!(command(client, receipt(10)).await.is_success());
}

/// Reads the order again and again while it is being placed: whoever sees it sees it durable.
async fn watch_for(client: &Client, id: CommandId, started: Instant) {
    loop {
        let owned = client.query(&Query::ReadOrder(id)).await.unwrap();
        let elapsed = started.elapsed();
        if owned.reply().status == ReplyStatus::Answered {
            assert!(elapsed >= SYNC_DELAY, "an order was shown after {elapsed:?}: it lies");
            return;
        }
        assert_eq!(owned.reject_reason(), Some(RejectReason::UnknownOrder));
    }
}

async fn interrogate(address: &str) {
    let (client, witness) = (connect(address).await, connect(address).await);
    set_up(&client).await;
    let mut lines = Vec::new();
    let id = new_id();

    let started = Instant::now();
    let place = order(id, 4, ShortMode::Backorder, &mut lines);
    let (placed, ()) = tokio::join!(command(&client, place), watch_for(&witness, id, started));
    assert!(placed.is_success());

    // A repeat while the first is under way tells of its effect, too.
    let id = new_id();
    let mut more_lines = Vec::new();
    let first = order(id, 1, ShortMode::Backorder, &mut lines);
    let second = order(id, 1, ShortMode::Backorder, &mut more_lines);
    let both = tokio::join!(command(&client, first), command(&witness, second));
    assert!(both.0.is_success() && both.1.is_success());

    let short = order(new_id(), 100, ShortMode::ShipComplete, &mut lines);
    let rejected = command(&client, short).await;
    assert_eq!(rejected.reject_reason(), Some(RejectReason::OutOfStock));

    let before = Instant::now();
    let receive = client.submit(&receipt(7)).await.unwrap();
    loop {
        let owned = witness.query(&Query::ReadStock(Sku::new(0))).await.unwrap();
        let ReplyBody::Stock { cells, .. } = owned.reply().body else { panic!("{owned:?}") };
        if cells[0].on_hand.get() == 17 {
            assert!(before.elapsed() >= SYNC_DELAY, "fresh stock was shown too early: it lies");
            break;
        }
    }
    assert!(receive.await.unwrap().is_success());

    let cancel = OrderUnits { id: new_id(), order: id, units: &[] };
    assert!(command(&client, Command::CancelOrder(cancel)).await.is_success());
}

fn lie_detector(journal_io: &str) {
    if !strace_works() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let inject = format!("{SYNC_CALLS}:delay_enter={}", SYNC_DELAY.as_micros());
    let tracer = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", &inject];
    let options = ["--journal-io", journal_io];
    let server = Server::start_under(&tracer, &folder.path().join("shop"), &options);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(interrogate(server.address()));
}

#[test]
fn the_lie_detector_finds_no_early_answer_mapped() {
    lie_detector("mapped");
}

#[test]
fn the_lie_detector_finds_no_early_answer_direct() {
    lie_detector("direct");
}
