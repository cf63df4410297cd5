//! Rows that are no state.

mod open;
mod sweep;

use gantry_journal::{FrameBuffer, PAYLOAD_BYTES_MAX};
use gantry_model::{
    Actor, COMMAND_BYTES_MAX, ChangeSupply, Command, EngineSecond, ExpectSupply, HoldId, Item,
    OrderLine, PlaceHold, PlaceOrder, StockChange,
};
use rkyv::util::AlignedVec;

use super::*;
use crate::snapshot::save_v1::save;

/// A shop with a row of most kinds.
fn engine() -> Engine {
    let id = |number| CommandId::new(number);
    let (sku, warehouse, zone) = (Sku::new(0), Warehouse::new(0), Zone::new(0));
    let upsert = UpsertCode { id: id(2), code: "1" };
    let sku_row = |number, code| UpsertSku {
        id: id(number),
        order_max: 0,
        tracked: number == 4,
        backorder: true,
        active: true,
        code,
    };
    let wanted = [OrderLine::new(sku, 4), OrderLine::new(sku, 7)];
    let change = StockChange {
        id: id(6),
        sku,
        warehouse,
        quantity: 9,
        reason: gantry_model::AdjustReason::None,
        state: gantry_model::StockState::OnHand,
        note: "",
    };
    let order = order(&wanted);
    let complete = PlaceOrder { id: id(101), short: ShortMode::ShipComplete, ..order };
    let lines = [OrderLine::new(sku, 1), OrderLine::new(Sku::new(1), 1)];
    let hold = hold(&lines);
    let eta = EngineSecond::new(60);
    let supply = ExpectSupply { id: id(12), sku, warehouse, quantity: 20, eta };
    let fences = [ReserveRow::new(sku, warehouse, Channel::new(0), 2)];
    let commands = [
        Command::UpsertWarehouse(UpsertWarehouse {
            id: id(1),
            priority: 1,
            active: true,
            code: "N",
        }),
        Command::UpsertZone(upsert),
        Command::UpsertChannel(UpsertCode { id: id(3), ..upsert }),
        Command::UpsertSku(sku_row(4, "A")),
        Command::SetCosts(SetCosts {
            id: id(5),
            warehouse,
            rows: &[CostRow::serves(zone, 5, 1, 1)],
        }),
        Command::Receive(change),
        Command::SetReserves(SetReserves { id: id(7), rows: &fences }),
        Command::UpsertSku(sku_row(8, "B")),
        Command::SetBundle(SetBundle {
            id: id(9),
            sku: Sku::new(1),
            components: &[Component::new(sku, 2)],
        }),
        Command::PlaceHold(hold),
        Command::PlaceHold(PlaceHold { id: id(11), lines: &lines[1..], ..hold }),
        Command::ExpectSupply(supply),
        Command::ExpectSupply(ExpectSupply { id: id(13), quantity: 1, ..supply }),
        Command::PlaceOrder(order),
        Command::PlaceOrder(complete),
        // More is promised of the first than is expected now: its SKU is under review.
        Command::ChangeSupply(ChangeSupply { id: id(14), supply: id(12), quantity: 1, eta }),
        Command::Receive(StockChange { id: id(15), quantity: 5, ..change }),
    ];
    let mut engine = told(&commands);
    // A look at the lines goes on behind one that was promised its units.
    let mut records = FrameBuffer::new(PAYLOAD_BYTES_MAX);
    assert!(engine.match_waiting(EngineTime::new(1), &mut records));
    let after = engine.state.matching.next().and_then(|(_, row)| row.after);
    assert_eq!(after.map(|key| key.promised), Some(eta));
    engine
}

/// An order that waits for some of what it wants.
fn order(lines: &[OrderLine]) -> PlaceOrder<'_> {
    PlaceOrder {
        id: CommandId::new(100),
        hold: HoldId::NONE,
        customer: 5,
        value_minor: 70,
        currency: *b"USD\0",
        zone: Zone::new(0),
        channel: Channel::NONE,
        priority_class: 1,
        service_level: 2,
        short: ShortMode::Backorder,
        reference: "R-1",
        lines,
    }
}

fn hold(lines: &[OrderLine]) -> PlaceHold<'_> {
    PlaceHold {
        id: CommandId::new(10),
        owner: 8,
        replaces: HoldId::NONE,
        ttl_seconds: 60,
        zone: Zone::new(0),
        warehouse: Warehouse::NONE,
        channel: Channel::NONE,
        partial: false,
        lines,
    }
}

/// An engine that was told these commands and nothing else.
fn told(commands: &[Command<'_>]) -> Engine {
    let mut engine = Engine::new();
    tell(&mut engine, commands);
    engine
}

fn tell(engine: &mut Engine, commands: &[Command<'_>]) {
    let mut records = FrameBuffer::new(PAYLOAD_BYTES_MAX);
    for command in commands {
        let mut bytes = Vec::new();
        command.write(&mut bytes);
        let (item, _) = Item::split(&bytes, COMMAND_BYTES_MAX).unwrap();
        let now = EngineTime::new(1);
        assert!(engine.execute(&item, Actor::IMPORT, now, &mut records, &mut Vec::new()));
    }
}

fn sections(engine: &Engine) -> Vec<(u16, u32, AlignedVec)> {
    let mut sections = Vec::new();
    let saved: Result<(), ()> = save(engine, &mut |section| {
        let mut bytes = AlignedVec::new();
        bytes.extend_from_slice(section.bytes);
        sections.push((section.kind.number(), section.rows.try_into().unwrap(), bytes));
        Ok(())
    });
    saved.unwrap();
    sections
}

fn restored(sections: &[(u16, u32, AlignedVec)], hash: u128) -> Result<Engine, RowsError> {
    let (mut restoring, mut indexing) = (Restoring::new(), Indexing::new(0));
    for (kind, rows, bytes) in sections {
        indexing.add(*kind, bytes);
        restoring.add(*kind, *rows, bytes)?;
    }
    restoring.finish(indexing, Sequence::new(11), EngineTime::new(1), Some(hash))
}

/// The hash of a state and its index are made apart from its tables.
fn assert_is_whole(restored: &Engine, engine: &Engine) {
    assert_eq!(restored.state.recompute_hash(), engine.state_hash());
    for (slot, (row, _)) in (0..).zip(restored.state.orders.iter()) {
        assert_eq!(restored.state.order_slot(row.id), Some(slot));
    }
    for row in restored.state.commands() {
        assert_eq!(restored.state.first_answer(row.id).unwrap().sequence, row.sequence);
    }
}

/// Hashes keep such bytes away; behind them stands a second wall.
#[test]
fn a_flipped_byte_that_passed_the_hashes_is_an_error_or_no_matter_and_never_a_panic() {
    let engine = engine();
    let mut sections = sections(&engine);
    assert!(sections.len() > 9, "{} sections", sections.len());
    assert_eq!((engine.state.holds.len(), engine.state.holds.row_count()), (2, 3));
    let state = &engine.state;
    assert_eq!((state.supplies.len(), state.promises.len()), (2, 1));
    assert!(!state.reviews.is_empty());
    assert!(restored(&sections, engine.state_hash()).is_ok());
    let mut refused = 0;
    for section in 0..sections.len() {
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
    assert!(refused > 1_000, "{refused} flips were seen");
}

#[test]
fn sections_out_of_order_or_missing_are_refused() {
    let engine = engine();
    let sections = sections(&engine);
    for missing in 0..sections.len() {
        let mut rest = sections.clone();
        rest.remove(missing);
        assert!(restored(&rest, engine.state_hash()).is_err(), "without {missing}");
        let mut swapped = sections.clone();
        let first = missing.min(sections.len() - 2);
        swapped.swap(first, first + 1);
        assert!(restored(&swapped, engine.state_hash()).is_err(), "{missing} swapped");
    }
    let unknown = [(99, 1, AlignedVec::new())];
    assert_eq!(restored(&unknown, 0).unwrap_err(), RowsError::Kind { kind: 99 });
}
