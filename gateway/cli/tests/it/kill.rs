//! `kill -9` under load, again and again: every acknowledged order is there afterwards, none
//! twice, and the state is the one that an independent replay of the folder gives.
//!
//! After each restart every order that was ever sent in the round is sent **again**. One that was
//! acknowledged must be a duplicate of the same record with the same units at the same warehouses;
//! one that was not may be new or a duplicate. Then the server has exactly as many orders as
//! there are ids.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use gantry_client::{Connection, new_id};
use gantry_model::{
    Actor, AdjustReason, Channel, Command, CommandId, CostRow, Items, OrderBody, OrderId,
    OrderLine, PlaceOrder, Query, Reply, ReplyBody, ReplyStatus, SetCosts, ShortMode, Sku,
    StockChange, StockState, UpsertCode, UpsertSku, UpsertWarehouse, Warehouse, Zone,
};
use gantry_protocol::{FrameKind, REPLY_PAYLOAD_BYTES_MAX};

use crate::process::{Server, run};

const ROUNDS: usize = 50;
/// Each folder lives through this many kills; then a new one keeps the replays short.
const ROUNDS_PER_FOLDER: usize = 5;
const CONNECTIONS: usize = 4;
const ORDERS_PER_FRAME: usize = 4;
const FRAMES_IN_FLIGHT: usize = 3;
const SKUS: usize = 20;
/// Sent again in frames of this many.
const ORDERS_PER_REPEAT: usize = 256;
const ACTOR: Actor = Actor::CLIENT_MIN;

/// What an answer said of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Promise {
    sequence: u64,
    /// Per line: SKU, ordered, allocated, waiting.
    lines: Vec<[u32; 4]>,
    /// Line, warehouse, units.
    places: Vec<(u16, u16, u32)>,
}

impl Promise {
    fn new(reply: &Reply<'_>, order: &OrderBody<'_>) -> Self {
        let line = |line: &gantry_model::OrderLineView| {
            [line.sku.get(), line.ordered.get(), line.allocated.get(), line.waiting.get()]
        };
        let place = |place: &gantry_model::OrderAllocation| {
            (place.line.get(), place.warehouse.get(), place.allocated.get())
        };
        Self {
            sequence: reply.sequence.get(),
            lines: order.lines.iter().map(line).collect(),
            places: order.allocations.iter().map(place).collect(),
        }
    }
}

/// Every order of a folder: its content by its number, and the promise, if one came.
#[derive(Debug, Default)]
struct Ledger {
    orders: BTreeMap<OrderId, (u64, Option<Promise>)>,
}

/// The content of order `number`: a function of the number, so that it can be sent again.
fn write_order(id: OrderId, number: u64, out: &mut Vec<u8>) {
    let sku = |step: u64| Sku::new(u32::try_from((number * step) % SKUS as u64).unwrap());
    let lines = [
        OrderLine::new(sku(7), 1 + u32::try_from(number % 3).unwrap()),
        OrderLine::new(sku(11), 1),
    ];
    let order = PlaceOrder {
        id,
        customer: 0,
        value_minor: 0,
        currency: [0; 4],
        zone: Zone::new(0),
        channel: Channel::NONE,
        priority_class: 0,
        service_level: 0,
        short: ShortMode::Backorder,
        reference: "",
        lines: &lines[..1 + usize::try_from(number % 2).unwrap()],
    };
    Command::PlaceOrder(order).write(out);
}

/// Defines the shop; a new folder gives its first handles in order from 0.
async fn set_up(address: &str) {
    let mut connection = Connection::connect(address, ACTOR).await.unwrap();
    let mut payload = Vec::new();
    let mut count = 0;
    let mut put = |command: Command<'_>| {
        command.write(&mut payload);
        count += 1;
    };
    for code in ["A", "B"] {
        let upsert = UpsertWarehouse { id: new_id(), priority: 1, active: true, code };
        put(Command::UpsertWarehouse(upsert));
    }
    put(Command::UpsertZone(UpsertCode { id: new_id(), code: "Z" }));
    for warehouse in [0, 1] {
        let rows = [CostRow::serves(Zone::new(0), 100 + u32::from(warehouse), 1, 1)];
        let warehouse = Warehouse::new(warehouse);
        put(Command::SetCosts(SetCosts { id: new_id(), warehouse, rows: &rows }));
    }
    for sku in 0..SKUS {
        let code = format!("S{sku}");
        let (id, order_max) = (new_id(), 0);
        let upsert =
            UpsertSku { id, order_max, tracked: true, backorder: true, active: true, code: &code };
        put(Command::UpsertSku(upsert));
        for warehouse in [0, 1] {
            put(Command::Receive(StockChange {
                id: new_id(),
                sku: Sku::new(u32::try_from(sku).unwrap()),
                warehouse: Warehouse::new(warehouse),
                // Some run out soon, so that orders split and wait.
                quantity: 50 * (1 + i32::try_from(sku).unwrap()),
                reason: AdjustReason::None,
                state: StockState::OnHand,
                note: "",
            }));
        }
    }
    exchange(&mut connection, FrameKind::Commands, count, &payload, |reply| {
        assert_eq!(reply.status, ReplyStatus::Accepted, "{reply:?}");
    })
    .await;
}

/// One frame there and back.
async fn exchange(
    connection: &mut Connection,
    kind: FrameKind,
    count: u32,
    payload: &[u8],
    mut on_reply: impl FnMut(&Reply<'_>),
) {
    loop {
        match kind {
            FrameKind::Queries => {
                connection.sender().send_queries(1, count, payload).await.unwrap()
            }
            _ => connection.sender().send_commands(1, count, payload).await.unwrap(),
        }
        connection.sender().flush().await.unwrap();
        let frame = connection.receiver().next_frame().await.unwrap();
        if frame.kind == FrameKind::Replies {
            let items = Items::new(frame.payload, REPLY_PAYLOAD_BYTES_MAX);
            items.for_each(|item| on_reply(&Reply::parse(&item.unwrap()).unwrap()));
            return;
        }
        assert_eq!(frame.kind, FrameKind::Busy);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Sends orders as fast as they are answered, until the server is gone.
async fn load(address: String, first: u64) -> Ledger {
    let connection = Connection::connect(address, ACTOR).await.unwrap();
    let (mut sender, mut receiver) = connection.split();
    let mut ledger = Ledger::default();
    let mut in_flight: BTreeMap<u64, Vec<OrderId>> = BTreeMap::new();
    let mut number = first;
    for request in 1.. {
        let (mut ids, mut payload) = (Vec::new(), Vec::new());
        for _ in 0..ORDERS_PER_FRAME {
            let id = new_id();
            write_order(id, number, &mut payload);
            ledger.orders.insert(id, (number, None));
            ids.push(id);
            number += 1;
        }
        let count = u32::try_from(ids.len()).unwrap();
        in_flight.insert(request, ids);
        let sent = sender.send_commands(request, count, &payload).await.is_ok()
            && sender.flush().await.is_ok();
        while in_flight.len() >= FRAMES_IN_FLIGHT || !sent {
            // Answers that came before the end count, also when a send has failed.
            let Ok(frame) = receiver.next_frame().await else { return ledger };
            let ids = in_flight.remove(&frame.request).unwrap();
            if frame.kind != FrameKind::Replies {
                assert_eq!(frame.kind, FrameKind::Busy);
                continue;
            }
            for (id, item) in ids.iter().zip(Items::new(frame.payload, REPLY_PAYLOAD_BYTES_MAX)) {
                let reply = Reply::parse(&item.unwrap()).unwrap();
                assert_eq!(reply.status, ReplyStatus::Accepted, "{reply:?}");
                let ReplyBody::Order(body) = reply.body else { panic!("{reply:?}") };
                ledger.orders.get_mut(id).unwrap().1 = Some(Promise::new(&reply, &body));
            }
        }
    }
    unreachable!("request numbers do not end");
}

/// Sends every order of `ledger` again; afterwards each has its promise.
async fn send_again(address: &str, ledger: &mut Ledger) {
    let mut connection = Connection::connect(address, ACTOR).await.unwrap();
    let ids: Vec<CommandId> = ledger.orders.keys().copied().collect();
    for ids in ids.chunks(ORDERS_PER_REPEAT) {
        let mut payload = Vec::new();
        ids.iter().for_each(|id| write_order(*id, ledger.orders[id].0, &mut payload));
        let count = u32::try_from(ids.len()).unwrap();
        let mut expected = ids.iter();
        exchange(&mut connection, FrameKind::Commands, count, &payload, |reply| {
            let id = expected.next().unwrap();
            let ReplyBody::Order(body) = reply.body else { panic!("order {id:?}: {reply:?}") };
            let found = Promise::new(reply, &body);
            match &mut ledger.orders.get_mut(id).unwrap().1 {
                Some(promise) => {
                    assert_eq!(reply.status, ReplyStatus::Duplicate, "acknowledged, then lost");
                    assert_eq!(*promise, found, "acknowledged, then changed");
                }
                unanswered => *unanswered = Some(found),
            }
        })
        .await;
        assert!(expected.next().is_none(), "every item is answered");
    }
}

/// Reads every order of `ledger`, as another client would.
async fn read_back(address: &str, ledger: &Ledger) {
    let mut connection = Connection::connect(address, ACTOR).await.unwrap();
    let orders: Vec<_> = ledger.orders.iter().collect();
    for orders in orders.chunks(ORDERS_PER_REPEAT) {
        let mut payload = Vec::new();
        orders.iter().for_each(|(id, _)| Query::ReadOrder(**id).write(&mut payload));
        let count = u32::try_from(orders.len()).unwrap();
        let mut expected = orders.iter();
        exchange(&mut connection, FrameKind::Queries, count, &payload, |reply| {
            let (id, (_, promise)) = expected.next().unwrap();
            let ReplyBody::OrderDetail { order, .. } = reply.body else {
                panic!("order {id:?}: {reply:?}")
            };
            let promise = promise.as_ref().unwrap();
            let found = Promise { sequence: promise.sequence, ..Promise::new(reply, &order) };
            assert_eq!(*promise, found);
        })
        .await;
        assert!(expected.next().is_none(), "every item is answered");
    }
}

/// Load on several connections, then SIGKILL; returns what was sent.
async fn load_and_kill(server: Server, round: usize) -> Ledger {
    let address = server.address().to_owned();
    let tasks: Vec<_> = (0..CONNECTIONS)
        .map(|connection| {
            let first = u64::try_from((round * CONNECTIONS + connection) * 1_000_000).unwrap();
            tokio::spawn(load(address.clone(), first))
        })
        .collect();
    // 150 to 300 ms, another time each round, so that the kill meets other moments.
    let pause = 150 + (round * 37) % 150;
    tokio::time::sleep(Duration::from_millis(u64::try_from(pause).unwrap())).await;
    server.kill();
    let mut sent = Ledger::default();
    for task in tasks {
        sent.orders.extend(task.await.unwrap().orders);
    }
    sent
}

fn journal_io(round: usize) -> [&'static str; 2] {
    ["--journal-io", if round.is_multiple_of(2) { "mapped" } else { "direct" }]
}

fn replay(directory: &Path) -> serde_json::Value {
    let replayed = run(["replay", directory.to_str().unwrap(), "--json"]);
    assert_eq!(replayed.code, Some(0), "{replayed:?}");
    replayed.json()
}

/// Kills the server `ROUNDS_PER_FOLDER` times; returns acknowledged and unanswered orders.
async fn torment(directory: &Path, first_round: usize) -> (usize, usize) {
    let mut server = Server::start(directory, &journal_io(first_round));
    set_up(server.address()).await;
    let mut all = Ledger::default();
    let (mut acknowledged, mut unanswered) = (0, 0);
    for round in first_round..first_round + ROUNDS_PER_FOLDER {
        let mut sent = load_and_kill(server, round).await;
        let promises = sent.orders.values().filter(|(_, promise)| promise.is_some()).count();
        assert!(promises > 0, "round {round}: nothing was acknowledged before the kill");
        acknowledged += promises;
        unanswered += sent.orders.len() - promises;

        let replayed = replay(directory);
        server = Server::start(directory, &journal_io(round + 1));
        let stats = server.json(&["stats"]);
        for key in ["state_hash", "last_sequence", "orders", "units_allocated", "units_backordered"]
        {
            assert_eq!(stats[key], replayed[key], "round {round}: {key}");
        }
        send_again(server.address(), &mut sent).await;
        all.orders.append(&mut sent.orders);
        let stats = server.json(&["stats"]);
        assert_eq!(stats["orders"], all.orders.len(), "round {round}: an order is there twice");
    }
    read_back(server.address(), &all).await;
    let verified = run(["journal", "verify", directory.to_str().unwrap()]);
    assert_eq!(verified.code, Some(0), "{verified:?}");
    (acknowledged, unanswered)
}

#[test]
fn fifty_kills_under_load_lose_no_acknowledged_order() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let started = Instant::now();
    let (mut acknowledged, mut unanswered) = (0, 0);
    for first_round in (0..ROUNDS).step_by(ROUNDS_PER_FOLDER) {
        let folder = tempfile::tempdir().unwrap();
        let counts = runtime.block_on(torment(&folder.path().join("shop"), first_round));
        acknowledged += counts.0;
        unanswered += counts.1;
    }
    println!(
        "{ROUNDS} kills: {acknowledged} orders acknowledged and found, {unanswered} unanswered at \
         a kill, {:.1} s",
        started.elapsed().as_secs_f64()
    );
}
