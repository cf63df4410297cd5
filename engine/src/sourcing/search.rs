//! Branch and bound over the sets of sources that send a parcel.
//!
//! A node is a set of included sources and the rest that may be added; its plans are those of the
//! included sources and at least `more` of the rest. The included set alone, and with any one of the
//! rest, is evaluated exactly when the node is first met, so `more` is two at least from then on.
//! Three bounds say what its other plans could be at best:
//!
//! - units: what the included sources have, and the most that as many further sources as the limit
//!   on parcels permits could each add to that;
//! - parcels: how many further sources it takes to reach the units of the best plan so far;
//! - weight: see [`Bound`].
//!
//! A node that cannot hold a better plan is dropped; on equal weight the parcels, days, priorities
//! and places that it will have at least decide, so that networks of many equal warehouses do not
//! explode. Sources that no better plan can open are taken out of its rest, those without which the
//! units cannot be had are included. Then it is split by the source that the relaxed fill leans on
//! most: with it (first) and without it. A plan that includes a source without using it is no
//! concern: it is met again, weighing no more, where that source is left out.
//!
//! The search counts the cells (demand × source) that it looks at and stops when they reach the
//! problem's limit. Every node not yet looked at then stands on the stack with its bounds, and the
//! most hopeful of these bounds the gap.

use gantry_model::Proof;

use super::bound::{Bound, Scope};
use super::coupled::Coupled;
use super::fill::{Filled, fill};
use super::model::{Model, bits, set_of};
use super::survey::Survey;
use super::tie::Tie;
use super::weighing::Weighing;
use super::weight::Weight;
use super::{Plan, Problem};

/// Memory for searches that weigh in `W`.
#[derive(Debug, Default)]
pub(super) struct Room<W: Weight> {
    model: Model<W>,
    bound: Bound<W>,
    survey: Survey,
    stack: Vec<Node<W>>,
    coupled: Coupled<W>,
    /// The best plan's units by demand and rank, where demands are coupled.
    takes: Vec<u32>,
}

/// What is known of the plans of a scope that were not evaluated.
#[derive(Clone, Copy, Debug)]
struct Node<W> {
    scope: Scope,
    /// Units that none of them exceeds.
    units: u32,
    /// Weight that none of them with as many units as the best plan lies below.
    weight: W,
}

/// A plan, as far as plans are compared.
#[derive(Clone, Copy, Debug)]
struct Best<W> {
    units: u32,
    weight: W,
    tie: Tie,
    /// The sources that units come from.
    set: u64,
}

/// What a search is asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Task {
    /// Parcels that the plan may add.
    pub(super) parcels_max: u32,
    /// Units that no plan is known to exceed.
    pub(super) units_max: u32,
    /// Cells to look at.
    pub(super) steps_max: u64,
    /// Positions of sources that make a plan to begin with.
    pub(super) seed: u64,
}

impl Task {
    /// The whole of `problem`.
    pub(super) fn of(problem: &Problem) -> Self {
        let Problem { parcels_max, steps_max, .. } = *problem;
        Self { parcels_max, units_max: u32::MAX, steps_max, seed: 0 }
    }
}

/// What a search came to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    /// Positions of the sources that units come from.
    pub(super) set: u64,
    pub(super) units: u32,
    pub(super) parcels: u32,
    pub(super) proof: Proof,
    pub(super) gap: i64,
    /// Cells looked at.
    pub(super) steps: u64,
}

impl Found {
    /// Units that no plan exceeds, as far as was found.
    pub(super) fn units_max(&self) -> u32 {
        match self.proof {
            Proof::GapInUnits => self.units + u32::try_from(self.gap).unwrap_or(u32::MAX),
            _ => self.units,
        }
    }
}

/// Finds the best plan by `weighing`.
pub(super) fn solve<M: Weighing>(
    problem: &Problem,
    weighing: &M,
    task: &Task,
    room: &mut Room<M::Weight>,
) -> Found {
    room.model.fill(problem, weighing);
    let Room { model, bound, survey, stack, coupled, takes } = room;
    stack.clear();
    takes.clear();
    let best = Best { units: 0, weight: M::Weight::default(), tie: Tie::of(model, 0), set: 0 };
    let mut search = Search {
        model,
        bound,
        survey,
        stack,
        coupled,
        takes,
        best,
        goods: M::Weight::default(),
        steps: 0,
        is_cut: false,
        task,
    };
    search.run();
    let Search { best, steps, .. } = search;
    let (proof, gap) = prove(weighing, &best, stack);
    let parcels = best.tie.parcels();
    let set = set_of(bits(best.set).map(|rank| model.positions[rank]));
    Found { set, units: best.units, parcels, proof, gap, steps }
}

impl<W: Weight> Room<W> {
    /// Puts the plan that was found, with units from the positions in `set`, into `plan`.
    pub(super) fn emit(&self, problem: &Problem, set: u64, plan: &mut Plan) {
        let model = &self.model;
        let set = model.ranks(set);
        let mut take = |demand: usize, rank: usize, units: u32| {
            plan.take(demand, model.positions[rank], units, problem);
        };
        if !model.is_coupled {
            fill(model, set, take);
            return;
        }
        for (demand, row) in self.takes.chunks_exact(model.sources.len().max(1)).enumerate() {
            for rank in model.by_price(demand, set).filter(|rank| row[*rank] > 0) {
                take(demand, rank, row[rank]);
            }
        }
    }
}

/// How far `best` is proven, when nothing else is left than what is on the `stack`.
fn prove<M: Weighing>(
    weighing: &M,
    best: &Best<M::Weight>,
    stack: &[Node<M::Weight>],
) -> (Proof, i64) {
    let units = stack.iter().map(|node| node.units).max().unwrap_or(0);
    if units > best.units {
        return (Proof::GapInUnits, (units - best.units).into());
    }
    let rivals = stack.iter().filter(|node| node.units == best.units);
    match rivals.map(|node| node.weight).min() {
        Some(weight) if weight < best.weight => weighing.gap(best.units, best.weight, weight),
        _ => (Proof::Optimal, 0),
    }
}

struct Search<'a, W: Weight> {
    model: &'a Model<W>,
    bound: &'a mut Bound<W>,
    survey: &'a mut Survey,
    stack: &'a mut Vec<Node<W>>,
    coupled: &'a mut Coupled<W>,
    takes: &'a mut Vec<u32>,
    best: Best<W>,
    /// What the targets weigh without parcels, each from the cheapest sources of all.
    goods: W,
    steps: u64,
    /// Whether some set was not evaluated to the end.
    is_cut: bool,
    task: &'a Task,
}

impl<W: Weight> Search<'_, W> {
    fn run(&mut self) {
        let model = self.model;
        let (all, open) = (model.all(), model.open);
        // All sources together say what units there are; but that must leave work for the rest.
        let most = self.evaluate(all, self.task.steps_max / 4);
        let alone = if model.is_coupled { fill(model, all, |_, _, _| {}) } else { most };
        self.goods = alone.weight - model.parcels_of(alone.used);
        let mut units = model.target_units.min(self.task.units_max);
        if !std::mem::take(&mut self.is_cut) {
            units = units.min(most.units);
        }
        if self.task.parcels_max >= (all & !open).count_ones() {
            self.keep(most);
        }
        self.offer(open);
        self.offer(open | model.ranks(self.task.seed));
        let scope = Scope { included: open, rest: all & !open, more: 1 };
        let mut next = Some(Node { scope, units, weight: W::default() });
        // The first node gives a plan to begin with, so it is looked at whatever the limit.
        while let Some(node) = next {
            self.expand(node);
            if self.is_cut {
                self.stack.push(node);
            }
            if self.is_cut || self.steps >= self.task.steps_max {
                break;
            }
            next = self.stack.pop();
        }
        let (model, best) = (self.model, self.best);
        self.stack.retain(|node| may_better(model, &best, node));
    }

    /// Evaluates `set` and keeps it if it is better than all before.
    fn offer(&mut self, set: u64) {
        let filled = self.evaluate(set, self.task.steps_max);
        self.keep(filled);
    }

    /// Keeps what was evaluated last if it is better than all before.
    fn keep(&mut self, filled: Filled<W>) {
        let Filled { units, weight, used } = filled;
        // More units first, so the two stand crosswise.
        let order = (self.best.units, weight).cmp(&(units, self.best.weight));
        if order.is_gt() || (order.is_eq() && !W::HAS_TIES) {
            return;
        }
        let tie = Tie::of(self.model, used);
        if order.is_lt() || tie < self.best.tie {
            self.best = Best { units, weight, tie, set: used };
            if self.model.is_coupled {
                self.takes.clear();
                self.takes.extend_from_slice(self.coupled.takes());
            }
        }
    }

    /// What `set` comes to; it is cut short when `steps_max` cells were looked at in all.
    fn evaluate(&mut self, set: u64, steps_max: u64) -> Filled<W> {
        self.count(set);
        if !self.model.is_coupled {
            return fill(self.model, set, |_, _, _| {});
        }
        let mut budget = steps_max.saturating_sub(self.steps);
        let before = budget;
        let (filled, is_best) = self.coupled.fill(self.model, set, &mut budget);
        self.steps += before - budget;
        self.is_cut |= !is_best;
        filled
    }

    fn count(&mut self, set: u64) {
        self.steps += u64::from(set.count_ones()) * self.model.targets.len() as u64;
    }

    /// Looks at a node: evaluates what is to be evaluated, and puts what may hold better plans yet
    /// on the stack, in parts.
    fn expand(&mut self, mut node: Node<W>) {
        if !self.may_better(&node) {
            return;
        }
        self.count(node.scope.included | node.scope.rest);
        self.survey.fill(self.model, node.scope);
        self.include_forced(&mut node);
        let opened = (node.scope.included & !self.model.open).count_ones();
        let Some(room) = self.task.parcels_max.checked_sub(opened) else {
            return;
        };
        self.complete(&mut node, room);
        if !self.bound_parcels(&mut node) || !self.bound_units(&mut node, room) {
            return;
        }
        let relaxed = self.bound_weight(&mut node, room);
        if !self.may_better(&node) {
            return;
        }
        self.shrink(&mut node, relaxed);
        if node.scope.rest.count_ones() >= node.scope.more {
            self.split(node, relaxed);
        }
    }

    fn may_better(&self, node: &Node<W>) -> bool {
        may_better(self.model, &self.best, node)
    }

    /// Whether a plan must reach every target to be as good as the best.
    fn needs_all(&self) -> bool {
        self.best.units == self.model.target_units
    }

    /// Includes the sources that no plan of all targets can do without.
    fn include_forced(&mut self, node: &mut Node<W>) {
        while self.needs_all() && self.survey.forced != 0 {
            node.scope.included |= self.survey.forced;
            node.scope.rest &= !self.survey.forced;
            node.scope.more = 1;
            self.survey.fill(self.model, node.scope);
            let opened = (node.scope.included & !self.model.open).count_ones();
            if opened > self.task.parcels_max {
                return;
            }
            self.offer(node.scope.included);
        }
    }

    /// Evaluates the included sources with each one of the rest, then with each two, unless a bound
    /// says that they cannot be better; raises `more` accordingly.
    fn complete(&mut self, node: &mut Node<W>, room: u32) {
        let Scope { included, rest, more } = node.scope;
        if more <= 1 && room >= 1 {
            let mut completing = self.survey.completing(rest);
            if !self.needs_all() {
                self.survey.weigh(self.model, rest);
                let had = self.model.target_units - self.survey.missing_units;
                let wanted = self.best.units;
                completing =
                    set_of(bits(rest).filter(|rank| had + self.survey.marginal(*rank) >= wanted));
            }
            let fixed = self.model.parcels_of(included) + self.goods;
            for rank in bits(completing) {
                if !self.needs_all() || fixed + self.model.parcels[rank] <= self.best.weight {
                    self.offer(included | 1 << rank);
                }
            }
        }
        node.scope.more = more.max(2);
        if more <= 2 && room >= 2 && self.survey.reach_units == self.model.target_units {
            self.complete_by_two(node.scope);
            if self.needs_all() {
                node.scope.more = more.max(3);
            }
        }
    }

    /// Evaluates the included sources with each two of the rest that reach all targets.
    fn complete_by_two(&mut self, scope: Scope) {
        let Scope { included, rest, .. } = scope;
        self.count(rest);
        let fixed = self.model.parcels_of(included) + self.goods;
        let lightest = self.model.lightest(rest, 1);
        let mut later = rest;
        for first in bits(rest) {
            later &= !(1 << first);
            let weight = fixed + self.model.parcels[first];
            if self.needs_all() && weight + lightest > self.best.weight {
                continue;
            }
            for second in bits(self.survey.completing_with(self.model, later, first)) {
                let weight = weight + self.model.parcels[second];
                if !self.needs_all() || weight <= self.best.weight {
                    self.offer(included | 1 << first | 1 << second);
                }
            }
        }
    }

    /// Bounds the weight by the lightest parcels and the cheapest units of all; whether any plan is
    /// left.
    fn bound_parcels(&self, node: &mut Node<W>) -> bool {
        let Scope { included, rest, more } = node.scope;
        node.units = node.units.min(self.survey.reach_units);
        if node.units < self.best.units || rest.count_ones() < more {
            return false;
        }
        if self.needs_all() {
            let parcels = self.model.parcels_of(included) + self.model.lightest(rest, more);
            node.weight = node.weight.max(parcels + self.goods);
        }
        self.may_better(node)
    }

    /// Tightens what is known of units and parcels; whether any plan is left.
    fn bound_units(&mut self, node: &mut Node<W>, room: u32) -> bool {
        let Scope { rest, more, .. } = node.scope;
        self.survey.weigh(self.model, rest);
        let had = self.model.target_units - self.survey.missing_units;
        let wanted = self.best.units.saturating_sub(had);
        let (most, needed) = self.survey.most(rest, room, wanted);
        node.units = node.units.min(had + most);
        let Some(needed) = needed.filter(|_| node.units >= self.best.units) else {
            return false;
        };
        node.scope.more = more.max(needed);
        node.scope.more <= room.min(rest.count_ones())
    }

    /// Tightens what is known of the weight, and tries the set that the relaxed fill takes from.
    fn bound_weight(&mut self, node: &mut Node<W>, room: u32) -> W {
        let scope = node.scope;
        self.count(scope.included | scope.rest);
        let units = self.best.units;
        let relaxed = self.bound.relax(self.model, scope, &self.survey.missing, units);
        node.weight = node.weight.max(relaxed.rounded());
        let taken = bits(scope.rest).filter(|rank| self.bound.taken[*rank] > 0);
        let mut taken = set_of(taken);
        while taken.count_ones() > room {
            let least = bits(taken).min_by_key(|rank| self.survey.marginal(*rank));
            taken &= !(1 << least.unwrap_or(0));
        }
        self.offer(scope.included | taken);
        relaxed
    }

    /// Takes sources out of the rest that no better plan opens.
    fn shrink(&mut self, node: &mut Node<W>, relaxed: W) {
        if node.units > self.best.units {
            return;
        }
        for rank in bits(node.scope.rest) {
            let with = self.with(node, relaxed, rank);
            if !self.may_better(&with) {
                node.scope.rest &= !(1 << rank);
            }
        }
    }

    /// Puts the node on the stack in two parts: with and without the source it leans on most.
    fn split(&mut self, node: Node<W>, relaxed: W) {
        let by = bits(node.scope.rest);
        let by = by.max_by_key(|rank| (self.bound.taken[*rank], usize::MAX - rank));
        let Some(rank) = by else { return };
        let rest = node.scope.rest & !(1 << rank);
        self.stack.push(Node { scope: Scope { rest, ..node.scope }, ..node });
        self.stack.push(self.with(&node, relaxed, rank));
    }

    /// The plans of `node` that open the source of `rank`.
    fn with(&self, node: &Node<W>, relaxed: W, rank: usize) -> Node<W> {
        let Scope { included, rest, more } = node.scope;
        let source = 1 << rank;
        let more = more.saturating_sub(1);
        let scope = Scope { included: included | source, rest: rest & !source, more };
        let weight = (relaxed + self.bound.paid(rank)).rounded().max(node.weight);
        Node { scope, weight, ..*node }
    }
}

/// Whether a plan of `node` may be better than `best`.
fn may_better<W: Weight>(model: &Model<W>, best: &Best<W>, node: &Node<W>) -> bool {
    let Scope { included, rest, more } = node.scope;
    if node.units != best.units {
        return node.units > best.units;
    }
    if node.weight != best.weight {
        return node.weight < best.weight;
    }
    if more > rest.count_ones() || !W::HAS_TIES {
        return false;
    }
    let parcels = best.tie.parcels();
    Tie::bound(model, included, rest, more, parcels) < best.tie
}
