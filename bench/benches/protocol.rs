//! What the codec costs for one frame: writing it, taking it off a stream, and reading its items.
//!
//!     cargo bench -p gantry-bench --bench protocol

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput};
use gantry_bench::Random;
use gantry_model::{
    COMMAND_BYTES_MAX, Channel, Command, CommandId, HoldId, Items, OrderLine, PlaceOrder,
    ShortMode, Sku, Zone,
};
use gantry_protocol::{FrameKind, FrameReader, write_frame};

/// Orders in a frame: the lone one, the load test's 64, the most that a frame may hold.
const ORDERS_PER_FRAME: [u32; 3] = [1, 64, 1_024];

fn main() {
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .sample_size(30)
        .configure_from_args();
    for orders in ORDERS_PER_FRAME {
        frame(&mut criterion, orders);
    }
    criterion.final_summary();
}

fn frame(criterion: &mut Criterion, orders: u32) {
    let payload = payload(orders);
    let mut group = criterion.benchmark_group("frame");
    group.throughput(Throughput::Elements(u64::from(orders)));
    let mut written = Vec::new();
    group.bench_function(BenchmarkId::new("write", orders), |bencher| {
        bencher.iter(|| {
            written.clear();
            write_frame(&mut written, FrameKind::Commands, 1, orders, black_box(&payload));
        });
    });
    written.clear();
    write_frame(&mut written, FrameKind::Commands, 1, orders, &payload);
    let mut reader = FrameReader::for_server();
    group.bench_function(BenchmarkId::new("read", orders), |bencher| {
        bencher.iter(|| read(&mut reader, black_box(&written)));
    });
    group.finish();
}

/// Feeds one frame in and parses every command in it, as a server does.
fn read(reader: &mut FrameReader, bytes: &[u8]) -> usize {
    let mut rest = bytes;
    while !rest.is_empty() {
        let taken = reader.extend(rest);
        assert!(taken > 0, "the reader has room for a frame");
        rest = &rest[taken..];
    }
    let frame = reader.next_frame().expect("the frame is whole").expect("the frame is there");
    let items = Items::new(frame.payload, COMMAND_BYTES_MAX);
    let lines_of = |command| match command {
        Command::PlaceOrder(order) => order.lines.len(),
        _ => 0,
    };
    items.map(|item| lines_of(Command::parse(&item.expect("an item")).expect("a command"))).sum()
}

fn payload(orders: u32) -> Vec<u8> {
    let mut random = Random::new(1);
    let mut payload = Vec::new();
    for _ in 0..orders {
        let line = |random: &mut Random| OrderLine::new(Sku::new(random.below(100_000)), 1);
        let lines = [line(&mut random), line(&mut random)];
        let order = PlaceOrder {
            id: CommandId::new(random.next_id()),
            hold: HoldId::NONE,
            customer: 0,
            value_minor: 0,
            currency: [0; 4],
            zone: Zone::new(0),
            channel: Channel::NONE,
            priority_class: 0,
            service_level: 0,
            short: ShortMode::Backorder,
            reference: "",
            lines: &lines,
        };
        Command::PlaceOrder(order).write(&mut payload);
    }
    payload
}
