//! `gantry supply`: expect, change, receive, show, list, and what was promised and not kept.

mod broken;

use gantry_model::{
    ChangeSupply, Command, CommandId, EngineSecond, ExpectSupply, PROMISES_PER_REPLY_MAX,
    PromiseKey, PromiseRow, Query, ReadSupply, ReceiveSupply, Reply, ReplyBody, SupplyHead,
    SupplyId,
};

use crate::args::{
    ChangeSupplyArgs, ExpectArgs, ListSuppliesArgs, ReceiveSupplyArgs, ShowSupplyArgs,
    SupplyCommand, now,
};
use crate::error::{CliError, Verdict};
use crate::output::Output;
use crate::session::{Session, converse, id_or_new, unexpected};
use crate::view::{Answered, SuppliesView, SupplyView, rejection};

/// Runs one of them.
pub(crate) fn run(command: &SupplyCommand, output: &mut Output) -> Result<Verdict, CliError> {
    match command {
        SupplyCommand::Expect(args) => expect(args, output),
        SupplyCommand::Change(args) => change(args, output),
        SupplyCommand::Receive(args) => receive(args, output),
        SupplyCommand::Show(args) => show(args, output),
        SupplyCommand::List(args) => list(args, output),
        SupplyCommand::Broken(args) => broken::run(args, output).map(|()| Verdict::Done),
    }
}

fn expect(args: &ExpectArgs, output: &mut Output) -> Result<Verdict, CliError> {
    converse(&args.server, async |mut session| {
        let id = id_or_new(args.id.id);
        let supply = ExpectSupply {
            id,
            sku: session.sku(&args.sku).await?,
            warehouse: session.warehouse(&args.warehouse).await?,
            quantity: args.quantity,
            eta: args.eta.second(),
        };
        let owned = session.command(&Command::ExpectSupply(supply)).await?;
        // The command's id is the supply's, which the page names anyway.
        tell(&mut session, &owned.reply(), (None, id), args.server.format.json, output).await
    })
}

fn change(args: &ChangeSupplyArgs, output: &mut Output) -> Result<Verdict, CliError> {
    let (id, supply) = (id_or_new(args.id.id), args.supply);
    converse(&args.server, async |mut session| {
        let (mut quantity, mut eta) = (args.quantity, args.eta.map(|when| when.second()));
        if quantity.is_none() || eta.is_none() {
            let owned = session.query(&Query::ReadSupply(first_row(supply))).await?;
            if let ReplyBody::Supply { head, .. } = owned.reply().body {
                quantity = quantity.or(Some(head.expected.get()));
                eta = eta.or(Some(head.eta()));
            }
        }
        // Of a supply that is not there nothing is known, and the answer will say so.
        let (quantity, eta) = (quantity.unwrap_or(0), eta.unwrap_or(EngineSecond::new(0)));
        let command = ChangeSupply { id, supply, quantity, eta };
        let owned = session.command(&Command::ChangeSupply(command)).await?;
        tell(&mut session, &owned.reply(), (Some(id), id), args.server.format.json, output).await
    })
}

fn receive(args: &ReceiveSupplyArgs, output: &mut Output) -> Result<Verdict, CliError> {
    let id = id_or_new(args.id.id);
    let command = ReceiveSupply { id, supply: args.supply, quantity: args.quantity };
    converse(&args.server, async |mut session| {
        let owned = session.command(&Command::ReceiveSupply(command)).await?;
        tell(&mut session, &owned.reply(), (Some(id), id), args.server.format.json, output).await
    })
}

/// Prints the supply in `reply` with the command's own id, or the rejection with `attempt`.
async fn tell(
    session: &mut Session,
    reply: &Reply<'_>,
    (id, attempt): (Option<CommandId>, CommandId),
    json: bool,
    output: &mut Output,
) -> Result<Verdict, CliError> {
    if let Some(verdict) = rejection(session, reply, Some(attempt), json, output).await? {
        return Ok(verdict);
    }
    let ReplyBody::Supply { head, rows } = reply.body else { return Err(unexpected(reply)) };
    let view = SupplyView::new(session, head, rows, None).await?;
    output.answer(json, &Answered::new(reply, id, view))?;
    Ok(Verdict::Done)
}

const fn first_row(supply: SupplyId) -> ReadSupply {
    ReadSupply { supply, from: PromiseKey::FIRST, rows_max: 1 }
}

fn show(args: &ShowSupplyArgs, output: &mut Output) -> Result<Verdict, CliError> {
    let json = args.server.format.json;
    converse(&args.server, async |mut session| {
        let mut rows: Vec<PromiseRow> = Vec::new();
        let mut asked = first_row(args.supply);
        // Each part is the supply as it stood when it was asked for; the last one tells of all.
        loop {
            let left = args.rows - u32::try_from(rows.len()).unwrap_or(args.rows);
            asked.rows_max = left.min(PROMISES_PER_REPLY_MAX);
            let owned = session.query(&Query::ReadSupply(asked)).await?;
            let reply = owned.reply();
            let attempt = Some(args.supply);
            if let Some(verdict) = rejection(&mut session, &reply, attempt, json, output).await? {
                return Ok(verdict);
            }
            let ReplyBody::Supply { head, rows: part } = reply.body else {
                return Err(unexpected(&reply));
            };
            rows.extend_from_slice(part);
            let next = part.last().map(|row| behind(row.key()));
            let is_whole = u32::try_from(part.len()).is_ok_and(|rows| rows < asked.rows_max);
            let is_enough = rows.len() >= args.rows as usize;
            if let (Some(next), false, false) = (next, is_whole, is_enough) {
                asked.from = next;
                continue;
            }
            let view = SupplyView::new(&mut session, head, &rows, Some(args.rows)).await?;
            output.answer(json, &Answered::new(&reply, None, view))?;
            return Ok(Verdict::Done);
        }
    })
}

/// The first place that comes after this one.
const fn behind(key: PromiseKey) -> PromiseKey {
    PromiseKey { line: key.line + 1, ..key }
}

fn list(args: &ListSuppliesArgs, output: &mut Output) -> Result<Verdict, CliError> {
    let json = args.server.format.json;
    converse(&args.server, async |mut session| {
        let sku = session.sku(&args.sku).await?;
        let owned = session.query(&Query::ReadSupplies(sku)).await?;
        let reply = owned.reply();
        let ReplyBody::Supplies { head, rows } = reply.body else {
            return Err(unexpected(&reply));
        };
        let rows: Vec<SupplyHead> = rows.to_vec();
        let view = SuppliesView::new(&mut session, args.sku.clone(), head, &rows, now()).await?;
        output.answer(json, &Answered::new(&reply, None, view))?;
        Ok(Verdict::Done)
    })
}
