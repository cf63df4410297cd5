//! Holds: placed for few owners, extended, released, taken by orders, and asked for.

use gantry_model::{
    Command, CommandId, ExtendHold, HoldId, OrderLine, PlaceHold, Query, ReadHolds, ReleaseHold,
    Sequence, Sku, Warehouse, Zone,
};

use super::swarm::Act;
use super::{REMEMBERED_MAX, Workload};

/// A hold as it was asked for.
#[derive(Clone, Debug)]
pub(super) struct AskedHold {
    pub(super) id: HoldId,
    owner: u128,
    pub(super) zone: Zone,
    pub(super) lines: Vec<OrderLine>,
}

impl Workload {
    pub(super) fn hold(&mut self, out: &mut Vec<u8>) {
        let id = self.id();
        let mut lines = [OrderLine::new(Sku::new(0), 0); 128];
        let count = self.lines();
        let lines = self.order_lines(&mut lines[..count]);
        let replaced = if self.dice.one_in(4) { self.asked_hold() } else { None };
        let owner = match &replaced {
            Some(replaced) if !self.dice.one_in(20) => replaced.owner,
            _ => self.owner(),
        };
        let replaces = replaced.map_or(HoldId::NONE, |replaced| replaced.id);
        let is_by_zone = !self.dice.one_in(3);
        let is_odd = self.dice.one_in(100);
        let (zone, warehouse) = (self.zone(), self.warehouse());
        let hold = PlaceHold {
            id,
            owner,
            replaces,
            ttl_seconds: self.ttl(),
            zone: if is_by_zone { zone } else { Zone::NONE },
            // Both, or neither.
            warehouse: if is_by_zone == is_odd { warehouse } else { Warehouse::NONE },
            channel: self.channel(),
            partial: self.dice.one_in(2),
            lines,
        };
        Command::PlaceHold(hold).write(out);
        let place = self.holds_made % REMEMBERED_MAX.min(self.swarm.holds_remembered);
        self.holds_made += 1;
        let asked = AskedHold { id, owner, zone, lines: lines.to_vec() };
        match self.holds.get_mut(place) {
            Some(known) => *known = asked,
            None => self.holds.push(asked),
        }
    }

    pub(super) fn extend_hold(&mut self, out: &mut Vec<u8>) {
        let (id, hold, ttl_seconds) = (self.id(), self.hold_id(), self.ttl());
        Command::ExtendHold(ExtendHold { id, hold, ttl_seconds }).write(out);
    }

    pub(super) fn release_hold(&mut self, out: &mut Vec<u8>) {
        let (id, hold) = (self.id(), self.hold_id());
        Command::ReleaseHold(ReleaseHold { id, hold }).write(out);
    }

    pub(super) fn read_hold(&mut self, act: Act, out: &mut Vec<u8>) {
        if act == Act::ReadHold {
            return Query::ReadHold(self.hold_id()).write(out);
        }
        let from = if self.dice.one_in(2) { 0 } else { self.dice.below(2_000) };
        let rows_max = self.dice.pick(&[0, 0, 1, 2, 1_024, 1_025, u32::MAX]);
        let (owner, from) = (self.owner(), Sequence::new(from.into()));
        Query::ReadHolds(ReadHolds { owner, from, rows_max }).write(out);
    }

    /// One of the last holds that were asked for.
    pub(super) fn asked_hold(&mut self) -> Option<AskedHold> {
        let at = self.dice.index(self.holds.len());
        self.holds.get(at).cloned()
    }

    /// Mostly one of the last holds, else something that is none.
    fn hold_id(&mut self) -> HoldId {
        let asked = self.asked_hold().filter(|_| !self.dice.one_in(30));
        match asked {
            Some(asked) => asked.id,
            None => self.no_hold(),
        }
    }

    /// The id of an order, of nothing, or none.
    fn no_hold(&mut self) -> HoldId {
        match self.dice.below(4) {
            0 => HoldId::NONE,
            1 => CommandId::new(self.dice.wide()),
            _ => self.asked().0,
        }
    }

    /// One of few.
    fn owner(&mut self) -> u128 {
        if self.dice.one_in(100) {
            return 0;
        }
        1 + u128::from(self.dice.below(self.swarm.owners))
    }

    /// Seconds: mostly few, so that many holds end by themselves.
    fn ttl(&mut self) -> u32 {
        if self.dice.one_in(60) {
            return self.dice.pick(&[0, 604_800, 604_801, u32::MAX]);
        }
        let (least, most) = (self.swarm.ttl_min, self.swarm.ttl_max);
        let most = if self.dice.one_in(4) { most.max(3_600) } else { most };
        self.dice.between(least, most)
    }
}
