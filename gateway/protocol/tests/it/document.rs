//! `docs/PROTOCOL.md` says what the code does: its example is read byte for byte, its numbers are
//! looked up, its byte tables must join.

use gantry_model::{
    AdjustReason, AssignPolicy, BookHead, BookRow, COMMAND_BYTES_MAX, CellView, Channel, Command,
    CommandId, CommandKind, Component, CostRow, ExtendHold, HeldUnits, HoldHead, HoldId,
    HoldStatus, HoldsHead, Item, Limits, LineUnits, Malformed, MatchAgain, MovementKind, Namespace,
    Objective, OrderAllocation, OrderDetail, OrderHead, OrderLine, OrderLineView, OrderStatus,
    OrderUnits, OutcomeHead, PlaceHold, PlaceOrder, Policy, PriceRow, Proof, Query, QueryKind,
    REPLY_HEADER_BYTES, ReadBook, ReadHolds, RejectReason, ReleaseHold, Reply, ReplyBody,
    ReplyHeader, ReplyStatus, ReplyWriter, ReserveRow, ResourceOrder, Rule, Rules, Sequence,
    SetBundle, SetCapacity, SetCosts, SetLimits, SetPolicy, SetPriority, SetReserves,
    SetShadowPrices, Short, ShortMode, Sku, StockChange, StockHead, StockState, Totals, UpsertCode,
    UpsertSku, UpsertWarehouse, WaitKey, Warehouse, Zone,
};
use gantry_protocol::{
    BUSY_BYTES, ErrorCode, FRAME_PAYLOAD_BYTES_MAX, FrameKind, FrameReader, HELLO_BYTES,
    ITEMS_PER_FRAME_MAX, REPLY_PAYLOAD_BYTES_MAX, WELCOME_BYTES, write_frame,
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

/// Where the fixed fields end in the byte table after this heading or sentence.
fn fixed_end(heading: &str) -> usize {
    let at = DOCUMENT.find(heading).unwrap_or_else(|| panic!("no {heading:?}"));
    let (_, table) = DOCUMENT[at..].split_once("| Offset |").expect("a byte table follows");
    let rows = table.lines().skip(2).map_while(cells);
    let ends =
        rows.map_while(|row| Some(row[0].parse::<usize>().ok()? + row[1].parse::<usize>().ok()?));
    ends.last().expect("the table has fixed fields")
}

#[test]
fn byte_tables_are_as_long_as_the_layouts() {
    let item = gantry_model::ITEM_HEADER_BYTES;
    for (heading, bytes) in [
        ("## Frame\n", gantry_protocol::FRAME_HEADER_BYTES),
        ("### hello", HELLO_BYTES),
        ("### welcome", WELCOME_BYTES),
        ("### busy", BUSY_BYTES),
        ("An order line, 8 bytes", size_of::<OrderLine>()),
        ("Line units, 8 bytes", size_of::<LineUnits>()),
        ("A cost row, 16 bytes", size_of::<CostRow>()),
        ("### Reply header", REPLY_HEADER_BYTES),
        ("### Order, 24 bytes", REPLY_HEADER_BYTES + size_of::<OrderHead>()),
        ("A reserve row, 12 bytes", size_of::<ReserveRow>()),
        ("A component, 8 bytes", size_of::<Component>()),
        ("A price row, 12 bytes", size_of::<PriceRow>()),
        ("An order line as it stands", size_of::<OrderLineView>()),
        ("An allocation, 12 bytes", size_of::<OrderAllocation>()),
        ("### Order in full", size_of::<OrderDetail>()),
        ("### Cell, 24 bytes", REPLY_HEADER_BYTES + size_of::<CellView>()),
        ("### Stock, 8 bytes", REPLY_HEADER_BYTES + size_of::<StockHead>()),
        ("### Book, 24 bytes", REPLY_HEADER_BYTES + size_of::<BookHead>()),
        ("A book row, 32 bytes", size_of::<BookRow>()),
        ("### Hold, 56 bytes", REPLY_HEADER_BYTES + size_of::<HoldHead>()),
        ("A place of a hold, 16 bytes", size_of::<HeldUnits>()),
        ("### Holds, 24 bytes", REPLY_HEADER_BYTES + size_of::<HoldsHead>()),
        ("### Handle, 8 bytes", REPLY_HEADER_BYTES + 8),
        ("### Code, 8 bytes", REPLY_HEADER_BYTES + 8),
        ("### Totals", REPLY_HEADER_BYTES + size_of::<Totals>()),
        ("### Rejection", REPLY_HEADER_BYTES + size_of::<OutcomeHead>()),
        ("A short, 16 bytes", size_of::<Short>()),
        ("### place_order: order, 64 bytes", item + 56),
        ("Schema 2, of an order that takes a hold", item + 56 + 16),
        ("### read_order, 24 bytes", item + 16),
        ("### read_hold, 24 bytes", item + 16),
    ] {
        assert_eq!(fixed_end(heading), bytes, "{heading}");
    }
}

#[test]
fn byte_tables_are_as_long_as_commands_and_queries_without_their_lists() {
    let id = CommandId::new(1);
    let units = OrderUnits { id, order: id, units: &[] };
    let change = StockChange {
        id,
        sku: Sku::new(0),
        warehouse: Warehouse::new(0),
        quantity: 0,
        reason: AdjustReason::None,
        state: StockState::OnHand,
        note: "",
    };
    let (active, code) = (true, "");
    let sku = UpsertSku { id, order_max: 0, tracked: true, backorder: true, active, code };
    let costs = SetCosts { id, warehouse: Warehouse::new(0), rows: &[] };
    for (heading, command) in [
        ("### cancel_order", Command::CancelOrder(units)),
        (
            "### set_priority",
            Command::SetPriority(SetPriority { id, order: id, priority_class: 0 }),
        ),
        ("### match_again", Command::MatchAgain(MatchAgain { id, sku: Sku::new(0) })),
        ("### receive", Command::Receive(change)),
        ("### upsert_sku", Command::UpsertSku(sku)),
        (
            "### upsert_warehouse",
            Command::UpsertWarehouse(UpsertWarehouse { id, priority: 1, active, code }),
        ),
        ("### upsert_zone", Command::UpsertZone(UpsertCode { id, code })),
        ("### set_costs", Command::SetCosts(costs)),
        ("### set_limits", Command::SetLimits(SetLimits { id, limits: Limits::DEFAULT })),
    ] {
        check_fixed_end(heading, &command);
    }
    for (heading, query) in [
        ("### read_stock", Query::ReadStock(Sku::new(0))),
        (
            "### read_book",
            Query::ReadBook(ReadBook { sku: Sku::new(0), from: WaitKey::FIRST, rows_max: 0 }),
        ),
        (
            "### read_holds",
            Query::ReadHolds(ReadHolds { owner: 1, from: Sequence::NONE, rows_max: 0 }),
        ),
        ("### resolve", Query::Name(Namespace::Sku, 0)),
    ] {
        let mut bytes = Vec::new();
        query.write(&mut bytes);
        assert_eq!(fixed_end(heading), bytes.len(), "{heading}");
    }
}

#[test]
fn byte_tables_are_as_long_as_commands_of_sourcing_without_their_lists() {
    let (id, warehouse) = (CommandId::new(1), Warehouse::new(0));
    let policy = SetPolicy {
        id,
        objective: Objective::LeastCost,
        soft: Rules::NONE,
        parcels_max: 64,
        days_max: 65_535,
        split_value_min: 0,
        warehouses: &[],
        no_split_skus: &[],
        code: "",
    };
    let assignment = AssignPolicy { id, channel: Channel::NONE, policy: Policy::NONE };
    let capacity = SetCapacity {
        id,
        warehouse,
        cut_off_minute: 0,
        orders_per_day_max: 0,
        units_per_day_max: 0,
    };
    let bundle = SetBundle { id, sku: Sku::new(0), components: &[] };
    let prices = SetShadowPrices { id, clear: true, rows: &[] };
    for (heading, command) in [
        ("### set_policy", Command::SetPolicy(policy)),
        ("### assign_policy", Command::AssignPolicy(assignment)),
        ("### set_capacity", Command::SetCapacity(capacity)),
        ("### set_reserves", Command::SetReserves(SetReserves { id, rows: &[] })),
        ("### set_bundle", Command::SetBundle(bundle)),
        ("### set_shadow_prices", Command::SetShadowPrices(prices)),
    ] {
        check_fixed_end(heading, &command);
    }
}

#[test]
fn byte_tables_are_as_long_as_commands_of_holds_without_their_lists() {
    let id = CommandId::new(1);
    let hold = PlaceHold {
        id,
        owner: 1,
        replaces: HoldId::NONE,
        ttl_seconds: 1,
        zone: Zone::NONE,
        warehouse: Warehouse::new(0),
        channel: Channel::NONE,
        partial: false,
        lines: &[],
    };
    for (heading, command) in [
        ("### place_hold", Command::PlaceHold(hold)),
        ("### extend_hold", Command::ExtendHold(ExtendHold { id, hold: id, ttl_seconds: 1 })),
        ("### release_hold", Command::ReleaseHold(ReleaseHold { id, hold: id })),
        ("### resource_order", Command::ResourceOrder(ResourceOrder { id, order: id })),
    ] {
        check_fixed_end(heading, &command);
    }
}

fn check_fixed_end(heading: &str, command: &Command<'_>) {
    let mut bytes = Vec::new();
    command.write(&mut bytes);
    assert_eq!(fixed_end(heading), bytes.len(), "{heading}");
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
    ];
    assert_eq!(found, expected.map(|figure| figure.to_string()));
}
