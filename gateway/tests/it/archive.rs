//! Closed orders leave the server's memory, and clients do not notice.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use gantry_client::{Client, ClientOptions};
use gantry_engine::ArchiveLimits;
use gantry_gateway::{ArchiveOptions, Loop, ServerOptions, SteppedServer, SystemHost};
use gantry_journal::{FaultStorage, Faults};
use gantry_model::{
    Actor, Command, CommandId, LineUnits, OrderId, OrderLine, OrderUnits, PlaceOrder, Query,
    RejectReason, ReplyStatus, ShortMode, Sku, Warehouse,
};

use crate::harness::{TestServer, order_of, small, start_on};

const ORDERS: u128 = 400;

fn lines() -> [OrderLine; 1] {
    [OrderLine::new(Sku::new(0), 2)]
}

fn place(lines: &[OrderLine], number: u128) -> PlaceOrder<'_> {
    order_of(1_000 + number, lines, ShortMode::ShipComplete)
}

fn units(units: &[LineUnits], id: u128, number: u128) -> OrderUnits<'_> {
    OrderUnits { id: CommandId::new(id + number), order: OrderId::new(1_000 + number), units }
}

fn ship(units_of: &[LineUnits], number: u128) -> Command<'_> {
    Command::Ship(units(units_of, 50_000, number))
}

fn at_once(options: &mut ServerOptions) {
    options.archive = ArchiveOptions {
        after: Duration::ZERO,
        shown_before: Duration::from_millis(1),
        limits: ArchiveLimits { rows_min: 1, orders_max: 64, commands_max: 64 },
    };
}

/// Places and ships every order, which closes it.
async fn place_and_ship(client: &Client) {
    let (lines, shipped) = (lines(), [LineUnits::new(0, Warehouse::new(0), 2)]);
    for number in 1..=ORDERS {
        let placed = client.command(&Command::PlaceOrder(place(&lines, number))).await.unwrap();
        assert_eq!(placed.reply().status, ReplyStatus::Accepted);
        let sent = client.command(&ship(&shipped, number)).await.unwrap();
        assert_eq!(sent.reply().status, ReplyStatus::Accepted);
    }
}

/// Asks for everything about each order; the replies' bytes. A read tells the last record too,
/// which is another after rows have left.
async fn answers(client: &Client) -> Vec<Vec<u8>> {
    let (lines, other) = (lines(), [OrderLine::new(Sku::new(0), 3)]);
    let shipped = [LineUnits::new(0, Warehouse::new(0), 2)];
    let mut answers = Vec::new();
    for number in 1..=ORDERS {
        let commands = [
            Command::PlaceOrder(place(&lines, number)),
            Command::PlaceOrder(place(&other, number)),
            ship(&shipped, number),
            Command::Ship(units(&shipped, 60_000, number)),
            Command::CancelOrder(units(&[], 70_000, number)),
        ];
        for command in commands {
            answers.push(client.command(&command).await.unwrap().bytes().to_vec());
        }
        let read = client.query(&Query::ReadOrder(OrderId::new(1_000 + number))).await.unwrap();
        assert_eq!(read.reply().status, ReplyStatus::Answered);
        answers.push(read.bytes()[24..].to_vec());
    }
    answers
}

#[test]
fn clients_get_the_same_answers_before_and_after_orders_left_memory_and_over_restarts() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let test = TestServer::start();
    test.furnish();
    let expected = runtime.block_on(async {
        let options = ClientOptions::new(Actor::CLIENT_MIN);
        let client = Client::connect(test.address(), options).await.unwrap();
        place_and_ship(&client).await;
        let expected = answers(&client).await;
        client.close().await;
        expected
    });
    assert_eq!(test.server.stats().archive_files, 0, "nothing is an hour old");
    let (mut folder, _) = test.stop();
    for round in 0..3 {
        // In the first round rows leave while the questions come, then they have left.
        let server = start_on(folder.path(), at_once, None).unwrap();
        let test = TestServer { folder, server };
        runtime.block_on(async {
            let options = ClientOptions::new(Actor::CLIENT_MIN);
            let client = Client::connect(test.address(), options).await.unwrap();
            assert_eq!(answers(&client).await, expected, "round {round}");
            client.close().await;
        });
        if round == 0 {
            let all = u64::try_from(ORDERS).unwrap();
            test.wait_for("all have left", |stats| stats.archive_orders_retired == all);
        }
        (folder, _) = test.stop();
    }
}

/// Turns that are more than enough for every loop to do all there is to do.
const TURNS: u32 = 2_000;

/// Gives the loops turns until so many archive files were shown; false if that does not happen.
fn turn_until_shown(server: &mut SteppedServer, files: u64) -> bool {
    (0..TURNS).any(|_| {
        for whose in [Loop::Archive, Loop::Engine, Loop::Journal, Loop::Release] {
            server.turn(whose).unwrap();
        }
        thread::sleep(Duration::from_millis(1));
        server.stats().archive_files >= files
    })
}

#[test]
fn an_archive_file_that_cannot_be_read_back_at_first_is_shown_later() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let test = TestServer::start();
    test.furnish();
    runtime.block_on(async {
        let options = ClientOptions::new(Actor::CLIENT_MIN);
        let client = Client::connect(test.address(), options).await.unwrap();
        place_and_ship(&client).await;
        client.close().await;
    });
    let (folder, _) = test.stop();
    let faults = Faults::new();
    let mut options = small(folder.path());
    at_once(&mut options);
    let storage = Arc::new(FaultStorage::new(&faults));
    let host = Arc::new(SystemHost::new());
    let mut server = SteppedServer::open(&options, storage, host).unwrap();
    let first = folder.path().join("archive").join(format!("{:020}.archive", 1));
    faults.break_pages(&first, 0..u64::MAX);
    for _ in 0..TURNS {
        server.turn(Loop::Archive).unwrap();
    }
    assert!(first.exists());
    assert_eq!(server.stats().archive_files, 0);
    faults.heal();
    assert!(turn_until_shown(&mut server, 3), "the first file and those after it");
}

#[test]
fn no_repeated_order_is_placed_twice_while_orders_leave_memory() {
    let test = TestServer::start_with(at_once, None);
    test.furnish();
    let stop = AtomicBool::new(false);
    let (test, stop) = (&test, &stop);
    thread::scope(|scope| {
        for lane in 1..=4_u128 {
            scope.spawn(move || {
                let mut runtime = tokio::runtime::Builder::new_current_thread();
                runtime.enable_all().build().unwrap().block_on(place_ship_repeat(test, stop, lane));
            });
        }
        let started = Instant::now();
        let is_enough = || test.server.stats().archive_files >= 12;
        while !is_enough() && started.elapsed() < Duration::from_secs(40) {
            thread::sleep(Duration::from_millis(20));
        }
        stop.store(true, Ordering::Relaxed);
    });
    let stats = test.server.stats();
    assert!(stats.archive_files >= 12, "{stats:?}");
}

/// Places and ships orders, and repeats older ones all the time.
async fn place_ship_repeat(test: &TestServer, stop: &AtomicBool, lane: u128) {
    let options = ClientOptions::new(Actor::CLIENT_MIN);
    let client = Client::connect(test.address(), options).await.unwrap();
    let (lines, shipped) = (lines(), [LineUnits::new(0, Warehouse::new(0), 2)]);
    for turn in 0.. {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let number = lane << 40 | turn;
        let mut pending = Vec::new();
        for older in [0, 1, 7, 30, 90, 200, 500].into_iter().filter(|older| *older <= turn) {
            let place = Command::PlaceOrder(place(&lines, number - older));
            pending.push((older, client.submit(&place).await.unwrap()));
        }
        for (older, reply) in pending {
            let reply = reply.await.unwrap();
            let expected = if older == 0 { ReplyStatus::Accepted } else { ReplyStatus::Duplicate };
            assert_eq!(reply.reply().status, expected, "{older} before {turn}: {reply:?}");
        }
        let sent = client.command(&ship(&shipped, number)).await.unwrap();
        assert_eq!(sent.reply().status, ReplyStatus::Accepted);
        let again = client.command(&Command::Ship(units(&shipped, 1 << 90, number))).await.unwrap();
        assert_eq!(again.reply().reject_reason(), Some(RejectReason::ExceedsOpen));
    }
    client.close().await;
}
