//! One column: an engine that decides the journal's demand by its own policy.

use gantry_journal::FrameBuffer;
use gantry_model::{
    COMMAND_BYTES_MAX, Code, Command, EngineTime, HoldId, Item, Items, LineUnits, Movement,
    MovementKind, OrderId, OrderUnits, PlaceOrder, RECORD_BYTES_MAX, Record, RejectReason,
    RejectUnits, Reply, ReplyStatus, StockChange,
};

use super::error::WhatIfError;
use super::figures::{Placed, WhatIfFigures};
use super::mapping;
use super::policy::{Installer, WhatIfPolicy};
use super::waits::Waits;
use crate::state::{HoldRow, OrderRow, State};
use crate::{Engine, answer};

/// A column of a comparison: a policy, and what it makes of the journal.
#[derive(Debug)]
pub struct WhatIfColumn {
    engine: Engine,
    policy: Option<Installer>,
    figures: WhatIfFigures,
    waits: Waits,
    promised_days: Option<u16>,
    /// Records are not kept: they go from here into the figures.
    records: FrameBuffer,
    command: Vec<u8>,
    reply: Vec<u8>,
}

/// What became of a command in a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fed {
    Done,
    Refused(Option<RejectReason>),
    /// Its id was answered before.
    Repeated,
}

impl WhatIfColumn {
    pub(super) fn new(
        engine: Engine,
        policy: Option<WhatIfPolicy>,
        promised_days: Option<u16>,
    ) -> Self {
        Self {
            engine,
            policy: policy.map(Installer::new),
            figures: WhatIfFigures::default(),
            waits: Waits::default(),
            promised_days,
            records: FrameBuffer::new(RECORD_BYTES_MAX),
            command: Vec::new(),
            reply: Vec::new(),
        }
    }

    /// The policy it decides by; `None`: the default of a new instance.
    #[must_use]
    pub fn policy(&self) -> Option<&WhatIfPolicy> {
        self.policy.as_ref().map(|installer| &installer.policy)
    }

    /// What its decisions sum up to.
    #[must_use]
    pub const fn figures(&self) -> &WhatIfFigures {
        &self.figures
    }

    /// The engine, as its own decisions made it.
    #[must_use]
    pub const fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Codes that its policy names and the journal has not defined so far.
    #[must_use]
    pub fn missing_codes(&self) -> Vec<Code> {
        let catalogue = &self.engine.state().catalogue;
        self.policy.as_ref().map(|policy| policy.missing(catalogue)).unwrap_or_default()
    }

    /// Takes the next record as it was recorded.
    pub(super) fn replay(&mut self, record: &Record<'_>) -> Result<(), WhatIfError> {
        self.engine.replay_record(record)?;
        self.waits.note(record.movements, record.time, self.engine.state());
        Ok(())
    }

    /// Looks once at lines that wait here; whether there was anything to be looked at.
    pub(super) fn match_once(&mut self, now: EngineTime) -> bool {
        self.records.clear();
        let looked = self.engine.match_waiting(now, &mut self.records);
        if looked {
            self.figures.take_match(&self.waits, &self.engine.decision.movements, now);
        }
        looked
    }

    /// Takes one step of a sweep here; whether there was one to be taken.
    pub(super) fn sweep_once(&mut self, now: EngineTime) -> bool {
        self.records.clear();
        self.engine.sweep(now, &mut self.records)
    }

    /// Looks once at promises that are to be made anew here; whether there was anything to be looked
    /// at.
    pub(super) fn review_once(&mut self, now: EngineTime) -> bool {
        self.records.clear();
        let reviewed = self.engine.review_promises(now, &mut self.records);
        if reviewed {
            self.note_decision(now);
        }
        reviewed
    }

    /// Ends holds that are over here, as many as a record holds; whether there were any.
    pub(super) fn expire_once(&mut self, now: EngineTime) -> bool {
        self.records.clear();
        self.engine.expire_holds(now, &mut self.records)
    }

    /// Gives up the next order whose time has come here; whether there was any.
    pub(super) fn give_up_once(&mut self, now: EngineTime) -> bool {
        self.records.clear();
        let given_up = self.engine.give_up(now, &mut self.records);
        if given_up {
            self.note_decision(now);
        }
        given_up
    }

    /// Notes what the engine has just decided about lines that wait.
    fn note_decision(&mut self, now: EngineTime) {
        let movements = &self.engine.decision.movements;
        self.waits.note(movements, now, self.engine.state());
        self.figures.take_broken(movements);
    }

    /// Takes the next record; `recorded` is the state that the records so far have made.
    pub(super) fn feed(
        &mut self,
        record: &Record<'_>,
        recorded: &State,
    ) -> Result<(), WhatIfError> {
        match &record.command {
            Command::PlaceOrder(order) => {
                self.set_policy(record)?;
                self.place(record, order);
            }
            Command::CancelOrder(units) => self.cancel(record, units),
            Command::Ship(units) => self.ship(record, units),
            Command::Receive(change) => self.change_stock(record, change, Command::Receive),
            Command::Adjust(change) => self.change_stock(record, change, Command::Adjust),
            Command::SetStock(change) => self.count_stock(record, change, recorded),
            Command::PlaceHold(_) | Command::ExtendHold(_) | Command::ReleaseHold(_) => {
                let fed = self.execute(record, record.command_bytes);
                let is_lost = fed != Fed::Done && record.outcome.head.is_accepted();
                self.figures.unmapped.holds += u64::from(is_lost);
            }
            Command::SetCancelAt(_) => {
                let fed = self.execute(record, record.command_bytes);
                let is_lost = fed != Fed::Done && record.outcome.head.is_accepted();
                self.figures.unmapped.deadlines += u64::from(is_lost);
            }
            Command::RejectUnits(command) => self.reject(record, command),
            Command::ResourceOrder(_) | Command::SwapUnits(_) => {
                let fed = self.execute(record, record.command_bytes);
                let is_lost = fed != Fed::Done && record.outcome.head.is_accepted();
                self.figures.unmapped.resourcings += u64::from(is_lost);
            }
            Command::ExpectSupply(_) | Command::ChangeSupply(_) => {
                self.execute(record, record.command_bytes);
            }
            Command::ReceiveSupply(_) => {
                let fed = self.execute(record, record.command_bytes);
                let is_lost = fed != Fed::Done && record.outcome.head.is_accepted();
                let units = units(record.movements, MovementKind::Received);
                self.figures.unmapped.supply_units += if is_lost { units } else { 0 };
            }
            _ => {
                let fed = self.execute(record, record.command_bytes);
                self.figures.unmapped.control_commands += u64::from(fed != Fed::Done);
                let handle = answer::handle_of(self.engine.state(), &record.command);
                if handle != record.outcome.head.handle() {
                    return Err(WhatIfError::NameRefused { sequence: record.sequence });
                }
            }
        }
        Ok(())
    }

    /// Sets what of the policy can be set by now.
    fn set_policy(&mut self, record: &Record<'_>) -> Result<(), WhatIfError> {
        let Some(installer) = &mut self.policy else { return Ok(()) };
        let policy = installer.policy.code;
        let items = installer.items(self.engine.state());
        let items = items.ok_or(WhatIfError::NoWarehouse { policy })?;
        for item in Items::new(&items, COMMAND_BYTES_MAX) {
            let item = item.expect("invariant: a written command is a whole item");
            match self.execute(record, item.bytes) {
                Fed::Done => {}
                Fed::Refused(reason) => return Err(WhatIfError::PolicyRefused { policy, reason }),
                Fed::Repeated => unreachable!("a column's own ids are new"),
            }
        }
        Ok(())
    }

    fn place(&mut self, record: &Record<'_>, order: &PlaceOrder<'_>) {
        let holds = &self.engine.state().holds;
        let is_active = |hold: &HoldRow| hold.is_active(record.time);
        let has_hold = holds.find(order.hold).is_some_and(is_active);
        // Whoever holds nothing here orders all the same.
        let fed = if has_hold || order.hold == HoldId::NONE {
            self.execute(record, record.command_bytes)
        } else {
            let order = PlaceOrder { hold: HoldId::NONE, ..*order };
            self.execute_command(record, &Command::PlaceOrder(order))
        };
        match fed {
            Fed::Repeated => self.figures.unmapped.orders += 1,
            Fed::Refused(reason) => {
                let reason = reason.expect("invariant: what the journal holds is not malformed");
                self.figures.reject(order, reason);
            }
            Fed::Done => {
                self.note_decision(record.time);
                let decision = &self.engine.decision;
                self.figures.take(&Placed {
                    state: self.engine.state(),
                    time: record.time,
                    order,
                    head: &decision.head,
                    movements: &decision.movements,
                    promised_days: self.promised_days,
                });
            }
        }
    }

    /// Rejects what a warehouse rejected, if it was asked for it here; where it was not, nobody knows
    /// what another would have said.
    fn reject(&mut self, record: &Record<'_>, command: &RejectUnits<'_>) {
        if self.execute(record, record.command_bytes) == Fed::Done {
            self.note_decision(record.time);
        } else if record.outcome.head.is_accepted() {
            let units = command.units.iter().map(|units| u64::from(units.quantity()));
            self.figures.unmapped.rejected_units += units.sum::<u64>();
        }
    }

    fn cancel(&mut self, record: &Record<'_>, command: &OrderUnits<'_>) {
        let recorded = units(record.movements, MovementKind::Cancelled);
        let Some(row) = self.order(command.order) else {
            self.figures.unmapped.cancel_units += recorded;
            return;
        };
        if command.units.is_empty() {
            let open = u64::from(row.open_units);
            self.figures.unmapped.cancel_units += recorded.saturating_sub(open);
            if open > 0 && self.execute(record, record.command_bytes) != Fed::Done {
                self.figures.unmapped.cancel_units += recorded.min(open);
            }
            return;
        }
        let (units, unmapped) = mapping::cancel(command, self.engine.state().orders.lines(row));
        let left = self.move_units(record, &units, command, Command::CancelOrder);
        self.figures.unmapped.cancel_units += unmapped + left;
    }

    fn ship(&mut self, record: &Record<'_>, command: &OrderUnits<'_>) {
        let Some(row) = self.order(command.order) else {
            self.figures.unmapped.ship_units += units(record.movements, MovementKind::Shipped);
            return;
        };
        let allocations = self.engine.state().orders.allocations(row);
        let (units, unmapped) = mapping::ship(command, allocations);
        let left = self.move_units(record, &units, command, Command::Ship);
        self.figures.unmapped.ship_units += unmapped + left;
    }

    /// Cancels or ships `units` instead of the command's own; returns how many it could not.
    fn move_units<'a>(
        &mut self,
        record: &Record<'_>,
        units: &'a [LineUnits],
        command: &OrderUnits<'_>,
        kind: fn(OrderUnits<'a>) -> Command<'a>,
    ) -> u64 {
        let command = kind(OrderUnits { id: command.id, order: command.order, units });
        if units.is_empty() || self.execute_command(record, &command) == Fed::Done {
            return 0;
        }
        units.iter().map(|units| u64::from(units.quantity())).sum()
    }

    /// A receipt or a correction. One that the record refused too is fed as it was.
    fn change_stock<'a>(
        &mut self,
        record: &Record<'_>,
        change: &StockChange<'a>,
        command: impl Fn(StockChange<'a>) -> Command<'a>,
    ) {
        if !record.outcome.head.is_accepted() {
            self.execute_command(record, &command(*change));
            return;
        }
        let delta = i64::from(change.quantity);
        let cell = self.engine.state().stock.cell(change.sku, change.warehouse);
        let here = mapping::possible(&cell, change.state, delta);
        let quantity = i32::try_from(here).expect("invariant: it is no further from 0 than asked");
        let command = command(StockChange { quantity, ..*change });
        // A count may find nothing to correct; other changes change something.
        let moves = here != 0 || matches!(command, Command::SetStock(_));
        let moved = moves && self.execute_command(record, &command) == Fed::Done;
        let here = if moved { here } else { 0 };
        self.figures.unmapped.supply_units += (delta - here).unsigned_abs();
    }

    /// A count says how far the recorded book was off; this column's book is off by as much.
    fn count_stock(&mut self, record: &Record<'_>, change: &StockChange<'_>, recorded: &State) {
        let (sku, warehouse) = (change.sku, change.warehouse);
        let here = self.engine.state().stock.cell(sku, warehouse).on_hand;
        let delta = match record.outcome.head.is_accepted() {
            true => record.movements.first().map_or(0, Movement::quantity),
            false => change.quantity - signed(recorded.stock.cell(sku, warehouse).on_hand),
        };
        let delta = StockChange { quantity: delta, ..*change };
        self.change_stock(record, &delta, |delta| {
            let quantity = signed(here).saturating_add(delta.quantity);
            Command::SetStock(StockChange { quantity, ..delta })
        });
    }

    fn order(&self, id: OrderId) -> Option<&OrderRow> {
        let state = self.engine.state();
        state.order_slot(id).map(|slot| state.orders.row(slot))
    }

    fn execute_command(&mut self, record: &Record<'_>, command: &Command<'_>) -> Fed {
        let mut bytes = std::mem::take(&mut self.command);
        bytes.clear();
        command.write(&mut bytes);
        let fed = self.execute(record, &bytes);
        self.command = bytes;
        fed
    }

    /// Feeds one command with the actor and the time of the record.
    fn execute(&mut self, record: &Record<'_>, bytes: &[u8]) -> Fed {
        let (item, _) = Item::split(bytes, COMMAND_BYTES_MAX)
            .expect("invariant: a written or recorded command is a whole item");
        self.records.clear();
        self.reply.clear();
        let (actor, time) = (record.actor, record.time);
        self.engine.execute(&item, actor, time, &mut self.records, &mut self.reply);
        let (item, _) = Item::split(&self.reply, usize::MAX).expect("invariant: one whole reply");
        let reply = Reply::parse(&item).expect("invariant: the engine's replies have their form");
        match reply.status {
            ReplyStatus::Accepted => Fed::Done,
            ReplyStatus::Duplicate => Fed::Repeated,
            _ => Fed::Refused(reply.reject_reason()),
        }
    }
}

/// Units of all movements of a kind.
fn units(movements: &[Movement], kind: MovementKind) -> u64 {
    let of_kind = movements.iter().filter(|movement| movement.kind() == kind);
    of_kind.map(|movement| u64::from(movement.quantity().unsigned_abs())).sum()
}

fn signed(units: u32) -> i32 {
    i32::try_from(units).expect("invariant: a cell is bounded below 2^31 units")
}
