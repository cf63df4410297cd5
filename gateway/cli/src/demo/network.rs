//! The shop of the demo: warehouses, zones, costs, SKUs and stock, all from one seed.

use gantry_client::{Connection, new_id};
use gantry_model::{
    AdjustReason, Command, CostRow, Item, Items, Reply, ReplyBody, ReplyStatus, SetCosts, Sku,
    StockChange, StockState, UpsertCode, UpsertSku, UpsertWarehouse, Warehouse, Zone,
};
use gantry_protocol::{FrameKind, REPLY_PAYLOAD_BYTES_MAX};

use super::DemoError;
use super::random::{Random, Weighted};
use super::stream::UNITS_PER_ORDER_MEAN_TENTHS;

const WAREHOUSE_CODES: [&str; 8] = ["HAM", "BER", "DUS", "FRA", "STR", "MUC", "LEJ", "HAJ"];
const ZONE_COUNT: usize = 50;
/// SKUs of the shop.
pub(super) const SKU_COUNT: usize = 2_000;
/// Warehouses that serve a zone: the nearest ones.
const WAREHOUSES_PER_ZONE: usize = 6;
/// The most wanted SKUs are the deals of the day, and too few of them were bought.
const HOT_SKU_COUNT: usize = 25;
const HOT_STOCK_PERCENT: u64 = 55;
const STOCK_PERCENT: u64 = 115;
/// The map is a square with sides of this length.
const MAP_SIDE: u64 = 1_000;
/// Far below what a frame may hold.
const COMMANDS_PER_FRAME: usize = 256;

/// Handles of what was set up.
#[derive(Debug)]
pub(super) struct Network {
    pub(super) zones: Vec<Zone>,
    pub(super) skus: Vec<Sku>,
    /// How much each SKU is wanted.
    pub(super) demand: Weighted,
}

/// How much the SKU of this rank is wanted: a long tail.
fn demand_weight(rank: usize) -> u64 {
    10_000_000 / (rank as u64 + 10)
}

/// Sets everything up through `connection`, with stock for about `orders` orders.
pub(super) async fn set_up(
    connection: &mut Connection,
    seed: u64,
    orders: u64,
) -> Result<Network, DemoError> {
    let demand = Weighted::new((0..SKU_COUNT).map(demand_weight));
    let warehouses = define_warehouses(connection).await?;
    let zones = define_zones(connection).await?;
    let skus = define_skus(connection).await?;
    let rows = cost_rows(&zones, warehouses.len(), &mut Random::new(seed, 1));
    carry_out(connection, warehouses.len(), |index, out| {
        let (id, warehouse) = (new_id(), warehouses[index]);
        Command::SetCosts(SetCosts { id, warehouse, rows: &rows[index] }).write(out);
    })
    .await?;
    receive(connection, &skus, &warehouses, &stock(seed, orders, &demand)).await?;
    Ok(Network { zones, skus, demand })
}

async fn define_warehouses(connection: &mut Connection) -> Result<Vec<Warehouse>, DemoError> {
    let handles = define(connection, WAREHOUSE_CODES.len(), |index, out| {
        let priority = u16::try_from(index + 1).expect("invariant: eight warehouses");
        let (id, active, code) = (new_id(), true, WAREHOUSE_CODES[index]);
        Command::UpsertWarehouse(UpsertWarehouse { id, priority, active, code }).write(out);
    });
    Ok(handles.await?.into_iter().map(|handle| Warehouse::new(small(handle))).collect())
}

async fn define_zones(connection: &mut Connection) -> Result<Vec<Zone>, DemoError> {
    let handles = define(connection, ZONE_COUNT, |index, out| {
        let (id, code) = (new_id(), format!("{index:02}"));
        Command::UpsertZone(UpsertCode { id, code: &code }).write(out);
    });
    Ok(handles.await?.into_iter().map(|handle| Zone::new(small(handle))).collect())
}

async fn define_skus(connection: &mut Connection) -> Result<Vec<Sku>, DemoError> {
    let handles = define(connection, SKU_COUNT, |rank, out| {
        let (id, code) = (new_id(), format!("SKU-{rank:04}"));
        let (order_max, tracked, backorder, active) = (0, true, true, true);
        let upsert = UpsertSku { id, order_max, tracked, backorder, active, code: &code };
        Command::UpsertSku(upsert).write(out);
    });
    Ok(handles.await?.into_iter().map(Sku::new).collect())
}

/// Each warehouse's rows: zones and warehouses are points on a map, and costs grow with distance.
fn cost_rows(zones: &[Zone], warehouse_count: usize, random: &mut Random) -> Vec<Vec<CostRow>> {
    let mut point = || (random.below(MAP_SIDE), random.below(MAP_SIDE));
    let places: Vec<_> = (0..warehouse_count).map(|_| point()).collect();
    let mut rows = vec![Vec::new(); warehouse_count];
    for zone in zones {
        let target = point();
        let distance = |place: (u64, u64)| place.0.abs_diff(target.0) + place.1.abs_diff(target.1);
        let mut nearest: Vec<(u64, usize)> =
            places.iter().enumerate().map(|(index, place)| (distance(*place), index)).collect();
        nearest.sort_unstable();
        for (distance, index) in nearest.into_iter().take(WAREHOUSES_PER_ZONE) {
            let distance = u32::try_from(distance).expect("invariant: the map is small");
            let days = 1 + u16::try_from(distance / 400).expect("invariant: the map is small");
            rows[index].push(CostRow::serves(*zone, 350 + distance / 4, 20 + distance / 40, days));
        }
    }
    rows
}

/// Units of each SKU at each warehouse, spread unevenly so that some orders must be split.
fn stock(seed: u64, orders: u64, demand: &Weighted) -> Vec<[u64; WAREHOUSE_CODES.len()]> {
    let mut random = Random::new(seed, 2);
    let units_wanted = orders * UNITS_PER_ORDER_MEAN_TENTHS / 10;
    let of_sku = |rank: usize| {
        let wanted = units_wanted * demand_weight(rank) / demand.total();
        let percent = if rank < HOT_SKU_COUNT { HOT_STOCK_PERCENT } else { STOCK_PERCENT };
        let units = wanted * percent / 100 + u64::from(rank >= HOT_SKU_COUNT) * 20;
        let weights = std::array::from_fn::<u64, 8, _>(|_| random.below(100).pow(2));
        let total = weights.iter().sum::<u64>().max(1);
        weights.map(|weight| units * weight / total)
    };
    (0..SKU_COUNT).map(of_sku).collect()
}

async fn receive(
    connection: &mut Connection,
    skus: &[Sku],
    warehouses: &[Warehouse],
    stock: &[[u64; WAREHOUSE_CODES.len()]],
) -> Result<(), DemoError> {
    let cells: Vec<(Sku, Warehouse, i32)> = skus
        .iter()
        .zip(stock)
        .flat_map(|(sku, units)| {
            let cells = warehouses.iter().zip(units).filter(|(_, units)| **units > 0);
            cells.map(|(warehouse, units)| {
                (*sku, *warehouse, i32::try_from(*units).unwrap_or(1_000_000))
            })
        })
        .collect();
    carry_out(connection, cells.len(), |index, out| {
        let (sku, warehouse, quantity) = cells[index];
        let (id, reason, state) = (new_id(), AdjustReason::None, StockState::OnHand);
        let change = StockChange { id, sku, warehouse, quantity, reason, state, note: "" };
        Command::Receive(change).write(out);
    })
    .await
}

/// Warehouses and zones have 16-bit handles.
fn small(handle: u32) -> u16 {
    u16::try_from(handle).expect("invariant: a fresh folder counts from 0")
}

/// Sends `count` upserts and returns the handles that they were given.
async fn define(
    connection: &mut Connection,
    count: usize,
    write: impl FnMut(usize, &mut Vec<u8>),
) -> Result<Vec<u32>, DemoError> {
    let mut handles = Vec::with_capacity(count);
    exchange(connection, count, write, |reply| {
        if let ReplyBody::Handle(handle) = reply.body {
            handles.push(handle);
        }
    })
    .await?;
    assert_eq!(handles.len(), count, "every accepted upsert tells its handle");
    Ok(handles)
}

async fn carry_out(
    connection: &mut Connection,
    count: usize,
    write: impl FnMut(usize, &mut Vec<u8>),
) -> Result<(), DemoError> {
    exchange(connection, count, write, |_| ()).await
}

/// Sends `count` commands, frame by frame, and hands on each reply; all must be accepted.
async fn exchange(
    connection: &mut Connection,
    count: usize,
    mut write: impl FnMut(usize, &mut Vec<u8>),
    mut on_reply: impl FnMut(&Reply<'_>),
) -> Result<(), DemoError> {
    let mut payload = Vec::new();
    for first in (0..count).step_by(COMMANDS_PER_FRAME) {
        let last = count.min(first + COMMANDS_PER_FRAME);
        payload.clear();
        (first..last).for_each(|index| write(index, &mut payload));
        let item_count = u32::try_from(last - first).expect("invariant: a few hundred");
        connection.sender().send_commands(first as u64, item_count, &payload).await?;
        connection.sender().flush().await?;
        let frame = connection.receiver().next_frame().await?;
        if frame.kind != FrameKind::Replies {
            return Err(DemoError::UnexpectedFrame { kind: frame.kind });
        }
        for item in Items::new(frame.payload, REPLY_PAYLOAD_BYTES_MAX) {
            on_reply(&accepted(&item?)?);
        }
    }
    Ok(())
}

fn accepted<'a>(item: &Item<'a>) -> Result<Reply<'a>, DemoError> {
    let reply = Reply::parse(item)?;
    match reply.status {
        ReplyStatus::Accepted => Ok(reply),
        status => Err(DemoError::SetUpRefused { status: status.name(), reason: reply.reason }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_zone_is_served_by_its_nearest_warehouses() {
        let zones: Vec<Zone> = (0..50).map(Zone::new).collect();
        let rows = cost_rows(&zones, 8, &mut Random::new(1, 1));
        for zone in zones {
            let serving = rows.iter().flatten().filter(|row| row.zone() == zone).count();
            assert_eq!(serving, WAREHOUSES_PER_ZONE);
        }
    }

    #[test]
    fn hot_skus_are_short_and_others_are_not() {
        let demand = Weighted::new((0..SKU_COUNT).map(demand_weight));
        let stock = stock(1, 400_000, &demand);
        let wanted = |rank| {
            400_000 * UNITS_PER_ORDER_MEAN_TENTHS / 10 * demand_weight(rank) / demand.total()
        };
        let units = |rank: usize| stock[rank].iter().sum::<u64>();
        assert!(units(0) < wanted(0));
        assert!(units(500) > wanted(500));
        assert!(units(1_999) > wanted(1_999));
    }
}
