//! Orders, and what is done to them afterwards.

use gantry_model::{
    Command, EngineSecond, HoldId, LineUnits, MatchAgain, Namespace, OrderId, OrderLine,
    OrderUnits, PlaceOrder, Query, ReadBook, ResourceOrder, SetCancelAt, SetPriority, ShortMode,
    Sku, WaitKey, Warehouse, Zone,
};

use super::holds::AskedHold;
use super::swarm::Act;
use super::{Asked, REMEMBERED_MAX, Workload};

impl Workload {
    pub(super) fn place(&mut self, out: &mut Vec<u8>) {
        let id = self.id();
        let mut lines = [OrderLine::new(Sku::new(0), 0); 128];
        let (hold, lines) = self.wanted(&mut lines);
        let mut zone = Zone::new(0);
        let write = |order: &PlaceOrder<'_>, out: &mut Vec<u8>| {
            zone = order.zone;
            Command::PlaceOrder(*order).write(out);
        };
        self.write_order((id, hold), lines, write, out);
        let place = self.orders_made % REMEMBERED_MAX;
        self.orders_made += 1;
        match self.orders.get_mut(place) {
            Some(asked) => {
                (asked.id, asked.zone) = (id, zone);
                asked.lines.clear();
                asked.lines.extend(lines);
            }
            None => self.orders.push(Asked { id, zone, lines: lines.to_vec() }),
        }
    }

    /// What is ordered: some of the time what is held, and a little more.
    fn wanted<'a>(
        &mut self,
        lines: &'a mut [OrderLine; 128],
    ) -> (Option<AskedHold>, &'a [OrderLine]) {
        let takes_hold = self.dice.per_mille(self.swarm.hold_share);
        let hold = if takes_hold { self.asked_hold() } else { None };
        match hold {
            Some(hold) if !self.dice.one_in(4) => {
                let count = hold.lines.len();
                lines[..count].copy_from_slice(&hold.lines);
                if count > 0 && self.dice.one_in(2) {
                    let at = self.dice.index(count);
                    let line = lines[at];
                    if self.dice.one_in(2) {
                        // More than it holds: what other holds have.
                        let more = self.units(2 * self.swarm.units_max);
                        lines[at] =
                            OrderLine::new(line.sku(), line.quantity().saturating_add(more));
                    } else {
                        self.order_lines(&mut lines[at..=at]);
                    }
                }
                (Some(hold), &lines[..count])
            }
            hold => {
                let count = self.lines();
                (hold, self.order_lines(&mut lines[..count]))
            }
        }
    }

    /// Lines of an order: few more often than many.
    pub(super) fn lines(&mut self) -> usize {
        let lines = if self.dice.per_mille(self.swarm.extreme_share) {
            self.dice.pick(&[0, 100, 128])
        } else {
            let lines = self.dice.between(1, self.swarm.lines_max);
            if self.dice.one_in(2) { self.dice.between(1, lines) } else { lines }
        };
        usize::try_from(lines).expect("invariant: at most 128")
    }

    pub(super) fn order_lines<'a>(&mut self, lines: &'a mut [OrderLine]) -> &'a [OrderLine] {
        for line in &mut *lines {
            *line = OrderLine::new(self.sku(), self.units(self.swarm.units_max));
        }
        lines
    }

    fn write_order(
        &mut self,
        (id, hold): (OrderId, Option<AskedHold>),
        lines: &[OrderLine],
        write: impl FnOnce(&PlaceOrder<'_>, &mut Vec<u8>),
        out: &mut Vec<u8>,
    ) {
        let mode = self.dice.weighed(&self.swarm.modes);
        let is_odd = self.dice.one_in(300);
        let order = PlaceOrder {
            id,
            hold: hold.as_ref().map_or(HoldId::NONE, |hold| hold.id),
            customer: self.dice.below(1_000).into(),
            value_minor: [0, 40, 50, 99, -1][self.dice.index(if is_odd { 5 } else { 4 })],
            currency: if is_odd { *b"eur\0" } else { *b"EUR\0" },
            zone: match hold {
                Some(hold) if !self.dice.one_in(4) => hold.zone,
                _ => self.zone(),
            },
            channel: self.channel(),
            priority_class: self.class(),
            service_level: 1,
            short: ShortMode::ALL[mode],
            reference: ["", "SO-1", "a reference of forty bytes, to the last."]
                [self.dice.weighed(&[6, 1, 1])],
            lines,
        };
        write(&order, out);
    }

    /// The number and lines of an order: mostly one of the last, else of one that never was.
    pub(super) fn asked(&mut self) -> (OrderId, Vec<OrderLine>) {
        if self.orders.is_empty() || self.dice.one_in(50) {
            let line = OrderLine::new(Sku::new(0), 1);
            return (OrderId::new(self.dice.wide()), vec![line]);
        }
        let at = self.dice.index(self.orders.len());
        (self.orders[at].id, self.orders[at].lines.clone())
    }

    pub(super) fn cancel(&mut self, out: &mut Vec<u8>) {
        let (id, (order, lines)) = (self.id(), self.asked());
        let is_whole = self.dice.one_in(2);
        let nowhere = if self.dice.one_in(50) { Warehouse::new(0) } else { Warehouse::NONE };
        let units = if is_whole { vec![] } else { self.some_units(&lines, |_, _| nowhere) };
        Command::CancelOrder(OrderUnits { id, order, units: &units }).write(out);
    }

    pub(super) fn ship(&mut self, out: &mut Vec<u8>) {
        let (id, (order, lines)) = (self.id(), self.asked());
        let units = self.some_units(&lines, |this, _| this.warehouse());
        Command::Ship(OrderUnits { id, order, units: &units }).write(out);
    }

    pub(super) fn set_priority(&mut self, out: &mut Vec<u8>) {
        let (id, (mut order, _), priority_class) = (self.id(), self.asked(), self.class());
        if self.dice.one_in(3)
            && let Some(rejected) = &self.rejected
        {
            order = rejected.id;
        }
        Command::SetPriority(SetPriority { id, order, priority_class }).write(out);
    }

    pub(super) fn set_cancel_at(&mut self, out: &mut Vec<u8>) {
        let (id, order) = (self.id(), self.asked_lately().id);
        let is_never = self.dice.one_in(8);
        let cancel_at = if is_never { EngineSecond::NONE } else { self.second() };
        Command::SetCancelAt(SetCancelAt { id, order, cancel_at }).write(out);
    }

    pub(super) fn resource(&mut self, out: &mut Vec<u8>) {
        let (id, order) = (self.id(), self.asked_lately().id);
        Command::ResourceOrder(ResourceOrder { id, order }).write(out);
    }

    /// Mostly an order that was asked for lately: it is open for all that chance knows.
    pub(super) fn asked_lately(&mut self) -> Asked {
        let (id, lines) = self.asked();
        let count = self.orders.len();
        if count == 0 || self.dice.one_in(4) {
            return Asked { id, zone: self.zone(), lines };
        }
        let last = self.orders_made - 1;
        let most = if self.dice.one_in(4) { 2 } else { 64 };
        let ago = self.dice.index(count.min(most));
        self.orders[(last - ago) % REMEMBERED_MAX].clone()
    }

    pub(super) fn match_again(&mut self, out: &mut Vec<u8>) {
        Command::MatchAgain(MatchAgain { id: self.id(), sku: self.sku() }).write(out);
    }

    /// Some units of one or two lines.
    pub(super) fn some_units(
        &mut self,
        lines: &[OrderLine],
        mut warehouse: impl FnMut(&mut Self, Sku) -> Warehouse,
    ) -> Vec<LineUnits> {
        let past = usize::from(self.dice.one_in(50));
        let first = self.dice.index(lines.len() + past);
        let count = 1 + usize::from(self.dice.one_in(3));
        let mut units: Vec<LineUnits> = (first..first + count)
            .map(|line| {
                let (sku, ordered) =
                    lines.get(line).map_or((Sku::new(0), 1), |line| (line.sku(), line.quantity()));
                let ordered = ordered.clamp(1, 1 << 20);
                let at = warehouse(self, sku);
                let units = if self.dice.one_in(2) { ordered } else { self.units(ordered) };
                LineUnits::new(u16::try_from(line).unwrap_or(u16::MAX), at, units)
            })
            .take_while(|units| usize::from(units.line()) < lines.len().max(first + 1))
            .collect();
        if self.dice.one_in(50) {
            units.reverse();
        }
        units
    }

    pub(super) fn read(&mut self, act: Act, out: &mut Vec<u8>) {
        match act {
            Act::ReadOrder => {
                let (order, _) = self.asked();
                Query::ReadOrder(order).write(out);
            }
            Act::ReadStock => Query::ReadStock(self.sku()).write(out),
            Act::ReadBook => {
                let is_whole = self.dice.one_in(2);
                let from = if is_whole { WaitKey::FIRST } else { self.wait_key() };
                let rows_max = self.dice.pick(&[0, 0, 1, 3, 100, 1_024, 1_025, u32::MAX]);
                Query::ReadBook(ReadBook { sku: self.sku(), from, rows_max }).write(out);
            }
            Act::Quote => {
                let id = self.id();
                let mut lines = [OrderLine::new(Sku::new(0), 0); 128];
                let (hold, lines) = self.wanted(&mut lines);
                let write =
                    |order: &PlaceOrder<'_>, out: &mut Vec<u8>| Query::Quote(*order).write(out);
                self.write_order((id, hold), lines, write, out);
            }
            _ => self.read_other(out),
        }
    }

    fn read_other(&mut self, out: &mut Vec<u8>) {
        let namespace = self.dice.pick(Namespace::ALL);
        let number = self.dice.below(9);
        match self.dice.below(3) {
            0 => Query::ReadTotals.write(out),
            1 => Query::Name(namespace, number).write(out),
            _ => {
                let letter = ["S", "W", "Z", "C", "P"][usize::from(namespace.number()) - 1];
                Query::Resolve(namespace, &format!("{letter}{number}")).write(out);
            }
        }
    }

    /// A command that was sent before, byte by byte.
    pub(super) fn repeat(&mut self, out: &mut Vec<u8>) {
        if self.items.is_empty() {
            return self.place(out);
        }
        let at = self.dice.index(self.items.len());
        out.extend_from_slice(&self.items[at]);
    }

    /// The id of a command that was sent before, with other content.
    pub(super) fn reuse(&mut self, out: &mut Vec<u8>) {
        let start = out.len();
        self.repeat(out);
        let id: Vec<u8> = out[start..].iter().skip(8).take(16).copied().collect();
        out.truncate(start);
        self.place(out);
        out[start + 8..start + 24].copy_from_slice(&id);
    }
}
