//! Trying every open order in memory.

use std::collections::BTreeSet;

use gantry_engine::{Engine, State};
use gantry_journal::FrameBuffer;
use gantry_model::{
    Actor, COMMAND_BYTES_MAX, Command, EngineTime, Item, OrderId, OrderStatus, RECORD_BYTES_MAX,
    Reply, ReplyStatus, ResourceOrder, SwapUnits, Warehouse,
};

use crate::output::Progress;
use crate::session::id_or_new;

/// Where units of an order are that have not shipped: line, warehouse, units. Rising.
pub(super) type Places = Vec<(u16, Warehouse, u32)>;

/// What an order's places mean, as costs and days are now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Figures {
    pub(super) parcels: u64,
    pub(super) cost_minor: i64,
    pub(super) days: u32,
}

/// What gained, in the order in which it was found.
pub(super) enum Step {
    Moved(Gained),
    Swapped(SwapUnits),
}

/// An order that moved, and from where to where.
pub(super) struct Gained {
    pub(super) order: OrderId,
    pub(super) before: Places,
    pub(super) after: Places,
}

/// Sums over the orders that were tried.
#[derive(Debug, Default)]
pub(super) struct Sums {
    pub(super) tried: u64,
    pub(super) improved: u64,
    /// Of those, orders that left a warehouse which does not serve them any more: what they had
    /// before has no figures.
    pub(super) left: u64,
    /// Orders whose last parcel comes later than before.
    pub(super) later: u64,
    pub(super) more_parcels: u64,
    pub(super) units_moved: u64,
    /// Of orders that have figures before and after.
    pub(super) before: Figures,
    pub(super) after: Figures,
}

/// An engine that goes on from the journal's end, in memory.
pub(super) struct Trial {
    engine: Engine,
    records: FrameBuffer,
    reply: Vec<u8>,
    pub(super) sums: Sums,
    pub(super) steps: Vec<Step>,
}

impl Trial {
    pub(super) fn new(engine: Engine) -> Self {
        let records = FrameBuffer::new(RECORD_BYTES_MAX);
        Self { engine, records, reply: Vec::new(), sums: Sums::default(), steps: Vec::new() }
    }

    pub(super) fn state(&self) -> &State {
        self.engine.state()
    }

    /// The journal's last record's time: no other passes.
    pub(super) fn now(&self) -> EngineTime {
        self.engine.last_time()
    }

    /// Tries every order that is open now, in the order of their placing; or those alone that have
    /// units at one warehouse.
    pub(super) fn try_all(&mut self, only: Option<Warehouse>) {
        let state = self.engine.state();
        let is_open = |order: OrderId| {
            let slot = state.order_slot(order);
            slot.is_some_and(|slot| {
                state.orders.status(state.orders.row(slot)) == OrderStatus::Open
            })
        };
        let is_wanted = |order: OrderId| {
            let is_there = |only| places(state, order).iter().any(|place| place.1 == only);
            is_open(order) && only.is_none_or(is_there)
        };
        let rows = state.orders.iter().map(|(row, _)| (row.placed, row.id));
        let mut open: Vec<_> = rows.filter(|(_, order)| is_wanted(*order)).collect();
        open.sort_unstable();
        let mut progress = Progress::new("sourcing again", Some(open.len() as u64));
        for (_, order) in open {
            self.try_one(order);
            self.sums.tried += 1;
            progress.set(self.sums.tried);
        }
    }

    fn try_one(&mut self, order: OrderId) {
        let before = places(self.engine.state(), order);
        let old = self.figures(order, &before);
        self.send(&Command::ResourceOrder(ResourceOrder { id: id_or_new(None), order }));
        let after = places(self.engine.state(), order);
        let new = self.figures(order, &after);
        let sums = &mut self.sums;
        if let (Some(old), Some(new)) = (old, new) {
            sums.before.add(&old);
            sums.after.add(&new);
            sums.later += u64::from(new.days > old.days);
            sums.more_parcels += u64::from(new.parcels > old.parcels);
        }
        if after != before {
            sums.improved += 1;
            sums.left += u64::from(old.is_none());
            sums.units_moved += moved(&before, &after);
            self.steps.push(Step::Moved(Gained { order, before, after }));
        }
        // What came free may be what others wait for.
        let now = self.engine.last_time();
        self.records.clear();
        while self.engine.match_waiting(now, &mut self.records)
            || self.engine.sweep(now, &mut self.records)
        {
            self.records.clear();
        }
    }

    /// Carries a command out; whether it was accepted.
    pub(super) fn send(&mut self, command: &Command<'_>) -> bool {
        let mut bytes = Vec::new();
        command.write(&mut bytes);
        let (item, _) = Item::split(&bytes, COMMAND_BYTES_MAX)
            .expect("invariant: a written command is a whole item");
        self.records.clear();
        self.reply.clear();
        let (actor, now) = (Actor::COMMAND_LINE, self.engine.last_time());
        self.engine.execute(&item, actor, now, &mut self.records, &mut self.reply);
        let (reply, _) = Item::split(&self.reply, self.reply.len())
            .expect("invariant: a written reply is a whole item");
        let reply = Reply::parse(&reply);
        reply.expect("invariant: the engine writes replies").status == ReplyStatus::Accepted
    }

    /// What places of an order mean now; none, if one of them does not serve it any more.
    fn figures(&self, order: OrderId, places: &Places) -> Option<Figures> {
        let (figures, serve_all) = self.judge(order, places)?;
        serve_all.then_some(figures)
    }

    /// What an order's places mean now, as far as they serve it.
    pub(super) fn served(&self, order: OrderId) -> Figures {
        let places = places(self.engine.state(), order);
        self.judge(order, &places).map(|(figures, _)| figures).unwrap_or_default()
    }

    /// What places of an order mean that serve it, and whether all of them do.
    fn judge(&self, order: OrderId, places: &Places) -> Option<(Figures, bool)> {
        let state = self.engine.state();
        let row = state.orders.row(state.order_slot(order)?);
        let shipped = state.orders.allocations(row).iter().filter(|row| row.shipped > 0);
        let shipped: BTreeSet<Warehouse> = shipped.map(|row| row.warehouse).collect();
        let sending: BTreeSet<Warehouse> = places.iter().map(|place| place.1).collect();
        let (mut figures, mut serve_all) = (Figures::default(), true);
        for warehouse in sending {
            let mut candidates = state.network.candidates(row.zone);
            let candidate = candidates.find(|candidate| candidate.warehouse == warehouse);
            let Some(candidate) = candidate else {
                serve_all = false;
                continue;
            };
            if !shipped.contains(&warehouse) {
                figures.parcels += 1;
                figures.cost_minor += i64::from(candidate.parcel_cost);
            }
            let here = places.iter().filter(|place| place.1 == warehouse);
            let units: i64 = here.map(|place| i64::from(place.2)).sum();
            figures.cost_minor += i64::from(candidate.unit_cost) * units;
            let late = state.capacity.row(warehouse).days_late(self.engine.last_time());
            figures.days = figures.days.max(u32::from(candidate.days) + late);
        }
        Some((figures, serve_all))
    }
}

impl Figures {
    pub(super) fn add(&mut self, other: &Self) {
        self.parcels += other.parcels;
        self.cost_minor += other.cost_minor;
    }
}

fn places(state: &State, order: OrderId) -> Places {
    let slot = state.order_slot(order);
    let row = slot.map(|slot| state.orders.row(slot));
    let rows = row.map(|row| state.orders.allocations(row)).unwrap_or_default().iter();
    let rows = rows.filter(|row| row.allocated > 0);
    let mut places: Places = rows.map(|row| (row.line, row.warehouse, row.allocated)).collect();
    places.sort_unstable();
    places
}

/// Units that are elsewhere than they were.
fn moved(before: &Places, after: &Places) -> u64 {
    let left = before.iter().map(|place| {
        let is_here = |other: &&(u16, Warehouse, u32)| (other.0, other.1) == (place.0, place.1);
        let stayed = after.iter().find(is_here).map_or(0, |other| other.2);
        u64::from(place.2.saturating_sub(stayed))
    });
    left.sum()
}
