//! Options of `resource`.

use std::path::PathBuf;

use clap::Args;

use super::OutputFormat;
use super::values::code;

/// Try to source every open order again, and to let orders swap units, and say what that gains
///
/// Decides in memory, as of the journal's last record, and changes nothing; also beside a running
/// server, up to the last durable frame. Orders are tried in the order of their placing, each on what
/// the ones before it left. An order moves as a whole, only for fewer parcels or a lower cost, and
/// never for more of either or more days; units that have shipped stay.
///
/// When each order alone was tried, pairs of orders are looked for that gain by having units of each
/// other. Neither has more parcels or days by it; one may cost more, as far as the other saves it.
///
/// With `--address` what gained here is then sent to a server, which decides for itself.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  gantry resource ./shop
  gantry resource ./shop --address 127.0.0.1:4160
  gantry resource ./shop --warehouse BER --address 127.0.0.1:4160
      moves orders away from a warehouse that takes no more of them
  gantry resource ./shop --json | jq '.parcels_before - .parcels_after'")]
pub(crate) struct ResourceArgs {
    /// Folder of the journal.
    #[arg(value_name = "DIR")]
    pub(crate) directory: PathBuf,
    /// Send what gained to the server at this address.
    #[arg(long, value_name = "HOST:PORT")]
    pub(crate) address: Option<String>,
    /// Give up when the server does not answer for this many seconds.
    #[arg(long, env = "GANTRY_TIMEOUT", default_value_t = 10, value_name = "SECONDS",
          value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub(crate) timeout: u64,
    /// Try only orders that have units at this warehouse.
    #[arg(long, value_name = "WAREHOUSE", value_parser = code)]
    pub(crate) warehouse: Option<String>,
    #[command(flatten)]
    pub(crate) format: OutputFormat,
}
