//! The swarm: what one seed does often, seldom and not at all.

use rand_chacha::ChaCha8Rng;

use super::dice::Dice;

/// Lists of shadow prices where there are any: some segments full of them. More would be as many
/// frames and rolls again, and take as long as all orders.
const PRICE_LISTS: u32 = 300;

/// What the workload can do besides placing orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    Place,
    Cancel,
    Ship,
    Class,
    CancelAt,
    Resource,
    Reject,
    Swap,
    Hold,
    Extend,
    Release,
    LookAgain,
    Receive,
    Adjust,
    Count,
    Sku,
    Warehouse,
    Costs,
    Limits,
    Policy,
    Assign,
    Capacity,
    Reserves,
    Bundle,
    Prices,
    ReadOrder,
    ReadStock,
    Quote,
    ReadBook,
    ReadHold,
    ReadHolds,
    ReadOther,
    Expect,
    ChangeSupply,
    ReceiveSupply,
    ReadSupply,
    ReadSupplies,
    Repeat,
    Reuse,
    Malformed,
    Own,
}

impl Act {
    pub(super) const ALL: [Self; 41] = [
        Self::Place,
        Self::Cancel,
        Self::Ship,
        Self::Class,
        Self::CancelAt,
        Self::Resource,
        Self::Reject,
        Self::Swap,
        Self::Hold,
        Self::Extend,
        Self::Release,
        Self::LookAgain,
        Self::Receive,
        Self::Adjust,
        Self::Count,
        Self::Sku,
        Self::Warehouse,
        Self::Costs,
        Self::Limits,
        Self::Policy,
        Self::Assign,
        Self::Capacity,
        Self::Reserves,
        Self::Bundle,
        Self::Prices,
        Self::ReadOrder,
        Self::ReadStock,
        Self::Quote,
        Self::ReadBook,
        Self::ReadHold,
        Self::ReadHolds,
        Self::ReadOther,
        Self::Expect,
        Self::ChangeSupply,
        Self::ReceiveSupply,
        Self::ReadSupply,
        Self::ReadSupplies,
        Self::Repeat,
        Self::Reuse,
        Self::Malformed,
        Self::Own,
    ];

    /// How heavy the act is at least and at most, where an order is 2,048: two to these powers.
    const fn powers(self) -> (u32, u32) {
        match self {
            Self::Place => (11, 11),
            Self::Cancel => (3, 8),
            Self::Ship => (3, 7),
            Self::Resource => (4, 9),
            Self::Repeat => (1, 8),
            Self::ReadOrder | Self::ReadStock | Self::Quote => (0, 6),
            Self::Receive | Self::Adjust | Self::Count | Self::Reuse => (0, 6),
            Self::Hold => (5, 10),
            Self::Class | Self::Release => (0, 6),
            Self::CancelAt => (2, 8),
            Self::Reject => (3, 9),
            Self::Swap => (5, 10),
            Self::ReadBook | Self::LookAgain | Self::Extend => (0, 5),
            Self::ReadHold | Self::ReadHolds => (0, 5),
            Self::Expect => (3, 8),
            Self::ChangeSupply | Self::ReceiveSupply => (3, 8),
            Self::ReadSupply | Self::ReadSupplies => (0, 5),
            Self::ReadOther | Self::Malformed | Self::Prices | Self::Reserves => (0, 5),
            _ => (0, 4),
        }
    }
}

/// How one seed weighs what can be done. See [`Swarm::draw`].
#[derive(Clone, Debug)]
pub struct Swarm {
    /// By act.
    pub(super) weights: [u32; Act::ALL.len()],
    pub(super) skus: u32,
    /// The last so many SKUs, which are bundles.
    pub(super) bundles: u32,
    pub(super) warehouses: u32,
    /// Warehouses that a SKU is received at; 0 = at any.
    pub(super) homes: u32,
    pub(super) zones: u32,
    pub(super) channels: u32,
    /// Lines of an order and units of a line, at most.
    pub(super) lines_max: u32,
    pub(super) units_max: u32,
    /// Units of a receipt, at most.
    pub(super) receipt_max: u32,
    /// Orders that want the first SKU, in per mille.
    pub(super) hot_share: u32,
    /// Ids from a tiny set, in per mille, and how many ids that is.
    pub(super) tiny_share: u32,
    pub(super) tiny_ids: u32,
    /// Figures near the limits, in per mille.
    pub(super) extreme_share: u32,
    /// By mode: ship complete, take available, backorder, wait complete.
    pub(super) modes: [u32; 4],
    /// SKUs that are not tracked, and that may not wait, in per mille.
    pub(super) unlimited_share: u32,
    pub(super) no_backorder_share: u32,
    /// Shadow prices come as lists of many rows, so often; then they are as seldom as others.
    pub(super) price_lists: u32,
    /// Priority classes of orders.
    pub(super) classes: u32,
    /// Orders and quotes that take a hold, in per mille.
    pub(super) hold_share: u32,
    /// Owners of holds, and how many of the last holds are asked for again.
    pub(super) owners: u32,
    pub(super) holds_remembered: usize,
    /// Seconds that holds last at least, and most of them at most.
    pub(super) ttl_min: u32,
    pub(super) ttl_max: u32,
    /// Seconds from now to most times that commands name, at most.
    pub(super) ahead_max: u32,
    /// How many of the last supplies are asked for again.
    pub(super) supplies_remembered: usize,
    /// Units of a supply at most.
    pub(super) supply_max: u32,
    /// Times in a row, about, that units of one order are rejected.
    pub(super) rejections: u32,
    /// Seconds that warehouses are spared then, at least, and mostly at most.
    pub(super) cool_down_min: u32,
    pub(super) cool_down_max: u32,
    /// A warehouse serves all but one in so many zones, in fewer days than so many.
    pub(super) zones_per_gap: u32,
    pub(super) days_max: u32,
    /// Orders after which a warehouse that was dear to a zone is cheap, as far as costs are set again;
    /// 0 = never.
    pub(super) tide: u32,
    /// Commands of each sort that shape sourcing before the first order.
    pub(super) shaped: u32,
    /// Whether cells begin with a receipt.
    pub(super) is_stocked: bool,
}

impl Swarm {
    /// Draws a swarm: a third of the acts is off, the others are weighed wildly.
    pub fn draw(rng: &mut ChaCha8Rng) -> Self {
        let mut dice = Dice(rng.clone());
        let mut swarm = Self {
            weights: [0; Act::ALL.len()],
            skus: 1 + (dice.below(6) + 1) * dice.between(1, 6),
            bundles: 0,
            warehouses: dice.pick(&[1, 2, 3, 3, 4, 4, 5, 6, 6, 8]),
            homes: dice.pick(&[0, 1, 1, 2]),
            zones: dice.between(1, 4),
            channels: dice.below(4),
            lines_max: dice.pick(&[1, 2, 3, 3, 4, 5, 12]),
            units_max: dice.pick(&[1, 2, 3, 5, 9]),
            receipt_max: 1,
            hot_share: dice.pick(&[0, 0, 0, 100, 500, 950]),
            tiny_share: dice.pick(&[0, 0, 0, 5, 5, 5, 20, 20, 50, 200]),
            tiny_ids: dice.pick(&[2, 16, 16, 256, 256]),
            extreme_share: dice.pick(&[0, 0, 2, 20]),
            modes: [0, 0, 0, 0].map(|_: u32| 1 << dice.below(6)),
            unlimited_share: dice.pick(&[0, 0, 50, 300]),
            no_backorder_share: dice.pick(&[0, 0, 100, 500]),
            price_lists: if dice.one_in(12) { PRICE_LISTS } else { 0 },
            classes: dice.pick(&[1, 1, 2, 4, 256]),
            hold_share: 0,
            owners: dice.pick(&[1, 2, 3, 3, 8, 64]),
            holds_remembered: dice.pick(&[2, 8, 8, 32, 512]),
            ttl_min: 1,
            ttl_max: dice.pick(&[1, 3, 5, 5, 60, 3_600]),
            ahead_max: dice.pick(&[1, 3, 5, 20, 60, 3_600]),
            supplies_remembered: dice.pick(&[1, 4, 16, 16, 64, 512]),
            supply_max: 1,
            rejections: dice.pick(&[1, 4, 16, 40]),
            cool_down_min: 0,
            cool_down_max: dice.pick(&[1, 5, 60, 3_600]),
            zones_per_gap: 12,
            days_max: dice.pick(&[1, 2, 6, 6]),
            tide: dice.pick(&[0, 0, 16, 64]),
            shaped: dice.pick(&[0, 0, 2, 4]),
            is_stocked: !dice.one_in(6),
        };
        if !dice.one_in(4) {
            swarm.modes[3] = 0;
        }
        if swarm.skus >= 6 && dice.one_in(3) {
            swarm.bundles = dice.between(1, 3);
        }
        swarm.weigh_acts(&mut dice);
        swarm.hold_units(&mut dice);
        swarm.expect_units(&mut dice);
        if swarm.weights[Act::Resource as usize] > 0 {
            swarm.change_places(&mut dice);
        }
        if dice.one_in(8) {
            swarm = swarm.with_swaps();
        }
        if dice.one_in(4) {
            swarm.change_rules(&mut dice);
        }
        if dice.one_in(24) {
            swarm.spread_out();
        }
        if swarm.price_lists > 0 {
            swarm.list_prices(&mut dice);
        }
        swarm.supply(&mut dice);
        if dice.one_in(20) {
            swarm.queue_up(&mut dice);
        }
        *rng = dice.0;
        swarm
    }

    /// A third of the acts is off, the others are weighed wildly.
    fn weigh_acts(&mut self, dice: &mut Dice) {
        for act in Act::ALL {
            let (least, most) = act.powers();
            let weight = 1 << dice.between(least, most);
            let is_off = act != Act::Place && dice.one_in(3);
            self.weights[act as usize] = if is_off { 0 } else { weight };
        }
        if self.warehouses < 2 {
            let swap = &mut self.weights[Act::Swap as usize];
            *swap = 1.min(*swap);
        }
    }

    /// Holds are placed and taken by orders, or there are none.
    fn hold_units(&mut self, dice: &mut Dice) {
        if self.weights[Act::Hold as usize] > 0 {
            self.hold_share = dice.pick(&[30, 100, 300, 800]);
            return;
        }
        for act in [Act::Extend, Act::Release, Act::ReadHold, Act::ReadHolds] {
            self.weights[act as usize] = self.weights[act as usize].min(1);
        }
    }

    /// Units are expected and come in, a few or as many as wait, or there are none.
    fn expect_units(&mut self, dice: &mut Dice) {
        self.supply_max = dice.pick(&[2, 8, 8, 32, 128]) * self.units_max;
        if self.weights[Act::Expect as usize] > 0 {
            return;
        }
        for act in [Act::ChangeSupply, Act::ReceiveSupply, Act::ReadSupply, Act::ReadSupplies] {
            self.weights[act as usize] = self.weights[act as usize].min(1);
        }
    }

    /// Costs change, and warehouses come and go: it is worth while to source orders again.
    fn change_places(&mut self, dice: &mut Dice) {
        for (act, least, most) in [(Act::Costs, 3, 8), (Act::Warehouse, 1, 6)] {
            let more = 1 << dice.between(least, most);
            let weight = &mut self.weights[act as usize];
            *weight = more.max(*weight);
        }
        if dice.one_in(2) {
            self.homes = 0;
        }
    }

    /// Most commands are lists of shadow prices of many cells.
    fn list_prices(&mut self, dice: &mut Dice) {
        self.weights[Act::Prices as usize] = 1 << dice.between(10, 11);
        (self.skus, self.warehouses, self.hot_share) = (128, 4, 0);
        self.modes[3] = 0;
    }

    /// What waiting lines are sourced by changes while they wait.
    fn change_rules(&mut self, dice: &mut Dice) {
        let acts = [Act::Costs, Act::Warehouse, Act::Sku, Act::Policy, Act::Assign, Act::Bundle];
        for act in acts.into_iter().chain([Act::Capacity]) {
            let weight = &mut self.weights[act as usize];
            *weight = (1 << dice.between(2, 6)).max(*weight);
        }
        self.zones_per_gap = dice.pick(&[2, 3, 12]);
    }

    /// Lines wait for more SKUs than one step of a sweep makes due, though units are there: elsewhere.
    fn spread_out(&mut self) {
        (self.skus, self.bundles, self.hot_share) = (100, 0, 0);
        (self.warehouses, self.homes, self.zones, self.zones_per_gap) = (2, 1, 4, 2);
        (self.modes, self.no_backorder_share, self.is_stocked) = ([1, 1, 32, 0], 0, true);
        self.lines_max = self.lines_max.max(5);
        for act in [Act::Costs, Act::Policy, Act::Assign, Act::Capacity] {
            self.weights[act as usize] = 4;
        }
    }

    /// Receipts that bring as much as orders want, or a little less, or more. Long books are made by
    /// [`Self::queue_up`], and where most orders want the first SKU.
    fn supply(&mut self, dice: &mut Dice) {
        let per_order = (3 * self.lines_max + 5) * (self.units_max + 1);
        let per_mille = dice.pick(&[800, 1_000, 1_000, 1_200, 2_000]);
        // A sixteenth of that many units, times the orders' weight.
        let wanted = per_order * 128 * per_mille / 1_000;
        self.receipt_max = dice.pick(&[16, 32, 64, 128]) * self.units_max;
        self.weights[Act::Receive as usize] = (2 * wanted / (self.receipt_max + 1)).max(1);
    }

    /// Most orders wait, and for the first SKU: its book grows by hundreds of lines, which some large
    /// receipts serve, and some of which no receipt can serve.
    fn queue_up(&mut self, dice: &mut Dice) {
        self.hot_share = dice.pick(&[500, 950]);
        self.modes = [1, 1, 32, dice.pick(&[0, 0, 4])];
        (self.unlimited_share, self.no_backorder_share) = (0, 0);
        self.zones_per_gap = dice.pick(&[2, 3, 12]);
        self.receipt_max = dice.pick(&[20, 100]) * self.units_max;
        self.weights[Act::Receive as usize] = dice.pick(&[32, 128]);
    }

    /// One SKU's book grows long: for tests of waiting lines.
    #[must_use]
    pub fn with_long_books(mut self) -> Self {
        self.hot_share = 950;
        self.modes = [1, 1, 32, 0];
        (self.unlimited_share, self.no_backorder_share) = (0, 0);
        (self.zones_per_gap, self.classes) = (2, 4);
        self.receipt_max = 20 * self.units_max;
        self.weights[Act::Receive as usize] = 64;
        self
    }

    /// Carts hold units, some for a moment and some for as long as it takes to order: for tests of
    /// holds.
    #[must_use]
    pub fn with_holds(mut self) -> Self {
        for (act, weight) in [(Act::Hold, 1_024), (Act::Extend, 32), (Act::Release, 64)] {
            self.weights[act as usize] = weight;
        }
        (self.weights[Act::ReadHold as usize], self.weights[Act::ReadHolds as usize]) = (32, 32);
        (self.hold_share, self.holds_remembered) = (500, 16);
        (self.owners, self.ttl_max) = (2, 1_200);
        self
    }

    /// One owner holds as much as may be, and hardly takes it.
    #[must_use]
    pub fn with_hoards(self) -> Self {
        let mut swarm = self.with_holds();
        (swarm.weights[Act::Place as usize], swarm.weights[Act::Release as usize]) = (256, 1);
        (swarm.lines_max, swarm.units_max) = (12, 1);
        (swarm.hold_share, swarm.owners, swarm.ttl_min, swarm.ttl_max) = (20, 1, 6_000, 604_800);
        swarm
    }

    /// Orders are sourced again while costs, warehouses and stock change: for tests of that.
    #[must_use]
    pub fn with_places_that_change(mut self) -> Self {
        for (act, weight) in [(Act::Resource, 1_024), (Act::Costs, 256), (Act::Warehouse, 64)] {
            self.weights[act as usize] = weight;
        }
        self.warehouses = self.warehouses.max(3);
        (self.homes, self.is_stocked) = (0, true);
        self
    }

    /// Most orders wait for what is expected, and what is expected changes: for tests of promises.
    #[must_use]
    pub fn with_supplies(mut self) -> Self {
        let acts = [
            (Act::Expect, 384),
            (Act::ChangeSupply, 192),
            (Act::ReceiveSupply, 256),
            (Act::ReadSupply, 32),
            (Act::ReadSupplies, 32),
            (Act::Cancel, 192),
            (Act::Receive, 64),
        ];
        for (act, weight) in acts {
            self.weights[act as usize] = weight;
        }
        self.modes = [1, 1, 32, if self.modes[3] > 0 { 8 } else { 0 }];
        (self.unlimited_share, self.no_backorder_share, self.zones_per_gap) = (0, 0, 3);
        (self.ahead_max, self.supplies_remembered) = (7_200, self.supplies_remembered.min(64));
        self
    }

    /// What orders wait for is given up at a time, now and then: for tests of that.
    #[must_use]
    pub fn with_dates(mut self) -> Self {
        self.weights[Act::CancelAt as usize] = 1_024;
        self.modes = [1, 2, 16, 4];
        (self.no_backorder_share, self.ahead_max) = (50, 1_200);
        self
    }

    /// Warehouses reject units of orders, again and again, and others have some: for tests of that.
    #[must_use]
    pub fn with_rejections(mut self) -> Self {
        (self.weights[Act::Reject as usize], self.weights[Act::Class as usize]) = (2_048, 64);
        self.weights[Act::Receive as usize] *= 3;
        (self.warehouses, self.homes, self.is_stocked) = (3, 2, true);
        (self.lines_max, self.units_max) = (self.lines_max.min(3), self.units_max.max(5));
        (self.rejections, self.cool_down_max) = (24, 3_600);
        self
    }

    /// Orders swap units, of few SKUs at few warehouses that serve few zones: for tests of that.
    #[must_use]
    pub fn with_swaps(mut self) -> Self {
        let acts = [(Act::Swap, 4_096), (Act::Costs, 768), (Act::Ship, 32), (Act::Capacity, 16)];
        for (act, weight) in acts {
            self.weights[act as usize] = weight;
        }
        (self.skus, self.warehouses, self.zones) = (2 + self.skus % 3, 2 + self.warehouses / 8, 4);
        self.bundles = self.bundles.min(1);
        (self.homes, self.is_stocked, self.modes) = (0, true, [1, 2, 16, 1]);
        (self.no_backorder_share, self.zones_per_gap) = (50, 40);
        (self.lines_max, self.units_max) = (self.lines_max.min(2), (self.units_max / 3).max(1));
        (self.days_max, self.tide) = (self.days_max.min(2), 24);
        self.weights[Act::Receive as usize] = 1_024;
        self.receipt_max = 2 * self.units_max;
        self
    }

    /// What waiting lines are sourced by changes, days begin, and bars end: for tests of sweeps.
    #[must_use]
    pub fn with_sweeps(mut self) -> Self {
        let acts = [
            (Act::Costs, 64),
            (Act::Warehouse, 32),
            (Act::Sku, 16),
            (Act::Policy, 32),
            (Act::Assign, 32),
            (Act::Capacity, 64),
            (Act::Bundle, 16),
            (Act::Reject, 256),
        ];
        for (act, weight) in acts {
            self.weights[act as usize] = weight;
        }
        (self.modes, self.zones_per_gap, self.cool_down_max) = ([1, 1, 16, 4], 2, 3_600);
        self.no_backorder_share = 0;
        self
    }

    /// The same, where lines wait for so many SKUs that a sweep takes some steps.
    #[must_use]
    pub fn with_long_sweeps(self) -> Self {
        let mut swarm = self.with_sweeps();
        swarm.spread_out();
        swarm
    }

    /// Holds and bars last for longer than anybody looks: where clocks are real ones.
    #[must_use]
    pub fn with_lasting_holds(self) -> Self {
        Self { ttl_min: 3_600, ttl_max: 7_200, cool_down_min: 7_200, ..self }
    }

    /// Orders' ids half from a set of so few: for tests that want ids to meet.
    #[must_use]
    pub fn with_tiny_ids(self, ids: u32) -> Self {
        Self { tiny_share: 500, tiny_ids: ids, ..self }
    }

    /// Whether the next shadow prices are a list of many rows. After the last, prices are seldom.
    pub(super) fn take_price_list(&mut self) -> bool {
        let is_list = self.price_lists > 0;
        self.price_lists = self.price_lists.saturating_sub(1);
        if is_list && self.price_lists == 0 {
            let (_, most) = Act::Prices.powers();
            self.weights[Act::Prices as usize] = 1 << most;
        }
        is_list
    }

    /// Without malformed items.
    #[must_use]
    pub fn well_formed(mut self) -> Self {
        self.weights[Act::Malformed as usize] = 0;
        self
    }
}
