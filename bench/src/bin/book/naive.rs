//! The naive book: sorted lists, linear scans, plain sums.

use gantry_model::{EngineSecond, MatchEnd, Movement, MovementKind, Record, Sequence, WaitKey};

use crate::rig::{SERVED, WAREHOUSES};

/// Lines that one look passes.
const LINES_MAX: usize = 64;

/// An order of one line.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    pub(crate) id: u128,
    pub(crate) placed: Sequence,
    pub(crate) class: u8,
    pub(crate) zone: usize,
    pub(crate) sku: usize,
    pub(crate) waiting: i64,
    /// Warehouse, allocated, shipped; in the order in which the records brought them.
    pub(crate) parcels: Vec<(usize, i64, i64)>,
}

impl Order {
    fn key(&self) -> WaitKey {
        WaitKey {
            priority_class: self.class,
            promised: EngineSecond::NONE,
            placed: self.placed,
            line: 0,
        }
    }

    pub(crate) fn is_open(&self) -> bool {
        self.waiting > 0 || self.parcels.iter().any(|parcel| parcel.1 > 0)
    }
}

/// Figures of one SKU.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shelf {
    pub(crate) on_hand: [i64; WAREHOUSES],
    pub(crate) allocated: [i64; WAREHOUSES],
    pub(crate) set_aside: [i64; WAREHOUSES],
    /// Since which record its lines are to be looked at, and the last that was.
    due: Option<(Sequence, Option<WaitKey>)>,
}

/// See the file.
#[derive(Debug)]
pub(crate) struct Naive {
    pub(crate) shelves: Vec<Shelf>,
    pub(crate) orders: Vec<Order>,
}

/// What a record must move: by kind, the units at each warehouse (the last: at none).
type Sums = std::collections::BTreeMap<(u8, usize), i64>;

impl Naive {
    pub(crate) fn new(skus: usize) -> Self {
        Self { shelves: vec![Shelf::default(); skus], orders: Vec::new() }
    }

    pub(crate) fn waiting(&self, sku: usize) -> i64 {
        let its = self.orders.iter().filter(|order| order.sku == sku);
        its.map(|order| order.waiting).sum()
    }

    /// Takes a record in that placed an order, shipped or cancelled units or changed stock, once
    /// its movements were found to be `expected` and what is to be set aside with it.
    pub(crate) fn check_freed(&mut self, record: &Record<'_>, mut expected: Sums, sku: usize) {
        let own: Vec<_> =
            record.movements.iter().filter(|it| !it.kind().is_of_matching()).collect();
        own.iter().for_each(|movement| self.shift(movement));
        let waiting = self.waiting(sku);
        let shelf = &mut self.shelves[sku];
        let mut met = [false; WAREHOUSES];
        for movement in own {
            let frees = match movement.kind() {
                MovementKind::Received | MovementKind::Released => true,
                MovementKind::Adjusted => movement.quantity() > 0,
                _ => false,
            };
            let at = usize::from(movement.warehouse().get());
            if !frees || waiting == 0 || std::mem::replace(&mut met[at], true) {
                continue;
            }
            expected.insert((MovementKind::Due.number(), WAREHOUSES), 0);
            shelf.due = Some((record.sequence, None));
            let set_aside: i64 = shelf.set_aside.iter().sum();
            let free = shelf.on_hand[at] - shelf.allocated[at] - shelf.set_aside[at];
            let units = free.max(0).min(waiting - set_aside);
            if units > 0 {
                shelf.set_aside[at] += units;
                expected.insert((MovementKind::SetAside.number(), at), units);
            }
        }
        assert_eq!(sums(record), expected, "{record:?}");
    }

    /// Takes a look at waiting lines in: it must be the one that the lists say.
    pub(crate) fn check_match(&mut self, record: &Record<'_>) -> bool {
        let gantry_model::Command::Match(looked) = record.command else {
            panic!("not a look: {record:?}");
        };
        let due =
            self.shelves.iter().enumerate().filter_map(|(sku, shelf)| Some((shelf.due?, sku)));
        let ((since, after), sku) = due
            .min_by_key(|((since, _), sku)| (*since, *sku))
            .expect("a look when something is due");
        assert_eq!(looked.sku.get() as usize, sku, "the first that is due");
        let mut lines: Vec<usize> = (0..self.orders.len())
            .filter(|at| self.orders[*at].sku == sku && self.orders[*at].waiting > 0)
            .filter(|at| after.is_none_or(|after| self.orders[*at].key() > after))
            .collect();
        lines.sort_by_key(|at| self.orders[*at].key());
        let mut expected = Sums::new();
        let (mut last, mut passed, mut is_served) = (WaitKey::FIRST, 0, false);
        for at in lines.iter().take(LINES_MAX) {
            passed += 1;
            last = self.orders[*at].key();
            let mut plan = self.plan(&self.orders[*at]);
            // In which order the parcels of a plan stand is the engine's choice.
            let place = |(warehouse, _): &(usize, i64)| {
                let mut movements = record.movements.iter();
                movements.position(|it| {
                    it.kind() == MovementKind::Allocated
                        && usize::from(it.warehouse().get()) == *warehouse
                })
            };
            plan.sort_by_key(place);
            if plan.iter().any(|(_, units)| *units > 0) {
                is_served = true;
                self.serve(*at, &plan, &mut expected);
                break;
            }
        }
        let shelf = &mut self.shelves[sku];
        let left = |at: usize| shelf.on_hand[at] - shelf.allocated[at] > 0;
        let is_over = passed == lines.len() || !(0..WAREHOUSES).any(left);
        shelf.due = (!is_over).then_some((since, Some(last)));
        if is_over {
            for at in 0..WAREHOUSES {
                let left = std::mem::take(&mut shelf.set_aside[at]);
                if left > 0 {
                    *expected.entry((MovementKind::GivenBack.number(), at)).or_default() += left;
                }
            }
        }
        let end = if is_over { MatchEnd::Over } else { MatchEnd::GoesOn };
        assert_eq!((looked.last, looked.end), (last, end), "{record:?}");
        assert_eq!(sums(record), expected, "{record:?}");
        is_served
    }

    /// The most units that the two warehouses of its zone have for an order, as cheap as can be.
    fn plan(&self, order: &Order) -> [(usize, i64); 2] {
        let shelf = &self.shelves[order.sku];
        let served = SERVED[order.zone].map(|(at, parcel, unit)| {
            let at = usize::from(at);
            let is_open =
                order.parcels.iter().any(|parcel| parcel.0 == at && parcel.1 + parcel.2 > 0);
            let free = (shelf.on_hand[at] - shelf.allocated[at]).max(0);
            (at, free, if is_open { 0 } else { parcel }, unit)
        });
        let most = order.waiting.min(served[0].1 + served[1].1);
        // Every way to share the units between the two.
        let ways = (0..=most).filter(|first| *first <= served[0].1 && most - first <= served[1].1);
        let cost = |first: &i64| {
            let units = [*first, most - first];
            let of = |which: usize| match units[which] {
                0 => 0,
                units => served[which].2 + served[which].3 * units,
            };
            of(0) + of(1)
        };
        let first = ways.min_by_key(cost).unwrap_or(0);
        [(served[0].0, first), (served[1].0, most - first)]
    }

    fn serve(&mut self, at: usize, plan: &[(usize, i64); 2], expected: &mut Sums) {
        let order = &mut self.orders[at];
        let shelf = &mut self.shelves[order.sku];
        let mut add = |kind: MovementKind, at: usize, units: i64| {
            if units > 0 {
                *expected.entry((kind.number(), at)).or_default() += units;
            }
        };
        for (at, units) in plan.iter().filter(|(_, units)| *units > 0) {
            let back = shelf.set_aside[*at].min(*units);
            shelf.set_aside[*at] -= back;
            shelf.allocated[*at] += units;
            order.waiting -= units;
            add(MovementKind::GivenBack, *at, back);
            add(MovementKind::Allocated, *at, *units);
            match order.parcels.iter_mut().find(|parcel| parcel.0 == *at) {
                Some(parcel) => parcel.1 += units,
                None => order.parcels.push((*at, *units, 0)),
            }
        }
        add(MovementKind::Dequeued, WAREHOUSES, plan[0].1 + plan[1].1);
    }

    /// Moves stock as a movement says; the orders are their own events' business.
    fn shift(&mut self, movement: &Movement) {
        let at = usize::from(movement.warehouse().get());
        let shelf = &mut self.shelves[movement.sku().get() as usize];
        let units = i64::from(movement.quantity());
        match movement.kind() {
            MovementKind::Received | MovementKind::Adjusted => shelf.on_hand[at] += units,
            MovementKind::Allocated => shelf.allocated[at] += units,
            MovementKind::Released => shelf.allocated[at] -= units,
            MovementKind::Shipped => {
                shelf.allocated[at] -= units;
                shelf.on_hand[at] -= units;
            }
            _ => {}
        }
    }
}

/// What a record moves, by kind and warehouse.
pub(crate) fn sums(record: &Record<'_>) -> Sums {
    let mut sums = Sums::new();
    for movement in record.movements {
        let at = usize::from(movement.warehouse().get()).min(WAREHOUSES);
        *sums.entry((movement.kind().number(), at)).or_default() += i64::from(movement.quantity());
    }
    sums
}
