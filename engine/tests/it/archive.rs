//! Closed orders leave memory, and nobody can tell by the answers.

mod archivist;
mod disk;
mod files;
mod golden;
pub(crate) mod instances;
mod outdated;
mod restart;

use gantry_engine::{ArchiveLimits, LocalInstance};
use gantry_model::{
    Actor, Command, CommandId, EngineTime, LineUnits, OrderId, OrderLine, OrderUnits, PlaceOrder,
    Query, ShortMode, Sku, Warehouse, Zone,
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use instances::{ALL, Twins, now, open, order, set_up};

/// Commands of a random run, with their bytes' ids.
struct Run {
    twins: Twins,
    rng: ChaCha8Rng,
    orders: u128,
    commands: u128,
    archived: u64,
}

impl Run {
    fn new(seed: u64) -> Self {
        let twins = Twins::new();
        Self { twins, rng: ChaCha8Rng::seed_from_u64(seed), orders: 0, commands: 0, archived: 0 }
    }

    /// An order's id: mostly one that was placed, or the next.
    fn order(&mut self) -> OrderId {
        let number = self.rng.random_range(0..=self.orders);
        OrderId::new(1_000_000 + number)
    }

    /// A command's id: new, or now and then one that was used for whatever it was.
    fn command(&mut self) -> CommandId {
        if self.commands > 0 && self.rng.random_bool(0.2) {
            return CommandId::new(1_000 + self.rng.random_range(0..self.commands));
        }
        self.commands += 1;
        CommandId::new(1_000 + self.commands - 1)
    }

    fn units(&mut self, warehouse: Warehouse) -> Vec<LineUnits> {
        let lines = self.rng.random_range(0..3_u16);
        (0..lines)
            .map(|line| LineUnits::new(line, warehouse, self.rng.random_range(0..4)))
            .collect()
    }

    fn step(&mut self) {
        match self.rng.random_range(0..10) {
            0..3 => {
                self.orders += 1;
                let lines: Vec<_> = (0..self.rng.random_range(1..3_u32))
                    .map(|sku| OrderLine::new(Sku::new(sku), self.rng.random_range(1..4)))
                    .collect();
                let reference = ["", "SO-1", "a reference of forty bytes, to the last."];
                let reference = reference[self.rng.random_range(0..3)];
                let id = self.order();
                let id = if self.rng.random_bool(0.8) {
                    OrderId::new(1_000_000 + self.orders)
                } else {
                    id
                };
                self.twins
                    .send(&Command::PlaceOrder(PlaceOrder { reference, ..order(id, &lines) }));
            }
            3..7 => {
                let warehouse = Warehouse::new(self.rng.random_range(0..3));
                let (id, order) = (self.command(), self.order());
                let units = self.units(warehouse);
                self.twins.send(&Command::Ship(OrderUnits { id, order, units: &units }));
            }
            7 => {
                let (id, order) = (self.command(), self.order());
                let units = self.units(Warehouse::NONE);
                self.twins.send(&Command::CancelOrder(OrderUnits { id, order, units: &units }));
            }
            8 => {
                let order = self.order();
                self.twins.ask(&Query::ReadOrder(order));
            }
            _ => {
                let order = self.order();
                let units: Vec<_> =
                    (0..2).map(|line| LineUnits::new(line, Warehouse::new(0), 3)).collect();
                let id = self.command();
                self.twins.send(&Command::Ship(OrderUnits { id, order, units: &units }));
            }
        }
    }

    fn archive(&mut self) {
        let limits = ArchiveLimits {
            rows_min: 1,
            orders_max: self.rng.random_range(1..40),
            commands_max: self.rng.random_range(1..40),
        };
        self.archived += u64::from(self.twins.archive(&limits));
    }
}

#[test]
fn every_answer_is_the_one_that_memory_would_have_given() {
    for seed in 0..12 {
        let mut run = Run::new(seed);
        for _ in 0..1_500 {
            run.step();
            if run.rng.random_bool(0.02) {
                run.archive();
            }
        }
        for number in 0..=run.orders + 1 {
            run.twins.ask(&Query::ReadOrder(OrderId::new(1_000_000 + number)));
        }
        assert!(run.archived > 5, "seed {seed}: {} files", run.archived);
        let left = run.twins.with.engine().state().archives.orders();
        assert!(left > 30, "seed {seed}: {left} orders left memory");
        run.twins.check();
    }
}

/// Places, ships whole and archives so many orders; returns what memory they take then.
fn turn_over(instance: &mut LocalInstance, from: u128, count: u128) -> u64 {
    for number in from..from + count {
        let (id, ship) = (OrderId::new(1 << 64 | number), CommandId::new(2 << 64 | number));
        let lines = [OrderLine::new(Sku::new(0), 1), OrderLine::new(Sku::new(1), 1)];
        let lines = &lines[..1 + (number % 2) as usize];
        let place = PlaceOrder { short: ShortMode::ShipComplete, ..order(id, lines) };
        let place = PlaceOrder { zone: Zone::new(0), ..place };
        instance.execute(&Command::PlaceOrder(place), Actor::CLIENT_MIN, now(number)).unwrap();
        let units = (0..).zip(lines).map(|(line, _)| LineUnits::new(line, Warehouse::new(0), 1));
        let units: Vec<_> = units.collect();
        let units = OrderUnits { id: ship, order: id, units: &units };
        instance.execute(&Command::Ship(units), Actor::CLIENT_MIN, now(number)).unwrap();
    }
    while instance.archive(ALL, &ArchiveLimits::default()).unwrap().is_some() {}
    instance.engine().state().order_memory_bytes()
}

#[test]
fn memory_follows_open_orders() {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let mut instance = open(folder.path(), 7).unwrap();
    set_up(&mut instance);
    let first = turn_over(&mut instance, 1, 20_000);
    for round in 1..6 {
        let memory = turn_over(&mut instance, 1 + round * 20_000, 20_000);
        assert!(memory < first + (1 << 20), "{memory} bytes, at first {first}");
    }
    let state = instance.engine().state();
    assert_eq!(state.orders.count(), 120_000);
    assert!(state.archives.orders() > 100_000, "{}", state.archives.orders());
    state.audit();
    assert_eq!(state.hash(), state.recompute_hash());
    assert_eq!(instance.engine().last_time(), EngineTime::new(now(120_000).get()));
}
