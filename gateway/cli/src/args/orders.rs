//! Options of `order` and `quote`.

use clap::{ArgAction, Args, Subcommand};
use gantry_model::{HoldId, OrderId, RejectCause, ShortMode};

use super::moment::{When, when_or_never};
use super::values::{
    CancelUnits, OrderLineText, ShipUnits, cancel_units, code, command_id, cool_down, currency,
    order_line, reject_cause, ship_units, short_mode, short_text,
};
use super::{IdOption, PriorityArgs, ServerAddress};

/// What can be done with an order.
#[derive(Debug, Subcommand)]
pub(crate) enum OrderCommand {
    Place(PlaceArgs),
    Show(ShowOrderArgs),
    Cancel(CancelArgs),
    Ship(ShipArgs),
    Priority(PriorityArgs),
    CancelAt(CancelAtArgs),
    Reject(RejectArgs),
    Swap(SwapArgs),
}

/// What is wanted, and where; the same for an order and a quote.
#[derive(Debug, Args)]
pub(crate) struct BasketArgs {
    /// Destination zone.
    #[arg(long, value_name = "ZONE", value_parser = code)]
    pub(crate) zone: String,
    /// A SKU and how many units of it; give it once for each line.
    #[arg(long = "line", value_name = "SKU:QUANTITY", required = true, action = ArgAction::Append,
          value_parser = order_line)]
    pub(crate) lines: Vec<OrderLineText>,
    /// What becomes of units that are not there: `ship_complete` all or nothing, `take_available`
    /// what is there, `backorder` the rest waits, `wait_complete` all of it waits
    /// until all can be had at once.
    #[arg(long, value_name = "MODE", default_value = "backorder", value_parser = short_mode(),
          hide_possible_values = false)]
    pub(crate) short: ShortMode,
    /// A hold that the order takes: it may have what the hold's owner holds, and ends the hold.
    #[arg(long, value_name = "HOLD", value_parser = command_id)]
    pub(crate) hold: Option<HoldId>,
    /// Channel through which the order comes in.
    #[arg(long, value_name = "CHANNEL", value_parser = code)]
    pub(crate) channel: Option<String>,
    /// 0 is served first.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) priority_class: u8,
    /// The shop's own number for what it promised (standard, express).
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) service_level: u8,
}

/// Place an order: it is allocated to warehouses at once, and answered when it is safe on disk
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  gantry order place --zone 10 --line MUG:2 --line SHIRT-M:1
  gantry order place --zone 10 --line MUG:500 --short ship_complete
  gantry order place --zone 10 --line MUG:2 --hold 0197a3c0-7f00-7000-8000-00000000001d
  gantry order place --zone 10 --line MUG:2 --reference WEB-1042 --json
  gantry order place --zone 10 --line MUG:2 --id 0197a3c0-7f00-7000-8000-000000000001
      safe to repeat: the second time it is answered as a duplicate")]
pub(crate) struct PlaceArgs {
    #[command(flatten)]
    pub(crate) basket: BasketArgs,
    #[command(flatten)]
    pub(crate) id: IdOption,
    /// The shop's own order number, at most 40 bytes. It is kept and shown, and is not a key.
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true,
          value_parser = short_text)]
    pub(crate) reference: String,
    /// The customer, as 128 bits in UUID form; opaque to Gantry.
    #[arg(long, value_name = "UUID", value_parser = command_id)]
    pub(crate) customer: Option<OrderId>,
    /// The order's value in minor units of its currency (cents).
    #[arg(
        long,
        value_name = "CENTS",
        default_value_t = 0,
        requires = "currency",
        hide_default_value = true
    )]
    pub(crate) value: i64,
    /// ISO 4217 letters of the value's currency.
    #[arg(long, value_name = "CODE", value_parser = currency)]
    pub(crate) currency: Option<[u8; 4]>,
    #[command(flatten)]
    pub(crate) server: ServerAddress,
}

/// Show an order as it stands
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  gantry order show 0197a3c0-7f00-7000-8000-000000000001")]
pub(crate) struct ShowOrderArgs {
    /// The order's id.
    #[arg(value_name = "ID", value_parser = command_id)]
    pub(crate) order: OrderId,
    #[command(flatten)]
    pub(crate) server: ServerAddress,
}

/// Cancel an order, or units of its lines, as far as they have not shipped
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  gantry order cancel 0197a3c0-7f00-7000-8000-000000000001
  gantry order cancel 0197a3c0-7f00-7000-8000-000000000001 --line 0:1
      one unit of the first line")]
pub(crate) struct CancelArgs {
    /// The order's id.
    #[arg(value_name = "ORDER", value_parser = command_id)]
    pub(crate) order: OrderId,
    /// Units of a line, counted from 0; once for each line. Default: all that has not shipped.
    #[arg(long = "line", value_name = "LINE:QUANTITY", action = ArgAction::Append,
          value_parser = cancel_units)]
    pub(crate) units: Vec<CancelUnits>,
    #[command(flatten)]
    pub(crate) id: IdOption,
    #[command(flatten)]
    pub(crate) server: ServerAddress,
}

/// Report that allocated units have left a warehouse
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  gantry order ship 0197a3c0-7f00-7000-8000-000000000001 --line 0:BER:2 --line 1:HAM:1")]
pub(crate) struct ShipArgs {
    /// The order's id.
    #[arg(value_name = "ORDER", value_parser = command_id)]
    pub(crate) order: OrderId,
    /// Units of a line, counted from 0, and the warehouse they left; once for each of them.
    #[arg(long = "line", value_name = "LINE:WAREHOUSE:QUANTITY", required = true,
          action = ArgAction::Append, value_parser = ship_units)]
    pub(crate) units: Vec<ShipUnits>,
    #[command(flatten)]
    pub(crate) id: IdOption,
    #[command(flatten)]
    pub(crate) server: ServerAddress,
}

/// Say when what an order still waits for is given up
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  gantry order cancel-at 0197a3c0-7f00-7000-8000-000000000001 +14d
  gantry order cancel-at 0197a3c0-7f00-7000-8000-000000000001 2026-12-24T12:00:00Z
  gantry order cancel-at 0197a3c0-7f00-7000-8000-000000000001 never")]
pub(crate) struct CancelAtArgs {
    /// The order's id.
    #[arg(value_name = "ORDER", value_parser = command_id)]
    pub(crate) order: OrderId,
    /// A time in UTC, a span from now on (`+14d`), or `never`.
    #[arg(value_name = "TIME", value_parser = when_or_never)]
    pub(crate) cancel_at: When,
    #[command(flatten)]
    pub(crate) id: IdOption,
    #[command(flatten)]
    pub(crate) server: ServerAddress,
}

/// Report that allocated units cannot leave a warehouse: they are sourced from others at once
///
/// What no other warehouse has waits, whatever the order's mode.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  gantry order reject 0197a3c0-7f00-7000-8000-000000000001 --line 0:BER:2 --cause not_found
      a short pick: two units are not there, and unavailable until somebody counts
  gantry order reject 0197a3c0-7f00-7000-8000-000000000001 --line 0:BER:2 --line 1:BER:1 \\
      --cause refused --cool-down 7d
      the store will not ship it; other orders may have the units")]
pub(crate) struct RejectArgs {
    /// The order's id.
    #[arg(value_name = "ORDER", value_parser = command_id)]
    pub(crate) order: OrderId,
    /// Units of a line, counted from 0, and the warehouse that cannot ship them; once for each of
    /// them.
    #[arg(long = "line", value_name = "LINE:WAREHOUSE:QUANTITY", required = true,
          action = ArgAction::Append, value_parser = ship_units)]
    pub(crate) units: Vec<ShipUnits>,
    /// `not_found`: the units are not there; `refused`: they are, and the warehouse will not ship
    /// them.
    #[arg(long, value_name = "CAUSE", value_parser = reject_cause(), hide_possible_values = false)]
    pub(crate) cause: RejectCause,
    /// How long the order has nothing from these warehouses, at most 30d.
    #[arg(long, value_name = "TIME", default_value = "1d", value_parser = cool_down)]
    pub(crate) cool_down: u32,
    #[command(flatten)]
    pub(crate) id: IdOption,
    #[command(flatten)]
    pub(crate) server: ServerAddress,
}

/// Let two orders have units of each other, at two warehouses
///
/// Neither may come to more parcels or more days by it, both together to no higher cost, and to fewer
/// parcels or a lower cost. `gantry resource` finds such orders.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  gantry order swap 0197a3c0-7f00-7000-8000-000000000001 \\
      --with 0197a3c0-7f00-7000-8000-000000000002 --units MUG:2 --from BER --to LYS
      the first order has two mugs at BER and gets them from LYS, the second the other way round")]
pub(crate) struct SwapArgs {
    /// The order's id.
    #[arg(value_name = "ORDER", value_parser = command_id)]
    pub(crate) order: OrderId,
    /// The other order's id.
    #[arg(long, value_name = "ORDER", value_parser = command_id)]
    pub(crate) with: OrderId,
    /// A SKU, and how many units of it each order gives.
    #[arg(long, value_name = "SKU:QUANTITY", value_parser = order_line)]
    pub(crate) units: OrderLineText,
    /// Where the first order has the units.
    #[arg(long, value_name = "WAREHOUSE", value_parser = code)]
    pub(crate) from: String,
    /// Where it gets them, and the other order has as many.
    #[arg(long, value_name = "WAREHOUSE", value_parser = code)]
    pub(crate) to: String,
    #[command(flatten)]
    pub(crate) id: IdOption,
    #[command(flatten)]
    pub(crate) server: ServerAddress,
}

/// Ask what placing an order would answer, without placing it
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  gantry quote --zone 10 --line MUG:2 --line SHIRT-M:1")]
pub(crate) struct QuoteArgs {
    #[command(flatten)]
    pub(crate) basket: BasketArgs,
    #[command(flatten)]
    pub(crate) server: ServerAddress,
}
