//! Sources that can work off only so many units: a flow of least weight.
//!
//! Units flow from demands to sources, and each source passes on so many at most. The fill of each
//! demand by itself is a flow of least weight that puts too many units into some sources. Each such
//! source is relieved along paths of least weight, on which a unit of one demand moves to another
//! source, from where a unit of another demand moves on, until a source has room or a unit is let
//! go. Letting go comes before all weight: it is done only where no path has room, so the most
//! units are kept. These are the successive shortest paths of Busacker and Gowen (1961) and Jewell
//! (1958); as weights of removed units count negative, paths are found as by Bellman and Ford. A
//! flow of least weight stays one along such paths (Ahuja, Magnanti, Orlin, Network Flows, 9.7).
//!
//! Among flows of one weight, it is the one that these steps come to, sources and demands being
//! tried in order of rank.

use super::model::{Model, bits};
use super::weight::Weight;

/// Units let go, then weight: the length of a path.
type Length<W> = Option<(i64, W)>;

/// A unit of a demand that leaves a source, for another or for none.
#[derive(Clone, Copy, Debug)]
struct Move {
    demand: usize,
    from: usize,
    to: Option<usize>,
}

/// Memory of the paths.
#[derive(Debug, Default)]
pub(super) struct Flow<W> {
    to_sources: Vec<(Length<W>, usize)>,
    to_demands: Vec<(Length<W>, usize)>,
    path: Vec<Move>,
}

/// The part of a problem that flows: its demands, and units that each source can still take.
#[derive(Clone, Copy)]
pub(super) struct Network<'a, W: Weight> {
    pub(super) model: &'a Model<W>,
    pub(super) set: u64,
    pub(super) demands: &'a [usize],
    pub(super) room: &'a [u32],
}

impl<W: Weight> Flow<W> {
    /// Turns `takes`, by demand and rank, from the fill of each demand by itself into the best that
    /// the sources have room for. Returns the cells looked at.
    pub(super) fn relieve(&mut self, network: Network<'_, W>, takes: &mut [u32]) -> u64 {
        let Network { model, set, demands, room } = network;
        let count = model.sources.len();
        let load = |takes: &[u32], rank: usize| -> u32 {
            demands.iter().map(|demand| takes[demand * count + rank]).sum()
        };
        let mut steps = 0;
        loop {
            steps += u64::from(set.count_ones()) * demands.len() as u64;
            let Some(full) = bits(set).find(|rank| load(takes, *rank) > room[*rank]) else {
                return steps;
            };
            steps += self.measure(network, takes, full);
            let open = |rank: usize| room[rank] - load(takes, rank).min(room[rank]);
            let end = self.trace(network, &open, full);
            let mut units = load(takes, full) - room[full];
            units = end.map_or(units, |end| units.min(open(end)));
            for step in &self.path {
                units = units.min(takes[step.demand * count + step.from]);
                if let Some(to) = step.to {
                    let free = model.cap(step.demand, to) - takes[step.demand * count + to];
                    units = units.min(free);
                }
            }
            for step in &self.path {
                takes[step.demand * count + step.from] -= units;
                if let Some(to) = step.to {
                    takes[step.demand * count + to] += units;
                }
            }
        }
    }

    /// The lengths of the shortest paths from `full`.
    fn measure(&mut self, network: Network<'_, W>, takes: &[u32], full: usize) -> u64 {
        let Network { model, set, demands, .. } = network;
        let count = model.sources.len();
        self.to_sources.clear();
        self.to_sources.resize(count, (None, 0));
        self.to_demands.clear();
        self.to_demands.resize(model.targets.len(), (None, 0));
        self.to_sources[full].0 = Some((0, W::default()));
        let mut steps = 0;
        loop {
            let mut is_shorter = false;
            for demand in demands {
                for rank in bits(set) {
                    let unit = model.unit(*demand, rank);
                    let taken = takes[demand * count + rank];
                    let away = self.to_sources[rank].0.map(|(lost, sum)| (lost, sum - unit));
                    if taken > 0 {
                        is_shorter |= shorten(&mut self.to_demands[*demand], away, rank);
                    }
                }
                for rank in bits(set).filter(|rank| *rank != full) {
                    let unit = model.unit(*demand, rank);
                    let taken = takes[demand * count + rank];
                    let there = self.to_demands[*demand].0.map(|(lost, sum)| (lost, sum + unit));
                    if taken < model.cap(*demand, rank) {
                        is_shorter |= shorten(&mut self.to_sources[rank], there, *demand);
                    }
                }
            }
            steps += 2 * u64::from(set.count_ones()) * demands.len() as u64;
            if !is_shorter {
                return steps;
            }
        }
    }

    /// Writes down the path to the nearest end; returns the source that has room there, if one has.
    fn trace(
        &mut self,
        network: Network<'_, W>,
        open: &dyn Fn(usize) -> u32,
        full: usize,
    ) -> Option<usize> {
        let with_room = bits(network.set).filter(|rank| open(*rank) > 0);
        let end =
            with_room.filter_map(|rank| self.to_sources[rank].0.map(|length| (length, rank))).min();
        let lost = network
            .demands
            .iter()
            .filter_map(|demand| self.to_demands[*demand].0.map(|length| (length, *demand)))
            .min();
        // A unit let go is worse than any weight.
        let (mut to, mut demand) = match (end, lost) {
            (Some((_, rank)), _) => (Some(rank), self.to_sources[rank].1),
            (None, Some((_, demand))) => (None, demand),
            (None, None) => unreachable!("a source that is too full has units"),
        };
        self.path.clear();
        loop {
            let from = self.to_demands[demand].1;
            self.path.push(Move { demand, from, to });
            if from == full {
                return end.map(|(_, rank)| rank);
            }
            (to, demand) = (Some(from), self.to_sources[from].1);
        }
    }
}

/// Takes a path over `before` if it is the shorter one.
fn shorten<W: Weight>(place: &mut (Length<W>, usize), path: Length<W>, before: usize) -> bool {
    let is_shorter = path.is_some_and(|path| place.0.is_none_or(|known| path < known));
    if is_shorter {
        *place = (path, before);
    }
    is_shorter
}
