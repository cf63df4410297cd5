//! Options of what concerns waiting lines: `stock book`, `stock match`, `order priority`.

use clap::Args;
use gantry_model::{OrderId, WaitKey};

use super::values::{code, command_id, wait_key};
use super::{IdOption, ServerAddress};

/// Show the lines that wait for a SKU, in the order in which they will be served
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  gantry stock book MUG
  gantry stock book MUG --rows 5000 --json | jq '.rows[] | .order_id'
  gantry stock book MUG --from 0:1042:0
      goes on where an answer before ended, which names the place as `next`")]
pub(crate) struct BookArgs {
    /// The SKU's code.
    #[arg(value_name = "SKU", value_parser = code)]
    pub(crate) sku: String,
    /// The place to begin at: class, second of the promise if there is one, the record that placed
    /// the order, line.
    #[arg(long, value_name = "CLASS:[SECOND:]RECORD:LINE", value_parser = wait_key)]
    pub(crate) from: Option<WaitKey>,
    /// Lines to show at most.
    #[arg(long, value_name = "N", default_value_t = 100,
          value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) rows: u32,
    #[command(flatten)]
    pub(crate) server: ServerAddress,
}

/// Look at the lines that wait for a SKU although nothing came in
///
/// Units that come in are given to waiting lines by themselves. Where something else lets a line have
/// units that it could not have before (costs, policies, capacity, a warehouse, another day), sweeps
/// look at all SKUs by themselves; this is for what they do not know of, such as a cancel that gives
/// back a warehouse's day.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  gantry stock match MUG")]
pub(crate) struct MatchArgs {
    /// The SKU's code.
    #[arg(value_name = "SKU", value_parser = code)]
    pub(crate) sku: String,
    #[command(flatten)]
    pub(crate) id: IdOption,
    #[command(flatten)]
    pub(crate) server: ServerAddress,
}

/// Let an order's waiting lines be served before or behind others
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  gantry order priority 0197a3c0-7f00-7000-8000-000000000001 0
      before all orders of another class, and behind those of class 0 that were placed earlier")]
pub(crate) struct PriorityArgs {
    /// The order's id.
    #[arg(value_name = "ORDER", value_parser = command_id)]
    pub(crate) order: OrderId,
    /// Its class from now on; 0 is served first.
    #[arg(value_name = "CLASS")]
    pub(crate) priority_class: u8,
    #[command(flatten)]
    pub(crate) id: IdOption,
    #[command(flatten)]
    pub(crate) server: ServerAddress,
}
