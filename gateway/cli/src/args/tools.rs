//! Options of the commands that work on a folder: `import`, `replay`, `journal`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use gantry_model::ShortMode;

use super::OutputFormat;
use super::values::short_mode;

/// Bring a shop's catalogue, stock and orders into a folder, from CSV files
///
/// Works on the folder itself, without a server. Running it again with the same files changes
/// nothing: every row has an id of its own.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  gantry import --data ./shop --warehouses warehouses.csv --costs shipping_costs.csv \\
      --skus skus.csv --stock stock.csv --orders orders.csv --report report.json")]
pub(crate) struct ImportArgs {
    /// Folder of the journal. It is made if it is missing.
    #[arg(long, value_name = "DIR")]
    pub(crate) data: PathBuf,
    /// Warehouses.
    #[arg(long, value_name = "FILE")]
    pub(crate) warehouses: PathBuf,
    /// Shipping costs from warehouses to zones.
    #[arg(long, value_name = "FILE")]
    pub(crate) costs: PathBuf,
    /// SKUs.
    #[arg(long, value_name = "FILE")]
    pub(crate) skus: PathBuf,
    /// Stock of SKUs at warehouses.
    #[arg(long, value_name = "FILE")]
    pub(crate) stock: PathBuf,
    /// Orders.
    #[arg(long, value_name = "FILE")]
    pub(crate) orders: PathBuf,
    /// What becomes of units that are not there.
    #[arg(long, value_name = "MODE", default_value = "backorder", value_parser = short_mode())]
    pub(crate) short: ShortMode,
    /// Write the report to this file too, as JSON.
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) format: OutputFormat,
}

/// Rebuild the state from a journal, without changing it, and show what comes out
///
/// Opens read-only, also beside a running server, and reads up to the last durable frame.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  gantry replay ./shop
  gantry replay ./shop --json | jq -r .state_hash")]
pub(crate) struct ReplayArgs {
    /// Folder of the journal.
    #[arg(value_name = "DIR")]
    pub(crate) directory: PathBuf,
    #[command(flatten)]
    pub(crate) format: OutputFormat,
}

/// What can be done with a journal.
#[derive(Debug, Subcommand)]
pub(crate) enum JournalCommand {
    Verify(VerifyArgs),
    Dump(DumpArgs),
}

/// Check every page, hash and sequence of a journal, without changing it
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  gantry journal verify ./shop")]
pub(crate) struct VerifyArgs {
    /// Folder of the journal.
    #[arg(value_name = "DIR")]
    pub(crate) directory: PathBuf,
    #[command(flatten)]
    pub(crate) format: OutputFormat,
}

/// Print every record of a journal, in order of its sequence
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  gantry journal dump ./shop
  gantry journal dump ./shop --json | jq 'select(.outcome.status == \"rejected\")'")]
pub(crate) struct DumpArgs {
    /// Folder of the journal.
    #[arg(value_name = "DIR")]
    pub(crate) directory: PathBuf,
    #[command(flatten)]
    pub(crate) format: OutputFormat,
}
