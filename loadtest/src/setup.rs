//! Sets the shop up on the server: warehouses, zones, SKUs, costs, stock; and learns the handles.
//!
//! Codes are the same in every run, so a second run on one folder finds its catalogue and adds its
//! stock. A flash sale has a SKU of its own each time, because its units must be exact.

use std::fmt::Write;

use gantry_client::Connection;
use gantry_model::{
    AdjustReason, Code, Command, CostRow, Reply, ReplyBody, SetCosts, Sku, StockChange, StockState,
    UpsertCode, UpsertSku, UpsertWarehouse, Warehouse, Zone,
};

use crate::catalogue::{Catalogue, ZONES};
use crate::pipeline::{Pipeline, SetupError};
use crate::workload::IdSource;

/// The server's handles, by the catalogue's indices.
pub(crate) struct Handles {
    /// Zones.
    pub(crate) zones: Vec<Zone>,
    /// SKUs, raw.
    pub(crate) skus: Vec<u32>,
}

/// Sets `catalogue` up. SKU codes begin with `sku_prefix`; `backorder` = units may wait.
pub(crate) async fn set_up(
    connection: Connection,
    ids: IdSource,
    catalogue: &Catalogue,
    sku_prefix: &str,
    backorder: bool,
) -> Result<Handles, SetupError> {
    let mut pipeline = Pipeline::new(connection, ids);
    let warehouses = set_up_warehouses(&mut pipeline, catalogue.warehouses).await?;
    let zones = set_up_zones(&mut pipeline).await?;
    set_up_costs(&mut pipeline, catalogue, &warehouses, &zones).await?;
    let count = catalogue.weights.len();
    let skus = set_up_skus(&mut pipeline, count, sku_prefix, backorder).await?;
    set_up_stock(&mut pipeline, catalogue, &warehouses, &skus).await?;
    Ok(Handles { zones, skus })
}

async fn set_up_warehouses(
    pipeline: &mut Pipeline,
    count: u16,
) -> Result<Vec<Warehouse>, SetupError> {
    let mut handles = vec![0; usize::from(count)];
    let upsert = |index, id, write: &mut dyn FnMut(Command<'_>)| {
        let code = code("load-w", index, 2);
        let priority = u16::try_from(index + 1).expect("invariant: at most 64 warehouses");
        let active = true;
        write(Command::UpsertWarehouse(UpsertWarehouse {
            id,
            priority,
            active,
            code: code.as_str(),
        }));
    };
    let count = handles.len();
    pipeline.carry_out("warehouses", count, upsert, keep_handle(&mut handles)).await?;
    Ok(handles.into_iter().map(|raw| Warehouse::new(narrow(raw))).collect())
}

async fn set_up_zones(pipeline: &mut Pipeline) -> Result<Vec<Zone>, SetupError> {
    let mut handles = vec![0; usize::from(ZONES)];
    let upsert = |index, id, write: &mut dyn FnMut(Command<'_>)| {
        let code = code("load-z", index, 2);
        write(Command::UpsertZone(UpsertCode { id, code: code.as_str() }));
    };
    let count = handles.len();
    pipeline.carry_out("zones", count, upsert, keep_handle(&mut handles)).await?;
    Ok(handles.into_iter().map(|raw| Zone::new(narrow(raw))).collect())
}

async fn set_up_costs(
    pipeline: &mut Pipeline,
    catalogue: &Catalogue,
    warehouses: &[Warehouse],
    zones: &[Zone],
) -> Result<(), SetupError> {
    let set = |index: usize, id, write: &mut dyn FnMut(Command<'_>)| {
        let place = u16::try_from(index).expect("invariant: at most 64 warehouses");
        let rows: Vec<CostRow> = (0..ZONES)
            .zip(zones)
            .map(|(zone, handle)| {
                let cost = catalogue.cost(place, zone);
                CostRow::serves(*handle, cost.parcel_minor, cost.unit_minor, cost.days)
            })
            .collect();
        write(Command::SetCosts(SetCosts { id, warehouse: warehouses[index], rows: &rows }));
    };
    pipeline.carry_out("costs", warehouses.len(), set, |_, _| ()).await
}

async fn set_up_skus(
    pipeline: &mut Pipeline,
    count: usize,
    prefix: &str,
    backorder: bool,
) -> Result<Vec<u32>, SetupError> {
    let mut handles = vec![0; count];
    let upsert = |index, id, write: &mut dyn FnMut(Command<'_>)| {
        let code = code(prefix, index, 6);
        write(Command::UpsertSku(UpsertSku {
            id,
            order_max: 0,
            tracked: true,
            backorder,
            active: true,
            code: code.as_str(),
        }));
    };
    pipeline.carry_out("SKUs", count, upsert, keep_handle(&mut handles)).await?;
    Ok(handles)
}

async fn set_up_stock(
    pipeline: &mut Pipeline,
    catalogue: &Catalogue,
    warehouses: &[Warehouse],
    skus: &[u32],
) -> Result<(), SetupError> {
    let receive = |index: usize, id, write: &mut dyn FnMut(Command<'_>)| {
        let cell = catalogue.cells[index];
        write(Command::Receive(StockChange {
            id,
            sku: Sku::new(skus[cell.sku as usize]),
            warehouse: warehouses[usize::from(cell.warehouse)],
            quantity: i32::try_from(cell.units).expect("invariant: UNITS_PER_COMMAND_MAX at most"),
            reason: AdjustReason::None,
            state: StockState::OnHand,
            note: "",
        }));
    };
    pipeline.carry_out("stock", catalogue.cells.len(), receive, |_, _| ()).await
}

fn keep_handle(handles: &mut [u32]) -> impl FnMut(usize, &Reply<'_>) + '_ {
    |index, reply| {
        if let ReplyBody::Handle(handle) = reply.body {
            handles[index] = handle;
        }
    }
}

fn narrow(raw: u32) -> u16 {
    u16::try_from(raw).expect("invariant: handles of warehouses and zones have 16 bits")
}

fn code(prefix: &str, index: usize, digits: usize) -> Code {
    let mut text = String::with_capacity(prefix.len() + digits);
    write!(text, "{prefix}{index:0digits$}").expect("invariant: a String takes any text");
    Code::new(&text).expect("invariant: prefixes are short")
}
