//! What records may say of supplies and promises: whatever they promise is worked out again.

use std::collections::{BTreeMap, BTreeSet};

use gantry_model::{
    Actor, Command, EngineSecond, EngineTime, LINES_PROMISED_PER_RECORD_MAX, MatchEnd, Movement,
    MovementKind, Promise, Record, SUPPLIES_PER_PROMISE_MAX, SUPPLIES_PER_SKU_MAX, Sequence, Sku,
    UNITS_PER_COMMAND_MAX, WaitKey,
};

use super::{Audit, Fault, outcome, rule};
use crate::promised::{Line, line_of};

/// A movement that a record should have: what, of which line and supply, and how many units.
type Told = (MovementKind, Line, Sequence, i64);

/// Dates of the lines that a record touches, as they were before it.
type Dates = BTreeMap<Line, Option<EngineSecond>>;

impl Audit {
    /// Units will come in, more or fewer or at another time, or they do.
    pub(super) fn take_supply(
        &mut self,
        record: &Record<'_>,
        own: &[Movement],
    ) -> Result<(), Fault> {
        let (units_max, now) = (i64::from(UNITS_PER_COMMAND_MAX), record.time);
        outcome("parcels", 0, record.outcome.head.parcels().into())?;
        match record.command {
            Command::ReceiveSupply(receipt) => {
                let supply = self.expected.open(receipt.supply)?;
                let units = i64::from(receipt.quantity);
                rule(units <= supply.open(), "no more comes in of a supply than is expected")?;
                let [movement] = own else { return Err(Fault::Rule("a receipt moves once")) };
                let place = (movement.kind(), movement.sku(), movement.warehouse());
                let is_its = place == (MovementKind::Received, supply.sku, supply.warehouse);
                rule(is_its, "a supply comes in where it is expected")?;
                outcome("received units", units, movement.quantity().into())?;
                return self.stock.apply(movement);
            }
            Command::ChangeSupply(change) => {
                let (supply, units) =
                    (self.expected.open(change.supply)?, i64::from(change.quantity));
                let fits = (supply.received..=units_max).contains(&units);
                rule(fits, "no less of a supply is expected than has come in")?;
                let is_to_come = units == supply.received || !change.eta.is_past(now);
                rule(is_to_come, "goods are expected at a time that is to come")?;
            }
            Command::ExpectSupply(supply) => {
                rule(self.catalogue.sku(supply.sku)?, "what is expected is counted")?;
                self.catalogue.warehouse(supply.warehouse)?;
                let units = i64::from(supply.quantity);
                rule((1..=units_max).contains(&units), "some units are expected")?;
                rule(!supply.eta.is_past(now), "goods are expected at a time that is to come")?;
                let fits = self.expected.ledger.of_sku(supply.sku).len() < SUPPLIES_PER_SKU_MAX;
                rule(fits, "a SKU has at most 64 supplies")?;
            }
            _ => {}
        }
        rule(record.movements.is_empty(), "what is expected moves nothing")
    }

    /// Whose promises are made anew, and that nothing else happens.
    pub(super) fn review(&mut self, record: &Record<'_>, promise: &Promise) -> Result<(), Fault> {
        rule(record.actor == Actor::ENGINE, "the engine alone makes promises anew")?;
        let is_due = |sku| self.matching.is_due(sku);
        rule(!is_due(promise.sku), "no promise of a SKU is made anew that is due")?;
        let first = self.expected.first_reviewed(is_due);
        let is_it = first.is_none_or(|sku| sku == promise.sku);
        rule(is_it, "the SKU that has been under review for longest comes first")?;
        let is_due_again = |movement: &Movement| {
            movement.kind() == MovementKind::Due && movement.sku() == promise.sku
        };
        let expected = record.movements.len() <= 1 && record.movements.iter().all(is_due_again);
        rule(expected, "the command makes no such movement")?;
        outcome("parcels", 0, record.outcome.head.parcels().into())?;
        outcome("cost", 0, record.outcome.head.cost_minor())
    }

    /// Takes what a record says of promises: just what follows from what is expected and who waits.
    pub(super) fn take_promises(
        &mut self,
        record: &Record<'_>,
        moved: &[Movement],
    ) -> Result<(), Fault> {
        let mut reviewed: BTreeSet<Sku> = self.supplied(record).into_iter().collect();
        let mut dates = Dates::new();
        self.expected.ledger.command(record);
        for movement in record.movements.iter().filter(|it| it.kind() == MovementKind::Dequeued) {
            if !self.expected.ledger.of_sku(movement.sku()).is_empty() {
                reviewed.insert(movement.sku());
            }
            if let Some(promise) = self.expected.ledger.promise(line_of(movement)) {
                dates.insert(line_of(movement), Some(promise.date));
                reviewed.insert(movement.sku());
                self.expected.ledger.apply(movement);
            }
        }
        for movement in moved {
            let line = line_of(movement);
            let date = || self.expected.ledger.promise(line).map(|promise| promise.date);
            dates.entry(line).or_insert_with(date);
            self.check_promise_movement(movement)?;
        }
        let told = match &record.command {
            Command::PlaceOrder(_) => self.promises_of_order(record)?,
            Command::Promise(promise) => self.promises_of_review(record, promise, moved)?,
            Command::RejectUnits(_) => self.promises_of_rejection(record, &mut reviewed)?,
            _ => Vec::new(),
        };
        let found = moved.iter().map(told_by);
        let is_just_that = told.iter().copied().eq(found);
        rule(is_just_that, "what can be promised is promised, and nothing else")?;
        self.end_promises(record, &dates)?;
        match &record.command {
            Command::Promise(promise) => self.expected.end(promise, record.sequence),
            _ => self.come_under_review(record, reviewed)?,
        }
        self.check_supplies(&dates)
    }

    /// The SKU of a command of supplies.
    fn supplied(&self, record: &Record<'_>) -> Option<Sku> {
        let of = |id| self.expected.ledger.find(id).map(|(_, supply)| supply.sku);
        match record.command {
            Command::ExpectSupply(supply) => Some(supply.sku),
            Command::ChangeSupply(change) => of(change.supply),
            Command::ReceiveSupply(receipt) => of(receipt.supply),
            _ => None,
        }
    }

    /// A movement names the line's SKU, and a supply of it at its warehouse.
    fn check_promise_movement(&self, movement: &Movement) -> Result<(), Fault> {
        let order = self.orders.find_placed(movement.order())?;
        let is_its = self.orders.sku(order, movement.line())? == movement.sku();
        rule(is_its, "a movement names the SKU of its line")?;
        if movement.kind() == MovementKind::PromiseBroken {
            return Ok(());
        }
        let supply = self.expected.ledger.supply(movement.cause());
        let place = supply.map(|supply| (supply.sku, supply.warehouse));
        let is_its = place == Some((movement.sku(), movement.warehouse()));
        rule(is_its, "promised units are of a supply of their SKU")
    }

    /// What an order that must wait is promised.
    fn promises_of_order(&mut self, record: &Record<'_>) -> Result<Vec<Told>, Fault> {
        let at = |kind| move |movement: &Movement| movement.kind() == kind;
        let movements = record.movements;
        let first = movements.iter().position(|movement| movement.kind().is_of_promise());
        let last = movements.iter().rposition(|movement| movement.kind().is_of_promise());
        let waits = movements.iter().rposition(at(MovementKind::Backordered));
        let unheld = movements.iter().position(at(MovementKind::Unheld));
        let is_between = first.zip(last).is_none_or(|(first, last)| {
            waits.is_some_and(|waits| waits < first) && unheld.is_none_or(|unheld| last < unheld)
        });
        rule(is_between, "an order is promised units behind what waits of it")?;
        let mut told = Vec::new();
        for movement in movements.iter().filter(|it| it.kind() == MovementKind::Backordered) {
            if !self.expected.is_reviewed(movement.sku()) {
                told.extend(self.promise_line(line_of(movement), record.time)?);
            }
        }
        Ok(told)
    }

    /// What becomes of promises to lines that wait for more because units were rejected.
    fn promises_of_rejection(
        &mut self,
        record: &Record<'_>,
        reviewed: &mut BTreeSet<Sku>,
    ) -> Result<Vec<Told>, Fault> {
        let mut told = Vec::new();
        for movement in record.movements.iter().filter(|it| it.kind() == MovementKind::Backordered)
        {
            let line = line_of(movement);
            if !self.expected.is_none_of(movement.sku()) {
                reviewed.insert(movement.sku());
            }
            let unpromised = self.unpromise_line(line);
            if !unpromised.is_empty() {
                told.extend(unpromised);
                told.push(self.told_broken(line)?);
            }
        }
        Ok(told)
    }

    /// What a record of the engine's own makes anew: promises that cannot be kept, or what is free.
    fn promises_of_review(
        &mut self,
        record: &Record<'_>,
        promise: &Promise,
        moved: &[Movement],
    ) -> Result<Vec<Told>, Fault> {
        let mut lines: Vec<Line> = Vec::new();
        for movement in moved.iter().filter(|it| it.kind() == MovementKind::Unpromised) {
            if lines.last() != Some(&line_of(movement)) {
                lines.push(line_of(movement));
            }
        }
        if lines.is_empty() {
            return self.promise_what_is_free(record, promise);
        }
        let begins = promise.last == WaitKey::FIRST && promise.end == MatchEnd::GoesOn;
        rule(begins, "a record that takes promises back looks at no other line")?;
        rule(lines.len() <= LINES_PROMISED_PER_RECORD_MAX, "a record promises 64 lines at most")?;
        self.check_cannot_be_kept(record.time, promise.sku, &lines)?;
        let before: Vec<EngineSecond> =
            lines.iter().map(|line| self.expected.date(*line)).collect();
        let mut told = Vec::new();
        for line in &lines {
            told.extend(self.unpromise_line(*line));
        }
        if lines.len() < LINES_PROMISED_PER_RECORD_MAX {
            let supplies = self.expected.ledger.of_sku(promise.sku);
            let fits = supplies.iter().all(|(_, supply)| supply.free() >= 0);
            rule(fits, "promises are taken back until what is expected is enough")?;
        }
        for (line, before) in lines.iter().zip(before) {
            let promised = self.promise_line(*line, record.time)?;
            let latest = self.latest(&promised);
            let is_kept = latest.is_some_and(|date| date <= before && !before.is_past(record.time));
            told.extend(promised);
            if !is_kept {
                told.push(self.told_broken(*line)?);
            }
        }
        Ok(told)
    }

    /// Each of these promises is of too many units, or for too early, or for a time that has come; and
    /// they come in the order of the book.
    fn check_cannot_be_kept(&self, now: EngineTime, sku: Sku, lines: &[Line]) -> Result<(), Fault> {
        let (mut keys, mut has_come) = (Vec::with_capacity(lines.len()), false);
        for line in lines {
            let date = self.expected.date(*line);
            let parts = self.expected.ledger.parts(*line);
            let mut supplies = parts.iter().filter_map(|(it, _)| self.expected.ledger.supply(*it));
            has_come |= date.is_past(now);
            let cannot =
                date.is_past(now) || supplies.any(|supply| supply.free() < 0 || date < supply.eta);
            rule(cannot, "a promise is taken back that cannot be kept")?;
            keys.push(self.key(*line)?);
        }
        rule(keys.is_sorted(), "promises are made anew in the order of the book")?;
        let is_asked = self.expected.is_reviewed(sku) || has_come;
        rule(is_asked, "promises are made anew that are under review, or whose time has come")
    }

    /// Lines without a promise are promised what is free, one after the other.
    fn promise_what_is_free(
        &mut self,
        record: &Record<'_>,
        promise: &Promise,
    ) -> Result<Vec<Told>, Fault> {
        let (sku, now) = (promise.sku, record.time);
        rule(self.expected.is_reviewed(sku), "what is free is promised of a SKU under review")?;
        let supplies = self.expected.ledger.of_sku(sku);
        let fits = supplies.iter().all(|(_, supply)| supply.free() >= 0);
        rule(fits, "promises that cannot be kept are taken back first")?;
        let is_without = |key: &WaitKey| key.promised == EngineSecond::NONE;
        let (mut last, mut told) = (None, Vec::new());
        if self.is_any_free(sku, now) {
            let behind = self.matching.behind(sku, self.expected.after(sku)).filter(is_without);
            let keys: Vec<WaitKey> = behind.take(LINES_PROMISED_PER_RECORD_MAX).collect();
            for key in &keys {
                told.extend(self.promise_line((key.placed, key.line), now)?);
            }
            last = keys.last().copied();
        }
        let is_last = last.unwrap_or(WaitKey::FIRST) == promise.last;
        rule(is_last, "64 lines without a promise are looked at, or all there are")?;
        let goes_on = last.is_some_and(|last| {
            let mut behind = self.matching.behind(sku, Some(last)).filter(is_without);
            self.is_any_free(sku, now) && behind.next().is_some()
        });
        let is_end = (promise.end == MatchEnd::GoesOn) == goes_on;
        rule(is_end, "a review goes on while units are free and lines have no promise")?;
        Ok(told)
    }

    fn is_any_free(&self, sku: Sku, now: EngineTime) -> bool {
        let supplies = self.expected.ledger.of_sku(sku);
        supplies.iter().any(|(_, supply)| supply.free() > 0 && !supply.eta.is_past(now))
    }

    /// Promises a line all that it waits for, from what comes in first where it can be had; or
    /// nothing.
    fn promise_line(&mut self, line: Line, now: EngineTime) -> Result<Vec<Told>, Fault> {
        let order = self.orders.find_placed(line.0)?;
        let (sku, facts) = (self.orders.sku(order, line.1)?, self.orders.facts(order));
        if facts.waits_complete {
            return Ok(Vec::new());
        }
        let policy = self.rules.policy(facts.channel);
        let mut left = self.orders.waiting(order, line.1);
        let mut told: Vec<Told> = Vec::new();
        for (placed, supply) in self.expected.ledger.of_sku(sku) {
            let is_served = self.catalogue.cost(supply.warehouse, facts.zone).is_ok();
            let is_in_reach = is_served && policy.allows(supply.warehouse);
            let units = supply.free().min(left);
            if is_in_reach && units > 0 && !supply.eta.is_past(now) {
                told.push((MovementKind::Promised, line, placed, units));
                left -= units;
            }
            if left == 0 || told.len() == SUPPLIES_PER_PROMISE_MAX {
                break;
            }
        }
        if left > 0 {
            return Ok(Vec::new());
        }
        for (_, _, placed, units) in &told {
            self.expected.ledger.promise_units(line, *placed, *units);
        }
        Ok(told)
    }

    /// Takes all of a line's promise back.
    fn unpromise_line(&mut self, line: Line) -> Vec<Told> {
        let parts = self.expected.ledger.parts(line);
        for (placed, units) in &parts {
            self.expected.ledger.promise_units(line, *placed, -units);
        }
        let told = |(placed, units)| (MovementKind::Unpromised, line, placed, units);
        parts.into_iter().map(told).collect()
    }

    fn told_broken(&self, line: Line) -> Result<Told, Fault> {
        let order = self.orders.find_placed(line.0)?;
        let units = self.orders.waiting(order, line.1);
        Ok((MovementKind::PromiseBroken, line, Sequence::NONE, units))
    }

    /// The latest eta of units that are promised.
    fn latest(&self, promised: &[Told]) -> Option<EngineSecond> {
        let supplies = promised.iter().filter_map(|told| self.expected.ledger.supply(told.2));
        supplies.map(|supply| supply.eta).max()
    }

    /// Where a line waits.
    fn key(&self, line: Line) -> Result<WaitKey, Fault> {
        let order = self.orders.find_placed(line.0)?;
        let priority_class = self.orders.facts(order).priority_class;
        let promised = self.expected.date(line);
        Ok(WaitKey { priority_class, promised, placed: line.0, line: line.1 })
    }

    /// Dates of the lines that the record touched, their places, and that every unit that they wait
    /// for is promised, or none.
    fn end_promises(&mut self, record: &Record<'_>, dates: &Dates) -> Result<(), Fault> {
        let promised = record.movements.iter().filter(|it| it.kind() == MovementKind::Promised);
        let promised: BTreeSet<Line> = promised.map(line_of).collect();
        let mut has_moved = false;
        for (line, before) in dates {
            let order = self.orders.find_placed(line.0)?;
            let (sku, facts) = (self.orders.sku(order, line.1)?, self.orders.facts(order));
            let promised_before = before.unwrap_or(EngineSecond::NONE);
            let (priority_class, is_promised) = (facts.priority_class, promised.contains(line));
            self.expected.ledger.date(*line, *before, is_promised, record.time);
            let (placed, number) = *line;
            let key = WaitKey { priority_class, promised: promised_before, placed, line: number };
            let after = self.expected.date(*line);
            has_moved |= after != promised_before;
            self.matching.redate(sku, key, after);
            let units = self.expected.ledger.promise(*line).map(crate::promised::Promise::units);
            let waiting = self.orders.waiting(order, number);
            let is_whole = units.is_none_or(|units| units == waiting);
            rule(is_whole, "a line is promised every unit that it waits for, or none")?;
        }
        let Command::Promise(promise) = &record.command else { return Ok(()) };
        let is_due = record.movements.iter().any(|it| it.kind() == MovementKind::Due);
        let must_be = has_moved && self.stock.set_aside(promise.sku) > 0;
        rule(
            is_due == must_be,
            "a SKU is due whose lines change places while units are set aside",
        )?;
        if is_due {
            self.matching.make_due(promise.sku, record.sequence);
        }
        Ok(())
    }

    /// Promises of these SKUs are to be made anew, if anybody waits for them.
    fn come_under_review(&mut self, record: &Record<'_>, skus: BTreeSet<Sku>) -> Result<(), Fault> {
        for sku in skus {
            if self.matching.units(sku) > 0 {
                self.expected.review(sku, record.sequence);
            }
        }
        let id = match &record.command {
            Command::PlaceOrder(order) => order.id,
            Command::SetPriority(command) => command.order,
            _ => return Ok(()),
        };
        if self.expected.is_nothing_reviewed() {
            return Ok(());
        }
        let order = self.orders.find(id)?;
        for (line, sku) in (0..).zip(self.orders.skus(order)) {
            if self.orders.waiting(order, line) > 0 {
                self.expected.begin_again(sku);
            }
        }
        Ok(())
    }

    /// No more is promised than is expected, but while that is to be made good.
    fn check_supplies(&self, dates: &Dates) -> Result<(), Fault> {
        for line in dates.keys() {
            for (placed, _) in self.expected.ledger.parts(*line) {
                let Some(supply) = self.expected.ledger.supply(placed) else { continue };
                let fits = supply.free() >= 0 || self.expected.is_reviewed(supply.sku);
                rule(fits, "no more is promised than is expected")?;
            }
        }
        Ok(())
    }
}

fn told_by(movement: &Movement) -> Told {
    let is_broken = movement.kind() == MovementKind::PromiseBroken;
    let supply = if is_broken { Sequence::NONE } else { movement.cause() };
    (movement.kind(), line_of(movement), supply, i64::from(movement.quantity()))
}
