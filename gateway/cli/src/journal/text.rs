//! A record as people read it: one line for what was asked and decided, one for each movement.

mod promise;

use std::fmt::{self, Display, Formatter};

use gantry_model::{
    AssignPolicy, Command, ExpireHolds, HoldId, Match, Movement, MovementKind, PlaceHold,
    PlaceOrder, Record, SetBundle, SetCapacity, StockChange, SwapUnits, Sweep,
};

use crate::names::{Id, Name, Names};
use crate::output::utc_time;
use crate::view::proof_text;

/// Goes before the first record.
pub(super) const HEAD: &str =
    "  sequence  time                         actor  what was asked, what was decided";

/// A record with the names of what it speaks of.
pub(super) struct RecordText<'a> {
    pub(super) record: &'a Record<'a>,
    pub(super) names: &'a Names,
}

impl Display for RecordText<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let record = self.record;
        let time = utc_time(record.time.get());
        let (sequence, actor) = (record.sequence.get(), record.actor.get());
        write!(f, "{sequence:>10}  {time}  {actor:>5}  {}", record.command.kind().name())?;
        self.write_command(f)?;
        self.write_outcome(f)?;
        for movement in record.movements {
            write!(f, "\n{:>50}  ", "")?;
            self.write_movement(f, movement)?;
        }
        Ok(())
    }
}

impl RecordText<'_> {
    fn write_command(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let names = self.names;
        match &self.record.command {
            Command::PlaceOrder(order) => self.write_order(f, order),
            Command::CancelOrder(units) | Command::Ship(units) => {
                write!(f, " {}", shown(&names.order(units.order)))
            }
            Command::Receive(change) | Command::Adjust(change) | Command::SetStock(change) => {
                self.write_change(f, change)
            }
            Command::UpsertSku(sku) => write!(f, " {}", shown(&sku.code)),
            Command::UpsertWarehouse(warehouse) => {
                write!(f, " {}, priority {}", shown(&warehouse.code), warehouse.priority)
            }
            Command::UpsertZone(code) | Command::UpsertChannel(code) => {
                write!(f, " {}", shown(&code.code))
            }
            Command::SetCosts(costs) => {
                write_warehouse(f, " of", names.warehouse(costs.warehouse))?;
                write!(f, " for {} zones", costs.rows.len())
            }
            Command::SetLimits(limits) => write!(f, " {:?}", limits.limits),
            Command::SetPolicy(policy) => {
                write!(f, " {}, {}", shown(&policy.code), policy.objective.name())
            }
            Command::AssignPolicy(assign) => self.write_assign(f, assign),
            Command::SetCapacity(capacity) => self.write_capacity(f, capacity),
            Command::SetReserves(reserves) => write!(f, " of {} rows", reserves.rows.len()),
            Command::SetBundle(bundle) => self.write_bundle(f, bundle),
            Command::SetShadowPrices(prices) => {
                let instead = if prices.clear { ", all others cleared" } else { "" };
                write!(f, " of {} rows{instead}", prices.rows.len())
            }
            Command::Mark { state_hash, .. } => write!(f, " state hash {state_hash:032x}"),
            Command::Retire(retire) => {
                let (orders, commands) = (retire.orders, retire.commands);
                write!(f, " {orders} orders, {commands} commands to archive {}", retire.archive)
            }
            Command::Match(looked) => self.write_match(f, looked),
            Command::MatchAgain(again) => write!(f, " {}", shown(&names.sku(again.sku))),
            Command::SetPriority(priority) => {
                let order = names.order(priority.order);
                write!(f, " of {} to class {}", shown(&order), priority.priority_class)
            }
            Command::ResourceOrder(resource) => {
                write!(f, " {}", shown(&names.order(resource.order)))
            }
            Command::SwapUnits(swap) => self.write_swap(f, swap),
            Command::Sweep(sweep) => self.write_sweep(f, sweep),
            Command::PlaceHold(hold) => self.write_hold(f, hold),
            Command::ExtendHold(extend) => {
                write!(f, " {} to {} s from now on", Id(extend.hold.get()), extend.ttl_seconds)
            }
            Command::ReleaseHold(release) => write!(f, " {}", Id(release.hold.get())),
            Command::ExpireHolds(expired) => self.write_expired(f, expired),
            Command::ExpectSupply(supply) => self.write_expect(f, supply),
            Command::ChangeSupply(change) => self.write_change_supply(f, change),
            Command::ReceiveSupply(receipt) => self.write_receipt(f, receipt),
            Command::SetCancelAt(command) => self.write_cancel_at(f, command),
            Command::RejectUnits(rejected) => self.write_reject(f, rejected),
            Command::Promise(promise) => self.write_promise(f, promise),
            Command::GiveUp(given_up) => self.write_give_up(f, given_up),
        }
    }

    fn write_order(&self, f: &mut Formatter<'_>, order: &PlaceOrder<'_>) -> fmt::Result {
        let (zone, short) = (self.names.zone(order.zone), order.short.name());
        write!(f, " {} to zone {}, {short}", shown(&Names::placing(order)), shown(&zone))?;
        match order.hold {
            HoldId::NONE => Ok(()),
            hold => write!(f, ", of hold {}", Id(hold.get())),
        }
    }

    fn write_hold(&self, f: &mut Formatter<'_>, hold: &PlaceHold<'_>) -> fmt::Result {
        write!(f, " {} of owner {}", Id(hold.id.get()), Id(hold.owner))?;
        if let Some(zone) = self.names.zone_if_any(hold.zone) {
            write!(f, " for zone {}", shown(&zone))?;
        }
        write_warehouse(f, " at", self.names.warehouse(hold.warehouse))?;
        let partial = if hold.partial { ", as much as there is" } else { "" };
        write!(f, ", {} s{partial}", hold.ttl_seconds)?;
        match hold.replaces {
            HoldId::NONE => Ok(()),
            before => write!(f, ", instead of {}", Id(before.get())),
        }
    }

    fn write_expired(&self, f: &mut Formatter<'_>, expired: &ExpireHolds) -> fmt::Result {
        let ExpireHolds { last_expires, last_placed, holds } = expired;
        write!(f, " {holds}, the last of record {last_placed} at {}", utc_time(last_expires.get()))
    }

    fn write_change(&self, f: &mut Formatter<'_>, change: &StockChange<'_>) -> fmt::Result {
        write!(f, " {} of {}", change.quantity, shown(&self.names.sku(change.sku)))?;
        write_warehouse(f, " at", self.names.warehouse(change.warehouse))?;
        if !change.note.is_empty() {
            write!(f, " ({})", shown(&change.note))?;
        }
        Ok(())
    }

    fn write_assign(&self, f: &mut Formatter<'_>, assign: &AssignPolicy) -> fmt::Result {
        match self.names.policy(assign.policy) {
            Some(policy) => write!(f, " {}", shown(&policy))?,
            None => write!(f, " none")?,
        }
        match self.names.channel(assign.channel) {
            Some(channel) => write!(f, " to channel {}", shown(&channel)),
            None => write!(f, " to channels without one of their own"),
        }
    }

    fn write_capacity(&self, f: &mut Formatter<'_>, capacity: &SetCapacity) -> fmt::Result {
        write_warehouse(f, " of", self.names.warehouse(capacity.warehouse))?;
        if capacity.cut_off_minute != u16::MAX {
            let (hour, minute) = (capacity.cut_off_minute / 60, capacity.cut_off_minute % 60);
            write!(f, ", cut-off {hour:02}:{minute:02} UTC")?;
        }
        let bounds =
            [("orders", capacity.orders_per_day_max), ("units", capacity.units_per_day_max)];
        for (what, max) in bounds.into_iter().filter(|(_, max)| *max != u32::MAX) {
            write!(f, ", {max} {what} a day")?;
        }
        Ok(())
    }

    fn write_bundle(&self, f: &mut Formatter<'_>, bundle: &SetBundle<'_>) -> fmt::Result {
        write!(f, " {} =", shown(&self.names.sku(bundle.sku)))?;
        for part in bundle.components {
            write!(f, " {} of {}", part.units(), shown(&self.names.sku(part.sku())))?;
        }
        if bundle.components.is_empty() { write!(f, " no bundle any more") } else { Ok(()) }
    }

    fn write_match(&self, f: &mut Formatter<'_>, looked: &Match) -> fmt::Result {
        let Match { sku, last, end } = looked;
        write!(f, " {}", shown(&self.names.sku(*sku)))?;
        self.write_last(f, *last, ", nothing waits")?;
        write!(f, ", {}", end.name().replace('_', " "))
    }

    fn write_swap(&self, f: &mut Formatter<'_>, swap: &SwapUnits) -> fmt::Result {
        let names = self.names;
        write!(f, " {} of {}", swap.quantity, shown(&names.sku(swap.sku)))?;
        write!(f, ", of {}", shown(&names.order(swap.first)))?;
        write_warehouse(f, " at", names.warehouse(swap.first_warehouse))?;
        write!(f, " and {}", shown(&names.order(swap.second)))?;
        write_warehouse(f, " at", names.warehouse(swap.second_warehouse))
    }

    fn write_sweep(&self, f: &mut Formatter<'_>, sweep: &Sweep) -> fmt::Result {
        let (from, last) = (self.names.sku(sweep.from), self.names.sku(sweep.last));
        write!(f, " {} to {}, {}", shown(&from), shown(&last), sweep.end.name().replace('_', " "))
    }

    fn write_outcome(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let outcome = &self.record.outcome;
        let head = outcome.head;
        if let Some(reason) = head.reason() {
            write!(f, ": REJECTED {}", reason.name())?;
        } else if head.parcels() > 0 {
            write!(f, ": {} parcels for {} cents", head.parcels(), head.cost_minor())?;
        }
        if let Some(proof) = head.proof() {
            write!(f, ", {}", proof_text(proof, head.gap()))?;
        }
        for short in outcome.shorts {
            let sku = self.names.sku(short.sku());
            let (line, wanted, available) = (short.line(), short.wanted(), short.available());
            write!(f, "; line {line} wants {wanted} of {}, {available} available", shown(&sku))?;
        }
        Ok(())
    }

    fn write_movement(&self, f: &mut Formatter<'_>, movement: &Movement) -> fmt::Result {
        let names = self.names;
        let (kind, quantity) = (movement.kind().name(), movement.quantity());
        let sku = shown(&names.sku(movement.sku()));
        if movement.kind() == MovementKind::Due {
            return write!(f, "{kind}: lines that wait for {sku}");
        }
        write!(f, "{kind} {quantity} of {sku}")?;
        write_warehouse(f, " at", names.warehouse(movement.warehouse()))?;
        let line = movement.line();
        if movement.kind().is_of_hold() {
            return match names.hold_placed(movement.order()) {
                Some(hold) => write!(f, ", line {line} of hold {hold}"),
                None => write!(f, ", line {line} of the hold of record {}", movement.order()),
            };
        }
        match names.order_placed(movement.order()) {
            Some(order) => write!(f, ", line {line} of {}", shown(&order))?,
            None => return Ok(()),
        }
        if movement.kind().is_of_promise() { self.write_supply(f, movement) } else { Ok(()) }
    }
}

fn write_warehouse(f: &mut Formatter<'_>, word: &str, warehouse: Option<Name<'_>>) -> fmt::Result {
    warehouse.map_or(Ok(()), |warehouse| write!(f, "{word} {}", shown(&warehouse)))
}

/// A text from a shop may hold anything; what would steer a terminal is shown escaped.
fn shown(text: &dyn Display) -> String {
    let mut shown = String::new();
    for letter in text.to_string().chars() {
        if letter.is_control() {
            shown.extend(letter.escape_default());
        } else {
            shown.push(letter);
        }
    }
    shown
}
