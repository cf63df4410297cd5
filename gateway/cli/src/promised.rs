//! Supplies and promises as records tell of them: which line was promised what, and for when.

use std::collections::{BTreeMap, BTreeSet};

use gantry_engine::State;
use gantry_model::{
    Command, EngineSecond, EngineTime, Movement, MovementKind, Record, Sequence, Sku, SupplyId,
    Warehouse,
};

/// A line, by the record that placed its order.
pub(crate) type Line = (Sequence, u16);

/// Everything that is expected, and to whom it is promised.
#[derive(Default)]
pub(crate) struct Ledger {
    /// By the record that announced it; gone when nothing of it is expected or promised.
    supplies: BTreeMap<Sequence, Supply>,
    by_id: BTreeMap<SupplyId, Sequence>,
    promises: BTreeMap<Line, Promise>,
    of_sku: BTreeMap<Sku, BTreeSet<Sequence>>,
}

/// Units that will come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Supply {
    pub(crate) id: SupplyId,
    pub(crate) sku: Sku,
    pub(crate) warehouse: Warehouse,
    pub(crate) eta: EngineSecond,
    pub(crate) expected: i64,
    pub(crate) received: i64,
    pub(crate) promised: i64,
}

impl Supply {
    /// Units that are still expected.
    pub(crate) const fn open(&self) -> i64 {
        self.expected - self.received
    }

    /// Units that are still expected, and promised to nobody; below 0 of one that is over-promised.
    pub(crate) const fn free(&self) -> i64 {
        self.open() - self.promised
    }
}

/// What a line was promised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Promise {
    pub(crate) date: EngineSecond,
    /// Units, by the record that announced their supply.
    pub(crate) parts: BTreeMap<Sequence, i64>,
}

impl Promise {
    /// Units of all supplies.
    pub(crate) fn units(&self) -> i64 {
        self.parts.values().sum()
    }
}

/// A promise that a record broke.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Broken {
    pub(crate) line: Line,
    pub(crate) sku: Sku,
    /// Units that the line waits for.
    pub(crate) units: i32,
    /// When they were to be there.
    pub(crate) before: Option<EngineSecond>,
    /// When they are to be there now.
    pub(crate) after: Option<EngineSecond>,
}

impl Ledger {
    /// What a state knows: what records that were trimmed announced and promised.
    pub(crate) fn of_state(state: &State) -> Self {
        let mut ledger = Self::default();
        for row in state.supplies.iter() {
            ledger.by_id.insert(row.id, row.placed);
            ledger.of_sku.entry(row.sku).or_default().insert(row.placed);
            let supply = Supply {
                id: row.id,
                sku: row.sku,
                warehouse: row.warehouse,
                eta: row.eta,
                expected: row.expected.into(),
                received: row.received.into(),
                promised: row.promised.into(),
            };
            ledger.supplies.insert(row.placed, supply);
        }
        for key in state.promises.by_date() {
            let row = state.promises.get(key.placed, key.line).into_iter();
            let parts = row.flat_map(|row| &row.parts);
            let parts = parts.map(|part| (part.supply, i64::from(part.units))).collect();
            let promise = Promise { date: key.promised, parts };
            ledger.promises.insert((key.placed, key.line), promise);
        }
        ledger
    }

    /// Applies what an accepted record says; the promises that it broke.
    pub(crate) fn take(&mut self, record: &Record<'_>) -> Vec<Broken> {
        if !record.outcome.head.is_accepted() {
            return Vec::new();
        }
        self.command(record);
        let mut before: BTreeMap<Line, Option<EngineSecond>> = BTreeMap::new();
        for movement in record.movements.iter().filter(|movement| is_of_promise(movement)) {
            let line = line_of(movement);
            before.entry(line).or_insert_with(|| self.promise(line).map(|promise| promise.date));
            self.apply(movement);
        }
        let promised = record.movements.iter().filter(|it| it.kind() == MovementKind::Promised);
        let promised: BTreeSet<Line> = promised.map(line_of).collect();
        for (line, date) in &before {
            self.date(*line, *date, promised.contains(line), record.time);
        }
        let broken = record.movements.iter().filter(|it| it.kind() == MovementKind::PromiseBroken);
        broken.map(|movement| self.broken(movement, &before)).collect()
    }

    /// The supply with this id, if it is still there.
    pub(crate) fn find(&self, id: SupplyId) -> Option<(Sequence, Supply)> {
        let placed = self.by_id.get(&id)?;
        self.supplies.get(placed).map(|supply| (*placed, *supply))
    }

    /// Units of a line's promise, the first to come in before the others.
    pub(crate) fn parts(&self, line: Line) -> Vec<(Sequence, i64)> {
        let parts = self.promises.get(&line).map(|promise| &promise.parts).into_iter().flatten();
        let mut parts: Vec<(Sequence, i64)> =
            parts.map(|(placed, units)| (*placed, *units)).collect();
        let eta = |placed: Sequence| self.supplies.get(&placed).map(|supply| supply.eta);
        parts.sort_unstable_by_key(|(placed, _)| (eta(*placed), *placed));
        parts
    }

    /// The supply that a record announced, if it is still there.
    pub(crate) fn supply(&self, placed: Sequence) -> Option<&Supply> {
        self.supplies.get(&placed)
    }

    /// The supplies of a SKU, the first to come in before the others.
    pub(crate) fn of_sku(&self, sku: Sku) -> Vec<(Sequence, Supply)> {
        let placed = self.of_sku.get(&sku).into_iter().flatten();
        let there = placed.filter_map(|placed| Some((*placed, *self.supplies.get(placed)?)));
        let mut supplies: Vec<(Sequence, Supply)> = there.collect();
        supplies.sort_unstable_by_key(|(placed, supply)| (supply.eta, *placed));
        supplies
    }

    /// What a line was promised.
    pub(crate) fn promise(&self, line: Line) -> Option<&Promise> {
        self.promises.get(&line)
    }

    /// What the command itself says of a supply.
    pub(crate) fn command(&mut self, record: &Record<'_>) {
        match record.command {
            Command::ExpectSupply(announced) => {
                let placed = record.sequence;
                self.by_id.insert(announced.id, placed);
                self.of_sku.entry(announced.sku).or_default().insert(placed);
                let supply = Supply {
                    id: announced.id,
                    sku: announced.sku,
                    warehouse: announced.warehouse,
                    eta: announced.eta,
                    expected: announced.quantity.into(),
                    received: 0,
                    promised: 0,
                };
                self.supplies.insert(placed, supply);
            }
            Command::ChangeSupply(change) => self.change(change.supply, |supply| {
                (supply.expected, supply.eta) = (change.quantity.into(), change.eta);
            }),
            Command::ReceiveSupply(receipt) => self.change(receipt.supply, |supply| {
                supply.received += i64::from(receipt.quantity);
            }),
            _ => {}
        }
    }

    fn change(&mut self, id: SupplyId, change: impl FnOnce(&mut Supply)) {
        let Some(placed) = self.by_id.get(&id).copied() else { return };
        if let Some(supply) = self.supplies.get_mut(&placed) {
            change(supply);
        }
        self.let_go(placed);
    }

    /// What a movement says of promised units; dates are for [`Self::date`].
    pub(crate) fn apply(&mut self, movement: &Movement) {
        let (line, units) = (line_of(movement), i64::from(movement.quantity()));
        match movement.kind() {
            MovementKind::Promised => self.promise_units(line, movement.cause(), units),
            MovementKind::Unpromised => self.promise_units(line, movement.cause(), -units),
            MovementKind::Dequeued => self.dequeue(line, units),
            _ => {}
        }
    }

    /// So many units more of a supply are promised to a line.
    pub(crate) fn promise_units(&mut self, line: Line, placed: Sequence, units: i64) {
        let (date, parts) = (EngineSecond::NONE, BTreeMap::new());
        let promise = self.promises.entry(line).or_insert(Promise { date, parts });
        let part = promise.parts.entry(placed).or_default();
        *part += units;
        if *part == 0 {
            promise.parts.remove(&placed);
        }
        if let Some(supply) = self.supplies.get_mut(&placed) {
            supply.promised += units;
        }
        self.let_go(placed);
    }

    /// Units that are no longer waited for are those that were to come first.
    fn dequeue(&mut self, line: Line, mut units: i64) {
        for (placed, part) in self.parts(line) {
            let taken = part.min(units);
            if taken > 0 {
                self.promise_units(line, placed, -taken);
                units -= taken;
            }
        }
    }

    /// The date of a line whose promise moved: `before` is the one that it had.
    pub(crate) fn date(
        &mut self,
        line: Line,
        before: Option<EngineSecond>,
        is_promised: bool,
        now: EngineTime,
    ) {
        let Some(promise) = self.promises.get_mut(&line) else { return };
        if promise.parts.is_empty() {
            self.promises.remove(&line);
        } else if is_promised {
            let etas = promise.parts.keys().filter_map(|placed| self.supplies.get(placed));
            let latest = etas.map(|supply| supply.eta).max().unwrap_or(EngineSecond::NONE);
            let kept = before.filter(|date| !date.is_past(now));
            promise.date = kept.map_or(latest, |date| date.max(latest));
        }
    }

    fn broken(&self, movement: &Movement, before: &BTreeMap<Line, Option<EngineSecond>>) -> Broken {
        let line = line_of(movement);
        Broken {
            line,
            sku: movement.sku(),
            units: movement.quantity(),
            before: before.get(&line).copied().flatten(),
            after: self.promise(line).map(|promise| promise.date),
        }
    }

    /// A supply of which nothing is expected or promised is gone.
    fn let_go(&mut self, placed: Sequence) {
        let is_over = |supply: &&Supply| supply.open() == 0 && supply.promised == 0;
        if let Some(supply) = self.supplies.get(&placed).filter(is_over) {
            if let Some(of_sku) = self.of_sku.get_mut(&supply.sku) {
                of_sku.remove(&placed);
            }
            self.supplies.remove(&placed);
        }
    }
}

/// Whether it may move what is promised.
pub(crate) fn is_of_promise(movement: &Movement) -> bool {
    movement.kind().is_of_promise() || movement.kind() == MovementKind::Dequeued
}

/// The line that it names.
pub(crate) fn line_of(movement: &Movement) -> Line {
    (movement.order(), movement.line())
}
