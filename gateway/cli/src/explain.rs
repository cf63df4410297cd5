//! `gantry explain`: the decision about one order, taken again with everything written down.

mod page;
mod report;

use gantry_engine::explain_order;
use gantry_model::{CommandId, PlaceOrder};

use crate::args::ExplainArgs;
use crate::error::CliError;
use crate::journal::FolderError;
use crate::output::Output;
use report::ExplainReport;

/// Runs `gantry explain`.
pub(crate) fn run(args: &ExplainArgs, output: &mut Output) -> Result<(), CliError> {
    let id = uuid::Uuid::parse_str(&args.order).ok().map(|id| CommandId::new(id.as_u128()));
    let is_wanted = |order: &PlaceOrder<'_>| Some(order.id) == id || order.reference == args.order;
    let seed = gantry_gateway::index_seed();
    let explained = explain_order(&args.directory, &is_wanted, seed).map_err(FolderError::from)?;
    let Some(explained) = explained else {
        return Err(CliError::NoSuchOrder { order: args.order.clone() });
    };
    output.answer(args.format.json, &ExplainReport::new(&explained))
}
