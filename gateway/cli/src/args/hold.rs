//! Options of `hold`: units for a cart, before there is an order.

use clap::{ArgAction, ArgGroup, Args, Subcommand};
use gantry_model::{CommandId, HoldId, Sequence};

use super::values::{OrderLineText, code, command_id, order_line, record, seconds};
use super::{IdOption, ServerAddress};

/// What can be done with a hold.
#[derive(Debug, Subcommand)]
pub(crate) enum HoldCommand {
    Place(PlaceHoldArgs),
    Extend(ExtendHoldArgs),
    Release(ReleaseHoldArgs),
    Show(ShowHoldArgs),
    List(ListHoldsArgs),
}

/// Hold units for a cart, for a while
///
/// Held units are had by orders of the same owner only, which name the hold: `gantry order place
/// --hold`. What is still held when the time is over is for sale again.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("scope").required(true))]
#[command(after_help = "\
Examples:
  gantry hold place --owner 0197a3c0-0000-7000-8000-00000000ca27 --zone 10 --ttl 10m --line MUG:2
      held where an order to zone 10 would have them from
  gantry hold place --owner 0197a3c0-0000-7000-8000-00000000ca27 --warehouse BER --ttl 1h \\
      --line MUG:500 --partial
      as many as there are in Berlin
  gantry hold place --owner 0197a3c0-0000-7000-8000-00000000ca27 --zone 10 --ttl 10m --line MUG:3 \\
      --replaces 0197a3c0-7f00-7000-8000-000000000001
      another basket in the place of the first, and nobody slips in between")]
pub(crate) struct PlaceHoldArgs {
    /// Whose units they are, as 128 bits in UUID form: a cart, a checkout, a customer; opaque to
    /// Gantry.
    #[arg(long, value_name = "UUID", value_parser = command_id)]
    pub(crate) owner: CommandId,
    /// Destination zone: units are held where an order to it would have them from.
    #[arg(long, value_name = "ZONE", value_parser = code, group = "scope")]
    pub(crate) zone: Option<String>,
    /// The one warehouse where units are held.
    #[arg(long, value_name = "WAREHOUSE", value_parser = code, group = "scope")]
    pub(crate) warehouse: Option<String>,
    /// A SKU and how many units of it; give it once for each line.
    #[arg(long = "line", value_name = "SKU:QUANTITY", required = true, action = ArgAction::Append,
          value_parser = order_line)]
    pub(crate) lines: Vec<OrderLineText>,
    /// How long they are held from now on, at most 7d.
    #[arg(long, value_name = "TIME", value_parser = seconds)]
    pub(crate) ttl: u32,
    /// Channel through which the order will come in.
    #[arg(long, value_name = "CHANNEL", value_parser = code)]
    pub(crate) channel: Option<String>,
    /// Hold what is there, if it is not all. Without it, all units are held or none.
    #[arg(long)]
    pub(crate) partial: bool,
    /// A hold of the same owner that ends as this one begins; its units may be held anew.
    #[arg(long, value_name = "HOLD", value_parser = command_id)]
    pub(crate) replaces: Option<HoldId>,
    #[command(flatten)]
    pub(crate) id: IdOption,
    #[command(flatten)]
    pub(crate) server: ServerAddress,
}

/// Let a hold last longer
///
/// It never lasts shorter: a time before the hold's end changes nothing.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  gantry hold extend 0197a3c0-7f00-7000-8000-000000000001 --ttl 10m")]
pub(crate) struct ExtendHoldArgs {
    /// The hold's id.
    #[arg(value_name = "HOLD", value_parser = command_id)]
    pub(crate) hold: HoldId,
    /// How long it lasts from now on, at most 7d.
    #[arg(long, value_name = "TIME", value_parser = seconds)]
    pub(crate) ttl: u32,
    #[command(flatten)]
    pub(crate) id: IdOption,
    #[command(flatten)]
    pub(crate) server: ServerAddress,
}

/// Let go of what is held before its time is over
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  gantry hold release 0197a3c0-7f00-7000-8000-000000000001")]
pub(crate) struct ReleaseHoldArgs {
    /// The hold's id.
    #[arg(value_name = "HOLD", value_parser = command_id)]
    pub(crate) hold: HoldId,
    #[command(flatten)]
    pub(crate) id: IdOption,
    #[command(flatten)]
    pub(crate) server: ServerAddress,
}

/// Show a hold as it stands
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  gantry hold show 0197a3c0-7f00-7000-8000-000000000001")]
pub(crate) struct ShowHoldArgs {
    /// The hold's id.
    #[arg(value_name = "HOLD", value_parser = command_id)]
    pub(crate) hold: HoldId,
    #[command(flatten)]
    pub(crate) server: ServerAddress,
}

/// Show the holds of an owner, in the order in which they were placed
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  gantry hold list 0197a3c0-0000-7000-8000-00000000ca27
  gantry hold list 0197a3c0-0000-7000-8000-00000000ca27 --from 1042
      goes on where an answer before ended, which names the place as `next`")]
pub(crate) struct ListHoldsArgs {
    /// The owner, as it was given to `hold place`.
    #[arg(value_name = "OWNER", value_parser = command_id)]
    pub(crate) owner: CommandId,
    /// The record to begin at: holds placed before it are left out.
    #[arg(long, value_name = "RECORD", value_parser = record)]
    pub(crate) from: Option<Sequence>,
    /// Holds to show at most.
    #[arg(long, value_name = "N", default_value_t = 100,
          value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) rows: u32,
    #[command(flatten)]
    pub(crate) server: ServerAddress,
}
