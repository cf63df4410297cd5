//! A network to source in: 100,000 SKUs over 64 warehouses, and orders by class.
//!
//! Costs follow the bands of a parcel carrier: six of them, 7.80 to 13.40 a parcel and 0.45 to 1.00
//! a unit, one drawn for each warehouse and zone. A SKU lies in each warehouse with a chance of 40 %
//! and then with 1 to 12 units, so many orders find no single warehouse that has everything. SKUs of
//! orders are drawn uniformly: nearly every row of stock that a decision reads is a cache miss.

use gantry_engine::{Demand, Engine, Problem, Source, State};
use gantry_journal::{FrameBuffer, PAYLOAD_BYTES_MAX};
use gantry_model::{
    Actor, AdjustReason, COMMAND_BYTES_MAX, Command, CommandId, CostRow, EngineTime, Item, Limits,
    Objective, OrderLine, RECORD_BYTES_MAX, SetCosts, Sku, StockChange, StockState, UpsertCode,
    UpsertSku, UpsertWarehouse, Warehouse, Zone,
};

use crate::random::Random;

/// SKUs of the network.
const SKUS: u32 = 100_000;
/// Warehouses that serve each zone: those of the lowest handles.
const SERVING: [u16; 3] = [8, 32, 64];
/// Parcel cost, unit cost, days.
const BANDS: [(u32, u32, u16); 6] =
    [(780, 45, 1), (830, 50, 2), (920, 60, 3), (1_040, 70, 4), (1_190, 85, 4), (1_340, 100, 5)];
/// Chance that a warehouse has a SKU, in per cent.
const STOCKED_PER_CENT: u32 = 40;
const UNITS_MAX: u32 = 12;

/// A class of orders.
#[derive(Clone, Copy, Debug)]
pub struct OrderClass {
    /// Its name in tables.
    pub name: &'static str,
    zone: u16,
    lines: (u32, u32),
    quantity_max: u32,
    /// Parcels of the best plan, where the class is defined by them.
    parcels: Option<(u32, u32)>,
}

impl OrderClass {
    /// The classes whose speed is promised, and which.
    pub const ALL: [Self; 4] = [
        Self {
            name: "one parcel of 8",
            zone: 0,
            lines: (1, 2),
            quantity_max: 3,
            parcels: Some((1, 1)),
        },
        Self {
            name: "more parcels of 8",
            zone: 0,
            lines: (2, 4),
            quantity_max: 3,
            parcels: Some((2, 8)),
        },
        Self { name: "5 lines x 32", zone: 1, lines: (5, 5), quantity_max: 3, parcels: None },
        Self { name: "14 lines x 64", zone: 2, lines: (14, 14), quantity_max: 10, parcels: None },
    ];

    /// Whether an order whose best plan has so many parcels is of this class.
    #[must_use]
    pub fn admits(&self, parcels: u32) -> bool {
        self.parcels.is_none_or(|(least, most)| (least..=most).contains(&parcels))
    }
}

/// An order to source.
#[derive(Clone, Debug)]
pub struct SourcingOrder {
    /// Where it goes.
    pub zone: Zone,
    /// What is wanted; each SKU once.
    pub lines: Vec<OrderLine>,
}

/// The network, in an engine.
#[derive(Debug)]
pub struct SourcingShop {
    engine: Engine,
    random: Random,
    records: FrameBuffer,
    replies: Vec<u8>,
}

impl SourcingShop {
    /// The network of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let mut shop = Self {
            engine: Engine::new(),
            random: Random::new(seed),
            records: FrameBuffer::new(PAYLOAD_BYTES_MAX),
            replies: Vec::new(),
        };
        shop.define_network();
        shop.define_skus();
        shop
    }

    /// The state, to read.
    #[must_use]
    pub const fn state(&self) -> &State {
        self.engine.state()
    }

    /// A random order of a class; whether it is of the class only its plan can tell.
    pub fn order(&mut self, class: &OrderClass) -> SourcingOrder {
        let (least, most) = class.lines;
        let count = least + self.random.below(most - least + 1);
        let mut lines: Vec<OrderLine> = Vec::new();
        while lines.len() < count as usize {
            let sku = Sku::new(self.random.below(SKUS));
            if lines.iter().all(|line| line.sku() != sku) {
                lines.push(OrderLine::new(sku, 1 + self.random.below(class.quantity_max)));
            }
        }
        SourcingOrder { zone: Zone::new(class.zone), lines }
    }

    /// Reads what the decision about an order depends on, as the engine does for an order without
    /// rules.
    pub fn fill(&self, order: &SourcingOrder, problem: &mut Problem) {
        let state = self.state();
        problem.objective = Objective::LeastCost;
        problem.parcels_max = 64;
        problem.steps_max = Limits::DEFAULT.sourcing_steps_max.into();
        problem.sources.clear();
        problem.sources.extend(state.network.candidates(order.zone).map(|candidate| Source {
            warehouse: candidate.warehouse,
            priority: candidate.priority,
            days: candidate.days.into(),
            parcel_cost: candidate.parcel_cost,
            unit_cost: candidate.unit_cost,
            units_max: u32::MAX,
            load_per_mille: 0,
            is_open: false,
        }));
        problem.demands.clear();
        problem.available.clear();
        for line in &order.lines {
            problem.demands.push(Demand { sku: line.sku(), units: line.quantity() });
            let sources = problem.sources.iter();
            let units = sources.map(|source| state.stock.available(line.sku(), source.warehouse));
            problem.available.extend(units);
        }
    }

    fn define_network(&mut self) {
        for code in ["near", "region", "land"] {
            let id = self.next_id();
            self.carry_out(&Command::UpsertZone(UpsertCode { id, code }));
        }
        for number in 0..SERVING[SERVING.len() - 1] {
            let code = format!("W{number}");
            let (id, priority) = (self.next_id(), number + 1);
            let warehouse = UpsertWarehouse { id, priority, active: true, code: &code };
            self.carry_out(&Command::UpsertWarehouse(warehouse));
            let zones = (0..).zip(SERVING).filter(|(_, serving)| number < *serving);
            let rows: Vec<CostRow> = zones.map(|(zone, _)| self.cost_row(zone)).collect();
            let id = self.next_id();
            let costs = SetCosts { id, warehouse: Warehouse::new(number), rows: &rows };
            self.carry_out(&Command::SetCosts(costs));
        }
    }

    fn cost_row(&mut self, zone: u16) -> CostRow {
        let bands = u32::try_from(BANDS.len()).expect("invariant: six");
        let (parcel, unit, days) = BANDS[self.random.below(bands) as usize];
        CostRow::serves(Zone::new(zone), parcel, unit, days)
    }

    fn define_skus(&mut self) {
        for number in 0..SKUS {
            let code = format!("SKU-{number}");
            let (id, order_max) = (self.next_id(), 0);
            let (tracked, backorder, active) = (true, true, true);
            let sku = UpsertSku { id, order_max, tracked, backorder, active, code: &code };
            self.carry_out(&Command::UpsertSku(sku));
            for warehouse in 0..SERVING[SERVING.len() - 1] {
                if self.random.below(100) < STOCKED_PER_CENT {
                    self.receive(Sku::new(number), Warehouse::new(warehouse));
                }
            }
        }
    }

    fn receive(&mut self, sku: Sku, warehouse: Warehouse) {
        let quantity = i32::try_from(1 + self.random.below(UNITS_MAX)).expect("invariant: small");
        let id = self.next_id();
        let (reason, state, note) = (AdjustReason::None, StockState::OnHand, "");
        let change = StockChange { id, sku, warehouse, quantity, reason, state, note };
        self.carry_out(&Command::Receive(change));
    }

    fn next_id(&mut self) -> CommandId {
        CommandId::new(self.random.next_id())
    }

    fn carry_out(&mut self, command: &Command<'_>) {
        let mut bytes = Vec::with_capacity(128);
        command.write(&mut bytes);
        let (item, _) = Item::split(&bytes, COMMAND_BYTES_MAX).expect("invariant: just written");
        if self.records.remaining_bytes() < RECORD_BYTES_MAX {
            self.records.clear();
        }
        self.replies.clear();
        let now = EngineTime::new(self.engine.last_time().get() + 1);
        let actor = Actor::CLIENT_MIN;
        self.engine.execute(&item, actor, now, &mut self.records, &mut self.replies);
    }
}
