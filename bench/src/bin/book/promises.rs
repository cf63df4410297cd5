//! Random events around supplies that are expected: each record is entered in the ledger, and
//! whenever the engine rests, what it promised must hold.

use std::collections::BTreeMap;

use gantry_bench::Random;
use gantry_engine::Engine;
use gantry_model::{
    ChangeSupply, Command, CommandId, EngineSecond, ExpectSupply, LineUnits, OrderId, OrderUnits,
    ReceiveSupply, Sequence, SetPriority, Sku, SupplyId, Warehouse,
};

use crate::ledger::{Counts, Ledger};
use crate::rig::{Rig, one_record};

/// SKUs of the shop.
const SKUS: u32 = 8;
/// Orders that wait at a time, and supplies that are expected, about.
const WAITING_MAX: usize = 120;
const SUPPLIES_MAX: usize = 28;
/// Events between two crashes, about.
const EVENTS_PER_CRASH: u32 = 1_000;

struct Run {
    rig: Rig,
    ledger: Ledger,
    /// Orders that may wait: id, and the record that placed it.
    orders: Vec<(u128, u64)>,
    zones: BTreeMap<u128, usize>,
    /// An engine that is a crash behind, and the records since.
    behind: Engine,
    since: Vec<u8>,
    random: Random,
    events: BTreeMap<&'static str, u64>,
}

/// Runs `events` random events. Panics where a promise is broken that need not be, or silently.
pub(crate) fn run(events: u64, seed: u64) -> (BTreeMap<&'static str, u64>, Counts) {
    let mut rig = Rig::new(SKUS);
    let mut behind = Engine::new();
    behind.replay(&rig.take_records()).expect("invariant: what an engine wrote");
    let mut run = Run {
        rig,
        ledger: Ledger::default(),
        orders: Vec::new(),
        zones: BTreeMap::new(),
        behind,
        since: Vec::new(),
        random: Random::new(seed),
        events: BTreeMap::new(),
    };
    for _ in 0..events {
        run.event();
    }
    run.crash();
    run.rest();
    (run.events, run.ledger.counts)
}

impl Run {
    fn event(&mut self) {
        let name = match self.random.below(100) {
            0..28 if self.orders.len() < WAITING_MAX => self.place(),
            0..36 => self.end_order(),
            36..46 if self.ledger.supplies.len() < SUPPLIES_MAX => self.expect(),
            36..56 => self.receive(),
            56..64 => self.change(),
            64..67 => self.set_priority(),
            67..75 => {
                let milliseconds = u64::from(self.random.below(8_000));
                self.rig.pass(milliseconds * 1_000_000);
                "time passes"
            }
            _ => self.step(),
        };
        *self.events.entry(name).or_default() += 1;
        if self.random.below(16) == 0 {
            self.rest();
        }
        if self.random.below(EVENTS_PER_CRASH) == 0 {
            self.crash();
        }
    }

    /// The engine is gone; another makes its state of the records, and goes on.
    fn crash(&mut self) {
        self.behind.replay_verified(&self.since).expect("invariant: what an engine wrote");
        assert_eq!(self.behind.state_hash(), self.rig.engine.state_hash());
        self.since.clear();
        std::mem::swap(&mut self.behind, &mut self.rig.engine);
        *self.events.entry("crash").or_default() += 1;
    }

    /// Lets the engine do all that is to be done, and looks at what it promised.
    fn rest(&mut self) {
        while self.step() != "nothing to do" {}
        self.orders.retain(|(_, placed)| self.ledger.waits(*placed));
        let now = self.rig.time();
        (0..SKUS as usize).for_each(|sku| self.ledger.check_at_rest(sku, now));
        let promises = &self.rig.engine.state().promises;
        for (order, placed) in &self.orders {
            let told = promises.date(Sequence::new(*placed), 0);
            assert_eq!(told.get(), self.ledger.date(*placed), "order {order}");
        }
    }

    /// Enters what was just written; whether anything was.
    fn enter(&mut self) -> bool {
        let bytes = self.rig.take_records();
        if bytes.is_empty() {
            return false;
        }
        self.since.extend_from_slice(&bytes);
        let record = one_record(&bytes);
        self.ledger.enter(&record, |order| self.zones[&order]);
        record.outcome.head.is_accepted()
    }

    fn step(&mut self) -> &'static str {
        let worked = self.rig.step() || self.rig.review();
        if !worked {
            return "nothing to do";
        }
        self.enter();
        "step"
    }

    fn place(&mut self) -> &'static str {
        let (zone, sku) = (self.random.below(2), self.random.below(SKUS));
        let (units, class) = (1 + self.random.below(80), self.random.below(3));
        let [zone, class] = [zone, class].map(|number| number.to_le_bytes()[0]);
        let id = self.rig.upcoming_id().get();
        self.zones.insert(id, zone.into());
        self.rig.place(zone.into(), sku, units, class);
        self.enter();
        let placed = self.rig.last_sequence().get();
        if !self.ledger.waits(placed) {
            return "place, and nothing waits";
        }
        self.orders.push((id, placed));
        "place"
    }

    fn any<T: Copy>(&mut self, rows: &[T]) -> Option<T> {
        let count = u32::try_from(rows.len()).expect("invariant: few rows");
        (count > 0).then(|| rows[self.random.below(count) as usize])
    }

    /// Cancels an order, or some of its units.
    fn end_order(&mut self) -> &'static str {
        let orders = std::mem::take(&mut self.orders);
        let picked = self.any(&orders);
        self.orders = orders;
        let Some((order, placed)) = picked else { return "nothing" };
        let some = [LineUnits::new(0, Warehouse::NONE, 1 + self.random.below(9))];
        let is_whole = self.random.below(2) == 0;
        let units: &[LineUnits] = if is_whole { &[] } else { &some };
        let id = self.rig.next_id();
        let command = OrderUnits { id, order: OrderId::new(order), units };
        self.rig.send(&Command::CancelOrder(command));
        let is_done = self.enter();
        if is_whole || !is_done {
            self.orders.retain(|row| row.1 != placed);
        }
        "cancel"
    }

    fn soon(&mut self) -> EngineSecond {
        let now = self.rig.time().get() / 1_000_000_000;
        let now = u32::try_from(now).expect("invariant: far from the last second");
        EngineSecond::new(now + 1 + self.random.below(120))
    }

    fn expect(&mut self) -> &'static str {
        let (sku, warehouse) = (self.random.below(SKUS), self.random.below(3).to_le_bytes()[0]);
        let (quantity, eta) = (1 + self.random.below(90), self.soon());
        let id = self.rig.next_id();
        let (sku, warehouse) = (Sku::new(sku), Warehouse::new(warehouse.into()));
        let supply = ExpectSupply { id, sku, warehouse, quantity, eta };
        self.rig.send(&Command::ExpectSupply(supply));
        assert!(self.enter(), "{supply:?}");
        "expect"
    }

    /// An open supply: its id, units received, units open, and when.
    fn any_supply(&mut self) -> Option<(CommandId, u32, u32, EngineSecond)> {
        let units = |units: i64| u32::try_from(units).expect("invariant: a few hundred");
        let open: Vec<_> = self.ledger.supplies.values().filter(|row| row.open() > 0).collect();
        let rows: Vec<_> = open
            .iter()
            .map(|row| {
                let (id, eta) = (SupplyId::new(row.id), EngineSecond::new(row.eta));
                (id, units(row.received), units(row.open()), eta)
            })
            .collect();
        self.any(&rows)
    }

    fn receive(&mut self) -> &'static str {
        if self.random.below(4) == 0 {
            let (sku, warehouse) = (self.random.below(SKUS), self.random.below(3).to_le_bytes()[0]);
            let units = 1 + i32::from(self.random.below(8).to_le_bytes()[0]);
            let change = self.rig.change(sku, warehouse.into(), units);
            self.rig.send(&Command::Receive(change));
            self.enter();
            return "receive what nobody expected";
        }
        let Some((supply, _, open, _)) = self.any_supply() else { return "nothing" };
        let is_too_much = self.random.below(20) == 0;
        let quantity = match self.random.below(2) {
            _ if is_too_much => open + 1,
            0 => open,
            _ => 1 + self.random.below(open),
        };
        let id = self.rig.next_id();
        self.rig.send(&Command::ReceiveSupply(ReceiveSupply { id, supply, quantity }));
        assert_eq!(self.enter(), !is_too_much, "{quantity} of {open}");
        "receive"
    }

    fn change(&mut self) -> &'static str {
        let Some((supply, received, open, eta)) = self.any_supply() else { return "nothing" };
        let soon = self.soon();
        let (quantity, eta, name) = match self.random.below(4) {
            0 => (received, soon, "no more is expected"),
            1 => (received + 1 + self.random.below(2 * open), soon, "change"),
            2 => (received + open, soon, "another time"),
            _ => (received + open, EngineSecond::new(eta.get() + 7), "slip"),
        };
        let id = self.rig.next_id();
        self.rig.send(&Command::ChangeSupply(ChangeSupply { id, supply, quantity, eta }));
        self.enter();
        name
    }

    fn set_priority(&mut self) -> &'static str {
        let orders = std::mem::take(&mut self.orders);
        let picked = self.any(&orders);
        self.orders = orders;
        let Some((order, _)) = picked else { return "nothing" };
        let priority_class = self.random.below(3).to_le_bytes()[0];
        let (id, order) = (self.rig.next_id(), OrderId::new(order));
        self.rig.send(&Command::SetPriority(SetPriority { id, order, priority_class }));
        self.enter();
        "priority"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_unit_is_promised_twice_and_no_promise_is_broken_silently() {
        let (events, counts) = run(20_000, 7);
        for name in ["place", "expect", "receive", "slip", "no more is expected", "crash"] {
            assert!(events.get(name).is_some_and(|count| *count > 5), "{name}: {events:?}");
        }
        assert!(counts.given > 200 && counts.kept > 100 && counts.broken > 100, "{counts:?}");
    }
}
