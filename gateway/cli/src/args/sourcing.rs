//! Options of the commands that say what of a warehouse and of stock orders may use.

use clap::Args;
use gantry_model::{COMPONENTS_PER_BUNDLE_MAX, UNITS_PER_CELL_MAX};

use super::values::{ComponentText, code, component, minute_of_day};
use super::{IdOption, ServerAddress};

/// Set what a warehouse can work off in a day, and until when on the same day
///
/// Sets all three at once: what is not given has no bound any more. Days are UTC days of engine
/// time.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  gantry warehouse capacity BER --cut-off 14:00 --orders-per-day 500
  gantry warehouse capacity BER
      no cut-off, and any number of orders and units")]
pub(crate) struct CapacityArgs {
    /// The warehouse's code.
    #[arg(value_name = "CODE", value_parser = code)]
    pub(crate) code: String,
    /// What is placed at this time of day (UTC) or later leaves a day later.
    #[arg(long, value_name = "HH:MM", value_parser = minute_of_day)]
    pub(crate) cut_off: Option<u16>,
    /// Orders a day.
    #[arg(long, value_name = "N", value_parser = bound())]
    pub(crate) orders_per_day: Option<u32>,
    /// Units a day.
    #[arg(long, value_name = "N", value_parser = bound())]
    pub(crate) units_per_day: Option<u32>,
    #[command(flatten)]
    pub(crate) id: IdOption,
    #[command(flatten)]
    pub(crate) server: ServerAddress,
}

/// Set units aside: as safety stock from everybody, or as a ring-fence for one channel
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  gantry sku reserve MUG --warehouse BER --units 5
      safety stock: the last five mugs there are nobody's
  gantry sku reserve MUG --warehouse BER --units 20 --channel web
      other channels leave twenty for web; --units 0 ends it")]
pub(crate) struct ReserveArgs {
    /// The SKU's code.
    #[arg(value_name = "SKU", value_parser = code)]
    pub(crate) sku: String,
    /// The warehouse's code.
    #[arg(long, value_name = "WAREHOUSE", value_parser = code)]
    pub(crate) warehouse: String,
    /// Units set aside; 0 ends it.
    #[arg(long, value_name = "UNITS",
          value_parser = clap::value_parser!(u32).range(0..=i64::from(UNITS_PER_CELL_MAX)))]
    pub(crate) units: u32,
    /// The channel that they are kept for. Default: nobody, they are safety stock.
    #[arg(long, value_name = "CHANNEL", value_parser = code)]
    pub(crate) channel: Option<String>,
    #[command(flatten)]
    pub(crate) id: IdOption,
    #[command(flatten)]
    pub(crate) server: ServerAddress,
}

/// Say what a bundle is made of
///
/// A bundle has no stock of its own: its SKU is not counted, and each unit of it consumes units of
/// its components, all at one warehouse.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  gantry sku set GIFT-BOX --untracked
  gantry sku bundle GIFT-BOX MUG=2 TEA=1
  gantry sku bundle GIFT-BOX --none
      it is a bundle no longer")]
pub(crate) struct BundleArgs {
    /// The bundle's code.
    #[arg(value_name = "SKU", value_parser = code)]
    pub(crate) sku: String,
    /// A component and how many units of it go into one bundle; at most 16 of them.
    #[arg(value_name = "COMPONENT=UNITS", value_parser = component,
          required_unless_present = "none", num_args = 1..=COMPONENTS_PER_BUNDLE_MAX)]
    pub(crate) components: Vec<ComponentText>,
    /// No bundle any more.
    #[arg(long, conflicts_with = "components")]
    pub(crate) none: bool,
    #[command(flatten)]
    pub(crate) id: IdOption,
    #[command(flatten)]
    pub(crate) server: ServerAddress,
}

/// A bound that can be told from "no bound".
fn bound() -> impl clap::builder::TypedValueParser<Value = u32> {
    clap::value_parser!(u32).range(0..i64::from(u32::MAX))
}
