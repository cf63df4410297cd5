//! Options of `supply`: what will come in, and to whom it is promised.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand};
use gantry_model::{Sequence, SupplyId};

use super::moment::{When, when};
use super::values::{code, command_id, record, supply_units};
use super::{IdOption, OutputFormat, ServerAddress};

/// What can be done with a supply.
#[derive(Debug, Subcommand)]
pub(crate) enum SupplyCommand {
    Expect(ExpectArgs),
    Change(ChangeSupplyArgs),
    Receive(ReceiveSupplyArgs),
    Show(ShowSupplyArgs),
    List(ListSuppliesArgs),
    Broken(BrokenArgs),
}

/// Announce units that will come in: a line of a purchase order
///
/// They are promised to lines that wait, and to orders that must wait from now on, which are then
/// told by when their units are to be there.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  gantry supply expect MUG BER 500 --eta +3d
  gantry supply expect MUG BER 500 --eta 2026-12-01T08:00:00Z \\
      --id 0197a3c0-7f00-7000-8000-000000000050")]
pub(crate) struct ExpectArgs {
    /// The SKU's code.
    #[arg(value_name = "SKU", value_parser = code)]
    pub(crate) sku: String,
    /// The code of the warehouse where they will come in.
    #[arg(value_name = "WAREHOUSE", value_parser = code)]
    pub(crate) warehouse: String,
    /// Units that are expected.
    #[arg(value_name = "QUANTITY", value_parser = supply_units)]
    pub(crate) quantity: u32,
    /// When they are expected: a time in UTC, or a span from now on (`+3d`).
    #[arg(long, value_name = "TIME", value_parser = when)]
    pub(crate) eta: When,
    #[command(flatten)]
    pub(crate) id: IdOption,
    #[command(flatten)]
    pub(crate) server: ServerAddress,
}

/// Say that more or fewer units of a supply are expected, or sooner or later
///
/// Promises that cannot be kept then are made again, later if they must. As many units as have come
/// in close the supply.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("what").required(true).multiple(true))]
#[command(after_help = "\
Examples:
  gantry supply change 0197a3c0-7f00-7000-8000-000000000050 --eta +5d
  gantry supply change 0197a3c0-7f00-7000-8000-000000000050 --quantity 400")]
pub(crate) struct ChangeSupplyArgs {
    /// The supply's id.
    #[arg(value_name = "SUPPLY", value_parser = command_id)]
    pub(crate) supply: SupplyId,
    /// Units in all, those that have come in with them. Default: as before.
    #[arg(long, value_name = "QUANTITY", group = "what")]
    pub(crate) quantity: Option<u32>,
    /// When the rest is expected: a time in UTC, or a span from now on (`+3d`). Default: as before.
    #[arg(long, value_name = "TIME", value_parser = when, group = "what")]
    pub(crate) eta: Option<When>,
    #[command(flatten)]
    pub(crate) id: IdOption,
    #[command(flatten)]
    pub(crate) server: ServerAddress,
}

/// Take in units of a supply that arrived
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  gantry supply receive 0197a3c0-7f00-7000-8000-000000000050 500")]
pub(crate) struct ReceiveSupplyArgs {
    /// The supply's id.
    #[arg(value_name = "SUPPLY", value_parser = command_id)]
    pub(crate) supply: SupplyId,
    /// Units that arrived, at the warehouse where they were expected.
    #[arg(value_name = "QUANTITY", value_parser = supply_units)]
    pub(crate) quantity: u32,
    #[command(flatten)]
    pub(crate) id: IdOption,
    #[command(flatten)]
    pub(crate) server: ServerAddress,
}

/// Show a supply as it stands, and the lines to which it is promised
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  gantry supply show 0197a3c0-7f00-7000-8000-000000000050")]
pub(crate) struct ShowSupplyArgs {
    /// The supply's id.
    #[arg(value_name = "SUPPLY", value_parser = command_id)]
    pub(crate) supply: SupplyId,
    /// Lines to show at most.
    #[arg(long, value_name = "N", default_value_t = 100,
          value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) rows: u32,
    #[command(flatten)]
    pub(crate) server: ServerAddress,
}

/// Show the supplies that are expected of a SKU, the first to come in before the others
///
/// What is free of each is not promised to anybody. Available to promise is what is free of all that
/// come in until then, without those that are overdue.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  gantry supply list MUG")]
pub(crate) struct ListSuppliesArgs {
    /// The SKU's code.
    #[arg(value_name = "SKU", value_parser = code)]
    pub(crate) sku: String,
    #[command(flatten)]
    pub(crate) server: ServerAddress,
}

/// List the broken promises of a journal: a line was told a date, and then a later one or none
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  gantry supply broken ./shop
  gantry supply broken ./shop --from 40000 --json | jq .order_id")]
pub(crate) struct BrokenArgs {
    /// Data folder of a server.
    #[arg(value_name = "DIR")]
    pub(crate) directory: PathBuf,
    /// The record to begin at: promises broken before it are left out.
    #[arg(long, value_name = "SEQUENCE", value_parser = record)]
    pub(crate) from: Option<Sequence>,
    #[command(flatten)]
    pub(crate) format: OutputFormat,
}
