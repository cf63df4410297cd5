//! The shoppers: a few connections that send each order when it is due, and keep every answer.
//!
//! Latency counts from the moment an order is due, also when it could not be sent in time.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use gantry_client::{ClientError, Connection, ConnectionReceiver, ConnectionSender};
use gantry_model::{Items, OrderBody, OrderLine, Reply, ReplyBody, ReplyStatus};
use gantry_protocol::{Busy, Frame, FrameKind, REPLY_PAYLOAD_BYTES_MAX};
use tokio::time::Instant;

use super::DemoError;
use super::figures::Figures;
use super::shape::Shape;
use super::stream::Stream;

/// Orders in one frame at most.
const ORDERS_PER_FRAME_MAX: u64 = 64;
/// Frames of one connection that wait for their answer.
const FRAMES_IN_FLIGHT_MAX: usize = 64;
/// How often a connection looks for orders that are due.
const TICK: Duration = Duration::from_millis(1);

/// An order that the server promised to keep.
#[derive(Clone, Copy, Debug)]
pub(super) struct Acknowledged {
    pub(super) order: u64,
    /// Fingerprint of what was promised.
    pub(super) image: u64,
}

/// A fingerprint of where each unit of an order is.
pub(super) fn image(order: &OrderBody<'_>) -> u64 {
    let mut hasher = DefaultHasher::new();
    (order.head.cost_minor(), order.head.parcels()).hash(&mut hasher);
    for line in order.lines {
        let units = [line.ordered, line.allocated, line.waiting, line.shipped, line.cancelled];
        (line.sku.get(), units.map(|units| units.get())).hash(&mut hasher);
    }
    for place in order.allocations {
        let units = [place.allocated, place.shipped].map(|units| units.get());
        (place.line.get(), place.warehouse.get(), units).hash(&mut hasher);
    }
    hasher.finish()
}

/// How a connection's day ended.
#[derive(Debug)]
pub(super) struct Shopped {
    pub(super) acknowledged: Vec<Acknowledged>,
    /// Orders that were sent and not answered.
    pub(super) unanswered: u64,
}

/// The part of the orders that one connection sends: every `stride`th from `first`.
#[derive(Clone, Debug)]
pub(super) struct Share {
    pub(super) stream: Arc<Stream>,
    pub(super) shape: Arc<Shape>,
    pub(super) figures: Arc<Mutex<Figures>>,
    pub(super) start: Instant,
    pub(super) first: u64,
    pub(super) stride: u64,
}

/// A frame that waits for its answer.
struct InFlight {
    payload: Vec<u8>,
    orders: Vec<u64>,
    /// `Some`: it was answered busy, and is sent again then.
    again_at: Option<Instant>,
}

struct Shopper {
    share: Share,
    sender: ConnectionSender,
    in_flight: BTreeMap<u64, InFlight>,
    next_order: u64,
    next_request: u64,
    lines: Vec<OrderLine>,
    acknowledged: Vec<Acknowledged>,
}

/// Sends orders until the server is gone; returns every acknowledgement that arrived.
pub(super) async fn shop(connection: Connection, share: Share) -> Result<Shopped, DemoError> {
    let (sender, mut receiver) = connection.split();
    let next_order = share.first;
    let (in_flight, lines, acknowledged) = (BTreeMap::new(), Vec::new(), Vec::new());
    let mut shopper =
        Shopper { share, sender, in_flight, next_order, next_request: 1, lines, acknowledged };
    match shopper.run(&mut receiver).await {
        DemoError::Connection(error) if is_gone(&error) => {}
        error => return Err(error),
    }
    shopper.drain(&mut receiver).await?;
    let unanswered = shopper.unanswered();
    Ok(Shopped { acknowledged: shopper.acknowledged, unanswered })
}

/// What a killed server looks like from here.
fn is_gone(error: &ClientError) -> bool {
    matches!(error, ClientError::Io { .. } | ClientError::Disconnected { .. })
}

impl Shopper {
    /// Goes on until the connection ends, which is an error like any other.
    async fn run(&mut self, receiver: &mut ConnectionReceiver) -> DemoError {
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
        loop {
            let done = tokio::select! {
                frame = receiver.next_frame() => match frame {
                    Ok(frame) => self.take_frame(&frame),
                    Err(error) => Err(error.into()),
                },
                _ = tick.tick() => self.send_due().await,
            };
            if let Err(error) = done {
                return error;
            }
        }
    }

    /// Answers that were on their way when a send failed are promises too.
    async fn drain(&mut self, receiver: &mut ConnectionReceiver) -> Result<(), DemoError> {
        while let Ok(frame) = receiver.next_frame().await {
            self.take_frame(&frame)?;
        }
        Ok(())
    }

    async fn send_due(&mut self) -> Result<(), DemoError> {
        let due = self.share.shape.due_at(self.share.start.elapsed());
        self.send_again().await?;
        while self.next_order < due && self.in_flight.len() < FRAMES_IN_FLIGHT_MAX {
            let frame = self.next_frame(due);
            let (request, count) = (self.next_request, item_count(&frame));
            self.next_request += 1;
            let sent = self.sender.send_commands(request, count, &frame.payload).await;
            self.in_flight.insert(request, frame);
            sent?;
        }
        self.sender.flush().await?;
        self.count_unanswered();
        Ok(())
    }

    fn next_frame(&mut self, due: u64) -> InFlight {
        let (mut payload, mut orders) = (Vec::new(), Vec::new());
        while self.next_order < due && (orders.len() as u64) < ORDERS_PER_FRAME_MAX {
            self.share.stream.write(self.next_order, &mut self.lines, &mut payload);
            orders.push(self.next_order);
            self.next_order += self.share.stride;
        }
        InFlight { payload, orders, again_at: None }
    }

    /// Sends frames again that were answered busy; nothing of them was carried out.
    async fn send_again(&mut self) -> Result<(), DemoError> {
        let now = Instant::now();
        for (request, frame) in &mut self.in_flight {
            if frame.again_at.is_some_and(|at| at <= now) {
                frame.again_at = None;
                self.sender.send_commands(*request, item_count(frame), &frame.payload).await?;
            }
        }
        Ok(())
    }

    fn take_frame(&mut self, frame: &Frame<'_>) -> Result<(), DemoError> {
        match frame.kind {
            FrameKind::Replies => self.take_replies(frame),
            FrameKind::Busy => {
                let wait = Busy::parse(frame.payload).map_err(ClientError::from)?.retry_after_us;
                let again_at = Instant::now() + Duration::from_micros(u64::from(wait));
                if let Some(waiting) = self.in_flight.get_mut(&frame.request) {
                    waiting.again_at = Some(again_at);
                }
                self.figures(|figures| figures.busy_frames += 1);
                Ok(())
            }
            FrameKind::Goodbye => Ok(()),
            kind => Err(DemoError::UnexpectedFrame { kind }),
        }
    }

    fn take_replies(&mut self, frame: &Frame<'_>) -> Result<(), DemoError> {
        let Some(sent) = self.in_flight.remove(&frame.request) else {
            return Err(ClientError::UnknownRequest { request: frame.request }.into());
        };
        let elapsed = self.share.start.elapsed();
        let share = self.share.clone();
        let mut figures = share.figures.lock().unwrap_or_else(PoisonError::into_inner);
        let items = Items::new(frame.payload, REPLY_PAYLOAD_BYTES_MAX);
        for (order, item) in sent.orders.into_iter().zip(items) {
            let reply = Reply::parse(&item?)?;
            match (reply.status, reply.body) {
                (ReplyStatus::Accepted, ReplyBody::Order(body)) => {
                    figures.count_order(&body);
                    self.acknowledged.push(Acknowledged { order, image: image(&body) });
                }
                (ReplyStatus::Rejected, _) => figures.rejected += 1,
                (status, _) => {
                    let (status, reason) = (status.name(), reply.reason);
                    return Err(DemoError::UnexpectedAnswer { status, reason });
                }
            }
            figures.record_latency(elapsed.saturating_sub(share.shape.due_time(order)));
        }
        Ok(())
    }

    fn count_unanswered(&self) {
        let unanswered = self.unanswered();
        let oldest = self.in_flight.values().flat_map(|frame| frame.orders.first()).min();
        let oldest = oldest.map(|order| self.share.shape.due_time(*order));
        self.figures(|figures| {
            (figures.unanswered, figures.oldest_unanswered) = (unanswered, oldest);
        });
    }

    fn unanswered(&self) -> u64 {
        self.in_flight.values().map(|frame| frame.orders.len() as u64).sum()
    }

    fn figures(&self, change: impl FnOnce(&mut Figures)) {
        change(&mut self.share.figures.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

fn item_count(frame: &InFlight) -> u32 {
    u32::try_from(frame.orders.len()).expect("invariant: bounded by ORDERS_PER_FRAME_MAX")
}

impl Figures {
    fn count_order(&mut self, order: &OrderBody<'_>) {
        self.accepted += 1;
        self.split_orders += u64::from(order.head.parcels() > 1);
        for line in order.lines {
            self.units_ordered += u64::from(line.ordered.get());
            self.units_allocated += u64::from(line.allocated.get());
            self.units_backordered += u64::from(line.waiting.get());
        }
    }
}
