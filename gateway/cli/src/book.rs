//! `gantry stock book` and `stock match`, `gantry order priority`: what waits, and who is first.

use std::iter::repeat;

use gantry_model::{
    BOOK_ROWS_PER_REPLY_MAX, BookRow, Command, EngineSecond, MatchAgain, Query, ReadBook,
    ReplyBody, SetPriority, WaitKey,
};

use crate::args::{BookArgs, MatchArgs, PriorityArgs};
use crate::error::{CliError, Verdict};
use crate::order::tell;
use crate::output::Output;
use crate::session::{converse, id_or_new, unexpected};
use crate::view::{Answered, BookView, Nothing, rejection};

/// Runs `gantry stock book`.
pub(crate) fn show(args: &BookArgs, output: &mut Output) -> Result<Verdict, CliError> {
    converse(&args.server, async |mut session| {
        let sku = session.sku(&args.sku).await?;
        let from = args.from.unwrap_or(WaitKey::FIRST);
        let mut rows: Vec<(BookRow, EngineSecond)> = Vec::new();
        let mut at = from;
        // Each part is the book as it stood when it was asked for; the last one tells of all.
        loop {
            let left = args.rows - u32::try_from(rows.len()).unwrap_or(args.rows);
            let rows_max = left.min(BOOK_ROWS_PER_REPLY_MAX);
            let owned =
                session.query(&Query::ReadBook(ReadBook { sku, from: at, rows_max })).await?;
            let reply = owned.reply();
            let ReplyBody::Book { head, rows: part, promised } = reply.body else {
                return Err(unexpected(&reply));
            };
            // A part in which nothing is promised tells of no dates.
            let dates = promised.iter().map(|second| EngineSecond::new(second.get()));
            rows.extend(part.iter().copied().zip(dates.chain(repeat(EngineSecond::NONE))));
            let next = rows.last().map(|(row, promised)| behind(row.key(*promised)));
            let next = next.filter(|_| !part.is_empty());
            let is_whole = u32::try_from(part.len()).is_ok_and(|rows| rows < rows_max);
            let is_enough = rows.len() >= args.rows as usize;
            if let (Some(next), false, false) = (next, is_whole, is_enough) {
                at = next;
                continue;
            }
            let next = next.filter(|_| !is_whole);
            let code = args.sku.clone();
            let view = BookView::new(code, head, &rows, from == WaitKey::FIRST, next);
            output.answer(args.server.format.json, &Answered::new(&reply, None, view))?;
            return Ok(Verdict::Done);
        }
    })
}

/// The first place that comes after this one.
const fn behind(key: WaitKey) -> WaitKey {
    WaitKey { line: key.line + 1, ..key }
}

/// Runs `gantry stock match`.
pub(crate) fn match_again(args: &MatchArgs, output: &mut Output) -> Result<Verdict, CliError> {
    let json = args.server.format.json;
    converse(&args.server, async |mut session| {
        let (id, sku) = (id_or_new(args.id.id), session.sku(&args.sku).await?);
        let owned = session.command(&Command::MatchAgain(MatchAgain { id, sku })).await?;
        let reply = owned.reply();
        if let Some(verdict) = rejection(&mut session, &reply, Some(id), json, output).await? {
            return Ok(verdict);
        }
        output.answer(json, &Answered::new(&reply, Some(id), Nothing {}))?;
        Ok(Verdict::Done)
    })
}

/// Runs `gantry order priority`.
pub(crate) fn priority(args: &PriorityArgs, output: &mut Output) -> Result<Verdict, CliError> {
    let (id, order, priority_class) = (id_or_new(args.id.id), args.order, args.priority_class);
    converse(&args.server, async |mut session| {
        let command = Command::SetPriority(SetPriority { id, order, priority_class });
        let owned = session.command(&command).await?;
        let (reply, json) = (owned.reply(), args.server.format.json);
        tell(&mut session, &reply, Some(order), Some(id), json, output).await
    })
}
