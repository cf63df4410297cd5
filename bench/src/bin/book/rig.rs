//! An engine, its records, and the small shop that both programs use: three warehouses, of which
//! each zone is served by two.

use gantry_engine::Engine;
use gantry_journal::{FrameBuffer, PAYLOAD_BYTES_MAX};
use gantry_model::{
    Actor, AdjustReason, AssignPolicy, COMMAND_BYTES_MAX, Channel, Command, CommandId, CostRow,
    EngineTime, HoldId, Item, Objective, OrderLine, PlaceOrder, Policy, RECORD_BYTES_MAX, Record,
    Rules, Sequence, SetCosts, SetPolicy, ShortMode, Sku, StockChange, StockState, UpsertCode,
    UpsertSku, UpsertWarehouse, Warehouse, Zone,
};

/// By zone: the two warehouses that serve it, with the cost of a parcel and of a unit. No sum of
/// them is another's, so there is one best plan.
pub(crate) const SERVED: [[(u16, i64, i64); 2]; 2] =
    [[(0, 1_000_003, 7), (1, 1_010_007, 11)], [(1, 1_000_033, 5), (2, 1_030_001, 3)]];
/// Warehouses.
pub(crate) const WAREHOUSES: usize = 3;

/// An engine and the records that it wrote since they were taken last.
pub(crate) struct Rig {
    pub(crate) engine: Engine,
    records: FrameBuffer,
    ids: u128,
    /// Nanoseconds that pass before the next command.
    ahead: u64,
}

impl Rig {
    /// A shop with so many SKUs and no stock.
    pub(crate) fn new(skus: u32) -> Self {
        let records = FrameBuffer::new(PAYLOAD_BYTES_MAX);
        let mut rig = Self { engine: Engine::new(), records, ids: 0, ahead: 0 };
        for code in ["A", "B", "C"] {
            let id = rig.next_id();
            let row = UpsertWarehouse { id, priority: 1, active: true, code };
            rig.must(&Command::UpsertWarehouse(row));
        }
        for (zone, served) in (0..).zip(SERVED) {
            let code = format!("Z{zone}");
            let id = rig.next_id();
            rig.must(&Command::UpsertZone(UpsertCode { id, code: &code }));
            for (warehouse, parcel, unit) in served {
                let cost = |cost: i64| u32::try_from(cost).expect("invariant: a small cost");
                let row = CostRow::serves(Zone::new(zone), cost(parcel), cost(unit), 1);
                let (id, warehouse) = (rig.next_id(), Warehouse::new(warehouse));
                rig.must(&Command::SetCosts(SetCosts { id, warehouse, rows: &[row] }));
            }
        }
        for sku in 0..skus {
            let (id, code) = (rig.next_id(), format!("S{sku}"));
            rig.must(&Command::UpsertSku(UpsertSku {
                id,
                order_max: 0,
                tracked: true,
                backorder: true,
                active: true,
                code: &code,
            }));
        }
        let id = rig.next_id();
        rig.must(&Command::SetPolicy(SetPolicy {
            id,
            objective: Objective::LeastCost,
            soft: Rules::NONE,
            parcels_max: 64,
            days_max: u16::MAX,
            split_value_min: 0,
            warehouses: &[],
            no_split_skus: &[],
            code: "cost",
        }));
        let (id, channel) = (rig.next_id(), Channel::NONE);
        rig.must(&Command::AssignPolicy(AssignPolicy { id, channel, policy: Policy::new(0) }));
        rig
    }

    /// An id that was not used before.
    pub(crate) fn next_id(&mut self) -> CommandId {
        self.ids += 1;
        CommandId::new(self.ids)
    }

    /// The id that comes next.
    pub(crate) fn upcoming_id(&self) -> CommandId {
        CommandId::new(self.ids + 1)
    }

    /// Places an order of one line that may wait; returns its id.
    pub(crate) fn place(&mut self, zone: u16, sku: u32, units: u32, class: u8) -> CommandId {
        let id = self.next_id();
        self.must(&Command::PlaceOrder(PlaceOrder {
            id,
            hold: HoldId::NONE,
            customer: 0,
            value_minor: 0,
            currency: [0; 4],
            zone: Zone::new(zone),
            channel: Channel::NONE,
            priority_class: class,
            service_level: 0,
            short: ShortMode::Backorder,
            reference: "",
            lines: &[OrderLine::new(Sku::new(sku), units)],
        }));
        id
    }

    /// A change of stock without a reason.
    pub(crate) fn change(
        &mut self,
        sku: u32,
        warehouse: u16,
        quantity: i32,
    ) -> StockChange<'static> {
        StockChange {
            id: self.next_id(),
            sku: Sku::new(sku),
            warehouse: Warehouse::new(warehouse),
            quantity,
            reason: AdjustReason::None,
            state: StockState::OnHand,
            note: "",
        }
    }

    /// Sends a command; whether it left a record of something done.
    pub(crate) fn send(&mut self, command: &Command<'_>) -> bool {
        self.make_room();
        let mut bytes = Vec::new();
        command.write(&mut bytes);
        let (item, _) = Item::split(&bytes, COMMAND_BYTES_MAX).expect("invariant: a whole item");
        let (now, mut reply) = (self.now(), Vec::new());
        let before = self.engine.last_sequence();
        self.engine.execute(&item, Actor::CLIENT_MIN, now, &mut self.records, &mut reply);
        let is_written = self.engine.last_sequence() > before;
        self.ahead = if is_written { 0 } else { self.ahead };
        is_written
    }

    fn must(&mut self, command: &Command<'_>) {
        assert!(self.send(command), "{command:?} left no record");
    }

    /// Looks at waiting lines; whether any were due.
    pub(crate) fn step(&mut self) -> bool {
        self.make_room();
        let now = self.now();
        let worked = self.engine.match_waiting(now, &mut self.records);
        self.ahead = if worked { 0 } else { self.ahead };
        worked
    }

    /// Makes promises anew that cannot be kept, or that nobody was given; whether any were to be.
    pub(crate) fn review(&mut self) -> bool {
        self.make_room();
        let now = self.now();
        let worked = self.engine.review_promises(now, &mut self.records);
        self.ahead = if worked { 0 } else { self.ahead };
        worked
    }

    fn make_room(&mut self) {
        let is_full = PAYLOAD_BYTES_MAX - self.records.payload_bytes() < RECORD_BYTES_MAX;
        if is_full {
            self.records.clear();
        }
    }

    fn now(&self) -> EngineTime {
        EngineTime::new(self.time().get() + 1_000)
    }

    /// What time it is.
    pub(crate) fn time(&self) -> EngineTime {
        EngineTime::new(self.engine.last_time().get() + self.ahead)
    }

    /// Lets time pass.
    pub(crate) fn pass(&mut self, nanoseconds: u64) {
        self.ahead += nanoseconds;
    }

    /// The bytes of the record that was written last, of which `before` bytes lie before it.
    pub(crate) fn take_records(&mut self) -> Vec<u8> {
        let taken = self.records.payload().to_vec();
        self.records.clear();
        taken
    }

    /// The last record that was applied.
    pub(crate) fn last_sequence(&self) -> Sequence {
        self.engine.last_sequence()
    }
}

/// The only record of `bytes`.
pub(crate) fn one_record(bytes: &[u8]) -> Record<'_> {
    let (record, rest) = Record::split(bytes).expect("invariant: what the engine wrote");
    assert!(rest.is_empty(), "one record at a time");
    record
}
