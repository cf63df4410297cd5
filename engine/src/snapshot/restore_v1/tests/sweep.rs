//! How far a sweep had come, of which some is spoiled.

use rkyv::rancor::Error;

use super::*;
use crate::state::Sweeping;

/// A shop in the middle of a sweep, that is asked for another.
fn swept() -> Engine {
    let mut engine = engine();
    let row = Sweeping { is_asked: true, begun: EngineTime::new(1), next: Some(Sku::new(1)) };
    engine.state.restore_sweeping(row);
    engine
}

/// All sections but those of sweeps, and then one of these rows.
fn with(rows: &[v1::Sweep]) -> Result<Sweeping, RowsError> {
    let mut restoring = Restoring::new();
    for (kind, count, bytes) in sections(&swept()) {
        if kind != Kind::Sweep.number() {
            restoring.add(kind, count, &bytes)?;
        }
    }
    let bytes = rkyv::to_bytes::<Error>(&rows.to_vec()).unwrap();
    restoring.add(Kind::Sweep.number(), u32::try_from(rows.len()).unwrap(), &bytes)?;
    Ok(restoring.engine.state.sweeping)
}

#[test]
fn a_sweep_is_one_and_goes_on_at_a_sku_that_is_known() {
    let row = v1::Sweep { begun: 7, next: 1, is_asked: 0, is_under_way: 1, reserved: [0; 2] };
    let begun = EngineTime::new(7);
    let found = Sweeping { is_asked: false, begun, next: Some(Sku::new(1)) };
    assert_eq!(with(&[row]), Ok(found));
    let over = v1::Sweep { is_under_way: 0, is_asked: 1, ..row };
    assert_eq!(with(&[over]), Ok(Sweeping { is_asked: true, begun, next: None }));
    let spoiled = [
        vec![row, over],
        vec![v1::Sweep { next: 2, ..row }],
        vec![v1::Sweep { is_asked: 2, ..row }],
        vec![v1::Sweep { is_under_way: 2, ..row }],
    ];
    for rows in spoiled {
        assert!(matches!(with(&rows), Err(RowsError::Value { .. })), "{rows:?}");
    }
}

#[test]
fn a_flipped_byte_of_a_sweep_is_seen() {
    let engine = swept();
    assert_eq!(engine.state.recompute_hash(), engine.state_hash());
    let mut sections = sections(&engine);
    let whole = restored(&sections, engine.state_hash()).unwrap();
    assert_eq!(whole.state.sweeping, engine.state.sweeping);
    let (kind, _, bytes) = sections.last_mut().unwrap();
    assert_eq!(*kind, Kind::Sweep.number());
    // The row stands first in its archive; its last two bytes mean nothing.
    for at in 0..14 {
        let mut spoiled = bytes.clone();
        spoiled[at] ^= 1;
        let mut sections = self::sections(&engine);
        sections.last_mut().unwrap().2 = spoiled;
        assert!(restored(&sections, engine.state_hash()).is_err(), "byte {at}");
    }
}
