//! The bytes of an archive file, as the version that brought it wrote them.

use std::fs;

use gantry_engine::{ArchiveFile, ArchiveFolder, Archived};
use gantry_model::{
    Actor, Command, CommandId, LineUnits, OrderId, OrderLine, OrderUnits, PlaceOrder, Sequence,
    Sku, Warehouse,
};

use super::instances::{ALL, EVEN_ONE, now, open, order, real, set_up};

const GOLDEN: &[u8] = include_bytes!("golden.archive");

/// Writes the file again: three closed orders, all commands but those of the fourth.
fn written() -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let mut instance = open(folder.path(), 0x0102_0304_0506_0708_090a_0b0c_0d0e_0f10).unwrap();
    set_up(&mut instance);
    for number in 1..=4_u128 {
        let id = OrderId::new(0x1000 * number);
        let lines = [OrderLine::new(Sku::new(0), 3), OrderLine::new(Sku::new(1), 1)];
        let lines = &lines[..1 + (number % 2) as usize];
        let reference = ["SO-1001", ""][(number % 2) as usize];
        let place = Command::PlaceOrder(PlaceOrder { reference, ..order(id, lines) });
        instance.execute(&place, Actor::CLIENT_MIN, now(number)).unwrap();
        let units: Vec<_> = (0..)
            .zip(lines)
            .map(|(line, ordered)| LineUnits::new(line, Warehouse::new(0), ordered.quantity()))
            .collect();
        let units =
            OrderUnits { id: CommandId::new(0x1000 * number + 1), order: id, units: &units };
        let command = match number {
            1 | 2 => Command::Ship(units),
            3 => Command::CancelOrder(OrderUnits { units: &[], ..units }),
            _ => continue,
        };
        instance.execute(&command, Actor::CLIENT_MIN, now(number)).unwrap();
    }
    instance.archive(ALL, &EVEN_ONE).unwrap().unwrap();
    fs::read(ArchiveFolder::new(real(), folder.path(), 0).file(1)).unwrap()
}

#[test]
fn this_version_writes_the_golden_file() {
    assert!(written() == GOLDEN, "the bytes of an archive file have changed");
}

#[test]
fn the_golden_file_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("golden");
    fs::write(&path, GOLDEN).unwrap();
    let file = ArchiveFile::open(&*real(), &path).unwrap();
    let facts = file.facts();
    assert_eq!((facts.number, facts.orders, facts.commands), (1, 3, 18));
    assert_eq!((facts.orders_before, facts.commands_before), (0, 0));
    for (number, closed) in [(1_u128, 17), (2, 19), (3, 21)] {
        let found = file.look_up(OrderId::new(0x1000 * number)).unwrap();
        let Some(Archived::Order(order)) = found else { panic!("{found:?}") };
        assert_eq!(order.closed(), Sequence::new(closed));
        let found = file.look_up(CommandId::new(0x1000 * number + 1)).unwrap();
        assert!(matches!(found, Some(Archived::Command(_))));
    }
    assert!(file.look_up(OrderId::new(0x4000)).unwrap().is_none());
    assert!(file.look_up(OrderId::new(0x1002)).unwrap().is_none());
}
