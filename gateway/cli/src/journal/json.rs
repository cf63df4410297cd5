//! A record as a JSON object, with codes for handles. The names are a format that other programs
//! read; `docs/FORMAT.md` and the issue of the first release hold them.

mod hold;
mod matching;
mod policy;
mod promise;

use gantry_model::{
    AdjustReason, Command, CostRow, LineUnits, Movement, OrderLine, OrderUnits, Outcome,
    PlaceOrder, Proof, Record, Retire, SetCosts, SetLimits, Short, StockChange,
};
use serde::Serialize;

use crate::names::{Id, Name, Names, OrderName};
use hold::{ExpireHoldsJson, ExtendHoldJson, PlaceHoldJson, ReleaseHoldJson};
use matching::{AgainJson, MatchJson, PriorityJson, ResourceJson, SwapJson, SweepJson};
use policy::{AssignJson, BundleJson, CapacityJson, PolicyJson, PricesJson, ReservesJson};
use promise::{
    CancelAtJson, ChangeJson, ExpectJson, GiveUpJson, PromiseJson, ReceiptJson, RejectJson,
};

/// One line of a dump.
#[derive(Serialize)]
pub(super) struct RecordJson<'a> {
    sequence: u64,
    time_ns: u64,
    actor: u32,
    command: CommandJson<'a>,
    outcome: OutcomeJson<'a>,
    movements: Vec<MovementJson<'a>>,
}

/// What was asked, with every field that it had.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum CommandJson<'a> {
    PlaceOrder(PlaceOrderJson<'a>),
    CancelOrder(OrderUnitsJson<'a>),
    Receive(StockChangeJson<'a>),
    Adjust(StockChangeJson<'a>),
    SetStock(StockChangeJson<'a>),
    Ship(OrderUnitsJson<'a>),
    UpsertSku { id: Id, sku: &'a str, order_max: u32, tracked: bool, backorder: bool, active: bool },
    UpsertWarehouse { id: Id, warehouse: &'a str, priority: u16, active: bool },
    UpsertZone { id: Id, zone: &'a str },
    UpsertChannel { id: Id, channel: &'a str },
    SetCosts { id: Id, warehouse: Option<Name<'a>>, rows: Vec<CostJson<'a>> },
    SetLimits(LimitsJson),
    SetPolicy(PolicyJson<'a>),
    AssignPolicy(AssignJson<'a>),
    SetCapacity(CapacityJson<'a>),
    SetReserves(ReservesJson<'a>),
    SetBundle(BundleJson<'a>),
    SetShadowPrices(PricesJson<'a>),
    Mark { state_hash: String, hash_version: u32 },
    Retire { archive: u64, archive_hash: String, orders: u32, commands: u32 },
    Match(MatchJson<'a>),
    MatchAgain(AgainJson<'a>),
    SetPriority(PriorityJson<'a>),
    ResourceOrder(ResourceJson<'a>),
    SwapUnits(SwapJson<'a>),
    Sweep(SweepJson<'a>),
    PlaceHold(PlaceHoldJson<'a>),
    ExtendHold(ExtendHoldJson),
    ReleaseHold(ReleaseHoldJson),
    ExpireHolds(ExpireHoldsJson),
    ExpectSupply(ExpectJson<'a>),
    ChangeSupply(ChangeJson),
    ReceiveSupply(ReceiptJson),
    SetCancelAt(CancelAtJson<'a>),
    RejectUnits(RejectJson<'a>),
    Promise(PromiseJson<'a>),
    GiveUp(GiveUpJson<'a>),
}

#[derive(Serialize)]
struct PlaceOrderJson<'a> {
    id: Id,
    order: OrderName<'a>,
    order_id: Id,
    zone: Name<'a>,
    short: &'static str,
    channel: Option<Name<'a>>,
    priority_class: u8,
    service_level: u8,
    customer: Option<Id>,
    value_minor: i64,
    currency: Option<String>,
    /// The hold that it takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    hold: Option<Id>,
    lines: Vec<LineJson<'a>>,
}

#[derive(Serialize)]
struct LineJson<'a> {
    sku: Name<'a>,
    quantity: u32,
}

#[derive(Serialize)]
struct OrderUnitsJson<'a> {
    id: Id,
    order: OrderName<'a>,
    order_id: Id,
    units: Vec<UnitsJson<'a>>,
}

#[derive(Serialize)]
struct UnitsJson<'a> {
    line: u16,
    warehouse: Option<Name<'a>>,
    quantity: u32,
}

#[derive(Serialize)]
struct StockChangeJson<'a> {
    id: Id,
    sku: Name<'a>,
    warehouse: Option<Name<'a>>,
    quantity: i32,
    reason: Option<&'static str>,
    state: &'static str,
    note: &'a str,
}

#[derive(Serialize)]
struct CostJson<'a> {
    zone: Name<'a>,
    serves: bool,
    parcel_cost_cents: u32,
    unit_cost_cents: u32,
    days: u16,
}

#[derive(Serialize)]
struct LimitsJson {
    id: Id,
    lines_per_order_max: u32,
    quantity_per_line_max: u32,
    rejections_remembered_max: u32,
    sourcing_steps_max: u32,
}

/// What was decided. Some fields stand there only where they say something.
#[derive(Serialize)]
struct OutcomeJson<'a> {
    status: &'static str,
    reason: Option<&'static str>,
    cost_cents: i64,
    parcels: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    handle: Option<u32>,
    /// How far a plan is proven, and what that leaves open: units, the policy's measure, or cents.
    #[serde(skip_serializing_if = "Option::is_none")]
    proof: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gap: Option<i64>,
    /// The figure that was too large or too small, and what it was held against.
    #[serde(skip_serializing_if = "Option::is_none")]
    actual: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    shorts: Option<Vec<ShortJson<'a>>>,
}

#[derive(Serialize)]
struct ShortJson<'a> {
    line: u16,
    sku: Name<'a>,
    wanted: u32,
    available: u32,
}

#[derive(Serialize)]
struct MovementJson<'a> {
    kind: &'static str,
    sku: Name<'a>,
    warehouse: Option<Name<'a>>,
    order: Option<OrderName<'a>>,
    order_id: Option<Id>,
    /// Of units that are held, and are no longer, for a cart.
    #[serde(skip_serializing_if = "Option::is_none")]
    hold: Option<Id>,
    /// Of units that are promised, and are no longer: that of which they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    supply: Option<Id>,
    line: Option<u16>,
    quantity: i32,
    reason: Option<&'static str>,
}

impl<'a> RecordJson<'a> {
    /// `record`, which `names` has learned.
    pub(super) fn new(record: &Record<'a>, names: &'a Names) -> Self {
        let movements = record.movements.iter();
        Self {
            sequence: record.sequence.get(),
            time_ns: record.time.get(),
            actor: record.actor.get(),
            command: CommandJson::new(&record.command, names),
            outcome: OutcomeJson::new(&record.outcome, names),
            movements: movements.map(|movement| MovementJson::new(movement, names)).collect(),
        }
    }
}

impl<'a> CommandJson<'a> {
    fn new(command: &Command<'a>, names: &'a Names) -> Self {
        match *command {
            Command::PlaceOrder(order) => Self::PlaceOrder(PlaceOrderJson::new(&order, names)),
            Command::CancelOrder(units) => Self::CancelOrder(OrderUnitsJson::new(&units, names)),
            Command::Ship(units) => Self::Ship(OrderUnitsJson::new(&units, names)),
            Command::Receive(change) => Self::Receive(StockChangeJson::new(&change, names)),
            Command::Adjust(change) => Self::Adjust(StockChangeJson::new(&change, names)),
            Command::SetStock(change) => Self::SetStock(StockChangeJson::new(&change, names)),
            Command::UpsertSku(sku) => Self::UpsertSku {
                id: Id(sku.id.get()),
                sku: sku.code,
                order_max: sku.order_max,
                tracked: sku.tracked,
                backorder: sku.backorder,
                active: sku.active,
            },
            Command::UpsertWarehouse(warehouse) => Self::UpsertWarehouse {
                id: Id(warehouse.id.get()),
                warehouse: warehouse.code,
                priority: warehouse.priority,
                active: warehouse.active,
            },
            Command::UpsertZone(zone) => {
                Self::UpsertZone { id: Id(zone.id.get()), zone: zone.code }
            }
            Command::UpsertChannel(channel) => {
                Self::UpsertChannel { id: Id(channel.id.get()), channel: channel.code }
            }
            Command::SetCosts(costs) => Self::set_costs(&costs, names),
            Command::SetLimits(limits) => Self::SetLimits(LimitsJson::new(&limits)),
            Command::SetPolicy(policy) => Self::SetPolicy(PolicyJson::new(&policy, names)),
            Command::AssignPolicy(assign) => Self::AssignPolicy(AssignJson::new(&assign, names)),
            Command::SetCapacity(capacity) => {
                Self::SetCapacity(CapacityJson::new(&capacity, names))
            }
            Command::SetReserves(reserves) => {
                Self::SetReserves(ReservesJson::new(&reserves, names))
            }
            Command::SetBundle(bundle) => Self::SetBundle(BundleJson::new(&bundle, names)),
            Command::SetShadowPrices(prices) => {
                Self::SetShadowPrices(PricesJson::new(&prices, names))
            }
            Command::Mark { state_hash, hash_version } => {
                Self::Mark { state_hash: format!("{state_hash:032x}"), hash_version }
            }
            Command::Retire(retire) => Self::retire(&retire),
            Command::Match(_)
            | Command::MatchAgain(_)
            | Command::SetPriority(_)
            | Command::ResourceOrder(_)
            | Command::SwapUnits(_)
            | Command::Sweep(_)
            | Command::PlaceHold(_)
            | Command::ExtendHold(_)
            | Command::ReleaseHold(_)
            | Command::ExpireHolds(_)
            | Command::ExpectSupply(_)
            | Command::ChangeSupply(_)
            | Command::ReceiveSupply(_)
            | Command::SetCancelAt(_)
            | Command::RejectUnits(_)
            | Command::Promise(_)
            | Command::GiveUp(_) => Self::of_later(command, names),
        }
    }

    /// What is not done with an order at once: waiting, carts, and what is expected, promised, given
    /// up or rejected.
    fn of_later(command: &Command<'a>, names: &'a Names) -> Self {
        match command {
            Command::Match(looked) => Self::Match(MatchJson::new(looked, names)),
            Command::MatchAgain(again) => Self::MatchAgain(AgainJson::new(again, names)),
            Command::SetPriority(priority) => Self::SetPriority(PriorityJson::new(priority, names)),
            Command::ResourceOrder(resource) => {
                Self::ResourceOrder(ResourceJson::new(resource, names))
            }
            Command::SwapUnits(swap) => Self::SwapUnits(SwapJson::new(swap, names)),
            Command::Sweep(sweep) => Self::Sweep(SweepJson::new(sweep, names)),
            Command::PlaceHold(hold) => Self::PlaceHold(PlaceHoldJson::new(hold, names)),
            Command::ExtendHold(extend) => Self::ExtendHold(ExtendHoldJson::new(extend)),
            Command::ReleaseHold(release) => Self::ReleaseHold(ReleaseHoldJson::new(release)),
            Command::ExpireHolds(expired) => {
                Self::ExpireHolds(ExpireHoldsJson::new(expired, names))
            }
            Command::ExpectSupply(supply) => Self::ExpectSupply(ExpectJson::new(supply, names)),
            Command::ChangeSupply(change) => Self::ChangeSupply(ChangeJson::new(change)),
            Command::ReceiveSupply(receipt) => Self::ReceiveSupply(ReceiptJson::new(receipt)),
            Command::SetCancelAt(cancel) => Self::SetCancelAt(CancelAtJson::new(cancel, names)),
            Command::RejectUnits(rejected) => Self::RejectUnits(RejectJson::new(rejected, names)),
            Command::Promise(promise) => Self::Promise(PromiseJson::new(promise, names)),
            Command::GiveUp(given_up) => Self::GiveUp(GiveUpJson::new(given_up, names)),
            _ => unreachable!("every other command has its object above"),
        }
    }

    fn retire(retire: &Retire) -> Self {
        Self::Retire {
            archive: retire.archive,
            archive_hash: format!("{:032x}", u128::from_be_bytes(retire.archive_hash)),
            orders: retire.orders,
            commands: retire.commands,
        }
    }

    fn set_costs(costs: &SetCosts<'a>, names: &'a Names) -> Self {
        Self::SetCosts {
            id: Id(costs.id.get()),
            warehouse: names.warehouse(costs.warehouse),
            rows: costs.rows.iter().map(|row| CostJson::new(row, names)).collect(),
        }
    }
}

impl LimitsJson {
    fn new(command: &SetLimits) -> Self {
        let limits = &command.limits;
        Self {
            id: Id(command.id.get()),
            lines_per_order_max: limits.lines_per_order_max,
            quantity_per_line_max: limits.quantity_per_line_max,
            rejections_remembered_max: limits.rejections_remembered_max,
            sourcing_steps_max: limits.sourcing_steps_max,
        }
    }
}

impl<'a> PlaceOrderJson<'a> {
    fn new(order: &PlaceOrder<'a>, names: &'a Names) -> Self {
        let id = Id(order.id.get());
        Self {
            id,
            order: Names::placing(order),
            order_id: id,
            zone: names.zone(order.zone),
            short: order.short.name(),
            channel: names.channel(order.channel),
            priority_class: order.priority_class,
            service_level: order.service_level,
            customer: (order.customer != 0).then_some(Id(order.customer)),
            value_minor: order.value_minor,
            currency: currency(order),
            hold: hold::named(order.hold),
            lines: order.lines.iter().map(|line| LineJson::new(line, names)).collect(),
        }
    }
}

impl<'a> LineJson<'a> {
    fn new(line: &OrderLine, names: &'a Names) -> Self {
        Self { sku: names.sku(line.sku()), quantity: line.quantity() }
    }
}

impl<'a> OrderUnitsJson<'a> {
    fn new(command: &OrderUnits<'a>, names: &'a Names) -> Self {
        let order = names.order(command.order);
        let units = command.units.iter().map(|units| UnitsJson::new(units, names));
        Self { id: Id(command.id.get()), order, order_id: order.id, units: units.collect() }
    }
}

impl<'a> UnitsJson<'a> {
    fn new(units: &LineUnits, names: &'a Names) -> Self {
        Self {
            line: units.line(),
            warehouse: names.warehouse(units.warehouse()),
            quantity: units.quantity(),
        }
    }
}

impl<'a> StockChangeJson<'a> {
    fn new(change: &StockChange<'a>, names: &'a Names) -> Self {
        Self {
            id: Id(change.id.get()),
            sku: names.sku(change.sku),
            warehouse: names.warehouse(change.warehouse),
            quantity: change.quantity,
            reason: reason(change.reason),
            state: change.state.name(),
            note: change.note,
        }
    }
}

impl<'a> CostJson<'a> {
    fn new(row: &CostRow, names: &'a Names) -> Self {
        Self {
            zone: names.zone(row.zone()),
            serves: row.is_served(),
            parcel_cost_cents: row.parcel_cost(),
            unit_cost_cents: row.unit_cost(),
            days: row.days(),
        }
    }
}

impl<'a> OutcomeJson<'a> {
    fn new(outcome: &Outcome<'a>, names: &'a Names) -> Self {
        let head = outcome.head;
        let proof = head.proof();
        let rejected = head.reason().is_some();
        let short = |short: &Short| ShortJson {
            line: short.line(),
            sku: names.sku(short.sku()),
            wanted: short.wanted(),
            available: short.available(),
        };
        Self {
            status: if rejected { "rejected" } else { "accepted" },
            reason: head.reason().map(gantry_model::RejectReason::name),
            cost_cents: head.cost_minor(),
            parcels: head.parcels(),
            handle: head.handle(),
            proof: proof.map(Proof::name),
            gap: proof.map(|_| head.gap()),
            actual: rejected.then(|| head.actual()),
            limit: rejected.then(|| head.limit()),
            shorts: rejected.then(|| outcome.shorts.iter().map(short).collect()),
        }
    }
}

impl<'a> MovementJson<'a> {
    fn new(movement: &Movement, names: &'a Names) -> Self {
        let order = names.order_placed(movement.order());
        let is_of_hold = movement.kind().is_of_hold();
        let hold = is_of_hold.then(|| names.hold_placed(movement.order())).flatten();
        Self {
            kind: movement.kind().name(),
            sku: names.sku(movement.sku()),
            warehouse: names.warehouse(movement.warehouse()),
            order,
            order_id: order.map(|order| order.id),
            hold,
            supply: names.supply_of(movement),
            line: (order.is_some() || is_of_hold).then(|| movement.line()),
            quantity: movement.quantity(),
            reason: reason(movement.reason()),
        }
    }
}

fn reason(reason: AdjustReason) -> Option<&'static str> {
    (reason != AdjustReason::None).then(|| reason.name())
}

/// The letters before the padding, if there are any.
fn currency(order: &PlaceOrder<'_>) -> Option<String> {
    let letters: Vec<u8> = order.currency.into_iter().take_while(|byte| *byte != 0).collect();
    (!letters.is_empty()).then(|| String::from_utf8_lossy(&letters).into_owned())
}
