//! One unit, a thousand clients: who asks for the last unit at the same time as everybody else
//! either gets it or is told that it is gone, and exactly one gets it.

use std::env;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use gantry_client::Connection;
use gantry_model::{
    Actor, AdjustReason, Command, CommandId, Items, OrderLine, Query, RejectReason, Reply,
    ReplyBody, ReplyStatus, ShortMode, Sku, StockChange, StockState, UpsertSku, Warehouse,
};
use gantry_protocol::{FrameKind, REPLY_PAYLOAD_BYTES_MAX};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::sync::Barrier;

use crate::harness::{TestServer, bytes_of, order_of};
use crate::wire::OwnedFrame;

const CLIENTS: u32 = 1_000;
/// Rounds unless the variable says otherwise.
const ROUNDS: u32 = 20;
const ROUNDS_VARIABLE: &str = "GANTRY_LAST_UNIT_ROUNDS";
/// Rounds that a client has in flight.
const ROUNDS_IN_FLIGHT: u32 = 10;
/// Both ends of each connection, and what a test process has open besides.
const FILES: u64 = 2 * CLIENTS as u64 + 200;

/// What became of the orders for one SKU.
#[derive(Debug, Default)]
struct Round {
    accepted: AtomicU32,
    out_of_stock: AtomicU32,
}

impl Round {
    fn count(&self, reply: &Reply<'_>) {
        let counter = match (reply.status, reply.reject_reason()) {
            (ReplyStatus::Accepted, _) => &self.accepted,
            (ReplyStatus::Rejected, Some(RejectReason::OutOfStock)) => &self.out_of_stock,
            _ => panic!("neither of the two answers: {reply:?}"),
        };
        // Relaxed: read after every client's task has ended.
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn of_a_thousand_clients_exactly_one_gets_the_last_unit() {
    let rounds = env::var(ROUNDS_VARIABLE).map_or(ROUNDS, |rounds| rounds.parse().unwrap());
    permit_open_files();
    let test = TestServer::start();
    test.furnish();
    stock_one_unit_each(&test, rounds);

    let counts: Arc<[Round]> = (0..rounds).map(|_| Round::default()).collect();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let barrier = Arc::new(Barrier::new(CLIENTS as usize));
        let mut clients = Vec::new();
        for client in 0..CLIENTS {
            let connection = Connection::connect(test.address(), Actor::CLIENT_MIN).await.unwrap();
            let (barrier, counts) = (Arc::clone(&barrier), Arc::clone(&counts));
            clients.push(tokio::spawn(ask_for_each(client, connection, barrier, counts)));
        }
        for client in clients {
            client.await.unwrap();
        }
    });
    for (number, round) in counts.iter().enumerate() {
        let [accepted, out_of_stock] =
            [&round.accepted, &round.out_of_stock].map(|count| count.load(Ordering::Relaxed));
        assert_eq!((accepted, out_of_stock), (1, CLIENTS - 1), "round {number}");
    }
    assert_each_is_allocated(&test, rounds);
}

/// Lets the process open a file for each end of each connection.
fn permit_open_files() {
    let limit = getrlimit(Resource::Nofile);
    if limit.current.is_some_and(|current| current < FILES) {
        let raised = Rlimit { current: Some(FILES), maximum: limit.maximum };
        setrlimit(Resource::Nofile, raised)
            .unwrap_or_else(|error| panic!("{FILES} open files are needed: {error}"));
    }
}

/// The SKU of a round; number 0 is the lamp.
const fn sku_of(round: u32) -> Sku {
    Sku::new(round + 1)
}

/// Defines a SKU for each round and receives one unit of it.
fn stock_one_unit_each(test: &TestServer, rounds: u32) {
    let mut wire = test.connect();
    for round in 0..rounds {
        let code = format!("last-{round}");
        let id = |of: u32| CommandId::new(1 << 101 | u128::from(of) << 64 | u128::from(round));
        let upsert = UpsertSku {
            id: id(1),
            order_max: 0,
            tracked: true,
            backorder: true,
            active: true,
            code: &code,
        };
        let receive = StockChange {
            id: id(2),
            sku: sku_of(round),
            warehouse: Warehouse::new(0),
            quantity: 1,
            reason: AdjustReason::None,
            state: StockState::OnHand,
            note: "",
        };
        let commands = [Command::UpsertSku(upsert), Command::Receive(receive)];
        wire.send_commands(round.into(), &commands.map(|command| bytes_of(&command)));
        assert_eq!(wire.next_replies(round.into()).accepted, 2, "round {round}");
    }
}

/// One client: asks for the unit of every round, several rounds at once and all clients together.
async fn ask_for_each(
    client: u32,
    mut connection: Connection,
    barrier: Arc<Barrier>,
    counts: Arc<[Round]>,
) {
    let rounds: Vec<u32> = (0..).take(counts.len()).collect();
    for together in rounds.chunks(ROUNDS_IN_FLIGHT as usize) {
        barrier.wait().await;
        // Each client begins elsewhere, so that nobody is first everywhere.
        let mut asked = together.to_vec();
        asked.rotate_left(client as usize % together.len());
        for round in &asked {
            let order = order_for(*round, client);
            connection.sender().send_commands((*round).into(), 1, &order).await.unwrap();
        }
        connection.sender().flush().await.unwrap();
        for round in &asked {
            let frame = connection.receiver().next_frame().await.unwrap();
            assert_eq!((frame.kind, frame.request), (FrameKind::Replies, u64::from(*round)));
            let item = Items::new(frame.payload, REPLY_PAYLOAD_BYTES_MAX).next().unwrap().unwrap();
            counts[*round as usize].count(&Reply::parse(&item).unwrap());
        }
    }
}

fn order_for(round: u32, client: u32) -> Vec<u8> {
    let id = 1 << 102 | u128::from(round) << 32 | u128::from(client);
    let lines = [OrderLine::new(sku_of(round), 1)];
    bytes_of(&Command::PlaceOrder(order_of(id, &lines, ShortMode::ShipComplete)))
}

/// Each SKU has one unit on hand, and that one is allocated.
fn assert_each_is_allocated(test: &TestServer, rounds: u32) {
    let mut wire = test.connect();
    for round in 0..rounds {
        wire.send_queries(round.into(), &[Query::ReadStock(sku_of(round))]);
        let frame: OwnedFrame = wire.next().unwrap();
        let item = Items::new(&frame.payload, REPLY_PAYLOAD_BYTES_MAX).next().unwrap().unwrap();
        let reply = Reply::parse(&item).unwrap();
        let ReplyBody::Stock { cells: [cell], .. } = reply.body else { panic!("{reply:?}") };
        let figures = [cell.on_hand, cell.allocated, cell.available].map(|units| units.get());
        assert_eq!(figures, [1, 1, 0], "round {round}");
    }
    wire.send_queries(u64::from(rounds), &[Query::ReadTotals]);
    let frame = wire.next().unwrap();
    let item = Items::new(&frame.payload, REPLY_PAYLOAD_BYTES_MAX).next().unwrap().unwrap();
    let ReplyBody::Totals(totals) = Reply::parse(&item).unwrap().body else { panic!("no totals") };
    assert_eq!([totals.orders.get(), totals.units_allocated.get()], [u64::from(rounds); 2]);
}
