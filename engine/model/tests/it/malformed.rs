//! Bytes that are not quite a command are refused by name, and never panic.

use gantry_model::{
    Command, CostRow, Item, Items, Malformed, OrderLine, Query, Record, Reply, SetCosts, Sku,
    Warehouse, Zone,
};
use proptest::prelude::*;

use crate::samples;

fn parse(bytes: &[u8]) -> Result<(), Malformed> {
    let (item, _) = Item::split(bytes, 1 << 16)?;
    Command::parse(&item).map(|_| ())
}

/// Rewrites the header's length to the slice's own.
fn with_length(mut bytes: Vec<u8>) -> Vec<u8> {
    let length = u32::try_from(bytes.len()).unwrap();
    bytes[4..8].copy_from_slice(&length.to_le_bytes());
    bytes
}

#[test]
fn every_shorter_command_is_refused() {
    samples::each(|command| {
        let bytes = samples::written(&command);
        for length in (8..bytes.len()).step_by(8) {
            let cut = with_length(bytes[..length].to_vec());
            assert!(parse(&cut).is_err(), "{} cut to {length} bytes", command.kind().name());
        }
    });
}

#[test]
fn every_longer_command_is_refused() {
    samples::each(|command| {
        let mut bytes = samples::written(&command);
        bytes.extend([0; 8]);
        let refused = parse(&with_length(bytes)).unwrap_err();
        assert!(matches!(refused, Malformed::TrailingBytes { .. }), "{refused}");
    });
}

#[test]
fn every_reserved_or_padding_byte_must_be_zero() {
    samples::each(|command| {
        let bytes = samples::written(&command);
        let mut refused = 0;
        for position in 8..bytes.len() {
            let mut changed = bytes.clone();
            changed[position] ^= 0x80;
            // Either the byte means something else now, or it is refused; never ignored.
            let (item, _) = Item::split(&changed, 1 << 16).unwrap();
            match Command::parse(&item) {
                Ok(read) => assert_eq!(samples::written(&read), changed),
                Err(_) => refused += 1,
            }
        }
        assert!(refused > 0, "{}", command.kind().name());
    });
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
        samples::each(|command| {
            let mut bytes = samples::written(&command);
            let position = at % bytes.len();
            bytes[position] = value;
            let _ = parse(&bytes);
        });
    }
}
