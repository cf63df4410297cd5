//! The small catalogue commands: enough to try an order by hand. A shop's whole catalogue comes in
//! by `gantry import` or over the protocol.

use gantry_model::{Command, CommandId, CostRow, SetCosts, UpsertCode, UpsertSku, UpsertWarehouse};

use crate::args::{
    ChannelCommand, CostCommand, ServerAddress, SkuCommand, WarehouseCommand, ZoneCommand,
};
use crate::error::{CliError, Verdict};
use crate::output::Output;
use crate::session::{Session, converse, id_or_new};
use crate::view::{Answered, Nothing, rejection};

/// `gantry sku set`.
pub(crate) fn sku(command: &SkuCommand, output: &mut Output) -> Result<Verdict, CliError> {
    let SkuCommand::Set(args) = command;
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

/// `gantry warehouse set`.
pub(crate) fn warehouse(
    command: &WarehouseCommand,
    output: &mut Output,
) -> Result<Verdict, CliError> {
    let WarehouseCommand::Set(args) = command;
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
