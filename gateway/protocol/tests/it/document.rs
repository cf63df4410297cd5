//! `docs/PROTOCOL.md` says what the code does: its example is read byte for byte, its numbers are
//! looked up, its byte tables must join.

mod lengths;

use gantry_model::{
    AdjustReason, COMMAND_BYTES_MAX, Channel, Command, CommandKind, HoldId, HoldStatus, Item,
    Malformed, MovementKind, Namespace, Objective, OrderAllocation, OrderHead, OrderLine,
    OrderLineView, OrderStatus, PlaceOrder, Proof, QueryKind, RejectCause, RejectReason, Reply,
    ReplyBody, ReplyHeader, ReplyStatus, ReplyWriter, Rule, Rules, Sequence, ShortMode, Sku,
    StockState, SupplyStatus, Zone,
};
use gantry_protocol::{
    ErrorCode, FRAME_PAYLOAD_BYTES_MAX, FrameKind, FrameReader, ITEMS_PER_FRAME_MAX,
    REPLY_PAYLOAD_BYTES_MAX, write_frame,
};

use crate::{OwnedFrame, next, put};

const DOCUMENT: &str = include_str!("../../../../docs/PROTOCOL.md");
const JOURNAL: &str = include_str!("../../../../docs/FORMAT.md");

/// The bytes of the block with this name: the middle column of its lines.
fn example(name: &str) -> Vec<u8> {
    let opening = format!("```hex {name}\n");
    let (_, block) = DOCUMENT.split_once(&opening).expect("the document has the example");
    let (block, _) = block.split_once("```").expect("the block ends");
    let mut bytes = Vec::new();
    for line in block.lines() {
        let (offset, rest) = line.split_once('|').expect("offset | bytes | meaning");
        assert_eq!(usize::from_str_radix(offset.trim(), 16).unwrap(), bytes.len(), "{line}");
        let hex = rest.split('|').next().unwrap();
        bytes.extend(hex.split_whitespace().map(|byte| u8::from_str_radix(byte, 16).unwrap()));
    }
    bytes
}

fn only_frame(mut reader: FrameReader, bytes: &[u8]) -> OwnedFrame {
    put(&mut reader, bytes);
    let frame = next(&mut reader).unwrap().expect("a whole frame");
    assert_eq!(reader.buffered_bytes(), 0);
    frame
}

#[test]
fn the_example_places_an_order() {
    let bytes = example("place_order");
    let frame = only_frame(FrameReader::for_server(), &bytes);
    assert_eq!((frame.kind, frame.request, frame.item_count), (FrameKind::Commands, 7, 1));
    let (item, rest) = Item::split(&frame.payload, COMMAND_BYTES_MAX).unwrap();
    assert!(rest.is_empty());
    let Ok(Command::PlaceOrder(order)) = Command::parse(&item) else { panic!("{item:?}") };
    let expected = PlaceOrder {
        id: gantry_model::OrderId::new(0x0190_a3c4_d5e6_7f01_8123_4567_89ab_cdef),
        hold: HoldId::NONE,
        customer: 0x00c0_ffee,
        value_minor: 12_980,
        currency: *b"EUR\0",
        zone: Zone::new(3),
        channel: Channel::NONE,
        priority_class: 0,
        service_level: 1,
        short: ShortMode::TakeAvailable,
        reference: "10042",
        lines: &[OrderLine::new(Sku::new(17), 2), OrderLine::new(Sku::new(4), 1)],
    };
    assert_eq!(format!("{order:?}"), format!("{expected:?}"));
    let (mut item, mut written) = (Vec::new(), Vec::new());
    Command::PlaceOrder(expected).write(&mut item);
    write_frame(&mut written, FrameKind::Commands, 7, 1, &item);
    assert_eq!(written, bytes);
}

#[test]
fn the_example_is_answered() {
    let bytes = example("place_order_reply");
    let frame = only_frame(FrameReader::for_client(), &bytes);
    assert_eq!((frame.kind, frame.request, frame.item_count), (FrameKind::Replies, 7, 1));
    let (item, rest) = Item::split(&frame.payload, REPLY_PAYLOAD_BYTES_MAX).unwrap();
    assert!(rest.is_empty());
    let reply = Reply::parse(&item).unwrap();
    assert_eq!(reply.kind, CommandKind::PlaceOrder.number());
    assert_eq!((reply.status, reply.reason), (ReplyStatus::Accepted, 0));
    assert_eq!(reply.sequence, Sequence::new(4711));
    let line = |sku: u32, units: u32| OrderLineView {
        sku: sku.into(),
        ordered: units.into(),
        allocated: units.into(),
        waiting: 0.into(),
        shipped: 0.into(),
        cancelled: 0.into(),
    };
    let allocation = |line: u16, warehouse: u16, units: u32| OrderAllocation {
        line: line.into(),
        warehouse: warehouse.into(),
        allocated: units.into(),
        shipped: 0.into(),
    };
    let head = OrderHead::new(OrderStatus::Open, 1_290, 2, 2, 2).proven(Some(Proof::Optimal), 0);
    let (lines, allocations) =
        ([line(17, 2), line(4, 1)], [allocation(0, 1, 2), allocation(1, 0, 1)]);
    let ReplyBody::Order(order) = reply.body else { panic!("{reply:?}") };
    assert_eq!((order.head, order.lines), (head, &lines[..]));
    assert_eq!(order.allocations, &allocations[..]);
    let (mut item, mut written) = (Vec::new(), Vec::new());
    let header = ReplyHeader::new(ReplyStatus::Accepted, 0, Sequence::new(4711));
    let writer = ReplyWriter::begin(&mut item, CommandKind::PlaceOrder.number(), header);
    writer.put(&head).put(&lines[..]).put(&allocations[..]).end();
    write_frame(&mut written, FrameKind::Replies, 7, 1, &item);
    assert_eq!(written, bytes);
}

/// The rows of the table whose head's first cell is this.
fn rows_of(head: &str, second: &str) -> Vec<Vec<&'static str>> {
    rows_in(DOCUMENT, head, second)
}

fn rows_in(document: &'static str, head: &str, second: &str) -> Vec<Vec<&'static str>> {
    let opening = format!("| {head} | {second} |");
    let at = document.find(&opening).unwrap_or_else(|| panic!("no table {opening}"));
    document[at..].lines().skip(2).map_while(cells).collect()
}

/// The cells of a table's row.
fn cells(line: &'static str) -> Option<Vec<&'static str>> {
    let line = line.strip_prefix("| ")?.strip_suffix('|')?;
    Some(line.split('|').map(str::trim).collect())
}

/// The table has exactly these numbers and names, in this order.
fn check_numbers(head: &str, second: &str, expected: impl IntoIterator<Item = (String, String)>) {
    check_rows(head, &rows_of(head, second), expected);
}

fn check_rows(
    head: &str,
    rows: &[Vec<&'static str>],
    expected: impl IntoIterator<Item = (String, String)>,
) {
    let found: Vec<_> = rows
        .iter()
        .map(|row| (row[0].trim_matches('`').to_owned(), row[1].trim_matches('`').to_owned()))
        .collect();
    assert_eq!(found, expected.into_iter().collect::<Vec<_>>(), "table {head}");
}

fn pair(number: impl ToString, name: &str) -> (String, String) {
    (number.to_string(), name.to_owned())
}

#[test]
fn every_number_of_a_frame_stands_in_its_table() {
    let kinds = FrameKind::ALL.iter().map(|kind| pair(kind.number(), kind.name()));
    check_numbers("Number", "Kind", kinds);
    let codes = ErrorCode::ALL.iter().map(|code| pair(code.number(), code.name()));
    check_numbers("Code", "Name", codes);
    for (row, code) in rows_of("Code", "Name").iter().zip(ErrorCode::ALL) {
        assert_eq!(row[3] == "goes on", code.connection_goes_on(), "{row:?}");
    }
}

#[test]
fn every_number_of_an_item_stands_in_its_table() {
    let hex = |number: u16| format!("{number:#06x}");
    let commands = CommandKind::ALL.iter().map(|kind| pair(hex(kind.number()), kind.name()));
    check_numbers("Kind", "Name | Body", commands);
    for (row, kind) in rows_of("Kind", "Name | Body").iter().zip(CommandKind::ALL) {
        let schemas: Vec<_> = kind.schemas().iter().map(u16::to_string).collect();
        assert_eq!(row[4], schemas.join(", "), "{row:?}");
    }
    let found = rows_of("Kind", "Name | Answer");
    let queries: Vec<_> = QueryKind::ALL.iter().map(|kind| hex(kind.number())).collect();
    assert_eq!(found.iter().map(|row| row[0].trim_matches('`')).collect::<Vec<_>>(), queries);
    let statuses = ReplyStatus::ALL.iter().map(|status| pair(status.number(), status.name()));
    check_numbers("Status", "Name", statuses);
    let reasons = RejectReason::ALL.iter().map(|reason| pair(reason.number(), reason.name()));
    check_numbers("Reason", "Name", reasons);
}

#[test]
fn every_small_number_stands_in_its_table() {
    let shorts = ShortMode::ALL.iter().map(|short| pair(short.number(), short.name()));
    check_numbers("Short", "Name", shorts);
    let states = StockState::ALL.iter().map(|state| pair(state.number(), state.name()));
    check_numbers("State", "Name", states);
    let adjusts = AdjustReason::ALL.iter().map(|reason| pair(reason.number(), reason.name()));
    check_numbers("Adjust reason", "Name", adjusts);
    let spaces = Namespace::ALL.iter().map(|space| pair(space.number(), space.name()));
    check_numbers("Namespace", "Name", spaces);
    let orders = OrderStatus::ALL.iter().map(|status| pair(status.number(), status.name()));
    check_numbers("Order status", "Name", orders);
    let holds = HoldStatus::ALL.iter().map(|status| pair(status.number(), status.name()));
    check_numbers("Hold status", "Name", holds);
    let supplies = SupplyStatus::ALL.iter().map(|status| pair(status.number(), status.name()));
    check_numbers("Supply status", "Name", supplies);
    let causes = RejectCause::ALL.iter().map(|cause| pair(cause.number(), cause.name()));
    check_numbers("Reject cause", "Name", causes);
}

#[test]
fn every_word_of_policies_stands_in_its_table() {
    let objectives =
        Objective::ALL.iter().map(|objective| pair(objective.number(), objective.name()));
    check_numbers("Objective", "Name", objectives);
    let rules = Rule::ALL.iter().map(|rule| pair(Rules::NONE.with(*rule).bits(), rule.name()));
    check_numbers("Rule bit", "Name", rules);
    let proofs = Proof::ALL.iter().map(|proof| pair(proof.number(), proof.name()));
    check_numbers("Proof", "Name", proofs);
}

#[test]
fn every_movement_stands_in_the_journals_tables() {
    let movements = MovementKind::ALL.iter().map(|kind| pair(kind.number(), kind.name()));
    check_rows("kind", &rows_in(JOURNAL, "kind", "name | on hand"), movements);
    let proofs = Proof::ALL.iter().map(|proof| pair(proof.number(), proof.name()));
    check_rows("proof", &rows_in(JOURNAL, "proof", "name"), proofs);
}

#[test]
fn replies_are_written_in_the_schema_that_is_told() {
    let (_, told) = DOCUMENT.split_once("Its schema is 2 for ").expect("the sentence");
    let (told, _) = told.split_once(", whatever the status, else 1.").expect("its end");
    let told: Vec<_> = told.split([',', ' ']).map(|word| word.trim_matches('`')).collect();
    let commands = CommandKind::ALL.iter().map(|kind| (kind.number(), kind.name()));
    let queries = rows_of("Kind", "Name | Answer");
    let queries = QueryKind::ALL.iter().zip(&queries);
    let queries = queries.map(|(kind, row)| (kind.number(), row[1].trim_matches('`')));
    for (kind, name) in commands.chain(queries) {
        let mut bytes = Vec::new();
        let header = ReplyHeader::new(ReplyStatus::Malformed, 6, Sequence::NONE);
        ReplyWriter::begin(&mut bytes, kind, header).end();
        let (item, _) = Item::split(&bytes, bytes.len()).unwrap();
        assert_eq!(item.schema == 2, told.contains(&name), "{name}");
        assert!(item.schema <= 2, "{name}");
        let mut dated = Vec::new();
        ReplyWriter::begin_dated(&mut dated, kind, header).end();
        let (dated, _) = Item::split(&dated, dated.len()).unwrap();
        let has_dates = told.contains(&name) || name == "read_book";
        assert_eq!(dated.schema, item.schema + u16::from(has_dates), "{name}");
    }
}

#[test]
fn every_malformed_number_stands_in_its_table() {
    let (need, have, extra, length, max) = (0, 0, 0, 0, 0);
    let (kind, schema, field, value) = (0, 0, "", 0);
    let all = [
        Malformed::TooShort { need, have },
        Malformed::TrailingBytes { extra },
        Malformed::BadLength { length, max },
        Malformed::UnknownKind { kind },
        Malformed::UnknownSchema { kind, schema },
        Malformed::BadField { field, value },
        Malformed::NotUtf8 { field },
    ];
    let found = rows_of("Number", "Meaning");
    let numbers: Vec<_> = all.iter().map(|malformed| malformed.number().to_string()).collect();
    assert_eq!(found.iter().map(|row| row[0]).collect::<Vec<_>>(), numbers);
}

/// Offset, size and type of a row of a byte table.
type FieldRow = (String, String, String);

fn byte_tables() -> Vec<Vec<FieldRow>> {
    let head = "| Offset | Size | Type | Name | Meaning |\n";
    let tables = DOCUMENT.split(head).skip(1);
    tables
        .map(|table| {
            let rows = table.lines().skip(1).map_while(cells);
            rows.map(|row| (row[0].to_owned(), row[1].to_owned(), row[2].to_owned())).collect()
        })
        .collect()
}

#[test]
fn the_rows_of_a_byte_table_join() {
    let tables = byte_tables();
    assert!(tables.len() >= 40, "{} tables", tables.len());
    for table in tables {
        let mut expected: Option<usize> = table[0].0.parse().ok();
        assert!(expected.is_some(), "{table:?}");
        for (offset, size, kind) in &table {
            match expected {
                Some(at) => assert_eq!(offset.parse(), Ok(at), "{table:?}"),
                None => assert_eq!(offset, "then", "{table:?}"),
            }
            let bytes = match kind.as_str() {
                "u8" => Some(1),
                "u16" => Some(2),
                "u32" | "i32" => Some(4),
                "u64" | "i64" => Some(8),
                "u128" => Some(16),
                _ => None,
            };
            if let Some(bytes) = bytes {
                assert_eq!(size.parse(), Ok(bytes), "{table:?}");
            }
            expected = expected.zip(size.parse().ok()).map(|(at, size): (usize, usize)| at + size);
        }
    }
}

#[test]
fn limits_stand_in_the_document() {
    let found: Vec<_> = rows_of("Figure", "What").iter().map(|row| row[0]).collect();
    let expected = [
        FRAME_PAYLOAD_BYTES_MAX,
        REPLY_PAYLOAD_BYTES_MAX,
        ITEMS_PER_FRAME_MAX,
        COMMAND_BYTES_MAX,
        gantry_model::LINES_PER_ORDER_MAX,
        gantry_model::QUANTITY_PER_LINE_MAX as usize,
        gantry_model::UNITS_PER_COMMAND_MAX as usize,
        gantry_model::UNITS_PER_CELL_MAX as usize,
        gantry_model::LINES_PER_ORDER_MAX * gantry_model::CANDIDATES_PER_ZONE_MAX,
        gantry_model::COST_ROWS_PER_COMMAND_MAX,
        gantry_model::CANDIDATES_PER_ZONE_MAX,
        gantry_model::WAREHOUSES_MAX,
        gantry_model::ZONES_MAX,
        gantry_model::SKUS_MAX,
        gantry_model::CODE_BYTES_MAX,
        gantry_model::POLICIES_MAX,
        gantry_model::POLICY_SKUS_MAX,
        gantry_model::PARCELS_PER_ORDER_MAX as usize,
        gantry_model::RESERVE_ROWS_PER_COMMAND_MAX,
        gantry_model::RING_FENCES_PER_CELL_MAX,
        gantry_model::COMPONENTS_PER_BUNDLE_MAX,
        gantry_model::UNITS_PER_COMPONENT_MAX as usize,
        gantry_model::PRICE_ROWS_PER_COMMAND_MAX,
        gantry_model::SHADOW_PRICE_MINOR_MAX as usize,
        gantry_model::BOOK_ROWS_PER_REPLY_MAX as usize,
        gantry_model::HOLD_SECONDS_MAX as usize,
        gantry_model::HOLDS_MAX,
        gantry_model::HOLD_ROWS_PER_OWNER_MAX,
        gantry_model::HOLDS_PER_REPLY_MAX as usize,
        gantry_model::SUPPLIES_MAX,
        gantry_model::SUPPLIES_PER_SKU_MAX,
        gantry_model::SUPPLIES_PER_PROMISE_MAX,
        gantry_model::PROMISES_PER_REPLY_MAX as usize,
        gantry_model::COOL_DOWN_SECONDS_MAX as usize,
        gantry_model::REJECTIONS_PER_ORDER_MAX as usize,
    ];
    assert_eq!(found, expected.map(|figure| figure.to_string()));
}
