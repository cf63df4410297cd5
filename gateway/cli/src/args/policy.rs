//! Options of `policy`.

use clap::{Args, Subcommand};

use super::values::code;
use super::{IdOption, ServerAddress};

/// What can be done with policies.
#[derive(Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    Set(SetPolicyArgs),
    Assign(AssignPolicyArgs),
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
