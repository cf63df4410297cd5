//! `gantry explain`: the decision about one order, taken again with everything written down.

mod page;
mod report;
mod waiting;

use gantry_engine::{explain_order, follow_waiting};
use gantry_model::{CommandId, PlaceOrder};

use crate::args::ExplainArgs;
use crate::error::CliError;
use crate::journal::FolderError;
use crate::output::Output;
use report::ExplainReport;
use waiting::WaitingReport;

/// Runs `gantry explain`.
pub(crate) fn run(args: &ExplainArgs, output: &mut Output) -> Result<(), CliError> {
    let id = uuid::Uuid::parse_str(&args.order).ok().map(|id| CommandId::new(id.as_u128()));
    let is_wanted = |order: &PlaceOrder<'_>| Some(order.id) == id || order.reference == args.order;
    let seed = gantry_gateway::index_seed();
    let explained = explain_order(&args.directory, &is_wanted, seed).map_err(FolderError::from)?;
    let Some(explained) = explained else {
        return Err(CliError::NoSuchOrder { order: args.order.clone() });
    };
    let mut report = ExplainReport::new(&explained);
    if explained.may_wait {
        let (order, placed) = (explained.order, explained.sequence);
        let waited = follow_waiting(&args.directory, order, placed, seed);
        report.waiting = WaitingReport::new(&waited.map_err(FolderError::from)?);
    }
    output.answer(args.format.json, &report)
}
