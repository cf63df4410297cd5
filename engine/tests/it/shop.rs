//! A shop in a test: an engine, its records, and a small language to drive it by.
//!
//! One command a line, by codes; what stands behind `=>` is the verdict. See `scenarios.rs`, and
//! `shop/setup.rs` for what shapes sourcing.

mod expecting;
mod holding;
mod leaving;
mod setup;
mod waiting;

use std::fmt::Write;

use gantry_engine::Engine;
use gantry_journal::{FrameBuffer, PAYLOAD_BYTES_MAX};
use gantry_model::{
    Actor, AdjustReason, COMMAND_BYTES_MAX, Channel, Command, CommandId, CostRow, EngineTime,
    HoldId, Item, LineUnits, Namespace, OrderLine, OrderUnits, PlaceOrder, Query, Reply, ReplyBody,
    ReplyStatus, SetCosts, ShortMode, Sku, StockChange, StockState, UpsertCode, UpsertSku,
    UpsertWarehouse, Warehouse, Zone,
};

use setup::flag;

pub(crate) struct Shop {
    pub(crate) engine: Engine,
    pub(crate) records: FrameBuffer,
    /// Commands come a microsecond after each other, and not before this.
    clock: EngineTime,
    commands: u128,
}

impl Shop {
    pub(crate) fn new() -> Self {
        let records = FrameBuffer::new(PAYLOAD_BYTES_MAX);
        Self { engine: Engine::new(), records, clock: EngineTime::new(0), commands: 0 }
    }

    /// A shop that goes on from the same moment with another engine; its records begin there.
    pub(crate) fn gone_on(&self, engine: Engine) -> Self {
        let records = FrameBuffer::new(PAYLOAD_BYTES_MAX);
        Self { engine, records, clock: self.clock, commands: self.commands }
    }

    /// Sends one command; checks that the state holds together; returns the reply item.
    pub(crate) fn send(&mut self, command: &Command<'_>) -> Vec<u8> {
        let mut bytes = Vec::new();
        command.write(&mut bytes);
        let (item, _) = Item::split(&bytes, COMMAND_BYTES_MAX).unwrap();
        let mut reply = Vec::new();
        let now = self.clock.max(EngineTime::new(self.engine.last_time().get() + 1_000));
        self.engine.execute(&item, Actor::CLIENT_MIN, now, &mut self.records, &mut reply);
        reply
    }

    /// Sends a command that must be accepted.
    pub(crate) fn must(&mut self, command: &Command<'_>) {
        let reply = self.send(command);
        let verdict = self.verdict(&reply);
        assert!(verdict.starts_with("accepted"), "{command:?}: {verdict}");
    }

    pub(crate) fn query(&mut self, query: &Query<'_>) -> Vec<u8> {
        let mut bytes = Vec::new();
        query.write(&mut bytes);
        let (item, _) = Item::split(&bytes, COMMAND_BYTES_MAX).unwrap();
        let mut reply = Vec::new();
        let now = self.clock.max(self.engine.last_time());
        self.engine.query(&item, now, &mut reply);
        reply
    }

    /// The state is the sum of its rows, and what its records make.
    pub(crate) fn check(&self) {
        let state = self.engine.state();
        state.audit();
        assert_eq!(state.hash(), state.recompute_hash(), "the hash that apply keeps up");
        let mut replayed = Engine::new();
        replayed.replay_verified(self.records.payload()).unwrap();
        replayed.state().audit();
        assert_eq!(replayed.state_hash(), self.engine.state_hash(), "replay makes the same state");
        assert_eq!(replayed.state().totals, state.totals);
    }

    /// The time of the next command.
    pub(crate) fn clock(&self) -> EngineTime {
        self.clock
    }

    /// A fresh command id; scripts number their own orders far above.
    pub(crate) fn next_id(&mut self) -> CommandId {
        self.commands += 1;
        CommandId::new(self.commands)
    }

    pub(crate) fn sku(&self, code: &str) -> Sku {
        self.engine.state().catalogue.skus.handle(code).unwrap_or(Sku::new(9_999))
    }

    pub(crate) fn warehouse(&self, code: &str) -> Warehouse {
        self.engine.state().catalogue.warehouses.handle(code).unwrap_or(Warehouse::new(999))
    }

    pub(crate) fn zone(&self, code: &str) -> Zone {
        self.engine.state().catalogue.zones.handle(code).unwrap_or(Zone::new(999))
    }

    /// Runs a script and compares every verdict.
    pub(crate) fn script(&mut self, script: &str) {
        for line in script.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let (command, verdict) = line.split_once("=>").unwrap_or((line, ""));
            let reply = self.run(command.trim());
            let told = self.verdict(&reply);
            match verdict.trim() {
                "" => assert!(told.starts_with("accepted"), "`{line}` => {told}"),
                verdict => assert_eq!(told, verdict, "in `{line}`"),
            }
            self.check();
        }
    }

    /// Runs a script of commands that are refused and leave no trace.
    pub(crate) fn refuses(&mut self, script: &str) {
        for line in script.lines() {
            let before = (self.engine.state_hash(), self.engine.last_sequence());
            self.script(line);
            let after = (self.engine.state_hash(), self.engine.last_sequence());
            assert_eq!(after, before, "`{line}` left a trace");
        }
    }

    /// Runs one line of a script; returns the reply item.
    pub(crate) fn run(&mut self, line: &str) -> Vec<u8> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let id = self.next_id();
        match words[..] {
            ["sku", code, ref flags @ ..] => self.send(&Command::UpsertSku(UpsertSku {
                id,
                order_max: flags.iter().find_map(|flag| number(flag, "max=")).unwrap_or(0),
                tracked: !flags.contains(&"unlimited"),
                backorder: !flags.contains(&"no_backorder"),
                active: !flags.contains(&"inactive"),
                code,
            })),
            ["warehouse", code, priority, ref flags @ ..] => {
                let active = !flags.contains(&"inactive");
                let priority = priority.parse().unwrap();
                let row = UpsertWarehouse { id, priority, active, code };
                self.send(&Command::UpsertWarehouse(row))
            }
            ["zone", code] => self.send(&Command::UpsertZone(UpsertCode { id, code })),
            ["cost", warehouse, zone, cost] => self.cost(id, warehouse, zone, cost),
            ["receive" | "count", sku, warehouse, quantity] => {
                let change = self.change(id, sku, warehouse, quantity);
                self.send(&match words[0] {
                    "receive" => Command::Receive(change),
                    _ => Command::SetStock(change),
                })
            }
            ["adjust", sku, warehouse, quantity, reason, ref state @ ..] => {
                let reason = AdjustReason::ALL.iter().find(|known| known.name() == reason);
                let state =
                    if state.is_empty() { StockState::OnHand } else { StockState::Unavailable };
                let reason = *reason.unwrap();
                let change = self.change(id, sku, warehouse, quantity);
                self.send(&Command::Adjust(StockChange { reason, state, ..change }))
            }
            ["place", order, zone, mode, lines, ref flags @ ..] => {
                let id = order_id(order);
                self.order(zone, mode, lines, flags, |shop, order| {
                    shop.send(&Command::PlaceOrder(PlaceOrder { id, ..order }))
                })
            }
            ["quote", zone, mode, lines, ref flags @ ..] => {
                self.order(zone, mode, lines, flags, |shop, order| shop.query(&Query::Quote(order)))
            }
            ["cancel", order, ref units @ ..] => {
                let units = self.units(units);
                let order = order_id(order);
                self.send(&Command::CancelOrder(OrderUnits { id, order, units: &units }))
            }
            ["ship", order, ref units @ ..] => {
                let units = self.units(units);
                let order = order_id(order);
                self.send(&Command::Ship(OrderUnits { id, order, units: &units }))
            }
            ["priority" | "resource" | "swap" | "again", ..]
            | ["step" | "match" | "sweep" | "settle" | "book", ..] => self.waiting(id, &words),
            ["hold" | "extend" | "release" | "held" | "holds" | "expire" | "wait", ..] => {
                self.holding(id, &words)
            }
            ["cancel_at" | "give_up" | "reject", ..] => self.leaving(id, &words),
            ["expect" | "change" | "arrive" | "supply" | "supplies" | "review" | "rest", ..] => {
                self.expecting(id, &words)
            }
            ["stock", sku] => self.query(&Query::ReadStock(self.sku(sku))),
            ["show", order] => self.query(&Query::ReadOrder(order_id(order))),
            ["resolve", code] => self.query(&Query::Resolve(Namespace::Sku, code)),
            _ => self.set_up(id, &words),
        }
    }

    fn cost(&mut self, id: CommandId, warehouse: &str, zone: &str, cost: &str) -> Vec<u8> {
        let zone = self.zone(zone);
        let row = match cost.split_once('+') {
            Some((parcel, unit)) => {
                let (unit, days) = unit.split_once('/').unwrap_or((unit, "1"));
                let (parcel, unit) = (parcel.parse().unwrap(), unit.parse().unwrap());
                CostRow::serves(zone, parcel, unit, days.parse().unwrap())
            }
            None => CostRow::removed(zone),
        };
        let warehouse = self.warehouse(warehouse);
        self.send(&Command::SetCosts(SetCosts { id, warehouse, rows: &[row] }))
    }

    fn change(
        &self,
        id: CommandId,
        sku: &str,
        warehouse: &str,
        quantity: &str,
    ) -> StockChange<'static> {
        StockChange {
            id,
            sku: self.sku(sku),
            warehouse: self.warehouse(warehouse),
            quantity: quantity.parse().unwrap(),
            reason: AdjustReason::None,
            state: StockState::OnHand,
            note: "",
        }
    }

    /// Makes an order without an id; `value=` and `channel=` are said if they stand there.
    fn order(
        &mut self,
        zone: &str,
        mode: &str,
        lines: &str,
        flags: &[&str],
        send: impl FnOnce(&mut Self, PlaceOrder<'_>) -> Vec<u8>,
    ) -> Vec<u8> {
        let lines: Vec<OrderLine> = lines
            .split(',')
            .filter_map(|line| line.split_once(':'))
            .map(|(sku, quantity)| OrderLine::new(self.sku(sku), quantity.parse().unwrap()))
            .collect();
        let order = PlaceOrder {
            id: order_id("0"),
            hold: flag(flags, "hold=").map_or(HoldId::NONE, order_id),
            customer: 0,
            value_minor: flag(flags, "value=").map_or(0, |value| value.parse().unwrap()),
            currency: *b"USD\0",
            zone: self.zone(zone),
            channel: flag(flags, "channel=").map_or(Channel::NONE, |code| self.channel(code)),
            priority_class: flag(flags, "class=").map_or(0, |class| class.parse().unwrap()),
            service_level: 0,
            short: *ShortMode::ALL.iter().find(|known| known.name() == mode).unwrap(),
            reference: "",
            lines: &lines,
        };
        send(self, order)
    }

    /// `line:quantity` or `line@warehouse:quantity`.
    fn units(&self, words: &[&str]) -> Vec<LineUnits> {
        let unit = |word: &&str| {
            let (place, quantity) = word.split_once(':').unwrap();
            let (line, warehouse) = match place.split_once('@') {
                Some((line, warehouse)) => (line, self.warehouse(warehouse)),
                None => (place, Warehouse::NONE),
            };
            LineUnits::new(line.parse().unwrap(), warehouse, quantity.parse().unwrap())
        };
        words.iter().map(unit).collect()
    }

    /// A reply in one line: status or reason, then what it tells.
    pub(crate) fn verdict(&self, bytes: &[u8]) -> String {
        if bytes.is_empty() {
            return "accepted".to_owned(); // The time is nobody's to refuse.
        }
        let (item, rest) = Item::split(bytes, usize::MAX).unwrap();
        assert!(rest.is_empty(), "one reply to one command");
        let reply = Reply::parse(&item).unwrap();
        let mut text = match (reply.status, reply.reject_reason()) {
            (ReplyStatus::Accepted | ReplyStatus::Answered, _) => "accepted".to_owned(),
            (ReplyStatus::Duplicate, None) => format!("duplicate of {}", reply.sequence),
            (ReplyStatus::Duplicate, Some(reason)) => {
                format!("duplicate of {} {}", reply.sequence, reason.name())
            }
            (ReplyStatus::Rejected, Some(reason)) => reason.name().to_owned(),
            other => format!("{other:?}"),
        };
        self.describe(&reply.body, &mut text);
        text
    }

    fn describe(&self, body: &ReplyBody<'_>, text: &mut String) {
        let names = &self.engine.state().catalogue;
        let name = |warehouse| names.warehouses.code(Warehouse::new(warehouse)).as_str();
        match body {
            ReplyBody::Order(order) | ReplyBody::OrderDetail { order, .. } => {
                let status = order.head.status().unwrap().name();
                let (parcels, cost) = (order.head.parcels(), order.head.cost_minor());
                write!(text, " {status} parcels={parcels} cost={cost}").unwrap();
                if order.head.gap() > 0 {
                    let proof = order.head.proof().unwrap().name();
                    write!(text, " {proof}={}", order.head.gap()).unwrap();
                }
                for units in order.allocations {
                    let (line, place) = (units.line.get(), name(units.warehouse.get()));
                    if units.allocated.get() > 0 {
                        write!(text, " {line}@{place}:{}", units.allocated).unwrap();
                    }
                    if units.shipped.get() > 0 {
                        write!(text, " {line}@{place}:{}shipped", units.shipped).unwrap();
                    }
                }
                for (line, figures) in order.lines.iter().enumerate() {
                    if figures.waiting.get() > 0 {
                        write!(text, " {line}:{}waiting", figures.waiting).unwrap();
                    }
                    if figures.cancelled.get() > 0 {
                        write!(text, " {line}:{}cancelled", figures.cancelled).unwrap();
                    }
                }
                Self::describe_dates(order, text);
                for promise in order.promises {
                    write!(text, " {}@{}", promise.line(), promise.promised().get()).unwrap();
                }
            }
            ReplyBody::Cell(cell) => {
                write!(text, " {}/{}", cell.available, cell.on_hand).unwrap();
            }
            ReplyBody::Stock { cells, .. } => {
                for cell in *cells {
                    let place = name(cell.warehouse.get());
                    write!(text, " {place}:{}/{}", cell.available, cell.on_hand).unwrap();
                }
            }
            ReplyBody::Book { head, rows, promised } => {
                self.describe_book(head, (rows, promised), text);
            }
            ReplyBody::Hold { head, rows } => self.describe_hold(head, rows, text),
            ReplyBody::Holds { head, rows } => {
                write!(text, " {}:", head.holds).unwrap();
                for row in *rows {
                    write!(text, " {}:{}", row.id().get() % 1_000_000, row.units()).unwrap();
                }
            }
            ReplyBody::Supply { head, rows } => self.describe_supply(head, rows, text),
            ReplyBody::Supplies { head, rows } => self.describe_supplies(head, rows, text),
            ReplyBody::Rejection(outcome) => {
                if outcome.head.limit() != 0 || outcome.head.actual() != 0 {
                    write!(text, " {}:{}", outcome.head.actual(), outcome.head.limit()).unwrap();
                }
                for short in outcome.shorts {
                    let (line, wanted) = (short.line(), short.wanted());
                    write!(text, " {line}:{wanted}/{}", short.available()).unwrap();
                }
            }
            ReplyBody::Empty | ReplyBody::Handle(_) | ReplyBody::Name(_) | ReplyBody::Totals(_) => {
            }
        }
    }
}

/// Orders of a script are numbered by hand, away from the ids of other commands.
pub(crate) fn order_id(number: &str) -> CommandId {
    let number: u128 = number.parse().unwrap();
    CommandId::new(if number == 0 { 0 } else { 1_000_000 + number })
}

fn number(word: &str, prefix: &str) -> Option<u32> {
    word.strip_prefix(prefix)?.parse().ok()
}
