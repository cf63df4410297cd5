//! Options of `stock`, `stats`, and the small catalogue commands.

use clap::{Args, Subcommand};
use gantry_model::{AdjustReason, COST_MINOR_MAX, StockState};

use super::values::{adjust_reason, code, count, delta, receipt, short_text, stock_state};
use super::{BookArgs, BundleArgs, CapacityArgs, IdOption, MatchArgs, ReserveArgs, ServerAddress};

/// What can be done with stock.
#[derive(Debug, Subcommand)]
pub(crate) enum StockCommand {
    Show(ShowStockArgs),
    Receive(ReceiveArgs),
    Adjust(AdjustArgs),
    Set(SetStockArgs),
    Book(BookArgs),
    Match(MatchArgs),
}

/// Show the stock of a SKU at every warehouse
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  gantry stock show MUG")]
pub(crate) struct ShowStockArgs {
    /// The SKU's code.
    #[arg(value_name = "SKU", value_parser = code)]
    pub(crate) sku: String,
    #[command(flatten)]
    pub(crate) server: ServerAddress,
}

/// Take in units that arrived
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  gantry stock receive MUG BER 500")]
pub(crate) struct ReceiveArgs {
    /// The SKU's code.
    #[arg(value_name = "SKU", value_parser = code)]
    pub(crate) sku: String,
    /// The warehouse's code.
    #[arg(value_name = "WAREHOUSE", value_parser = code)]
    pub(crate) warehouse: String,
    /// Units that arrived.
    #[arg(value_name = "QUANTITY", value_parser = receipt)]
    pub(crate) quantity: i32,
    /// A short note, at most 40 bytes.
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true,
          value_parser = short_text)]
    pub(crate) note: String,
    #[command(flatten)]
    pub(crate) id: IdOption,
    #[command(flatten)]
    pub(crate) server: ServerAddress,
}

/// Correct a stock figure by a signed number of units
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  gantry stock adjust MUG BER -3 --reason damaged --note 'fell off pallet 7'
  gantry stock adjust MUG BER 10 --reason quality_control --state unavailable
      ten units on hand are not for sale; -10 puts them back")]
pub(crate) struct AdjustArgs {
    /// The SKU's code.
    #[arg(value_name = "SKU", value_parser = code)]
    pub(crate) sku: String,
    /// The warehouse's code.
    #[arg(value_name = "WAREHOUSE", value_parser = code)]
    pub(crate) warehouse: String,
    /// Units to add, or to take away with a minus sign.
    #[arg(value_name = "DELTA", value_parser = delta, allow_hyphen_values = true)]
    pub(crate) delta: i32,
    /// Why.
    #[arg(long, value_name = "REASON", value_parser = adjust_reason())]
    pub(crate) reason: AdjustReason,
    /// Which figure changes: units on hand, or the part of them that cannot be sold.
    #[arg(long, value_name = "STATE", default_value = "on_hand", value_parser = stock_state())]
    pub(crate) state: StockState,
    /// A short note, at most 40 bytes.
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true,
          value_parser = short_text)]
    pub(crate) note: String,
    #[command(flatten)]
    pub(crate) id: IdOption,
    #[command(flatten)]
    pub(crate) server: ServerAddress,
}

/// Replace the units on hand by a count
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  gantry stock set MUG BER 480 --note 'yearly count'")]
pub(crate) struct SetStockArgs {
    /// The SKU's code.
    #[arg(value_name = "SKU", value_parser = code)]
    pub(crate) sku: String,
    /// The warehouse's code.
    #[arg(value_name = "WAREHOUSE", value_parser = code)]
    pub(crate) warehouse: String,
    /// Units that were counted.
    #[arg(value_name = "COUNT", value_parser = count)]
    pub(crate) count: i32,
    /// Why.
    #[arg(long, value_name = "REASON", default_value = "count", value_parser = adjust_reason())]
    pub(crate) reason: AdjustReason,
    /// A short note, at most 40 bytes.
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true,
          value_parser = short_text)]
    pub(crate) note: String,
    #[command(flatten)]
    pub(crate) id: IdOption,
    #[command(flatten)]
    pub(crate) server: ServerAddress,
}

/// What can be done with a SKU.
#[derive(Debug, Subcommand)]
pub(crate) enum SkuCommand {
    Set(SetSkuArgs),
    Reserve(ReserveArgs),
    Bundle(BundleArgs),
}

/// Define a SKU, or change how it is sold
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  gantry sku set MUG
  gantry sku set GIFT-CARD --untracked
  gantry sku set SNEAKER-42 --order-max 2 --no-backorder")]
pub(crate) struct SetSkuArgs {
    /// The SKU's code.
    #[arg(value_name = "CODE", value_parser = code)]
    pub(crate) code: String,
    /// Stock is not counted; there is always enough.
    #[arg(long)]
    pub(crate) untracked: bool,
    /// Units may not wait for stock.
    #[arg(long)]
    pub(crate) no_backorder: bool,
    /// New orders may not have it.
    #[arg(long)]
    pub(crate) inactive: bool,
    /// Units that one order may have; 0 sets no limit.
    #[arg(long, value_name = "UNITS", default_value_t = 0)]
    pub(crate) order_max: u32,
    #[command(flatten)]
    pub(crate) id: IdOption,
    #[command(flatten)]
    pub(crate) server: ServerAddress,
}

/// What can be done with a warehouse.
#[derive(Debug, Subcommand)]
pub(crate) enum WarehouseCommand {
    Set(SetWarehouseArgs),
    Capacity(CapacityArgs),
}

/// Define a warehouse, or change its priority
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  gantry warehouse set BER --priority 1")]
pub(crate) struct SetWarehouseArgs {
    /// The warehouse's code.
    #[arg(value_name = "CODE", value_parser = code)]
    pub(crate) code: String,
    /// Where costs are equal, 1 is preferred to 2.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) priority: u16,
    /// New orders may not be sourced from it.
    #[arg(long)]
    pub(crate) inactive: bool,
    #[command(flatten)]
    pub(crate) id: IdOption,
    #[command(flatten)]
    pub(crate) server: ServerAddress,
}

/// What can be done with a zone.
#[derive(Debug, Subcommand)]
pub(crate) enum ZoneCommand {
    Set(SetZoneArgs),
}

/// Define a destination zone
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  gantry zone set 10")]
pub(crate) struct SetZoneArgs {
    /// The zone's code.
    #[arg(value_name = "CODE", value_parser = code)]
    pub(crate) code: String,
    #[command(flatten)]
    pub(crate) id: IdOption,
    #[command(flatten)]
    pub(crate) server: ServerAddress,
}

/// What can be done with a channel.
#[derive(Debug, Subcommand)]
pub(crate) enum ChannelCommand {
    Set(SetChannelArgs),
}

/// Define a channel, through which orders come in
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  gantry channel set web")]
pub(crate) struct SetChannelArgs {
    /// The channel's code.
    #[arg(value_name = "CODE", value_parser = code)]
    pub(crate) code: String,
    #[command(flatten)]
    pub(crate) id: IdOption,
    #[command(flatten)]
    pub(crate) server: ServerAddress,
}

/// What can be done with costs.
#[derive(Debug, Subcommand)]
pub(crate) enum CostCommand {
    Set(SetCostArgs),
    Remove(RemoveCostArgs),
}

/// Let a warehouse serve a zone, and say what a parcel costs
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  gantry cost set BER 10 --parcel 390 --unit 25 --days 1")]
pub(crate) struct SetCostArgs {
    /// The warehouse's code.
    #[arg(value_name = "WAREHOUSE", value_parser = code)]
    pub(crate) warehouse: String,
    /// The zone's code.
    #[arg(value_name = "ZONE", value_parser = code)]
    pub(crate) zone: String,
    /// Cost of each parcel, in cents.
    #[arg(long, value_name = "CENTS", value_parser = cost())]
    pub(crate) parcel: u32,
    /// Cost of each unit in it, in cents.
    #[arg(long, value_name = "CENTS", default_value_t = 0, value_parser = cost())]
    pub(crate) unit: u32,
    /// Days from order to door.
    #[arg(long, value_name = "DAYS", default_value_t = 1)]
    pub(crate) days: u16,
    #[command(flatten)]
    pub(crate) id: IdOption,
    #[command(flatten)]
    pub(crate) server: ServerAddress,
}

/// Let a warehouse serve a zone no longer
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  gantry cost remove BER 10")]
pub(crate) struct RemoveCostArgs {
    /// The warehouse's code.
    #[arg(value_name = "WAREHOUSE", value_parser = code)]
    pub(crate) warehouse: String,
    /// The zone's code.
    #[arg(value_name = "ZONE", value_parser = code)]
    pub(crate) zone: String,
    #[command(flatten)]
    pub(crate) id: IdOption,
    #[command(flatten)]
    pub(crate) server: ServerAddress,
}

/// Show the figures of a running server: orders, units, bytes per order, days of disk left
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  gantry stats
  gantry stats --json | jq .open_orders")]
pub(crate) struct StatsArgs {
    #[command(flatten)]
    pub(crate) server: ServerAddress,
}

fn cost() -> impl clap::builder::TypedValueParser<Value = u32> {
    clap::value_parser!(u32).range(0..=i64::from(COST_MINOR_MAX))
}
