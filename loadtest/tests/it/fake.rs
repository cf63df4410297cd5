//! A server of a few lines: it accepts everything, and misbehaves with orders as it is told.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gantry_model::{
    CellView, Command, CommandKind, Item, Items, OrderHead, OrderLineView, OrderStatus, PlaceOrder,
    RejectReason, ReplyHeader, ReplyStatus, ReplyWriter, Sequence,
};
use gantry_protocol::{Busy, Frame, FrameKind, FrameReader, Welcome, write_frame};

/// What to do with a frame of orders.
pub(crate) enum Action {
    /// Answer at once.
    Answer,
    /// Answer after this time, and read nothing meanwhile.
    Stall(Duration),
    /// No room: again after so many microseconds.
    Busy(u32),
    /// Hang up.
    HangUp,
}

/// Decides about the frame of orders with this number, counted from 0 over all connections.
pub(crate) type Behaviour = fn(u64) -> Action;

/// What the server saw.
#[derive(Default)]
pub(crate) struct Seen {
    /// Frames of orders, refused ones too.
    pub(crate) order_frames: Vec<Vec<u8>>,
    /// Units of stock received.
    pub(crate) units: u64,
    /// Orders accepted.
    pub(crate) accepted: u64,
    handle_next: u32,
}

/// A running server; it ends with the test's process.
pub(crate) struct FakeServer {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// What it saw.
    pub(crate) seen: Arc<Mutex<Seen>>,
}

impl FakeServer {
    /// Listens on a free port.
    pub(crate) fn start(behaviour: Behaviour) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Seen::default()));
        let shared = Arc::clone(&seen);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (stream, seen) = (stream.unwrap(), Arc::clone(&shared));
                std::thread::spawn(move || serve(stream, &seen, behaviour));
            }
        });
        Self { address, seen }
    }
}

/// Serves one connection until it ends.
fn serve(mut stream: TcpStream, seen: &Mutex<Seen>, behaviour: Behaviour) -> Option<()> {
    let mut reader = FrameReader::for_server();
    stream.set_nodelay(true).unwrap();
    loop {
        let count = stream.read(reader.spare()).ok().filter(|count| *count > 0)?;
        reader.advance(count);
        while let Some(frame) = reader.next_frame().unwrap() {
            let mut out = Vec::new();
            answer(&frame, seen, behaviour, &mut out)?;
            stream.write_all(&out).ok()?;
        }
    }
}

fn answer(
    frame: &Frame<'_>,
    seen: &Mutex<Seen>,
    behaviour: Behaviour,
    out: &mut Vec<u8>,
) -> Option<()> {
    if frame.kind == FrameKind::Hello {
        welcome().write(frame.request, out);
        return Some(());
    }
    let items: Vec<Item<'_>> =
        Items::new(frame.payload, 1 << 20).map(|item| item.unwrap()).collect();
    assert_eq!(items.len(), frame.item_count as usize);
    if items[0].kind == CommandKind::PlaceOrder.number() {
        let number = {
            let mut seen = seen.lock().unwrap();
            seen.order_frames.push(frame.payload.to_vec());
            seen.order_frames.len() as u64 - 1
        };
        match behaviour(number) {
            Action::Answer => (),
            Action::Stall(time) => std::thread::sleep(time),
            Action::HangUp => return None,
            Action::Busy(retry_after_us) => {
                Busy { retry_after_us }.write(frame.request, out);
                return Some(());
            }
        }
    }
    let mut payload = Vec::new();
    let mut seen = seen.lock().unwrap();
    items.iter().for_each(|item| carry_out(item, &mut seen, &mut payload));
    write_frame(out, FrameKind::Replies, frame.request, frame.item_count, &payload);
    Some(())
}

fn welcome() -> Welcome {
    Welcome {
        instance: 1,
        frame_payload_bytes_max: 256 * 1024,
        items_per_frame_max: 1_024,
        requests_in_flight_max: 64,
        lines_per_order_max: 128,
    }
}

fn carry_out(item: &Item<'_>, seen: &mut Seen, payload: &mut Vec<u8>) {
    if CommandKind::from_number(item.kind).is_none() {
        // Where a `gantry` stands beside the load test, it is asked for this server's figures. It
        // has none, as if it were of another version.
        let header = ReplyHeader::new(ReplyStatus::Malformed, 4, Sequence::NONE);
        return ReplyWriter::begin(payload, item.kind, header).end();
    }
    let header = ReplyHeader::new(ReplyStatus::Accepted, 0, Sequence::new(1));
    match Command::parse(item).unwrap() {
        Command::PlaceOrder(order) => place(&order, seen, payload),
        Command::Receive(change) => {
            seen.units += u64::try_from(change.quantity).unwrap();
            ReplyWriter::begin(payload, item.kind, header).put(&CellView::default()).end();
        }
        Command::SetCosts(costs) => {
            assert_eq!(costs.rows.len(), 50);
            ReplyWriter::begin(payload, item.kind, header).end();
        }
        _ => {
            seen.handle_next += 1;
            let body = [seen.handle_next.to_le_bytes(), [0; 4]].concat();
            ReplyWriter::begin(payload, item.kind, header).put(body.as_slice()).end();
        }
    }
}

/// Everything allocated from two warehouses while the units last, then rejected.
fn place(order: &PlaceOrder<'_>, seen: &mut Seen, payload: &mut Vec<u8>) {
    let kind = CommandKind::PlaceOrder.number();
    let units: u64 = order.lines.iter().map(|line| u64::from(line.quantity())).sum();
    if units > seen.units {
        let reason = RejectReason::OutOfStock;
        let header = ReplyHeader::new(ReplyStatus::Rejected, reason.number(), Sequence::new(1));
        let outcome = gantry_model::OutcomeHead::rejected(reason, 0, 0);
        return ReplyWriter::begin(payload, kind, header).put(&outcome).end();
    }
    seen.units -= units;
    seen.accepted += 1;
    let header = ReplyHeader::new(ReplyStatus::Accepted, 0, Sequence::new(1));
    let lines = u16::try_from(order.lines.len()).unwrap();
    let views = order.lines.iter().map(|line| OrderLineView {
        sku: line.sku().get().into(),
        ordered: line.quantity().into(),
        allocated: line.quantity().into(),
        waiting: 0.into(),
        shipped: 0.into(),
        cancelled: 0.into(),
    });
    ReplyWriter::begin(payload, kind, header)
        .put(&OrderHead::new(OrderStatus::Open, 5, 2, lines, 0))
        .put_all(views)
        .end();
}
