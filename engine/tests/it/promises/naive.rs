//! What is promised, by lists that are walked whole: slow, short, and apart from the engine.

use std::collections::BTreeMap;

pub(super) const NEVER: u64 = u64::MAX;

#[derive(Clone, Debug)]
pub(super) struct Supply {
    pub(super) id: u128,
    pub(super) placed: u64,
    pub(super) sku: u32,
    pub(super) place: u16,
    pub(super) eta: u64,
    pub(super) expected: u32,
    pub(super) received: u32,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Line {
    pub(super) sku: u32,
    pub(super) class: u8,
    /// Served by this place and those below.
    pub(super) reach: u16,
    pub(super) waiting: u32,
    pub(super) date: Option<u64>,
    /// Units by the record of the supply.
    pub(super) parts: BTreeMap<u64, u32>,
}

/// A record of the engine's own, as it should be.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Review {
    pub(super) sku: u32,
    pub(super) last: Place,
    pub(super) is_over: bool,
    /// Kind, record, line, units, supply.
    pub(super) movements: Vec<(&'static str, u64, u16, u32, u64)>,
}

/// A line without a promise: its class, record and number.
pub(super) type Place = (u8, u64, u16);

#[derive(Clone, Debug, Default)]
pub(super) struct Naive {
    pub(super) supplies: Vec<Supply>,
    pub(super) lines: BTreeMap<(u64, u16), Line>,
    /// Since when, and behind which line.
    pub(super) reviews: BTreeMap<u32, (u64, Option<Place>)>,
}

impl Naive {
    fn promised(&self, supply: u64) -> u32 {
        self.lines.values().filter_map(|line| line.parts.get(&supply)).sum()
    }

    fn supply(&self, placed: u64) -> &Supply {
        self.supplies.iter().find(|supply| supply.placed == placed).unwrap()
    }

    fn of_sku(&self, sku: u32) -> Vec<Supply> {
        let mut found: Vec<_> =
            self.supplies.iter().filter(|supply| supply.sku == sku).cloned().collect();
        found.sort_by_key(|supply| (supply.eta, supply.placed));
        found
    }

    /// Supplies of which nothing is expected or promised are gone.
    pub(super) fn tidy(&mut self) {
        let supplies = std::mem::take(&mut self.supplies);
        self.supplies = supplies
            .into_iter()
            .filter(|it| it.expected > it.received || self.promised(it.placed) > 0)
            .collect();
        self.lines.retain(|_, line| line.waiting > 0);
    }

    pub(super) fn review(&mut self, sku: u32, sequence: u64) {
        if self.lines.values().any(|line| line.sku == sku && line.waiting > 0) {
            self.reviews.insert(sku, (sequence, None));
        }
    }

    /// Promises a line all that it waits for, if there is enough; returns the parts.
    fn promise(&mut self, at: (u64, u16), now: u64) -> Option<Vec<(u64, u32)>> {
        let line = self.lines[&at].clone();
        let (mut left, mut parts) = (line.waiting, Vec::new());
        for supply in self.of_sku(line.sku) {
            let open = supply.expected - supply.received;
            let free = open.saturating_sub(self.promised(supply.placed)).min(left);
            if supply.eta > now && supply.place <= line.reach && free > 0 && parts.len() < 4 {
                parts.push((supply.placed, free));
                left -= free;
            }
        }
        if left > 0 {
            return None;
        }
        self.lines.get_mut(&at).unwrap().parts = parts.iter().copied().collect();
        Some(parts)
    }

    fn latest(&self, parts: &[(u64, u32)]) -> u64 {
        parts.iter().map(|part| self.supply(part.0).eta).max().unwrap()
    }

    /// A line of a new order that waits; returns its promise.
    pub(super) fn wait(&mut self, at: (u64, u16), line: Line, now: u64) -> Option<u64> {
        let sku = line.sku;
        self.lines.insert(at, line);
        if let Some((_, after)) = self.reviews.get_mut(&sku) {
            *after = None;
            return None;
        }
        let parts = self.promise(at, now)?;
        let date = self.latest(&parts);
        self.lines.get_mut(&at).unwrap().date = Some(date);
        Some(date)
    }

    /// Units of a line wait no longer.
    pub(super) fn dequeue(&mut self, at: (u64, u16), units: u32, sequence: u64) {
        let mut line = self.lines[&at].clone();
        line.waiting -= units;
        let (mut left, is_expected) = (units, !self.of_sku(line.sku).is_empty());
        for supply in self.of_sku(line.sku) {
            if let Some(part) = line.parts.get_mut(&supply.placed) {
                let taken = left.min(*part);
                (*part, left) = (*part - taken, left - taken);
            }
        }
        line.parts.retain(|_, units| *units > 0);
        line.date = line.date.filter(|_| line.waiting > 0);
        let sku = line.sku;
        self.lines.insert(at, line);
        self.tidy();
        if is_expected {
            self.review(sku, sequence);
        }
    }

    /// The book of a SKU: class, date, record, line.
    pub(super) fn book(&self, sku: u32) -> Vec<(u8, u64, u64, u16)> {
        let lines = self.lines.iter().filter(|(_, line)| line.sku == sku);
        let mut book: Vec<_> = lines
            .map(|((placed, number), line)| {
                (line.class, line.date.unwrap_or(NEVER), *placed, *number)
            })
            .collect();
        book.sort_unstable();
        book
    }

    fn next(&self, now: u64) -> Option<u32> {
        let under_review = self.reviews.iter().map(|(sku, (since, _))| (*since, *sku)).min();
        let late = || {
            let past = |line: &Line| line.date.filter(|date| *date <= now);
            let lines = self.lines.iter();
            let late = lines.filter_map(|(at, line)| Some((past(line)?, *at, line.sku))).min();
            late.map(|(_, _, sku)| sku)
        };
        under_review.map(|(_, sku)| sku).or_else(late)
    }

    /// Lines whose promises cannot be kept, as many as one record takes.
    fn broken(&self, sku: u32, now: u64) -> Vec<(u64, u16)> {
        let mut found: Vec<(u64, u16)> = Vec::new();
        let promised_of = |supply: &Supply| {
            let lines =
                self.lines.iter().filter(|(_, line)| line.parts.contains_key(&supply.placed));
            let mut lines: Vec<_> = lines.map(|(at, line)| (line.date.unwrap(), *at)).collect();
            lines.sort_unstable();
            lines
        };
        for supply in self.of_sku(sku) {
            let open = supply.expected - supply.received;
            let mut left = i64::from(self.promised(supply.placed)) - i64::from(open);
            for (_, at) in promised_of(&supply).into_iter().rev() {
                let is_known = found.contains(&at);
                if left <= 0 || !is_known && found.len() == 64 {
                    break;
                }
                left -= i64::from(self.lines[&at].parts[&supply.placed]);
                if !is_known {
                    found.push(at);
                }
            }
        }
        for supply in self.of_sku(sku) {
            for (date, at) in promised_of(&supply) {
                if (date < supply.eta || date <= now) && !found.contains(&at) && found.len() < 64 {
                    found.push(at);
                }
            }
        }
        let key = |at: &(u64, u16)| (self.lines[at].class, self.lines[at].date, *at);
        found.sort_by_key(key);
        found
    }

    /// The next record of a review, if there is to be one.
    pub(super) fn step(&mut self, now: u64, sequence: u64) -> Option<Review> {
        let sku = self.next(now)?;
        let broken = self.broken(sku, now);
        let (since, after) = self.reviews.get(&sku).copied().unwrap_or((sequence, None));
        if broken.is_empty() {
            let review = self.promise_the_rest(sku, after, now);
            self.reviews.remove(&sku);
            if !review.is_over {
                self.reviews.insert(sku, (since, Some(review.last)));
            }
            return Some(review);
        }
        let mut movements = Vec::new();
        for at in &broken {
            for supply in self.of_sku(sku) {
                if let Some(units) = self.lines.get_mut(at).unwrap().parts.remove(&supply.placed) {
                    movements.push(("unpromised", at.0, at.1, units, supply.placed));
                }
            }
        }
        for at in &broken {
            let old = self.lines[at].date.unwrap();
            let parts = self.promise(*at, now);
            let date = parts.as_ref().map(|parts| {
                let latest = self.latest(parts);
                if old > now { old.max(latest) } else { latest }
            });
            for (supply, units) in parts.into_iter().flatten() {
                movements.push(("promised", at.0, at.1, units, supply));
            }
            let line = self.lines.get_mut(at).unwrap();
            line.date = date;
            if date.is_none_or(|date| date > old) || old <= now {
                movements.push(("promise_broken", at.0, at.1, line.waiting, sequence));
            }
        }
        self.tidy();
        self.reviews.insert(sku, (since, None));
        Some(Review { sku, last: (0, 0, 0), is_over: false, movements })
    }

    fn has_any(&self, sku: u32, now: u64) -> bool {
        self.of_sku(sku).iter().any(|supply| {
            supply.eta > now && supply.expected - supply.received > self.promised(supply.placed)
        })
    }

    fn promise_the_rest(&mut self, sku: u32, after: Option<Place>, now: u64) -> Review {
        let mut review = Review { sku, last: (0, 0, 0), is_over: true, movements: Vec::new() };
        if !self.has_any(sku, now) {
            return review;
        }
        let lines = self.book(sku).into_iter().filter(|key| key.1 == NEVER);
        let mut lines = lines.map(|key| (key.0, key.2, key.3)).filter(|key| Some(*key) > after);
        for key in lines.by_ref().take(64) {
            review.last = key;
            let at = (key.1, key.2);
            if let Some(parts) = self.promise(at, now) {
                let date = self.latest(&parts);
                self.lines.get_mut(&at).unwrap().date = Some(date);
                let parts = parts.iter();
                let moved = parts.map(|part| ("promised", at.0, at.1, part.1, part.0));
                review.movements.extend(moved);
            }
        }
        review.is_over = lines.next().is_none() || !self.has_any(sku, now);
        review
    }
}
