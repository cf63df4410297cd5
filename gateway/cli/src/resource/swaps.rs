//! Looking for swaps, when each order alone was tried: pairs of orders that gain by units of each
//! other.

use std::collections::BTreeMap;

use gantry_model::{OrderId, SwapUnits, Warehouse};

use super::offers::{Offers, Position};
use super::trial::{Figures, Step, Trial};
use crate::output::Progress;

/// How often all orders are gone through.
const SWAP_ROUNDS_MAX: u32 = 8;
/// How many others are looked at for units of an order at a warehouse.
const SWAP_PARTNERS_MAX: usize = 4_096;

/// What came of it.
#[derive(Debug, Default)]
pub(super) struct SwapSums {
    pub(super) rounds: u32,
    pub(super) tried: u64,
    pub(super) made: u64,
    pub(super) units: u64,
    /// Orders that had units of others.
    pub(super) orders: u64,
    pub(super) later: u64,
    pub(super) more_parcels: u64,
    /// Of these orders, before the first swap and after the last.
    pub(super) before: Figures,
    pub(super) after: Figures,
}

/// Lets orders swap until nothing more is gained: those with units at `only`, or all, with any other.
pub(super) fn swap_all(trial: &mut Trial, only: Option<Warehouse>) -> SwapSums {
    let mut offers = Offers::new(trial.state(), trial.now());
    let is_tried = |position: &Position| {
        only.is_none_or(|only| offers.orders[*position as usize].has_units_at(only))
    };
    let all = 0..Position::try_from(offers.orders.len()).unwrap_or(Position::MAX);
    let tried: Vec<Position> = all.filter(is_tried).collect();
    let mut sums = SwapSums::default();
    let mut before: BTreeMap<OrderId, Figures> = BTreeMap::new();
    while sums.rounds < SWAP_ROUNDS_MAX {
        sums.rounds += 1;
        let made = sums.made;
        let mut progress = Progress::new("looking for swaps", Some(tried.len() as u64));
        for (done, first) in (1..).zip(&tried) {
            while let Some(offer) = offers.best(*first, SWAP_PARTNERS_MAX) {
                let swap = offers.command(&offer);
                let figures = [swap.first, swap.second].map(|order| (order, trial.served(order)));
                sums.tried += 1;
                if !trial.swap(&swap) {
                    // The engine knows a bound that is not looked at here.
                    break;
                }
                offers.carry_out(&offer, trial.state(), trial.now());
                sums.made += 1;
                sums.units += 2 * u64::from(swap.quantity);
                for (order, figures) in figures {
                    before.entry(order).or_insert(figures);
                }
            }
            progress.set(done);
        }
        if sums.made == made {
            break;
        }
    }
    for (order, old) in &before {
        let new = trial.served(*order);
        sums.orders += 1;
        sums.later += u64::from(new.days > old.days);
        sums.more_parcels += u64::from(new.parcels > old.parcels);
        sums.before.add(old);
        sums.after.add(&new);
    }
    sums
}

impl Trial {
    /// Whether the two orders swapped.
    fn swap(&mut self, swap: &SwapUnits) -> bool {
        let is_made = self.send(&gantry_model::Command::SwapUnits(*swap));
        if is_made {
            self.steps.push(Step::Swapped(*swap));
        }
        is_made
    }
}
