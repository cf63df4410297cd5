//! What clients were promised, and whether the server still says so.

use std::collections::BTreeMap;

use gantry_client::Connection;
use gantry_model::{
    Items, OrderAllocation, OrderBody, OrderId, OrderLineView, Query, Reply, ReplyBody, ReplyStatus,
};
use gantry_protocol::{FrameKind, REPLY_PAYLOAD_BYTES_MAX};

use super::shop::{ACTOR, exchange, write_order};
use crate::judge::Violation;

const ORDERS_PER_FRAME: usize = 4;
const FRAMES_IN_FLIGHT: usize = 3;
/// Sent again in frames of this many.
const ORDERS_PER_REPEAT: usize = 256;

/// What an answer said of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Promise {
    sequence: u64,
    /// Per line: SKU, ordered, allocated, waiting.
    lines: Vec<[u32; 4]>,
    /// Line, warehouse, units.
    places: Vec<(u16, u16, u32)>,
}

impl Promise {
    fn new(sequence: u64, order: &OrderBody<'_>) -> Self {
        let line = |line: &OrderLineView| {
            [line.sku.get(), line.ordered.get(), line.allocated.get(), line.waiting.get()]
        };
        let place = |place: &OrderAllocation| {
            (place.line.get(), place.warehouse.get(), place.allocated.get())
        };
        Self {
            sequence,
            lines: order.lines.iter().map(line).collect(),
            places: order.allocations.iter().map(place).collect(),
        }
    }
}

/// Orders that were sent: the content by its number, and the promise, if one came.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    pub(super) orders: BTreeMap<OrderId, (u64, Option<Promise>)>,
}

impl Ledger {
    /// Orders that were acknowledged.
    pub(super) fn promises(&self) -> u64 {
        self.orders.values().filter(|(_, promise)| promise.is_some()).count() as u64
    }

    /// Takes over the orders of another ledger.
    pub(super) fn append(&mut self, mut other: Self) {
        self.orders.append(&mut other.orders);
    }

    /// Sends orders from number `first` on as fast as they are answered, until the server is gone.
    pub(super) async fn load(address: String, first: u64) -> Self {
        let mut ledger = Self::default();
        // The server may be gone before it has said anything.
        let Ok(connection) = Connection::connect(address, ACTOR).await else { return ledger };
        let (mut sender, mut receiver) = connection.split();
        let mut in_flight: BTreeMap<u64, Vec<OrderId>> = BTreeMap::new();
        let mut number = first;
        for request in 1.. {
            let (mut ids, mut payload) = (Vec::new(), Vec::new());
            for _ in 0..ORDERS_PER_FRAME {
                let id = gantry_client::new_id();
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
                if frame.kind == FrameKind::Replies {
                    ledger.note(&ids, frame.payload);
                }
            }
        }
        unreachable!("request numbers do not end")
    }

    /// Notes the answers to orders of the ledger.
    pub(super) fn note(&mut self, ids: &[OrderId], payload: &[u8]) {
        for (id, item) in ids.iter().zip(Items::new(payload, REPLY_PAYLOAD_BYTES_MAX)) {
            let item = item.unwrap();
            let reply = Reply::parse(&item).unwrap();
            assert_eq!(reply.status, ReplyStatus::Accepted, "{reply:?}");
            let ReplyBody::Order(body) = reply.body else { panic!("{reply:?}") };
            let promise = Promise::new(reply.sequence.get(), &body);
            self.orders.get_mut(id).unwrap().1 = Some(promise);
        }
    }

    /// Sends every order again. One that was acknowledged must be a duplicate with the same
    /// promise; any other may be new. Afterwards each has its promise.
    pub(super) async fn send_again(&mut self, address: &str) -> Result<(), Violation> {
        let mut connection = Connection::connect(address, ACTOR).await.unwrap();
        let ids: Vec<OrderId> = self.orders.keys().copied().collect();
        for ids in ids.chunks(ORDERS_PER_REPEAT) {
            let mut payload = Vec::new();
            ids.iter().for_each(|id| write_order(*id, self.orders[id].0, &mut payload));
            let count = u32::try_from(ids.len()).unwrap();
            let mut answers = Vec::new();
            exchange(&mut connection, FrameKind::Commands, count, &payload, |reply| {
                answers.push(promise_of(reply).map(|promise| (reply.status, promise)));
            })
            .await;
            for (id, answer) in ids.iter().zip(answers) {
                self.compare(*id, answer?)?;
            }
        }
        Ok(())
    }

    fn compare(
        &mut self,
        id: OrderId,
        (status, found): (ReplyStatus, Promise),
    ) -> Result<(), Violation> {
        match &mut self.orders.get_mut(&id).unwrap().1 {
            Some(_) if status != ReplyStatus::Duplicate => {
                Err(Violation(format!("order {id:?} was acknowledged, then lost: {status:?}")))
            }
            Some(promise) if *promise != found => {
                let change = format!("{promise:?}, then {found:?}");
                Err(Violation(format!("order {id:?} was acknowledged, then changed: {change}")))
            }
            Some(_) => Ok(()),
            unanswered => {
                *unanswered = Some(found);
                Ok(())
            }
        }
    }

    /// Reads every order, as another client would; each has its promise by now.
    pub(super) async fn read_back(&self, address: &str) -> Result<(), Violation> {
        let mut connection = Connection::connect(address, ACTOR).await.unwrap();
        let orders: Vec<_> = self.orders.iter().collect();
        for orders in orders.chunks(ORDERS_PER_REPEAT) {
            let mut payload = Vec::new();
            orders.iter().for_each(|(id, _)| Query::ReadOrder(**id).write(&mut payload));
            let count = u32::try_from(orders.len()).unwrap();
            let mut answers = Vec::new();
            exchange(&mut connection, FrameKind::Queries, count, &payload, |reply| {
                answers.push(promise_of(reply));
            })
            .await;
            for ((id, (_, promise)), answer) in orders.iter().zip(answers) {
                let promise = promise.clone().unwrap();
                let found = Promise { sequence: promise.sequence, ..answer? };
                if promise != found {
                    let change = format!("{promise:?}, read as {found:?}");
                    return Err(Violation(format!("order {id:?}: {change}")));
                }
            }
        }
        Ok(())
    }
}

fn promise_of(reply: &Reply<'_>) -> Result<Promise, Violation> {
    let sequence = reply.sequence.get();
    match &reply.body {
        ReplyBody::Order(order) | ReplyBody::OrderDetail { order, .. } => {
            Ok(Promise::new(sequence, order))
        }
        other => Err(Violation(format!("an order was answered with {other:?}"))),
    }
}
