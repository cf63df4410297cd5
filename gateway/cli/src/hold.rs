//! `gantry hold`: place, extend, release, show, list.

use gantry_model::{
    Command, CommandId, ExtendHold, HOLDS_PER_REPLY_MAX, HoldHead, HoldId, PlaceHold, Query,
    ReadHolds, ReleaseHold, Reply, ReplyBody, Sequence, Warehouse, Zone,
};

use crate::args::{
    ExtendHoldArgs, HoldCommand, ListHoldsArgs, PlaceHoldArgs, ReleaseHoldArgs, ShowHoldArgs,
};
use crate::error::{CliError, Verdict};
use crate::order::lines_of;
use crate::output::Output;
use crate::session::{Session, converse, id_or_new, unexpected};
use crate::view::{Answered, HoldView, HoldsView, rejection};

/// Runs one of them.
pub(crate) fn run(command: &HoldCommand, output: &mut Output) -> Result<Verdict, CliError> {
    match command {
        HoldCommand::Place(args) => place(args, output),
        HoldCommand::Extend(args) => extend(args, output),
        HoldCommand::Release(args) => release(args, output),
        HoldCommand::Show(args) => show(args, output),
        HoldCommand::List(args) => list(args, output),
    }
}

fn place(args: &PlaceHoldArgs, output: &mut Output) -> Result<Verdict, CliError> {
    converse(&args.server, async |mut session| {
        let lines = lines_of(&mut session, &args.lines).await?;
        let zone = match &args.zone {
            Some(code) => session.zone(code).await?,
            None => Zone::NONE,
        };
        let warehouse = match &args.warehouse {
            Some(code) => session.warehouse(code).await?,
            None => Warehouse::NONE,
        };
        let id = id_or_new(args.id.id);
        let hold = PlaceHold {
            id,
            owner: args.owner.get(),
            replaces: args.replaces.unwrap_or(HoldId::NONE),
            ttl_seconds: args.ttl,
            zone,
            warehouse,
            channel: session.channel(args.channel.as_deref()).await?,
            partial: args.partial,
            lines: &lines,
        };
        let owned = session.command(&Command::PlaceHold(hold)).await?;
        // The command's id is the hold's, which the page names anyway.
        tell(&mut session, &owned.reply(), (None, id), args.server.format.json, output).await
    })
}

fn extend(args: &ExtendHoldArgs, output: &mut Output) -> Result<Verdict, CliError> {
    let id = id_or_new(args.id.id);
    let command = ExtendHold { id, hold: args.hold, ttl_seconds: args.ttl };
    converse(&args.server, async |mut session| {
        let owned = session.command(&Command::ExtendHold(command)).await?;
        tell(&mut session, &owned.reply(), (Some(id), id), args.server.format.json, output).await
    })
}

fn release(args: &ReleaseHoldArgs, output: &mut Output) -> Result<Verdict, CliError> {
    let id = id_or_new(args.id.id);
    let command = ReleaseHold { id, hold: args.hold };
    converse(&args.server, async |mut session| {
        let owned = session.command(&Command::ReleaseHold(command)).await?;
        tell(&mut session, &owned.reply(), (Some(id), id), args.server.format.json, output).await
    })
}

fn show(args: &ShowHoldArgs, output: &mut Output) -> Result<Verdict, CliError> {
    converse(&args.server, async |mut session| {
        let owned = session.query(&Query::ReadHold(args.hold)).await?;
        let (reply, json) = (owned.reply(), args.server.format.json);
        tell(&mut session, &reply, (None, args.hold), json, output).await
    })
}

/// Prints the hold in `reply` with the command's own id, or the rejection with `attempt`.
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
    let ReplyBody::Hold { head, rows } = reply.body else { return Err(unexpected(reply)) };
    let view = HoldView::new(session, head, rows).await?;
    output.answer(json, &Answered::new(reply, id, view))?;
    Ok(Verdict::Done)
}

fn list(args: &ListHoldsArgs, output: &mut Output) -> Result<Verdict, CliError> {
    let json = args.server.format.json;
    converse(&args.server, async |mut session| {
        let mut rows: Vec<HoldHead> = Vec::new();
        let mut from = args.from.unwrap_or(Sequence::NONE);
        // Each part is the list as it stood when it was asked for; the last one tells of all.
        loop {
            let left = args.rows - u32::try_from(rows.len()).unwrap_or(args.rows);
            let rows_max = left.min(HOLDS_PER_REPLY_MAX);
            let asked = ReadHolds { owner: args.owner.get(), from, rows_max };
            let owned = session.query(&Query::ReadHolds(asked)).await?;
            let reply = owned.reply();
            if let Some(verdict) = rejection(&mut session, &reply, None, json, output).await? {
                return Ok(verdict);
            }
            let ReplyBody::Holds { head, rows: part } = reply.body else {
                return Err(unexpected(&reply));
            };
            rows.extend_from_slice(part);
            let next = part.last().map(|last| Sequence::new(last.placed().get() + 1));
            let is_whole = u32::try_from(part.len()).is_ok_and(|rows| rows < rows_max);
            let is_enough = rows.len() >= args.rows as usize;
            if let (Some(next), false, false) = (next, is_whole, is_enough) {
                from = next;
                continue;
            }
            let view = HoldsView::new(head, &rows, next.filter(|_| !is_whole));
            output.answer(json, &Answered::new(&reply, None, view))?;
            return Ok(Verdict::Done);
        }
    })
}
