//! A seeded shop in an engine: SKUs, warehouses, costs and stock, and a stream of orders.
//!
//! Each SKU lies in three of the warehouses, so that an order of several lines often finds no
//! single one that has everything, and sourcing has work to do. SKUs are drawn uniformly: unlike
//! real demand, that makes nearly every look-up miss the caches.

use gantry_engine::Engine;
use gantry_journal::{FRAME_BYTES_MAX, FrameBuffer, PAYLOAD_BYTES_MAX};
use gantry_model::{
    Actor, AdjustReason, COMMAND_BYTES_MAX, Channel, Command, CommandId, CostRow, EngineTime,
    HoldId, Item, OrderLine, PlaceOrder, RECORD_BYTES_MAX, SetCosts, ShortMode, Sku, StockChange,
    StockState, UpsertCode, UpsertSku, UpsertWarehouse, Warehouse, Zone,
};

use crate::random::Random;

/// Units in each cell that has any: enough for every order that a benchmark places.
const UNITS_PER_CELL: i32 = 1_000_000;
/// Warehouses that hold one SKU.
const WAREHOUSES_PER_SKU: u32 = 3;
/// Lines of an order are 1 to this, the mean 2.
const LINES_MAX: u32 = 3;
/// Who places the orders.
const ACTOR: Actor = Actor::CLIENT_MIN;

/// How big a shop is.
#[derive(Clone, Copy, Debug)]
pub struct ShopPlan {
    /// SKUs.
    pub skus: u32,
    /// Warehouses.
    pub warehouses: u16,
    /// Seed of stock and orders.
    pub seed: u64,
}

impl ShopPlan {
    /// The size of the workload `steady`: 100,000 SKUs in 8 warehouses.
    pub const STEADY: Self = Self { skus: 100_000, warehouses: 8, seed: 1 };
}

/// Orders without end, the same for one plan.
#[derive(Clone, Debug)]
pub struct OrderStream {
    skus: u32,
    random: Random,
}

impl OrderStream {
    /// The orders of a shop of this plan.
    #[must_use]
    pub fn new(plan: ShopPlan) -> Self {
        // Another stream than the one that lays out the stock.
        Self { skus: plan.skus, random: Random::new(!plan.seed) }
    }

    /// Appends one order's command item to `out`.
    pub fn write(&mut self, out: &mut Vec<u8>) {
        let mut lines = [OrderLine::new(Sku::new(0), 1); LINES_MAX as usize];
        let line_count = 1 + self.random.below(LINES_MAX) as usize;
        for line in &mut lines[..line_count] {
            let sku = Sku::new(self.random.below(self.skus));
            *line = OrderLine::new(sku, 1 + self.random.below(3));
        }
        let order = PlaceOrder {
            id: CommandId::new(self.random.next_id()),
            hold: HoldId::NONE,
            customer: 0,
            value_minor: 0,
            currency: [0; 4],
            zone: Zone::new(0),
            channel: Channel::NONE,
            priority_class: 0,
            service_level: 0,
            short: ShortMode::Backorder,
            reference: "",
            lines: &lines[..line_count],
        };
        Command::PlaceOrder(order).write(out);
    }
}

/// An engine full of stock, and its orders to come.
#[derive(Debug)]
pub struct Shop {
    plan: ShopPlan,
    engine: Engine,
    orders: OrderStream,
    random: Random,
    now_ns: u64,
    records: FrameBuffer,
    replies: Vec<u8>,
    frames: Option<Vec<Vec<u8>>>,
}

impl Shop {
    /// Opens the shop: everything that orders need is defined and received.
    #[must_use]
    pub fn new(plan: ShopPlan) -> Self {
        Self::open(plan, None)
    }

    /// As [`new`](Self::new), and keeps the payload of every frame from the first record on.
    #[must_use]
    pub fn recorded(plan: ShopPlan) -> Self {
        Self::open(plan, Some(Vec::new()))
    }

    fn open(plan: ShopPlan, frames: Option<Vec<Vec<u8>>>) -> Self {
        let mut shop = Self {
            plan,
            engine: Engine::new(),
            orders: OrderStream::new(plan),
            random: Random::new(plan.seed),
            now_ns: 1,
            records: FrameBuffer::new(PAYLOAD_BYTES_MAX),
            replies: Vec::new(),
            frames,
        };
        shop.define_network();
        shop.define_skus();
        shop
    }

    /// The engine.
    #[must_use]
    pub fn engine(&mut self) -> &mut Engine {
        &mut self.engine
    }

    /// Appends one order's command item to `out`.
    pub fn write_order(&mut self, out: &mut Vec<u8>) {
        self.orders.write(out);
    }

    /// The engine and the orders to come, to be driven otherwise.
    #[must_use]
    pub fn into_parts(self) -> (Engine, OrderStream) {
        (self.engine, self.orders)
    }

    /// Carries out the command items in `items`, as the writer would.
    pub fn execute(&mut self, items: &[u8]) {
        let mut rest = items;
        while !rest.is_empty() {
            let (item, after) = Item::split(rest, COMMAND_BYTES_MAX)
                .expect("invariant: the shop wrote the items itself");
            rest = after;
            self.execute_item(&item);
        }
    }

    fn execute_item(&mut self, item: &Item<'_>) {
        if self.records.remaining_bytes() < RECORD_BYTES_MAX {
            self.hand_over();
        }
        self.now_ns += 1;
        let now = EngineTime::new(self.now_ns);
        self.engine.execute(item, ACTOR, now, &mut self.records, &mut self.replies);
    }

    /// Empties the buffers; keeps the records if this shop is recorded.
    fn hand_over(&mut self) {
        if let Some(frames) = self.frames.as_mut().filter(|_| self.records.payload_bytes() > 0) {
            frames.push(self.records.payload().to_vec());
        }
        self.records.clear();
        self.replies.clear();
    }

    /// The payloads so far, if this shop is recorded.
    #[must_use]
    pub fn take_frames(&mut self) -> Vec<Vec<u8>> {
        self.hand_over();
        self.frames.replace(Vec::new()).unwrap_or_default()
    }

    fn carry_out(&mut self, command: &Command<'_>) {
        let mut item = Vec::with_capacity(128);
        command.write(&mut item);
        self.execute(&item);
    }

    fn define_network(&mut self) {
        let id = CommandId::new(self.random.next_id());
        self.carry_out(&Command::UpsertZone(UpsertCode { id, code: "zone" }));
        for number in 0..self.plan.warehouses {
            let code = format!("warehouse-{number}");
            let id = CommandId::new(self.random.next_id());
            let priority = number + 1;
            let warehouse = UpsertWarehouse { id, priority, active: true, code: &code };
            self.carry_out(&Command::UpsertWarehouse(warehouse));
            let rows = [CostRow::serves(Zone::new(0), 400 + self.random.below(400), 10, 2)];
            let id = CommandId::new(self.random.next_id());
            let costs = SetCosts { id, warehouse: Warehouse::new(number), rows: &rows };
            self.carry_out(&Command::SetCosts(costs));
        }
    }

    fn define_skus(&mut self) {
        for number in 0..self.plan.skus {
            let code = format!("SKU-{number}");
            let id = CommandId::new(self.random.next_id());
            let sku = UpsertSku {
                id,
                order_max: 0,
                tracked: true,
                backorder: true,
                active: true,
                code: &code,
            };
            self.carry_out(&Command::UpsertSku(sku));
            self.receive(Sku::new(number));
        }
    }

    /// Fills the SKU's warehouses: neighbours, beginning with a random one.
    fn receive(&mut self, sku: Sku) {
        let warehouses = u32::from(self.plan.warehouses);
        let first = self.random.below(warehouses);
        for step in 0..WAREHOUSES_PER_SKU.min(warehouses) {
            let number = u16::try_from((first + step) % warehouses);
            let warehouse = Warehouse::new(number.expect("invariant: below the count in 16 bits"));
            let change = StockChange {
                id: CommandId::new(self.random.next_id()),
                sku,
                warehouse,
                quantity: UNITS_PER_CELL,
                reason: AdjustReason::None,
                state: StockState::OnHand,
                note: "",
            };
            self.carry_out(&Command::Receive(change));
        }
    }
}

// Several of the longest records fit one frame, so a benchmark hands over rarely.
const _: () = assert!(FRAME_BYTES_MAX > 2 * RECORD_BYTES_MAX);
