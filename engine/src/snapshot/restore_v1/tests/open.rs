//! Rows of open orders that are none.

use gantry_model::{EngineSecond, LineUnits, OrderUnits, RejectCause, RejectUnits, SetCancelAt};
use rkyv::rancor::Error;

use super::*;

/// Orders by their place among all: open with units rejected, closed, and open.
const REJECTED: u32 = 0;
const CLOSED: u32 = 1;
const OPEN: u32 = 2;

/// The shop, with both kinds of rows.
fn open_orders() -> Engine {
    let mut engine = engine();
    let lines = [OrderLine::new(Sku::new(0), 1)];
    let id = |number| CommandId::new(number);
    let (closed, open) = (order(&lines), order(&lines));
    let units = [LineUnits::new(0, Warehouse::new(0), 1)];
    let cancel_at = |number, order| {
        let cancel_at = EngineSecond::new(60);
        Command::SetCancelAt(SetCancelAt { id: id(number), order: id(order), cancel_at })
    };
    let rejection = RejectUnits {
        id: id(202),
        order: id(100),
        cause: RejectCause::Refused,
        cool_down_seconds: 9,
        units: &units,
    };
    let commands = [
        Command::PlaceOrder(PlaceOrder { id: id(102), ..closed }),
        Command::CancelOrder(OrderUnits { id: id(200), order: id(102), units: &[] }),
        Command::PlaceOrder(PlaceOrder { id: id(103), ..open }),
        cancel_at(201, 103),
        Command::RejectUnits(rejection),
        cancel_at(203, 100),
    ];
    tell(&mut engine, &commands);
    let state = &engine.state;
    assert_eq!(state.deadlines.first().unwrap(), (EngineSecond::new(60), REJECTED));
    assert!(state.rejected.row(state.orders.row(REJECTED).placed).is_some());
    assert_eq!(state.orders.row(CLOSED).open_units, 0);
    assert!(state.orders.row(OPEN).open_units > 0);
    engine
}

#[test]
fn a_flipped_byte_in_rows_of_open_orders_is_an_error_and_never_a_panic() {
    let engine = open_orders();
    let mut sections = sections(&engine);
    assert!(restored(&sections, engine.state_hash()).is_ok());
    let is_of_open = |kind: u16| [Kind::CancelAt, Kind::Rejected].map(Kind::number).contains(&kind);
    let of_open: Vec<usize> =
        (0..sections.len()).filter(|at| is_of_open(sections[*at].0)).collect();
    assert_eq!(of_open.len(), 2);
    let mut refused = 0;
    for section in of_open {
        for at in 0..sections[section].2.len() {
            for flip in [1, 0x80, 0xff] {
                sections[section].2[at] ^= flip;
                match restored(&sections, engine.state_hash()) {
                    Ok(restored) => assert_is_whole(&restored, &engine),
                    Err(_) => refused += 1,
                }
                sections[section].2[at] ^= flip;
            }
        }
    }
    assert!(refused > 90, "{refused} flips were seen");
}

/// The rows before those of a kind, and then these.
fn restoring(kind: Kind, rows: &[u8], count: u32) -> Result<(), RowsError> {
    let mut restoring = Restoring::new();
    for (before, count, bytes) in sections(&open_orders()) {
        if before < kind.number() {
            restoring.add(before, count, &bytes)?;
        }
    }
    restoring.add(kind.number(), count, rows)
}

#[test]
fn a_time_is_of_an_open_order_and_only_once() {
    let add = |rows: &[(u32, u32)]| {
        let row = |(order, cancel_at): &(u32, u32)| {
            let (order, cancel_at) = (*order, *cancel_at);
            v1::CancelAt { order, cancel_at }
        };
        let rows: Vec<v1::CancelAt> = rows.iter().map(row).collect();
        let bytes = rkyv::to_bytes::<Error>(&rows).unwrap();
        restoring(Kind::CancelAt, &bytes, u32::try_from(rows.len()).unwrap())
    };
    assert_eq!(add(&[(REJECTED, 60), (OPEN, 60)]), Ok(()));
    assert_eq!(add(&[(OPEN, 60), (REJECTED, 1)]), Ok(()), "whatever their order");
    for spoiled in [&[(3, 60)][..], &[(CLOSED, 60)], &[(OPEN, u32::MAX)], &[(OPEN, 6), (OPEN, 7)]] {
        assert!(matches!(add(spoiled), Err(RowsError::Value { .. })), "{spoiled:?}");
    }
}

#[test]
fn rejected_units_are_an_open_order_s_and_their_warehouses_known_and_rising() {
    let add = |rows: &[(u32, &[u16])]| {
        let bar = |warehouse: &u16| v1::Bar { until: 5, warehouse: *warehouse, reserved: [0; 6] };
        let row = |(order, bars): &(u32, &[u16])| v1::Rejected {
            order: *order,
            rejections: 1,
            bars: bars.iter().map(bar).collect(),
        };
        let rows: Vec<v1::Rejected> = rows.iter().map(row).collect();
        let bytes = rkyv::to_bytes::<Error>(&rows).unwrap();
        restoring(Kind::Rejected, &bytes, u32::try_from(rows.len()).unwrap())
    };
    assert_eq!(add(&[(REJECTED, &[0]), (OPEN, &[0])]), Ok(()));
    let spoiled: [&[(u32, &[u16])]; 6] = [
        &[(3, &[0])],
        &[(CLOSED, &[0])],
        &[(OPEN, &[])],
        &[(OPEN, &[1])],
        &[(OPEN, &[0, 0])],
        &[(OPEN, &[0]), (OPEN, &[0])],
    ];
    for spoiled in spoiled {
        assert!(matches!(add(spoiled), Err(RowsError::Value { .. })), "{spoiled:?}");
    }
}
