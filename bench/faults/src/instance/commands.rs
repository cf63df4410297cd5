//! The commands of a seed: a shop is set up, orders are placed and most of them closed.

use gantry_engine::{InstanceError, LocalInstance};
use gantry_model::{
    Actor, AdjustReason, COMMAND_BYTES_MAX, Channel, Command, CommandId, CostRow, EngineTime,
    HoldId, Item, LineUnits, OrderId, OrderLine, OrderUnits, PlaceOrder, Query, Reply, ReplyBody,
    ReplyStatus, SetCosts, ShortMode, Sku, StockChange, StockState, UpsertCode, UpsertSku,
    UpsertWarehouse, Warehouse, Zone,
};
use gantry_protocol::REPLY_PAYLOAD_BYTES_MAX;

use crate::judge::Violation;

/// Commands that set the shop up. Behind them two belong to each order: one places it, the next
/// decides what becomes of it.
const SET_UP: u64 = 5;

/// Sends command `number` of a seed; whether it was carried out now, and not before.
pub(super) fn send(
    instance: &mut LocalInstance,
    seed: u64,
    number: u64,
) -> Result<bool, InstanceError> {
    let now = EngineTime::new(1_000 * (number + 1));
    let reply =
        with_command(seed, number, |command| instance.execute(command, Actor::CLIENT_MIN, now))?;
    let status = parse(&reply, |reply| reply.status);
    match status {
        ReplyStatus::Accepted => Ok(true),
        ReplyStatus::Duplicate => Ok(false),
        other => panic!("command {number} of seed {seed} was answered {other:?}"),
    }
}

fn parse<T>(reply: &[u8], visit: impl FnOnce(&Reply<'_>) -> T) -> T {
    let (item, _) = Item::split(reply, REPLY_PAYLOAD_BYTES_MAX.max(COMMAND_BYTES_MAX)).unwrap();
    visit(&Reply::parse(&item).unwrap())
}

/// What becomes of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Ships,
    IsCancelled,
    StaysOpen,
}

#[derive(Clone, Copy, Debug)]
struct Order {
    id: OrderId,
    units: u32,
    fate: Fate,
}

impl Order {
    /// The order that command `number` is about.
    fn of(seed: u64, number: u64) -> Self {
        let order = (number - SET_UP) / 2;
        let fate = match order % 4 {
            0 | 1 => Fate::Ships,
            2 => Fate::IsCancelled,
            _ => Fate::StaysOpen,
        };
        let units = 1 + u32::try_from(seed.wrapping_add(order) % 5).unwrap();
        Self { id: id(seed, SET_UP + 2 * order), units, fate }
    }
}

fn id(seed: u64, number: u64) -> CommandId {
    CommandId::new((u128::from(seed) << 64) | u128::from(number + 1))
}

fn with_command<T>(seed: u64, number: u64, visit: impl FnOnce(&Command<'_>) -> T) -> T {
    let id = id(seed, number);
    let (warehouse, active) = (Warehouse::new(0), true);
    match number {
        0 => visit(&Command::UpsertZone(UpsertCode { id, code: "Z" })),
        1 => {
            let (order_max, tracked, backorder, code) = (0, true, true, "S");
            visit(&Command::UpsertSku(UpsertSku {
                id,
                order_max,
                tracked,
                backorder,
                active,
                code,
            }))
        }
        2 => {
            visit(&Command::UpsertWarehouse(UpsertWarehouse { id, priority: 1, active, code: "A" }))
        }
        3 => {
            let rows = [CostRow::serves(Zone::new(0), 100, 10, 1)];
            visit(&Command::SetCosts(SetCosts { id, warehouse, rows: &rows }))
        }
        4 => visit(&Command::Receive(StockChange {
            id,
            sku: Sku::new(0),
            warehouse,
            quantity: 1_000_000,
            reason: AdjustReason::None,
            state: StockState::OnHand,
            note: "",
        })),
        _ => with_order(id, Order::of(seed, number), (number - SET_UP).is_multiple_of(2), visit),
    }
}

fn with_order<T>(
    id: CommandId,
    order: Order,
    is_placed: bool,
    visit: impl FnOnce(&Command<'_>) -> T,
) -> T {
    if is_placed {
        return visit(&Command::PlaceOrder(PlaceOrder {
            id,
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
            lines: &[OrderLine::new(Sku::new(0), order.units)],
        }));
    }
    let units = [LineUnits::new(0, Warehouse::new(0), order.units)];
    let all = OrderUnits { id, order: order.id, units: &units };
    match order.fate {
        Fate::Ships => visit(&Command::Ship(all)),
        Fate::IsCancelled => visit(&Command::CancelOrder(OrderUnits { units: &[], ..all })),
        Fate::StaysOpen => visit(&Command::UpsertZone(UpsertCode { id, code: "Z" })),
    }
}

/// Reads every order that the first `count` commands placed, in memory or in the archive.
pub(super) fn check_orders(
    instance: &mut LocalInstance,
    seed: u64,
    count: u64,
) -> Result<(), Violation> {
    for number in (SET_UP..count).step_by(2) {
        let order = Order::of(seed, number);
        let is_open = number + 1 == count || order.fate == Fate::StaysOpen;
        let expected = match order.fate {
            _ if is_open => [order.units, 0, 0],
            Fate::Ships => [0, order.units, 0],
            _ => [0, 0, order.units],
        };
        let reply = instance
            .query(&Query::ReadOrder(order.id))
            .map_err(|error| Violation(format!("{order:?} cannot be read: {error}")))?;
        let found = parse(&reply, |reply| match &reply.body {
            ReplyBody::OrderDetail { order, .. } => {
                let line = order.lines[0];
                Ok([line.allocated.get(), line.shipped.get(), line.cancelled.get()])
            }
            other => Err(format!("{other:?}")),
        });
        if found.as_ref() != Ok(&expected) {
            return Err(Violation(format!("{order:?} should be {expected:?} and is {found:?}")));
        }
    }
    Ok(())
}
