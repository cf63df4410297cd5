//! `gantry stock`: show, receive, adjust, count.

use gantry_model::{AdjustReason, Command, CommandId, Query, ReplyBody, StockChange, StockState};

use crate::args::{
    AdjustArgs, ReceiveArgs, ServerAddress, SetStockArgs, ShowStockArgs, StockCommand,
};
use crate::book;
use crate::error::{CliError, Verdict};
use crate::output::Output;
use crate::session::{converse, id_or_new, unexpected};
use crate::view::{Answered, CellChange, StockView, rejection};

/// Runs one of them.
pub(crate) fn run(command: &StockCommand, output: &mut Output) -> Result<Verdict, CliError> {
    match command {
        StockCommand::Show(args) => show(args, output),
        StockCommand::Receive(args) => change(&args.server, &Change::receipt(args), output),
        StockCommand::Adjust(args) => change(&args.server, &Change::adjustment(args), output),
        StockCommand::Set(args) => change(&args.server, &Change::count(args), output),
        StockCommand::Book(args) => book::show(args, output),
        StockCommand::Match(args) => book::match_again(args, output),
    }
}

fn show(args: &ShowStockArgs, output: &mut Output) -> Result<Verdict, CliError> {
    converse(&args.server, async |mut session| {
        let sku = session.sku(&args.sku).await?;
        let owned = session.query(&Query::ReadStock(sku)).await?;
        let reply = owned.reply();
        let ReplyBody::Stock { head, cells } = reply.body else { return Err(unexpected(&reply)) };
        let view = StockView::new(&mut session, head, cells).await?;
        output.answer(args.server.format.json, &Answered::new(&reply, None, view))?;
        Ok(Verdict::Done)
    })
}

/// What the three changes have in common.
struct Change<'a> {
    wrap: fn(StockChange<'_>) -> Command<'_>,
    sku: &'a str,
    warehouse: &'a str,
    quantity: i32,
    reason: AdjustReason,
    state: StockState,
    note: &'a str,
    id: CommandId,
}

impl<'a> Change<'a> {
    fn receipt(args: &'a ReceiveArgs) -> Self {
        Self {
            wrap: |change| Command::Receive(change),
            sku: &args.sku,
            warehouse: &args.warehouse,
            quantity: args.quantity,
            reason: AdjustReason::None,
            state: StockState::OnHand,
            note: &args.note,
            id: id_or_new(args.id.id),
        }
    }

    fn adjustment(args: &'a AdjustArgs) -> Self {
        Self {
            wrap: |change| Command::Adjust(change),
            sku: &args.sku,
            warehouse: &args.warehouse,
            quantity: args.delta,
            reason: args.reason,
            state: args.state,
            note: &args.note,
            id: id_or_new(args.id.id),
        }
    }

    fn count(args: &'a SetStockArgs) -> Self {
        Self {
            wrap: |change| Command::SetStock(change),
            sku: &args.sku,
            warehouse: &args.warehouse,
            quantity: args.count,
            reason: args.reason,
            state: StockState::OnHand,
            note: &args.note,
            id: id_or_new(args.id.id),
        }
    }
}

fn change(
    server: &ServerAddress,
    change: &Change<'_>,
    output: &mut Output,
) -> Result<Verdict, CliError> {
    let json = server.format.json;
    converse(server, async |mut session| {
        let command = (change.wrap)(StockChange {
            id: change.id,
            sku: session.sku(change.sku).await?,
            warehouse: session.warehouse(change.warehouse).await?,
            quantity: change.quantity,
            reason: change.reason,
            state: change.state,
            note: change.note,
        });
        let owned = session.command(&command).await?;
        let (reply, id) = (owned.reply(), Some(change.id));
        if let Some(verdict) = rejection(&mut session, &reply, id, json, output).await? {
            return Ok(verdict);
        }
        let ReplyBody::Cell(cell) = reply.body else { return Err(unexpected(&reply)) };
        let view = CellChange::new(&mut session, change.sku, cell).await?;
        output.answer(json, &Answered::new(&reply, id, view))?;
        Ok(Verdict::Done)
    })
}
