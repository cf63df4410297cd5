//! Holds as a list that is scanned from end to end: a model that shares nothing with the engine but
//! the words. Each place is the only one of its own zone, so sourcing has no choice.

use std::collections::BTreeSet;

use gantry_model::{HOLD_ROWS_PER_OWNER_MAX, RejectReason};

pub(super) const SKUS: usize = 6;
pub(super) const PLACES: usize = 3;

/// A line: a SKU, and units of it.
pub(super) type Line = (u32, u32);
/// Units that a line holds: line, SKU, units. All at the hold's place.
pub(super) type Row = (u16, u32, u32);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NaiveHold {
    pub(super) id: u128,
    pub(super) owner: u128,
    pub(super) placed: u64,
    pub(super) expires: u64,
    pub(super) place: usize,
    pub(super) rows: Vec<Row>,
}

pub(super) struct Wish<'a> {
    pub(super) id: u128,
    pub(super) owner: u128,
    pub(super) replaces: Option<u128>,
    pub(super) place: usize,
    pub(super) partial: bool,
    pub(super) lines: &'a [Line],
}

#[derive(Debug, Default)]
pub(super) struct Naive {
    pub(super) holds: Vec<NaiveHold>,
    ended: BTreeSet<u128>,
    pub(super) on_hand: [[u32; PLACES]; SKUS],
    pub(super) allocated: [[u32; PLACES]; SKUS],
}

impl Naive {
    pub(super) fn held(&self, sku: u32, place: usize) -> u32 {
        let here = self.holds.iter().filter(|hold| hold.place == place);
        units_of(here.flat_map(|hold| &hold.rows), sku)
    }

    fn free(&self, sku: u32, place: usize) -> u32 {
        let at = sku as usize;
        self.on_hand[at][place] - self.allocated[at][place] - self.held(sku, place)
    }

    /// The hold's place in the list, if it can be used.
    pub(super) fn active(&self, id: u128, now: u64) -> Result<usize, RejectReason> {
        match self.holds.iter().position(|hold| hold.id == id) {
            Some(at) if now < self.holds[at].expires => Ok(at),
            Some(_) => Err(RejectReason::HoldEnded),
            None if self.ended.contains(&id) => Err(RejectReason::HoldEnded),
            None => Err(RejectReason::UnknownHold),
        }
    }

    pub(super) fn end(&mut self, at: usize) -> NaiveHold {
        let hold = self.holds.remove(at);
        self.ended.insert(hold.id);
        hold
    }

    pub(super) fn place(
        &mut self,
        wish: &Wish<'_>,
        (now, placed, ttl_seconds): (u64, u64, u32),
    ) -> Result<(), RejectReason> {
        let replaced = wish.replaces.map(|id| self.active(id, now)).transpose()?;
        if replaced.is_some_and(|at| self.holds[at].owner != wish.owner) {
            return Err(RejectReason::NotTheOwner);
        }
        let free = |sku| {
            let same_place = replaced.filter(|at| self.holds[*at].place == wish.place);
            let back = same_place.map_or(0, |at| units_of(self.holds[at].rows.iter(), sku));
            self.free(sku, wish.place) + back
        };
        let rows = share(wish.lines, free);
        let wanted: u32 = wish.lines.iter().map(|line| line.1).sum();
        let got: u32 = rows.iter().map(|row| row.2).sum();
        if got == 0 || got < wanted && !wish.partial {
            return Err(RejectReason::OutOfStock);
        }
        let others = self.holds.iter().enumerate();
        let others = others.filter(|(at, hold)| hold.owner == wish.owner && Some(*at) != replaced);
        let places = rows.len() + others.map(|(_, hold)| hold.rows.len()).sum::<usize>();
        if places > HOLD_ROWS_PER_OWNER_MAX {
            return Err(RejectReason::TooManyPlacesHeld);
        }
        if let Some(at) = replaced {
            self.end(at);
        }
        let expires = now + u64::from(ttl_seconds) * 1_000_000_000;
        let Wish { id, owner, place, .. } = *wish;
        self.holds.push(NaiveHold { id, owner, placed, expires, place, rows });
        Ok(())
    }

    /// Units that an order gets, by line.
    pub(super) fn order(
        &mut self,
        hold: Option<u128>,
        (place, takes_less): (usize, bool),
        lines: &[Line],
        now: u64,
    ) -> Result<Vec<Row>, RejectReason> {
        let own = hold.map(|id| self.active(id, now)).transpose()?;
        let owner = own.map(|at| self.holds[at].owner);
        let is_own = |hold: &&NaiveHold| {
            Some(hold.owner) == owner && now < hold.expires && hold.place == place
        };
        let rows = share(lines, |sku| {
            let held = self.holds.iter().filter(is_own).flat_map(|hold| &hold.rows);
            self.free(sku, place) + units_of(held, sku)
        });
        let wanted: u32 = lines.iter().map(|line| line.1).sum();
        let got: u32 = rows.iter().map(|row| row.2).sum();
        if got == 0 || got < wanted && !takes_less {
            return Err(RejectReason::OutOfStock);
        }
        let free: Vec<u32> = (0..).take(SKUS).map(|sku| self.free(sku, place)).collect();
        let ended = own.map(|at| self.end(at));
        for (sku, free) in (0..).zip(free) {
            let units = units_of(rows.iter(), sku);
            let freed = ended.iter().filter(|hold| hold.place == place);
            let freed = freed.map(|hold| units_of(hold.rows.iter(), sku)).sum::<u32>();
            let mut need = units.saturating_sub(free + freed);
            // Pushed in order of their records.
            let mut others: Vec<_> = self.holds.iter_mut().collect();
            others.retain(|hold| is_own(&&**hold));
            for row in others.into_iter().flat_map(|hold| &mut hold.rows) {
                let taken = if row.1 == sku { row.2.min(need) } else { 0 };
                row.2 -= taken;
                need -= taken;
            }
            assert_eq!(need, 0);
            self.allocated[sku as usize][place] += units;
        }
        self.holds.iter_mut().for_each(|hold| hold.rows.retain(|row| row.2 > 0));
        Ok(rows)
    }

    /// The holds that one record ends, in its order.
    pub(super) fn expire(&mut self, now: u64) -> Vec<NaiveHold> {
        let mut over: Vec<_> = self.holds.iter().filter(|hold| hold.expires <= now).collect();
        over.sort_by_key(|hold| (hold.expires, hold.placed));
        let (mut count, mut rows) = (0, 0);
        for hold in over.iter().take(64) {
            rows += hold.rows.len();
            if count > 0 && rows > HOLD_ROWS_PER_OWNER_MAX {
                break;
            }
            count += 1;
        }
        let ids: Vec<u128> = over[..count].iter().map(|hold| hold.id).collect();
        let at = |naive: &Self, id: &u128| naive.holds.iter().position(|hold| hold.id == *id);
        ids.iter().map(|id| self.end(at(self, id).unwrap())).collect()
    }
}

fn units_of<'a>(rows: impl Iterator<Item = &'a Row>, sku: u32) -> u32 {
    rows.filter(|row| row.1 == sku).map(|row| row.2).sum()
}

/// What each line gets of what is free, the first lines first.
fn share(lines: &[Line], free: impl Fn(u32) -> u32) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for (line, (sku, wanted)) in (0..).zip(lines) {
        let taken = units_of(rows.iter(), *sku);
        let units = (*wanted).min(free(*sku) - taken);
        if units > 0 {
            rows.push((line, *sku, units));
        }
    }
    rows
}
