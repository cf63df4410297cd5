//! The small catalogue commands: enough to try an order by hand. A shop's whole catalogue comes in
//! by `gantry import` or over the protocol.

use gantry_model::{
    Command, CommandId, Component, CostRow, ReserveRow, SetBundle, SetCapacity, SetCosts,
    SetReserves, UpsertCode, UpsertSku, UpsertWarehouse,
};

use crate::args::{
    BundleArgs, CapacityArgs, ChannelCommand, CostCommand, ReserveArgs, ServerAddress, SkuCommand,
    WarehouseCommand, ZoneCommand,
};
use crate::error::{CliError, Verdict};
use crate::output::Output;
use crate::session::{Session, converse, id_or_new};
use crate::view::{Answered, Nothing, rejection};

/// `gantry sku set`, `gantry sku reserve` and `gantry sku bundle`.
pub(crate) fn sku(command: &SkuCommand, output: &mut Output) -> Result<Verdict, CliError> {
    let args = match command {
        SkuCommand::Set(args) => args,
        SkuCommand::Reserve(args) => return reserve(args, output),
        SkuCommand::Bundle(args) => return bundle(args, output),
    };
    let upsert = UpsertSku {
        id: id_or_new(args.id.id),
        order_max: args.order_max,
        tracked: !args.untracked,
        backorder: !args.no_backorder,
        active: !args.inactive,
        code: &args.code,
    };
    define(&args.server, &Command::UpsertSku(upsert), output)
}

/// `gantry warehouse set` and `gantry warehouse capacity`.
pub(crate) fn warehouse(
    command: &WarehouseCommand,
    output: &mut Output,
) -> Result<Verdict, CliError> {
    let args = match command {
        WarehouseCommand::Set(args) => args,
        WarehouseCommand::Capacity(args) => return capacity(args, output),
    };
    let upsert = UpsertWarehouse {
        id: id_or_new(args.id.id),
        priority: args.priority,
        active: !args.inactive,
        code: &args.code,
    };
    define(&args.server, &Command::UpsertWarehouse(upsert), output)
}

/// `gantry zone set`.
pub(crate) fn zone(command: &ZoneCommand, output: &mut Output) -> Result<Verdict, CliError> {
    let ZoneCommand::Set(args) = command;
    let upsert = UpsertCode { id: id_or_new(args.id.id), code: &args.code };
    define(&args.server, &Command::UpsertZone(upsert), output)
}

/// `gantry channel set`.
pub(crate) fn channel(command: &ChannelCommand, output: &mut Output) -> Result<Verdict, CliError> {
    let ChannelCommand::Set(args) = command;
    let upsert = UpsertCode { id: id_or_new(args.id.id), code: &args.code };
    define(&args.server, &Command::UpsertChannel(upsert), output)
}

/// `gantry cost set` and `gantry cost remove`.
pub(crate) fn cost(command: &CostCommand, output: &mut Output) -> Result<Verdict, CliError> {
    let (server, warehouse, zone, id) = match command {
        CostCommand::Set(args) => (&args.server, &args.warehouse, &args.zone, args.id.id),
        CostCommand::Remove(args) => (&args.server, &args.warehouse, &args.zone, args.id.id),
    };
    converse(server, async |mut session| {
        let warehouse = session.warehouse(warehouse).await?;
        let zone = session.zone(zone).await?;
        let row = match command {
            CostCommand::Set(args) => CostRow::serves(zone, args.parcel, args.unit, args.days),
            CostCommand::Remove(_) => CostRow::removed(zone),
        };
        let id = id_or_new(id);
        let costs = Command::SetCosts(SetCosts { id, warehouse, rows: &[row] });
        carry_out(&mut session, &costs, id, server.format.json, output).await
    })
}

fn capacity(args: &CapacityArgs, output: &mut Output) -> Result<Verdict, CliError> {
    let (id, json) = (id_or_new(args.id.id), args.server.format.json);
    converse(&args.server, async |mut session| {
        let capacity = Command::SetCapacity(SetCapacity {
            id,
            warehouse: session.warehouse(&args.code).await?,
            cut_off_minute: args.cut_off.unwrap_or(u16::MAX),
            orders_per_day_max: args.orders_per_day.unwrap_or(u32::MAX),
            units_per_day_max: args.units_per_day.unwrap_or(u32::MAX),
        });
        carry_out(&mut session, &capacity, id, json, output).await
    })
}

fn reserve(args: &ReserveArgs, output: &mut Output) -> Result<Verdict, CliError> {
    let (id, json) = (id_or_new(args.id.id), args.server.format.json);
    converse(&args.server, async |mut session| {
        let sku = session.sku(&args.sku).await?;
        let warehouse = session.warehouse(&args.warehouse).await?;
        let channel = session.channel(args.channel.as_deref()).await?;
        let rows = [ReserveRow::new(sku, warehouse, channel, args.units)];
        let reserves = Command::SetReserves(SetReserves { id, rows: &rows });
        carry_out(&mut session, &reserves, id, json, output).await
    })
}

fn bundle(args: &BundleArgs, output: &mut Output) -> Result<Verdict, CliError> {
    let (id, json) = (id_or_new(args.id.id), args.server.format.json);
    converse(&args.server, async |mut session| {
        let sku = session.sku(&args.sku).await?;
        let mut components = Vec::with_capacity(args.components.len());
        for component in &args.components {
            components.push(Component::new(session.sku(&component.sku).await?, component.units));
        }
        // The engine wants lists in order; a person may type them in any.
        components.sort_by_key(Component::sku);
        let bundle = Command::SetBundle(SetBundle { id, sku, components: &components });
        carry_out(&mut session, &bundle, id, json, output).await
    })
}

fn define(
    server: &ServerAddress,
    command: &Command<'_>,
    output: &mut Output,
) -> Result<Verdict, CliError> {
    let id = command.id().expect("invariant: every command that a client sends has an id");
    converse(server, async |mut session| {
        carry_out(&mut session, command, id, server.format.json, output).await
    })
}

async fn carry_out(
    session: &mut Session,
    command: &Command<'_>,
    id: CommandId,
    json: bool,
    output: &mut Output,
) -> Result<Verdict, CliError> {
    let owned = session.command(command).await?;
    let reply = owned.reply();
    if let Some(verdict) = rejection(session, &reply, Some(id), json, output).await? {
        return Ok(verdict);
    }
    output.answer(json, &Answered::new(&reply, Some(id), Nothing {}))?;
    Ok(Verdict::Done)
}
