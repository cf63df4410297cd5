//! Options of `policy`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use gantry_model::EngineTime;

use super::moment::moment;
use super::values::code;
use super::{IdOption, OutputFormat, ServerAddress};

/// What can be done with policies.
#[derive(Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    Set(SetPolicyArgs),
    Assign(AssignPolicyArgs),
    ShadowPrices(ShadowPricesArgs),
}

/// Set a policy, and say whom it binds; orders placed from then on are sourced by it
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  gantry policy set least_cost
      from now on the cheapest plan, for every channel without a policy of its own
  gantry policy set web.toml
      what web.toml says, for the channels that it names; docs/IMPORT.md describes the file

Without a file a policy is one of: priority, nearest, fewest_parcels, least_cost, balance,
least_cost_with_shadow_prices, greedy.")]
pub(crate) struct SetPolicyArgs {
    /// The name of an objective, or a file that tells a policy (TOML).
    #[arg(value_name = "NAME|FILE")]
    pub(crate) policy: String,
    #[command(flatten)]
    pub(crate) id: IdOption,
    #[command(flatten)]
    pub(crate) server: ServerAddress,
}

/// Bind a channel to a policy that is set, or to none of its own
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  gantry policy assign frugal --channel web
  gantry policy assign frugal
      for every channel without a policy of its own
  gantry policy assign --none --channel web
      web has none of its own any more")]
pub(crate) struct AssignPolicyArgs {
    /// The policy's name.
    #[arg(value_name = "NAME", value_parser = code, required_unless_present = "none")]
    pub(crate) policy: Option<String>,
    /// The channel's code. Default: every channel without a policy of its own.
    #[arg(long, value_name = "CHANNEL", value_parser = code)]
    pub(crate) channel: Option<String>,
    /// No policy of its own any more. Without a channel: the built-in one, least cost without
    /// rules.
    #[arg(long, conflicts_with = "policy")]
    pub(crate) none: bool,
    #[command(flatten)]
    pub(crate) id: IdOption,
    #[command(flatten)]
    pub(crate) server: ServerAddress,
}

/// Compute what a unit of stock is worth to orders still to come, from a journal's own demand
///
/// Solves for each SKU how a range's demand would best have been met from its stock, and prices a
/// unit at each warehouse by what a unit less would cost and a unit more would save. Reads only,
/// also beside a running server. The engine adds these prices to costs where a policy has the
/// objective least_cost_with_shadow_prices; they are never part of a reported cost.
///
/// Prices that are judged on the days they were made from have seen the future: use --until, and
/// judge them on what came after. Whether they help a shop, `gantry what-if` shows.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  gantry policy shadow-prices ./shop
  gantry policy shadow-prices ./shop --from 2025-01-01 --until 2026-01-01 --out prices.csv

A moment is a day, 2025-12-31, or a time, 2025-12-31T23:59:59.5Z; both in UTC.
Engine time counts: when a server or an import took the order.")]
pub(crate) struct ShadowPricesArgs {
    /// Folder of the journal.
    #[arg(value_name = "DIR")]
    pub(crate) directory: PathBuf,
    /// First moment whose orders count. Default: the journal's first.
    #[arg(long, value_name = "DATE", value_parser = moment)]
    pub(crate) from: Option<EngineTime>,
    /// First moment whose orders do not count any more. Default: behind the journal's last.
    #[arg(long, value_name = "DATE", value_parser = moment)]
    pub(crate) until: Option<EngineTime>,
    /// Write the prices to this file, as CSV, instead of showing them.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) format: OutputFormat,
}
