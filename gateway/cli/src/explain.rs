//! `gantry explain`: the decision about one order, taken again with everything written down, and what
//! became of it later, or of a hold.

mod hold;
mod page;
mod promised;
mod report;
mod resourced;
mod swapped;
mod waiting;

use std::cell::Cell;

use gantry_engine::{explain_order, follow_waiting};
use gantry_model::{CommandId, HoldId, PlaceOrder};

use crate::args::ExplainArgs;
use crate::error::CliError;
use crate::journal::FolderError;
use crate::output::Output;
use hold::follow_hold;
use promised::follow_promises;
use report::ExplainReport;
use resourced::follow_sourcing;
use waiting::WaitingReport;

/// Runs `gantry explain`.
pub(crate) fn run(args: &ExplainArgs, output: &mut Output) -> Result<(), CliError> {
    let id = uuid::Uuid::parse_str(&args.order).ok().map(|id| CommandId::new(id.as_u128()));
    let hold = Cell::new(HoldId::NONE);
    let is_wanted = |order: &PlaceOrder<'_>| {
        let is_it = Some(order.id) == id || order.reference == args.order;
        hold.set(if is_it { order.hold } else { hold.get() });
        is_it
    };
    let seed = gantry_gateway::index_seed();
    let explained = explain_order(&args.directory, &is_wanted, seed).map_err(FolderError::from)?;
    let Some(explained) = explained else {
        let held = id.map(|id| follow_hold(&args.directory, id)).transpose()?.flatten();
        let held = held.ok_or_else(|| CliError::NoSuchOrder { order: args.order.clone() })?;
        return output.answer(args.format.json, &held);
    };
    let mut report = ExplainReport::new(&explained);
    if explained.may_wait {
        let (order, placed) = (explained.order, explained.sequence);
        let waited = follow_waiting(&args.directory, order, placed, seed);
        report.waiting = WaitingReport::new(&waited.map_err(FolderError::from)?);
    }
    (report.sourced_again, report.swapped) = follow_sourcing(&args.directory, explained.sequence)?;
    report.promised = follow_promises(&args.directory, explained.sequence)?;
    if hold.get() != HoldId::NONE {
        report.hold = follow_hold(&args.directory, hold.get())?;
    }
    output.answer(args.format.json, &report)
}
