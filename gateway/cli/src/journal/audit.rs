//! Recomputes every figure from records alone and holds it against the rules: what `verify` does
//! beyond hashes.
//!
//! It shares no code with the engine, so that a bug there cannot hide itself here. It knows the
//! table of effects in `docs/FORMAT.md`, and nothing of how a decision is found.

mod archive;
mod bundles;
mod catalogue;
mod expected;
mod held;
mod holds;
mod matched;
mod matching;
mod orders;
mod placed;
mod promised;
mod rejected;
mod resourced;
mod rules;
mod stock;
mod swapped;
mod swept;
#[cfg(test)]
mod tests;

use gantry_model::{
    Command, MOVEMENTS_PER_RECORD_MAX, Movement, MovementKind, OrderUnits, PlaceOrder, Record,
    ShortMode, Sku, StockChange, Warehouse,
};

use archive::Archive;
use bundles::Bundles;
use catalogue::Catalogue;
use expected::Expected;
use holds::Holds;
use matched::split;
use matching::Matching;
use orders::Orders;
use placed::Placed;
use rejected::Rejected;
use rules::RuleBook;
use stock::Stock;
use swept::Swept;

/// A record that breaks a rule.
#[derive(Debug, thiserror::Error)]
#[error("record {sequence} breaks a rule: {fault}")]
pub(crate) struct Broken {
    sequence: u64,
    fault: Fault,
}

/// Which rule, with the figures.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Fault {
    #[error("record {expected} should come here")]
    Sequence { expected: u64 },
    #[error("{0}")]
    Rule(&'static str),
    #[error("there is no {what} {handle}")]
    Unknown { what: &'static str, handle: u32 },
    #[error("SKU {sku} at warehouse {warehouse} would have {units} units {figure}")]
    Stock { figure: &'static str, sku: u32, warehouse: u16, units: i64 },
    #[error("line {line} would have {units} units {figure}")]
    Line { figure: &'static str, line: u16, units: i64 },
    #[error("{figure} should be {recomputed}, and the record says {recorded}")]
    Outcome { figure: &'static str, recomputed: i64, recorded: i64 },
}

/// Everything that the records so far say.
#[derive(Default)]
pub(super) struct Audit {
    last_sequence: u64,
    last_time_ns: u64,
    catalogue: Catalogue,
    bundles: Bundles,
    rules: RuleBook,
    stock: Stock,
    orders: Orders,
    archive: Archive,
    matching: Matching,
    holds: Holds,
    expected: Expected,
    rejected: Rejected,
    swept: Swept,
    /// Whether the record that is taken has room for no more movements.
    is_full: bool,
    /// Commands that were carried out, other than those that placed an order.
    others: u64,
}

/// Sums over everything, to hold against other tools.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Sums {
    pub(super) orders: u64,
    pub(super) open_orders: u64,
    pub(super) units_on_hand: i64,
    pub(super) units_allocated: i64,
    pub(super) units_held: i64,
    pub(super) units_backordered: i64,
}

impl Audit {
    /// Takes the next record.
    pub(super) fn take(&mut self, record: &Record<'_>) -> Result<(), Broken> {
        let sequence = record.sequence.get();
        self.take_record(record).map_err(|fault| Broken { sequence, fault })
    }

    /// Sums over everything so far.
    pub(super) fn sums(&self) -> Sums {
        let [units_on_hand, units_allocated, units_held] = self.stock.sums();
        let (orders, open_orders, units_backordered) = self.orders.sums();
        Sums { orders, open_orders, units_on_hand, units_allocated, units_held, units_backordered }
    }

    fn take_record(&mut self, record: &Record<'_>) -> Result<(), Fault> {
        let expected = self.last_sequence + 1;
        if record.sequence.get() != expected {
            return Err(Fault::Sequence { expected });
        }
        let time_ns = record.time.get();
        rule(time_ns >= self.last_time_ns, "time never goes back")?;
        (self.last_sequence, self.last_time_ns) = (expected, time_ns);
        match record.outcome.head.reason() {
            Some(reason) => {
                rule(record.movements.is_empty(), "a rejection moves nothing")?;
                rule(reason.is_journaled(), "only want of stock or promise is journaled as a no")
            }
            None => self.take_accepted(record),
        }
    }

    fn take_accepted(&mut self, record: &Record<'_>) -> Result<(), Fault> {
        for movement in record.movements {
            self.check_movement(record, movement)?;
        }
        let is_other = record.command.id().is_some();
        self.others += u64::from(is_other && !matches!(record.command, Command::PlaceOrder(_)));
        // What is expected is on no shelf: promises are judged by themselves, when it is known what
        // the record did to lines that wait.
        self.is_full = record.movements.len() == MOVEMENTS_PER_RECORD_MAX;
        if !record.movements.iter().any(|movement| movement.kind().is_of_promise()) {
            self.take_movements(record)?;
            return self.take_promises(record, &[]);
        }
        let (promises, others): (Vec<Movement>, Vec<Movement>) =
            record.movements.iter().partition(|movement| movement.kind().is_of_promise());
        self.take_movements(&Record { movements: &others, ..*record })?;
        self.take_promises(record, &promises)
    }

    /// Takes what a record says of shelves, orders, holds and settings.
    fn take_movements(&mut self, record: &Record<'_>) -> Result<(), Fault> {
        let (own, set_aside) = split(record);
        let (own, set_aside) = (&own[..], &set_aside[..]);
        match &record.command {
            Command::PlaceOrder(order) => self.place(record, own, order)?,
            Command::Ship(command) => return self.ship(record.movements, command),
            Command::Match(looked) => return self.match_lines(record, looked),
            Command::CancelOrder(command) => self.cancel(own, command)?,
            Command::Receive(change) => self.receive(own, change)?,
            Command::Adjust(change) => self.adjust(own, change)?,
            Command::SetStock(change) => self.set_stock(own, change)?,
            Command::SetPriority(priority) => self.set_priority(own, priority)?,
            Command::ResourceOrder(resource) => self.resource(record, own, resource)?,
            Command::SwapUnits(swap) => return self.swap(record, swap),
            Command::Sweep(sweep) => return self.sweep(record, sweep),
            Command::PlaceHold(hold) => self.place_hold(record, own, hold)?,
            Command::ExtendHold(extend) => return self.extend_hold(record, extend),
            Command::ReleaseHold(release) => self.release_hold(record, own, release)?,
            Command::ExpireHolds(expired) => self.expire_holds(record, own, expired)?,
            Command::ExpectSupply(_) | Command::ChangeSupply(_) | Command::ReceiveSupply(_) => {
                self.take_supply(record, own)?;
            }
            Command::Promise(promise) => return self.review(record, promise),
            Command::SetCancelAt(command) => return self.set_cancel_at(record, command),
            Command::GiveUp(given_up) => self.give_up(record, own, given_up)?,
            Command::RejectUnits(command) => self.reject(record, own, command)?,
            Command::SetReserves(_) | Command::MatchAgain(_) => {
                rule(own.is_empty(), "looking again moves nothing")?;
                self.set_up(record)?;
            }
            _ => {
                rule(record.movements.is_empty(), "a setting moves nothing")?;
                return self.set_up(record);
            }
        }
        self.set_aside(record, own, set_aside)
    }

    fn set_up(&mut self, record: &Record<'_>) -> Result<(), Fault> {
        self.catalogue.take(record)?;
        self.ask_for_sweep(&record.command);
        let catalogue = &self.catalogue;
        let handle = record.outcome.head.handle();
        match &record.command {
            Command::UpsertSku(_) => {
                let sku = Sku::new(handle.unwrap_or(u32::MAX));
                let is_free = catalogue.sku(sku)? || self.expected.is_none_of(sku);
                rule(is_free, "what is expected is counted")?;
                self.stock.set_tracked(handle, catalogue)
            }
            Command::SetBundle(bundle) => self.bundles.take(bundle, catalogue),
            Command::SetPolicy(policy) => {
                let handle = catalogue.policy(policy.code)?;
                self.rules.set_policy(policy, handle, catalogue)
            }
            Command::AssignPolicy(assign) => self.rules.assign(assign, catalogue),
            Command::SetCapacity(capacity) => self.rules.set_capacity(capacity, catalogue),
            Command::SetReserves(reserves) => self.rules.set_reserves(reserves, catalogue),
            Command::Retire(retire) => self.archive.take(retire, self.orders.placed(), self.others),
            _ => Ok(()),
        }
    }

    /// What holds of every movement, whatever its kind.
    fn check_movement(&self, record: &Record<'_>, movement: &Movement) -> Result<(), Fault> {
        self.catalogue.sku(movement.sku())?;
        if movement.warehouse() != Warehouse::NONE {
            self.catalogue.warehouse(movement.warehouse())?;
        }
        let quantity = movement.quantity();
        let moves_units = match movement.kind() {
            MovementKind::Due => quantity == 0 && movement.warehouse() == Warehouse::NONE,
            MovementKind::Adjusted => quantity != 0,
            _ => quantity > 0,
        };
        rule(moves_units, "a movement moves units")?;
        let of_supply =
            matches!(movement.kind(), MovementKind::Promised | MovementKind::Unpromised);
        let is_its = of_supply || movement.cause() == record.sequence;
        rule(is_its, "a movement names the record that caused it")
    }

    fn place(
        &mut self,
        record: &Record<'_>,
        own: &[Movement],
        order: &PlaceOrder<'_>,
    ) -> Result<(), Fault> {
        use MovementKind::{Allocated, Backordered, Cancelled, ComponentAllocated};
        let zone = self.catalogue.zone(order.zone)?;
        let left_over = match order.short {
            ShortMode::ShipComplete => None,
            ShortMode::TakeAvailable => Some(Cancelled),
            ShortMode::Backorder | ShortMode::WaitComplete => Some(Backordered),
        };
        let unheld = own.iter().position(|movement| movement.kind() == MovementKind::Unheld);
        let (own, unheld) = own.split_at(unheld.unwrap_or(own.len()));
        let asking = self.take_hold(record, order, unheld)?;
        let placed = self.orders.place(record.sequence, order)?;
        let mut parcels: Vec<Warehouse> = Vec::new();
        let mut cost_cents = 0;
        for movement in own {
            let kind = movement.kind();
            let expected = kind == Allocated || kind == ComponentAllocated;
            rule(expected || Some(kind) == left_over, "the mode allows no such movement")?;
            self.apply(placed, movement)?;
            if kind == Allocated {
                let cost = self.catalogue.cost(movement.warehouse(), zone)?;
                if !parcels.contains(&movement.warehouse()) {
                    parcels.push(movement.warehouse());
                    cost_cents += i64::from(cost.parcel);
                }
                cost_cents += i64::from(cost.unit) * i64::from(movement.quantity());
            }
        }
        self.bundles.check(own)?;
        self.orders.check_whole(placed)?;
        let waits_complete = order.short == ShortMode::WaitComplete;
        let is_whole = parcels.is_empty() || !self.orders.waits(placed);
        rule(is_whole || !waits_complete, "an order that waits complete is served whole")?;
        let some_taken = order.short != ShortMode::TakeAvailable || !parcels.is_empty();
        rule(some_taken, "an order that takes what is there takes something")?;
        let head = record.outcome.head;
        let parcel_count = i64::try_from(parcels.len()).unwrap_or(i64::MAX);
        outcome("parcels", parcel_count, head.parcels().into())?;
        outcome("cost", cost_cents, head.cost_minor())?;
        let placed = Placed { record, order, zone, parcels: &parcels, asking: &asking };
        self.check_rules(&placed)?;
        if waits_complete { Ok(()) } else { self.check_nothing_left_behind(&placed) }
    }

    fn cancel(&mut self, movements: &[Movement], command: &OrderUnits<'_>) -> Result<(), Fault> {
        use MovementKind::{Cancelled, ComponentReleased, Dequeued, Released};
        self.move_order(movements, command, &[Cancelled, ComponentReleased, Dequeued, Released])?;
        for movement in movements.iter().filter(|one| one.kind() == Released) {
            self.rules.give_back(movement.warehouse(), movement.quantity().into());
        }
        for units in command.units {
            let of_line = movements.iter().filter(|one| one.line() == units.line());
            let cancelled = of_line.filter(|one| one.kind() == Cancelled);
            let quantity = cancelled.map(|one| i64::from(one.quantity())).sum();
            outcome("cancelled units of a line", units.quantity().into(), quantity)?;
        }
        Ok(())
    }

    fn ship(&mut self, movements: &[Movement], command: &OrderUnits<'_>) -> Result<(), Fault> {
        use MovementKind::{ComponentShipped, Shipped};
        self.move_order(movements, command, &[ComponentShipped, Shipped])?;
        let asked = command.units.iter();
        let asked = asked.map(|one| (one.line(), one.warehouse(), i64::from(one.quantity())));
        let moved = movements.iter().filter(|one| one.kind() == Shipped);
        let moved = moved.map(|one| (one.line(), one.warehouse(), i64::from(one.quantity())));
        rule(asked.eq(moved), "what is shipped is what was asked")
    }

    fn move_order(
        &mut self,
        movements: &[Movement],
        command: &OrderUnits<'_>,
        kinds: &[MovementKind],
    ) -> Result<(), Fault> {
        let order = self.orders.find(command.order)?;
        for movement in movements {
            rule(kinds.contains(&movement.kind()), "the command makes no such movement")?;
            self.apply(order, movement)?;
        }
        self.bundles.check(movements)?;
        self.orders.check_whole(order)
    }

    fn receive(&mut self, movements: &[Movement], change: &StockChange<'_>) -> Result<(), Fault> {
        let movement = only(movements, change, &[MovementKind::Received])?;
        outcome("received units", change.quantity.into(), movement.quantity().into())?;
        self.stock.apply(movement)
    }

    fn adjust(&mut self, movements: &[Movement], change: &StockChange<'_>) -> Result<(), Fault> {
        use MovementKind::{Adjusted, Restored, Withdrawn};
        let movement = only(movements, change, &[Adjusted, Restored, Withdrawn])?;
        let sign = if movement.kind() == Restored { -1 } else { 1 };
        let moved = sign * i64::from(movement.quantity());
        outcome("adjusted units", change.quantity.into(), moved)?;
        self.stock.apply(movement)
    }

    fn set_stock(&mut self, movements: &[Movement], change: &StockChange<'_>) -> Result<(), Fault> {
        if !movements.is_empty() {
            self.stock.apply(only(movements, change, &[MovementKind::Adjusted])?)?;
        }
        let on_hand = self.stock.on_hand(change.sku, change.warehouse);
        outcome("counted units", change.quantity.into(), on_hand)
    }
}

/// The one movement of a stock change.
fn only<'a>(
    movements: &'a [Movement],
    change: &StockChange<'_>,
    kinds: &[MovementKind],
) -> Result<&'a Movement, Fault> {
    let [movement] = movements else { return Err(Fault::Rule("a stock change moves once")) };
    rule(kinds.contains(&movement.kind()), "the command makes no such movement")?;
    let same = movement.sku() == change.sku && movement.warehouse() == change.warehouse;
    rule(same, "a stock change moves the cell that it names")?;
    Ok(movement)
}

/// A sentence that must hold.
fn rule(holds: bool, sentence: &'static str) -> Result<(), Fault> {
    if holds { Ok(()) } else { Err(Fault::Rule(sentence)) }
}

fn outcome(figure: &'static str, recomputed: i64, recorded: i64) -> Result<(), Fault> {
    if recomputed == recorded {
        return Ok(());
    }
    Err(Fault::Outcome { figure, recomputed, recorded })
}
