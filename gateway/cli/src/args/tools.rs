//! Options of the commands that work on a folder: `import`, `replay`, `journal`.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use gantry_model::ShortMode;

use super::values::short_mode_for_import;
use super::{CompressArgs, InspectArgs, OutputFormat, RepairArgs};

/// Bring a shop's catalogue, stock and orders into a folder, from CSV files
///
/// Works on the folder itself, without a server. Running it again with the same files changes
/// nothing: every row has an id of its own. The files are described in docs/IMPORT.md.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  gantry import --data ./shop --warehouses warehouses.csv --costs shipping_costs.csv \\
      --skus skus.csv --stock stock.csv --orders orders.csv --report report.json
  gantry import --data ./shop ... --policy frugal.toml --clock placed-on
      as if each order had come on its day
  gantry import --sample ./files
      write the files of a small shop, to try it with")]
pub(crate) struct ImportArgs {
    /// Folder of the journal. It is made if it is missing.
    #[arg(long, value_name = "DIR", required_unless_present = "sample")]
    data: Option<PathBuf>,
    /// Warehouses.
    #[arg(long, value_name = "FILE", required_unless_present = "sample")]
    warehouses: Option<PathBuf>,
    /// Shipping costs from warehouses to zones.
    #[arg(long, value_name = "FILE", required_unless_present = "sample")]
    costs: Option<PathBuf>,
    /// SKUs.
    #[arg(long, value_name = "FILE", required_unless_present = "sample")]
    skus: Option<PathBuf>,
    /// Stock of SKUs at warehouses.
    #[arg(long, value_name = "FILE", required_unless_present = "sample")]
    stock: Option<PathBuf>,
    /// Orders.
    #[arg(long, value_name = "FILE", required_unless_present = "sample")]
    orders: Option<PathBuf>,
    /// What becomes of units that are not there.
    #[arg(long, value_name = "MODE", default_value = "backorder",
          value_parser = short_mode_for_import())]
    pub(crate) short: ShortMode,
    /// Source the orders by this policy: the name of an objective, or a file (TOML). Default: what
    /// the folder says; in a new one that is least_cost.
    #[arg(long, value_name = "NAME|FILE")]
    pub(crate) policy: Option<String>,
    /// What engine time the records get.
    #[arg(long, value_name = "CLOCK", default_value = "wall")]
    pub(crate) clock: ImportClock,
    /// Write the report to this file too, as JSON.
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Option<PathBuf>,
    /// Size of new journal segments in bytes, a multiple of 4096 from 1 MiB up. Default: 256 MiB.
    #[arg(long, env = "GANTRY_SEGMENT_BYTES", value_name = "BYTES")]
    segment_bytes: Option<u64>,
    /// Import nothing, but write the files of a small shop into this folder.
    #[arg(long, value_name = "DIR", exclusive = true)]
    pub(crate) sample: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) format: OutputFormat,
}

/// Where an import takes engine time from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ImportClock {
    /// The time of the import.
    Wall,
    /// Midnight UTC of each order's placed_on; for a new folder only.
    PlacedOn,
}

/// What an import works on.
pub(crate) struct ImportFiles<'a> {
    pub(crate) data: &'a Path,
    pub(crate) warehouses: &'a Path,
    pub(crate) costs: &'a Path,
    pub(crate) skus: &'a Path,
    pub(crate) stock: &'a Path,
    pub(crate) orders: &'a Path,
    pub(crate) segment_bytes: Option<u64>,
}

impl ImportArgs {
    /// The folder and the files; `None` where a sample was asked for instead.
    pub(crate) fn files(&self) -> Option<ImportFiles<'_>> {
        Some(ImportFiles {
            data: self.data.as_deref()?,
            warehouses: self.warehouses.as_deref()?,
            costs: self.costs.as_deref()?,
            skus: self.skus.as_deref()?,
            stock: self.stock.as_deref()?,
            orders: self.orders.as_deref()?,
            segment_bytes: self.segment_bytes,
        })
    }
}

/// Rebuild the state from a journal, without changing it, and show what comes out
///
/// Opens read-only, also beside a running server, and reads up to the last durable frame.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  gantry replay ./shop
  gantry replay ./shop --json | jq -r .state_hash
  gantry replay ./shop --until 1000
  gantry replay ./shop --verify")]
pub(crate) struct ReplayArgs {
    /// Folder of the journal.
    #[arg(value_name = "DIR")]
    pub(crate) directory: PathBuf,
    /// Stop behind this record, by its sequence: the state as it was then.
    #[arg(long, value_name = "SEQUENCE", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) until: Option<u64>,
    /// Decide every command again, and stop at the first record that would come out otherwise.
    #[arg(long)]
    pub(crate) verify: bool,
    #[command(flatten)]
    pub(crate) format: OutputFormat,
}

/// What can be done with a journal.
#[derive(Debug, Subcommand)]
pub(crate) enum JournalCommand {
    Verify(VerifyArgs),
    Dump(DumpArgs),
    Inspect(InspectArgs),
    Compress(CompressArgs),
    Trim(TrimArgs),
    Repair(RepairArgs),
}

/// Delete the beginning of a journal, as far as two good snapshots allow
///
/// Deletes whole segments that lie before the older of the two newest good snapshots, and older
/// snapshots with them. Works beside a running server. Nothing is ever deleted unless asked here.
/// What was deleted cannot be replayed, dumped or explained any more: back it up first.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  gantry journal trim ./shop
  gantry journal trim ./shop --keep-from 5000000")]
pub(crate) struct TrimArgs {
    /// Folder of the journal.
    #[arg(value_name = "DIR")]
    pub(crate) directory: PathBuf,
    /// Keep every record from this one on, by its sequence.
    #[arg(long, value_name = "SEQUENCE")]
    pub(crate) keep_from: Option<u64>,
    #[command(flatten)]
    pub(crate) format: OutputFormat,
}

/// Check every page, hash and record of a journal, without changing it
///
/// Recomputes every stock figure and every order's units from the records alone, without the
/// engine, and checks that nothing is lost, promised twice or charged wrongly.
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
  gantry journal dump ./shop --from 1000 --until 1010
  gantry journal dump ./shop --order 4711
  gantry journal dump ./shop --sku MUG
  gantry journal dump ./shop --json | jq 'select(.outcome.status == \"rejected\")'")]
pub(crate) struct DumpArgs {
    /// Folder of the journal.
    #[arg(value_name = "DIR")]
    pub(crate) directory: PathBuf,
    /// First record to print, by its sequence.
    #[arg(long, value_name = "SEQUENCE", default_value_t = 1)]
    pub(crate) from: u64,
    /// Last record to print, by its sequence. Default: the journal's last.
    #[arg(long, value_name = "SEQUENCE")]
    pub(crate) until: Option<u64>,
    /// Only records about this order, by its id or by the shop's own number.
    #[arg(long, value_name = "ID|NUMBER")]
    pub(crate) order: Option<String>,
    /// Only records that name or move this SKU.
    #[arg(long, value_name = "CODE")]
    pub(crate) sku: Option<String>,
    #[command(flatten)]
    pub(crate) format: OutputFormat,
}
