//! A long random life of holds, step by step beside the naive model, with restarts.

use gantry_engine::Engine;
use gantry_journal::{FrameBuffer, PAYLOAD_BYTES_MAX};
use gantry_model::{
    Actor, AdjustReason, COMMAND_BYTES_MAX, Channel, Command, CommandId, CostRow, EngineTime,
    ExtendHold, HoldId, HoldStatus, Item, MovementKind, OrderLine, PlaceHold, PlaceOrder, Query,
    RECORD_BYTES_MAX, Records, RejectReason, ReleaseHold, Reply, ReplyBody, ReplyStatus, SetCosts,
    ShortMode, Sku, StockChange, StockState, UpsertCode, UpsertSku, UpsertWarehouse, Warehouse,
    Zone,
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::naive::{Line, Naive, NaiveHold, PLACES, SKUS, Wish};
use crate::snapshots::out_and_in;

const SECOND: u64 = 1_000_000_000;

/// The engine and the model, and how long they live.
struct Life {
    engine: Engine,
    /// Rebuilt from nothing but the records.
    shadow: Engine,
    records: FrameBuffer,
    naive: Naive,
    random: ChaCha8Rng,
    now: u64,
    last_id: u128,
    said: Said,
}

/// What came up, so that nobody believes that all was tried which was not.
#[derive(Debug, Default)]
struct Said {
    held: u32,
    taken: u32,
    expired: u32,
    ended: u32,
    refused: u32,
    too_many: u32,
    repeated: u32,
}

impl Life {
    fn new(seed: u64) -> Self {
        let mut life = Self {
            engine: Engine::new(),
            shadow: Engine::new(),
            records: FrameBuffer::new(PAYLOAD_BYTES_MAX),
            naive: Naive::default(),
            random: ChaCha8Rng::seed_from_u64(seed),
            now: SECOND,
            last_id: 0,
            said: Said::default(),
        };
        life.set_up();
        life
    }

    fn set_up(&mut self) {
        for sku in 0..SKUS {
            let code = format!("S{sku}");
            let sku = UpsertSku {
                id: self.next_id(),
                order_max: 0,
                tracked: true,
                backorder: false,
                active: true,
                code: &code,
            };
            self.must(&Command::UpsertSku(sku));
        }
        for place in 0..PLACES {
            let code = format!("P{place}");
            let (warehouse, zone) = handles(place);
            let id = self.next_id();
            let row = UpsertWarehouse { id, priority: 1, active: true, code: &code };
            self.must(&Command::UpsertWarehouse(row));
            let id = self.next_id();
            self.must(&Command::UpsertZone(UpsertCode { id, code: &code }));
            let rows = [CostRow::serves(zone, 5, 1, 1)];
            let id = self.next_id();
            self.must(&Command::SetCosts(SetCosts { id, warehouse, rows: &rows }));
        }
        for sku in 0..SKUS {
            // Some are always scarce, some are not.
            let units = if sku % 2 == 0 { 300 } else { 60_000 };
            (0..PLACES).for_each(|place| self.receive(sku, place, units));
        }
    }

    fn next_id(&mut self) -> CommandId {
        self.last_id += 1;
        CommandId::new(self.last_id)
    }

    fn receive(&mut self, sku: usize, place: usize, units: u32) {
        let change = StockChange {
            id: self.next_id(),
            sku: Sku::new(u32::try_from(sku).unwrap()),
            warehouse: handles(place).0,
            quantity: i32::try_from(units).unwrap(),
            reason: AdjustReason::None,
            state: StockState::OnHand,
            note: "",
        };
        self.must(&Command::Receive(change));
        self.naive.on_hand[sku][place] += units;
    }

    fn send(&mut self, command: &Command<'_>) -> Vec<u8> {
        if self.records.remaining_bytes() < 2 * RECORD_BYTES_MAX {
            self.follow();
        }
        let mut bytes = Vec::new();
        command.write(&mut bytes);
        let (item, _) = Item::split(&bytes, COMMAND_BYTES_MAX).unwrap();
        let (mut reply, now) = (Vec::new(), EngineTime::new(self.now));
        self.engine.execute(&item, Actor::CLIENT_MIN, now, &mut self.records, &mut reply);
        reply
    }

    fn must(&mut self, command: &Command<'_>) {
        let reply = self.send(command);
        assert_eq!(status(&reply).0, ReplyStatus::Accepted, "{command:?}");
    }

    /// Takes the records since the last time into the shadow, each decided again.
    fn follow(&mut self) {
        self.shadow.replay_verified(self.records.payload()).unwrap();
        self.records.clear();
        assert_eq!(self.shadow.state_hash(), self.engine.state_hash());
    }

    fn lines(&mut self) -> Vec<Line> {
        let count = self.random.random_range(1..=4);
        let sku = u32::try_from(SKUS).unwrap();
        let mut line = || (self.random.random_range(0..sku), self.random.random_range(1..=6));
        (0..count).map(|_| line()).collect()
    }

    /// The id of a hold that is there, or of any command.
    fn some_id(&mut self) -> u128 {
        if self.naive.holds.is_empty() || self.random.random_range(0..20) == 0 {
            return self.random.random_range(1..=self.last_id + 9);
        }
        let at = self.random.random_range(0..self.naive.holds.len());
        self.naive.holds[at].id
    }

    fn step(&mut self) {
        self.pass_time();
        if self.random.random_range(0..10) > 0 {
            while self.expire() {}
        }
        match self.random.random_range(0..20) {
            0..10 => self.place(),
            10..12 => self.extend(),
            12 => self.release(),
            13..15 => self.order(),
            15 => {
                let (sku, place) =
                    (self.random.random_range(0..SKUS), self.random.random_range(0..PLACES));
                self.receive(sku, place, 40);
            }
            _ => {
                let id = self.some_id();
                self.look(id);
            }
        }
    }

    /// Some milliseconds, or to the end of a hold, or to just before it.
    fn pass_time(&mut self) {
        let soon = self.now + 400_000_000;
        self.now += self.random.random_range(0..60_000_000);
        let first = self.naive.holds.iter().map(|hold| hold.expires).min();
        if let Some(end) = first.filter(|end| (self.now + 1..soon).contains(end))
            && self.random.random_range(0..4) == 0
        {
            self.now = end - self.random.random_range(0..2);
        }
    }

    fn expire(&mut self) -> bool {
        let expected = self.naive.expire(self.now);
        let before = self.records.payload().len();
        let did = self.engine.expire_holds(EngineTime::new(self.now), &mut self.records);
        assert_eq!(did, !expected.is_empty(), "at {}", self.now);
        let Some(last) = expected.last() else { return false };
        let record = Records::new(&self.records.payload()[before..]).next().unwrap().unwrap();
        let Command::ExpireHolds(expired) = record.command else { panic!() };
        assert_eq!(expired.holds as usize, expected.len());
        let key = (expired.last_expires.get(), expired.last_placed.get());
        assert_eq!(key, (last.expires, last.placed));
        assert!(record.time.get() == self.now && last.expires <= self.now);
        let rows = expected.iter().flat_map(|hold| hold.rows.iter().map(move |row| (hold, row)));
        let rows: Vec<_> =
            rows.map(|(hold, row)| (hold.placed, row.0, row.1, hold.place, row.2)).collect();
        let unheld = record.movements.iter().map(|it| {
            assert_eq!(it.kind(), MovementKind::Unheld);
            let place = usize::from(it.warehouse().get());
            (it.order().get(), it.line(), it.sku().get(), place, it.quantity().unsigned_abs())
        });
        assert_eq!(unheld.collect::<Vec<_>>(), rows);
        self.said.expired += expired.holds;
        if self.records.remaining_bytes() < 2 * RECORD_BYTES_MAX {
            self.follow();
        }
        true
    }

    fn place(&mut self) {
        let lines = self.lines();
        // The first has more than the others, and comes to the bound of an owner's places.
        let owner = self.random.random_range(1_u128..=60).saturating_sub(25).max(1);
        let replaces = (self.random.random_range(0..4) == 0).then(|| self.some_id());
        let of_replaced = self.naive.holds.iter().find(|hold| Some(hold.id) == replaces);
        let is_stranger = self.random.random_range(0..20) == 0;
        let of_replaced = of_replaced.filter(|_| !is_stranger);
        let owner = of_replaced.map_or(owner, |hold| hold.owner);
        let wish = Wish {
            id: self.next_id().get(),
            owner,
            replaces,
            place: self.random.random_range(0..PLACES),
            partial: self.random.random_range(0..2) == 0,
            lines: &lines,
        };
        let ttl_seconds = self.random.random_range(1..=200);
        let rows: Vec<_> =
            lines.iter().map(|line| OrderLine::new(Sku::new(line.0), line.1)).collect();
        let by_zone = self.random.random_range(0..2) == 0;
        let (warehouse, zone) = handles(wish.place);
        let command = Command::PlaceHold(PlaceHold {
            id: CommandId::new(wish.id),
            owner,
            replaces: CommandId::new(replaces.unwrap_or(0)),
            ttl_seconds,
            zone: if by_zone { zone } else { Zone::NONE },
            warehouse: if by_zone { Warehouse::NONE } else { warehouse },
            channel: Channel::NONE,
            partial: wish.partial,
            lines: &rows,
        });
        let sequence = self.engine.last_sequence().get() + 1;
        let expected = self.naive.place(&wish, (self.now, sequence, ttl_seconds));
        let reply = self.send(&command);
        self.judge(&reply, expected);
        if expected.is_ok() {
            self.said.held += 1;
            self.judge_hold(&reply, wish.id);
        }
        self.repeat(&command);
    }

    fn extend(&mut self) {
        let (id, hold) = (self.next_id(), self.some_id());
        let ttl_seconds = self.random.random_range(1..=200);
        let expected = self.naive.active(hold, self.now);
        if let Ok(at) = expected {
            let hold = &mut self.naive.holds[at];
            hold.expires = hold.expires.max(self.now + u64::from(ttl_seconds) * SECOND);
        }
        let hold_id = HoldId::new(hold);
        let reply = self.send(&Command::ExtendHold(ExtendHold { id, hold: hold_id, ttl_seconds }));
        self.judge(&reply, expected.map(|_| ()));
        if expected.is_ok() {
            self.judge_hold(&reply, hold);
        }
    }

    fn release(&mut self) {
        let (id, hold) = (self.next_id(), self.some_id());
        let expected = self.naive.active(hold, self.now).map(|at| drop(self.naive.end(at)));
        let command = Command::ReleaseHold(ReleaseHold { id, hold: HoldId::new(hold) });
        let reply = self.send(&command);
        self.judge(&reply, expected);
        if expected.is_ok() {
            self.judge_hold(&reply, hold);
        }
        self.repeat(&command);
    }

    fn order(&mut self) {
        let lines = self.lines();
        let hold = (self.random.random_range(0..4) > 0).then(|| self.some_id());
        let takes_less = self.random.random_range(0..2) == 0;
        let place = self.naive.holds.iter().find(|known| Some(known.id) == hold);
        let place = place.map_or_else(|| self.random.random_range(0..PLACES), |hold| hold.place);
        let rows: Vec<_> =
            lines.iter().map(|line| OrderLine::new(Sku::new(line.0), line.1)).collect();
        let order = PlaceOrder {
            id: self.next_id(),
            hold: CommandId::new(hold.unwrap_or(0)),
            customer: 0,
            value_minor: 0,
            currency: [0; 4],
            zone: handles(place).1,
            channel: Channel::NONE,
            priority_class: 0,
            service_level: 0,
            short: if takes_less { ShortMode::TakeAvailable } else { ShortMode::ShipComplete },
            reference: "",
            lines: &rows,
        };
        let expected = self.naive.order(hold, (place, takes_less), &lines, self.now);
        let quote = self.ask(&Query::Quote(order));
        self.judge(&quote, expected.as_ref().map(|_| ()).map_err(|reason| *reason));
        let reply = self.send(&Command::PlaceOrder(order));
        self.judge(&reply, expected.as_ref().map(|_| ()).map_err(|reason| *reason));
        let Ok(rows) = expected else { return };
        self.said.taken += u32::from(hold.is_some());
        let (item, _) = Item::split(&reply, usize::MAX).unwrap();
        let ReplyBody::Order(body) = Reply::parse(&item).unwrap().body else { panic!() };
        for (line, found) in (0..).zip(body.lines) {
            let units: u32 = rows.iter().filter(|row| row.0 == line).map(|row| row.2).sum();
            assert_eq!(found.allocated.get(), units);
        }
    }

    /// Says the same again, now and then: it changes nothing and tells how things stand.
    fn repeat(&mut self, command: &Command<'_>) {
        let before = self.engine.state_hash();
        if self.random.random_range(0..20) == 0 {
            let (status, reason) = status(&self.send(command));
            let is_known = self.engine.state().first_answer(command.id().unwrap()).is_some();
            assert_eq!(status == ReplyStatus::Duplicate, is_known, "{reason:?}");
            assert_eq!(self.engine.state_hash(), before);
            self.said.repeated += u32::from(is_known);
        }
    }

    fn ask(&mut self, query: &Query<'_>) -> Vec<u8> {
        let (mut bytes, mut reply) = (Vec::new(), Vec::new());
        query.write(&mut bytes);
        let (item, _) = Item::split(&bytes, COMMAND_BYTES_MAX).unwrap();
        self.engine.query(&item, EngineTime::new(self.now), &mut reply);
        reply
    }

    fn look(&mut self, id: u128) {
        let reply = self.ask(&Query::ReadHold(HoldId::new(id)));
        if self.naive.holds.iter().any(|hold| hold.id == id) {
            self.judge_hold(&reply, id);
        }
    }

    fn judge(&mut self, reply: &[u8], expected: Result<(), RejectReason>) {
        let (status, reason) = status(reply);
        let found = match status {
            ReplyStatus::Rejected => Err(reason.unwrap()),
            _ => Ok(()),
        };
        // The engine cannot tell commands apart: the id of any that was carried out is a hold's.
        let is_any_command =
            expected == Err(RejectReason::UnknownHold) && found == Err(RejectReason::HoldEnded);
        assert!(found == expected || is_any_command, "{found:?} for {expected:?} at {}", self.now);
        self.said.refused += u32::from(found.is_err());
        self.said.ended += u32::from(found == Err(RejectReason::HoldEnded));
        self.said.too_many += u32::from(found == Err(RejectReason::TooManyPlacesHeld));
    }

    /// The reply tells of the hold as the model has it.
    fn judge_hold(&self, reply: &[u8], id: u128) {
        let (item, _) = Item::split(reply, usize::MAX).unwrap();
        let ReplyBody::Hold { head, rows } = Reply::parse(&item).unwrap().body else { panic!() };
        assert_eq!(head.id().get(), id);
        let known = self.naive.holds.iter().find(|hold| hold.id == id);
        let Some(hold) = known.filter(|hold| self.now < hold.expires) else {
            return assert_eq!((head.status(), rows.len()), (Some(HoldStatus::Ended), 0));
        };
        assert_eq!(head.status(), Some(HoldStatus::Active));
        let found = NaiveHold {
            id,
            owner: head.owner(),
            placed: head.placed().get(),
            expires: head.expires().get(),
            place: hold.place,
            rows: rows.iter().map(|row| (row.line(), row.sku().get(), row.units())).collect(),
        };
        assert_eq!(found, *hold);
        let place = handles(hold.place).0;
        assert!(rows.iter().all(|row| row.warehouse() == place));
    }

    /// Every cell and every hold.
    fn compare(&self) {
        let state = self.engine.state();
        state.audit();
        assert_eq!(state.hash(), state.recompute_hash());
        assert_eq!(state.holds.len(), self.naive.holds.len());
        for (sku, at) in (0..SKUS).zip(0..) {
            for place in 0..PLACES {
                let cell = state.stock.cell(Sku::new(at), handles(place).0);
                let found = (cell.on_hand, cell.allocated, cell.held);
                let (on_hand, allocated) =
                    (self.naive.on_hand[sku][place], self.naive.allocated[sku][place]);
                assert_eq!(found, (on_hand, allocated, self.naive.held(at, place)));
            }
        }
        for hold in &self.naive.holds {
            let found = state.holds.find(HoldId::new(hold.id)).unwrap();
            let rows = state.holds.rows(found).iter();
            let rows: Vec<_> = rows.map(|row| (row.line, row.sku.get(), row.units)).collect();
            let found = (found.owner, found.placed.get(), found.expires.get(), rows);
            assert_eq!(found, (hold.owner, hold.placed, hold.expires, hold.rows.clone()));
        }
    }

    /// Goes on with an engine from a snapshot, or from the records alone.
    fn restart(&mut self) {
        self.follow();
        if self.random.random_range(0..2) == 0 {
            self.engine = out_and_in(&self.engine);
        } else {
            std::mem::swap(&mut self.engine, &mut self.shadow);
        }
        self.compare();
    }
}

fn handles(place: usize) -> (Warehouse, Zone) {
    let place = u16::try_from(place).unwrap();
    (Warehouse::new(place), Zone::new(place))
}

fn status(reply: &[u8]) -> (ReplyStatus, Option<RejectReason>) {
    let (item, _) = Item::split(reply, usize::MAX).unwrap();
    let reply = Reply::parse(&item).unwrap();
    (reply.status, reply.reject_reason())
}

#[test]
fn a_long_life_of_holds_is_what_a_list_of_them_says() {
    let mut life = Life::new(11);
    for step in 1..=100_000 {
        life.step();
        if step % 1_000 == 0 {
            life.compare();
        }
        if step % 9_973 == 0 {
            life.restart();
        }
    }
    life.restart();
    let said = &life.said;
    assert!(said.held > 10_000 && said.taken > 1_000 && said.expired > 5_000, "{said:?}");
    assert!(said.too_many > 100, "{said:?}");
    assert!(said.ended > 300 && said.refused > 2_000 && said.repeated > 500, "{said:?}");
}
