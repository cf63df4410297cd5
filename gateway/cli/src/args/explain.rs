//! Options of `explain`.

use std::path::PathBuf;

use clap::Args;

use super::OutputFormat;

/// Show why an order was sourced as it was, or what became of a hold
///
/// Rebuilds the state just before the decision from the journal and decides again, with everything
/// written down: who could have served the order, which rule took a warehouse out, the costs, the
/// plan, and the best plan without one of its warehouses. Of units that had to wait it tells what became
/// of them since. Of a hold, and of the one that an order took, it tells who had its units, and when
/// it was over. Read-only, also beside a running server.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  gantry explain ./shop 01890a5d-ac96-774b-bcce-b302099a8057
  gantry explain ./shop CA-2014-112326 --json | jq '.passes[0].runner_up'")]
pub(crate) struct ExplainArgs {
    /// Folder of the journal.
    #[arg(value_name = "DIR")]
    pub(crate) directory: PathBuf,
    /// The order, by its id or by the shop's own number; or a hold, by its id.
    #[arg(value_name = "ORDER")]
    pub(crate) order: String,
    #[command(flatten)]
    pub(crate) format: OutputFormat,
}
