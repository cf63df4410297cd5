//! Bytes that are not quite an item are refused by name, and never panic.

use std::collections::BTreeMap;
use std::ops::Range;

use gantry_model::{
    Command, CommandKind, CostRow, EngineSecond, HoldId, Item, Items, Malformed, Match, MatchEnd,
    OrderLine, PlaceOrder, Query, ReadBook, Record, Reply, Retire, Sequence, SetCosts, Sku,
    WaitKey, Warehouse, Zone,
};
use proptest::prelude::*;

use crate::samples::{self, Sample, Version};

fn parse(bytes: &[u8]) -> Result<(), Malformed> {
    let (item, _) = Item::split(bytes, 1 << 16)?;
    Command::parse(&item).map(|_| ())
}

fn parse_query(bytes: &[u8]) -> Result<(), Malformed> {
    let (item, _) = Item::split(bytes, 1 << 16)?;
    Query::parse(&item).map(|_| ())
}

/// The bytes of the sample of this kind, as this version writes it.
fn sample(kind: CommandKind) -> Vec<u8> {
    let mut found = Vec::new();
    samples::newest_commands(|command| {
        if command.kind() == kind {
            found = samples::written(&command);
        }
    });
    found
}

/// The bytes of the first version's sample of a query; of one that it did not know, the newest's.
fn sample_query(name: &str) -> Vec<u8> {
    let versions = [Version::First, Version::Third, Version::Fourth];
    let mut samples = versions.into_iter().flat_map(samples::queries);
    samples.find(|sample| sample.name == name).unwrap().written
}

/// Limits as the first version wrote them: reserved bytes where the work limit now stands.
fn first_limits() -> Vec<u8> {
    let mut bytes = sample(CommandKind::SetLimits);
    bytes[2] = 1;
    bytes[36..40].fill(0);
    bytes
}

/// Rewrites the header's length to the slice's own.
fn with_length(mut bytes: Vec<u8>) -> Vec<u8> {
    let length = u32::try_from(bytes.len()).unwrap();
    bytes[4..8].copy_from_slice(&length.to_le_bytes());
    bytes
}

#[test]
fn every_shorter_command_is_refused() {
    samples::newest_commands(|command| {
        let bytes = samples::written(&command);
        for length in (8..bytes.len()).step_by(8) {
            let cut = with_length(bytes[..length].to_vec());
            assert!(parse(&cut).is_err(), "{} cut to {length} bytes", command.kind().name());
        }
    });
}

#[test]
fn every_longer_command_is_refused() {
    samples::newest_commands(|command| {
        let mut bytes = samples::written(&command);
        bytes.extend([0; 8]);
        let refused = parse(&with_length(bytes)).unwrap_err();
        assert!(matches!(refused, Malformed::TrailingBytes { .. }), "{refused}");
    });
}

/// Where reserved bytes stand in the sample of a kind, and where its padding begins.
fn reserved(command: &Command<'_>) -> (Vec<Range<usize>>, usize) {
    let (at, content_end) = match command.kind() {
        CommandKind::PlaceOrder if names_hold(command) => (62..64, 80 + 2 * 8 + 7),
        CommandKind::PlaceOrder => (62..64, 64 + 2 * 8 + 7),
        CommandKind::CancelOrder | CommandKind::Ship => (42..48, 48 + 2 * 8),
        CommandKind::Receive | CommandKind::Adjust | CommandKind::SetStock => (37..40, 40 + 6),
        CommandKind::UpsertSku => (30..32, 32 + 15),
        CommandKind::UpsertWarehouse => (28..32, 32 + 3),
        CommandKind::UpsertZone | CommandKind::UpsertChannel => (25..32, 32 + 3),
        CommandKind::SetCosts => return (vec![28..32, 37..40, 53..56], 64),
        CommandKind::SetLimits => return (vec![], 40),
        CommandKind::Mark => (28..32, 32),
        CommandKind::SetPolicy => (44..48, 48 + 2 * 4 + 3 * 2 + 3),
        CommandKind::AssignPolicy => (28..32, 32),
        CommandKind::SetCapacity => (36..40, 40),
        CommandKind::SetReserves => (26..32, 32 + 2 * 12),
        CommandKind::SetBundle => (30..32, 32 + 2 * 8),
        CommandKind::Retire => return (vec![], 48),
        CommandKind::SetPriority => (41..48, 48),
        CommandKind::PlaceHold => (69..72, 72 + 2 * 8),
        CommandKind::ExtendHold => (44..48, 48),
        CommandKind::ReleaseHold | CommandKind::ResourceOrder => return (vec![], 40),
        CommandKind::SwapUnits => (68..72, 72),
        CommandKind::Sweep => (17..24, 24),
        CommandKind::ExpireHolds => (28..32, 32),
        CommandKind::MatchAgain => (28..32, 32),
        CommandKind::Match if names_date(command) => (28..32, 32),
        CommandKind::Match | CommandKind::Promise => return (vec![], 24),
        CommandKind::ExpectSupply => (38..40, 40),
        CommandKind::ChangeSupply => return (vec![], 48),
        CommandKind::ReceiveSupply | CommandKind::SetCancelAt => (44..48, 48),
        CommandKind::RejectUnits => (47..48, 48 + 2 * 8),
        CommandKind::GiveUp => (28..32, 32),
        CommandKind::SetShadowPrices => return (vec![27..32, 38..40, 50..52], 32 + 2 * 12),
    };
    (vec![at], content_end)
}

fn names_date(command: &Command<'_>) -> bool {
    matches!(command, Command::Match(looked) if looked.last.promised != EngineSecond::NONE)
}

fn names_hold(command: &Command<'_>) -> bool {
    matches!(command, Command::PlaceOrder(order) if order.hold != HoldId::NONE)
}

/// For each byte after the header that is refused as reserved or as padding when its highest bit
/// is turned: the field that is named.
fn refused_bytes(bytes: &[u8]) -> BTreeMap<usize, &'static str> {
    let mut refused = BTreeMap::new();
    for position in 8..bytes.len() {
        let mut changed = bytes.to_vec();
        changed[position] ^= 0x80;
        let (item, _) = Item::split(&changed, 1 << 16).unwrap();
        match Command::parse(&item) {
            // The byte means something, so it says something else now; none is ignored.
            Ok(read) => assert_eq!(samples::written(&read), changed),
            Err(Malformed::BadField { field: field @ ("reserved" | "padding"), value: 0x80 }) => {
                refused.insert(position, field);
            }
            Err(_) => {}
        }
    }
    refused
}

#[test]
fn every_reserved_or_padding_byte_must_be_zero() {
    samples::newest_commands(|command| {
        let bytes = samples::written(&command);
        let (reserved, content_end) = reserved(&command);
        let reserved = reserved.into_iter().flatten().map(|position| (position, "reserved"));
        let padding = (content_end..bytes.len()).map(|position| (position, "padding"));
        let expected: BTreeMap<_, _> = reserved.chain(padding).collect();
        assert_eq!(refused_bytes(&bytes), expected, "{}", command.kind().name());
    });
}

#[test]
fn no_record_lets_more_rows_go_than_it_may() {
    let retire = |orders, commands| {
        samples::written(&Command::Retire(Retire {
            archive: 1,
            archive_hash: [1; 16],
            orders_total: 5_000,
            commands_total: 5_000,
            orders,
            commands,
        }))
    };
    assert_eq!(parse(&retire(1_024, 1_024)), Ok(()));
    let value = 1_025;
    let over = |field| Err(Malformed::BadField { field, value });
    assert_eq!(parse(&retire(1_025, 0)), over("orders"));
    assert_eq!(parse(&retire(0, 1_025)), over("commands"));
}

/// An order, and a question about it, have the second schema exactly if they name a hold.
#[test]
fn an_order_has_one_form_with_a_hold_and_one_without() {
    let lines = [OrderLine::new(Sku::new(1), 1)];
    let without = samples::place_order(&lines);
    let with = PlaceOrder { hold: samples::HOLD, ..without };
    let quoted = |order| {
        let mut bytes = Vec::new();
        Query::Quote(order).write(&mut bytes);
        bytes
    };
    let placed = |order| samples::written(&Command::PlaceOrder(order));
    for (bytes, schema) in
        [(placed(without), 1), (placed(with), 2), (quoted(without), 1), (quoted(with), 2)]
    {
        assert_eq!(bytes[2], schema);
    }
    let nobody = Err(Malformed::BadField { field: "hold", value: 0 });
    let mut bytes = placed(with);
    bytes[64..80].fill(0);
    assert_eq!(parse(&bytes), nobody);
    let mut bytes = quoted(with);
    bytes[64..80].fill(0);
    assert_eq!(parse_query(&bytes), nobody);
    for schema in [0, 3] {
        let mut bytes = quoted(with);
        bytes[2] = schema;
        assert!(matches!(parse_query(&bytes), Err(Malformed::UnknownSchema { .. })));
    }
}

/// A look at lines, and a question about them, have the second schema exactly if they name the date
/// of a promise.
#[test]
fn a_place_in_a_book_has_one_form_with_a_date_and_one_without() {
    let placed = Sequence::new(7);
    let dated =
        |date| WaitKey { priority_class: 0, promised: EngineSecond::new(date), placed, line: 0 };
    let (without, with) = (dated(u32::MAX), dated(9));
    let looked = |last| {
        let looked = Match { sku: Sku::new(1), last, end: MatchEnd::Over };
        samples::written(&Command::Match(looked))
    };
    let asked = |from| {
        let mut bytes = Vec::new();
        Query::ReadBook(ReadBook { sku: Sku::new(1), from, rows_max: 1 }).write(&mut bytes);
        bytes
    };
    for (bytes, schema) in [
        (looked(without), 1),
        (looked(WaitKey::FIRST), 1),
        (looked(with), 2),
        (asked(without), 1),
        (asked(WaitKey::FIRST), 1),
        (asked(with), 2),
    ] {
        assert_eq!(bytes[2], schema);
    }
    let nowhere = |value| Err(Malformed::BadField { field: "promised", value });
    let mut bytes = looked(with);
    bytes[24..28].fill(0xff);
    assert_eq!(parse(&bytes), nowhere(u32::MAX.into()));
    // The place before all lines is one that the first schema can name.
    bytes[8 + 8..8 + 16].fill(0);
    bytes[24..28].fill(0);
    assert_eq!(parse(&bytes), nowhere(0));
    let mut bytes = asked(with);
    bytes[32..36].fill(0xff);
    assert_eq!(parse_query(&bytes), nowhere(u32::MAX.into()));
    let mut bytes = asked(with);
    bytes[36] = 1;
    assert_eq!(parse_query(&bytes), Err(Malformed::BadField { field: "reserved", value: 1 }));
    for schema in [0, 3] {
        let mut bytes = asked(with);
        bytes[2] = schema;
        assert!(matches!(parse_query(&bytes), Err(Malformed::UnknownSchema { .. })));
    }
}

/// Goods are expected at some time; an order may be given up at none.
#[test]
fn only_where_there_may_be_no_time_is_none_read() {
    for (kind, at) in [(CommandKind::ExpectSupply, 32), (CommandKind::ChangeSupply, 44)] {
        let mut bytes = sample(kind);
        bytes[at..at + 4].fill(0xff);
        let never = Malformed::BadField { field: "eta", value: u32::MAX.into() };
        assert_eq!(parse(&bytes), Err(never), "{}", kind.name());
    }
    let mut bytes = sample(CommandKind::SetCancelAt);
    bytes[40..44].fill(0xff);
    assert_eq!(parse(&bytes), Ok(()));
}

#[test]
fn what_a_schema_reserved_stays_reserved_in_it() {
    assert_eq!(parse(&first_limits()), Ok(()));
    for position in 36..40 {
        let mut bytes = first_limits();
        bytes[position] = 1;
        assert_eq!(parse(&bytes), Err(Malformed::BadField { field: "reserved", value: 1 }));
    }
}

#[test]
fn every_reserved_or_padding_byte_of_a_query_must_be_zero() {
    for (name, positions) in [
        ("read_stock", vec![12, 13, 14, 15]),
        ("quote", vec![62, 63, 79]),
        ("read_holds", vec![36, 37, 38, 39]),
        ("read_supply", vec![42, 43, 47]),
        ("read_supplies", vec![12, 13, 15]),
        ("resolve", vec![14, 15, 19, 20, 21, 22, 23]),
        ("name", vec![14, 15]),
    ] {
        for position in positions {
            let mut bytes = sample_query(name);
            assert_eq!(parse_query(&bytes), Ok(()));
            bytes[position] = 1;
            let refused = parse_query(&bytes).unwrap_err();
            assert!(matches!(refused, Malformed::BadField { value: 1, .. }), "{name} {position}");
        }
    }
}

#[test]
fn what_a_query_has_no_use_for_must_be_zero() {
    let mut resolve = sample_query("resolve");
    resolve[8] = 5;
    assert_eq!(parse_query(&resolve), Err(Malformed::BadField { field: "handle", value: 5 }));
    let mut name = sample_query("name");
    name[13] = 1;
    name.extend(*b"a\0\0\0\0\0\0\0");
    let refused = parse_query(&with_length(name));
    assert_eq!(refused, Err(Malformed::BadField { field: "code_bytes", value: 1 }));
}

/// One figure of a sample, changed.
struct Change {
    kind: CommandKind,
    field: &'static str,
    at: usize,
    bytes: usize,
}

#[test]
fn a_value_that_a_field_cannot_have_is_named() {
    use CommandKind as Kind;
    let change = |kind, field, at, bytes| Change { kind, field, at, bytes };
    for (change, values) in [
        (change(Kind::PlaceOrder, "short", 58, 1), vec![0, 5, 255]),
        (change(Kind::PlaceOrder, "reference", 59, 1), vec![41, 255]),
        (change(Kind::PlaceOrder, "line_count", 60, 2), vec![129, 65_535]),
        (change(Kind::PlaceHold, "line_count", 66, 2), vec![129, 65_535]),
        (change(Kind::PlaceHold, "partial", 68, 1), vec![2, 0x80]),
        (change(Kind::CancelOrder, "unit_count", 40, 2), vec![8_193, 65_535]),
        (change(Kind::Ship, "unit_count", 40, 2), vec![8_193, 65_535]),
        (change(Kind::Adjust, "reason", 34, 1), vec![8, 255]),
        (change(Kind::Adjust, "state", 35, 1), vec![2, 255]),
        (change(Kind::Receive, "note", 36, 1), vec![41, 255]),
        (change(Kind::UpsertSku, "flags", 28, 1), vec![0x08, 0x80]),
        (change(Kind::UpsertSku, "code", 29, 1), vec![41, 255]),
        (change(Kind::UpsertWarehouse, "active", 26, 1), vec![2, 0x80]),
        (change(Kind::UpsertWarehouse, "code", 27, 1), vec![41, 255]),
        (change(Kind::UpsertZone, "code", 24, 1), vec![41, 255]),
        (change(Kind::SetCosts, "row_count", 26, 2), vec![257, 65_535]),
        (change(Kind::SetCosts, "serves", 36, 1), vec![2, 0x80]),
        (change(Kind::SetPolicy, "soft", 32, 2), vec![0x80, 0x100, 0x8000]),
        (change(Kind::SetPolicy, "warehouse_count", 38, 2), vec![1_025, 65_535]),
        (change(Kind::SetPolicy, "sku_count", 40, 2), vec![1_025, 65_535]),
        (change(Kind::SetPolicy, "objective", 42, 1), vec![0, 8, 255]),
        (change(Kind::SetPolicy, "code", 43, 1), vec![41, 255]),
        (change(Kind::SetReserves, "row_count", 24, 2), vec![1_025, 65_535]),
        (change(Kind::SetReserves, "reserved", 26, 1), vec![1, 2, 0x80]),
        (change(Kind::SetBundle, "component_count", 28, 2), vec![17, 65_535]),
        (change(Kind::SetShadowPrices, "row_count", 24, 2), vec![1_025, 65_535]),
        (change(Kind::SetShadowPrices, "clear", 26, 1), vec![2, 0x80]),
        (change(Kind::RejectUnits, "unit_count", 44, 2), vec![8_193, 65_535]),
        (change(Kind::RejectUnits, "cause", 46, 1), vec![0, 3, 255]),
        (change(Kind::Promise, "end", 15, 1), vec![2, 255]),
    ] {
        for value in values {
            change.check(value);
        }
    }
}

impl Change {
    /// The sample with this value is refused, and the field and the value are named.
    fn check(&self, value: u64) {
        let mut bytes = sample(self.kind);
        assert_eq!(parse(&bytes), Ok(()));
        bytes[self.at..self.at + self.bytes].copy_from_slice(&value.to_le_bytes()[..self.bytes]);
        let expected = Malformed::BadField { field: self.field, value };
        assert_eq!(parse(&bytes), Err(expected), "{}", self.kind.name());
    }
}

#[test]
fn a_code_that_is_not_utf8_is_refused() {
    for (kind, at, field) in [
        (CommandKind::PlaceOrder, 96, "reference"),
        (CommandKind::Receive, 40, "note"),
        (CommandKind::UpsertSku, 32, "code"),
        (CommandKind::SetPolicy, 62, "code"),
    ] {
        let mut bytes = sample(kind);
        bytes[at] = 0xff;
        assert_eq!(parse(&bytes), Err(Malformed::NotUtf8 { field }), "{}", kind.name());
    }
}

#[test]
fn lengths_kinds_and_schemas_are_named() {
    let bytes = samples::written(&Command::PlaceOrder(samples::place_order(&[])));
    let change = |at: usize, value: u8| {
        let mut changed = bytes.clone();
        changed[at] = value;
        parse(&changed).unwrap_err()
    };
    assert!(matches!(change(4, 3), Malformed::BadLength { length: 3, .. }));
    assert!(matches!(change(0, 0x77), Malformed::UnknownKind { kind: 0x0177 }));
    assert!(matches!(change(2, 9), Malformed::UnknownSchema { schema: 9, .. }));
    assert!(matches!(parse(&bytes[..5]), Err(Malformed::TooShort { need: 8, have: 5 })));
    assert!(matches!(parse(&bytes[..16]), Err(Malformed::TooShort { have: 16, .. })));
}

#[test]
fn no_command_is_read_in_a_schema_that_its_kind_does_not_have() {
    for kind in CommandKind::ALL {
        let newest = *kind.schemas().last().unwrap();
        for schema in [0, newest + 1] {
            let mut bytes = sample(kind);
            bytes[2..4].copy_from_slice(&schema.to_le_bytes());
            let expected = Malformed::UnknownSchema { kind: kind.number(), schema };
            assert_eq!(parse(&bytes), Err(expected), "{}", kind.name());
        }
    }
}

#[test]
fn no_reply_is_read_in_a_schema_that_its_kind_does_not_have() {
    let versions = [Version::First, Version::Second, Version::Third, Version::Fourth];
    let all: Vec<Sample> = versions.into_iter().flat_map(samples::replies).collect();
    let kind = |written: &[u8]| [written[0], written[1]];
    let mut newest_of = BTreeMap::new();
    for Sample { written, .. } in &all {
        let newest = newest_of.entry(kind(written)).or_insert(0);
        *newest = written[2].max(*newest);
    }
    for Sample { name, mut written, .. } in all {
        let newest = newest_of[&kind(&written)];
        for schema in [0, newest + 1] {
            written[2] = schema;
            let (item, _) = Item::split(&written, 1 << 16).unwrap();
            let refused = Reply::parse(&item).unwrap_err();
            assert!(matches!(refused, Malformed::UnknownSchema { .. }), "{name}: {refused}");
        }
    }
}

#[test]
fn a_count_that_promises_more_than_is_there_is_refused() {
    let lines = [OrderLine::new(Sku::new(1), 1)];
    let mut bytes = samples::written(&Command::PlaceOrder(samples::place_order(&lines)));
    let line_count = 8 + 16 + 16 + 8 + 4 + 2 + 2 + 4;
    bytes[line_count] = 100;
    assert!(matches!(parse(&bytes), Err(Malformed::TooShort { need: 800, .. })));
    bytes[line_count] = 129;
    let refused = parse(&bytes).unwrap_err();
    assert_eq!(refused, Malformed::BadField { field: "line_count", value: 129 });
}

#[test]
fn more_cost_rows_than_a_command_may_have_are_refused() {
    let mut bytes = Vec::new();
    let rows = [CostRow::removed(Zone::new(1))];
    let costs = SetCosts { id: samples::ID, warehouse: Warehouse::new(1), rows: &rows };
    Command::SetCosts(costs).write(&mut bytes);
    let row_count = 8 + 16 + 2;
    bytes[row_count..row_count + 2].copy_from_slice(&257_u16.to_le_bytes());
    let refused = parse(&bytes).unwrap_err();
    assert_eq!(refused, Malformed::BadField { field: "row_count", value: 257 });
}

proptest! {
    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        for item in Items::new(&bytes, 1 << 16).flatten() {
            let _ = Command::parse(&item);
            let _ = Query::parse(&item);
            let _ = Reply::parse(&item);
        }
        let _ = Record::split(&bytes);
    }

    #[test]
    fn a_changed_byte_never_panics(at in 0_usize..4_096, value: u8) {
        samples::newest_commands(|command| {
            let mut bytes = samples::written(&command);
            let position = at % bytes.len();
            bytes[position] = value;
            let _ = parse(&bytes);
        });
    }
}
