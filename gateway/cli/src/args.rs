//! What was typed: every subcommand, its options, and the help that teaches it.
//!
//! Values are parsed into types that cannot be wrong (`values`); nothing here touches a disk or a
//! socket.

mod book;
mod copies;
mod demo;
mod explain;
mod hold;
mod moment;
mod orders;
mod policy;
mod resource;
mod serve;
mod shop;
mod snapshot;
mod sourcing;
mod supply;
mod tools;
mod values;
mod what_if;

use clap::{Args, Parser, Subcommand};

pub(crate) use book::{BookArgs, MatchArgs, PriorityArgs};
pub(crate) use copies::{BackupArgs, CompressArgs, InspectArgs, RepairArgs, RestoreArgs};
pub(crate) use demo::DemoArgs;
pub(crate) use explain::ExplainArgs;
pub(crate) use hold::{
    ExtendHoldArgs, HoldCommand, ListHoldsArgs, PlaceHoldArgs, ReleaseHoldArgs, ShowHoldArgs,
};
pub(crate) use moment::day;
pub(crate) use moment::{now, range};
pub(crate) use orders::{
    BasketArgs, CancelArgs, CancelAtArgs, OrderCommand, PlaceArgs, QuoteArgs, RejectArgs, ShipArgs,
    ShowOrderArgs, SwapArgs,
};
pub(crate) use policy::{AssignPolicyArgs, PolicyCommand, SetPolicyArgs, ShadowPricesArgs};
pub(crate) use resource::ResourceArgs;
pub(crate) use serve::{DurabilityChoice, JournalIo, LogFormat, ServeArgs};
pub(crate) use shop::{
    AdjustArgs, ChannelCommand, CostCommand, ReceiveArgs, SetStockArgs, ShowStockArgs, SkuCommand,
    StatsArgs, StockCommand, WarehouseCommand, ZoneCommand,
};
pub(crate) use snapshot::{
    ListSnapshotsArgs, MakeSnapshotArgs, SnapshotCommand, VerifySnapshotsArgs,
};
pub(crate) use sourcing::{BundleArgs, CapacityArgs, ReserveArgs};
pub(crate) use supply::{
    BrokenArgs, ChangeSupplyArgs, ExpectArgs, ListSuppliesArgs, ReceiveSupplyArgs, ShowSupplyArgs,
    SupplyCommand,
};
pub(crate) use tools::{
    DumpArgs, ImportArgs, ImportClock, ImportFiles, JournalCommand, ReplayArgs, TrimArgs,
    VerifyArgs,
};
pub(crate) use values::{OrderLineText, ShipUnits};
pub(crate) use what_if::WhatIfArgs;

/// Where a server listens unless told otherwise.
pub(crate) const ADDRESS_DEFAULT: &str = "127.0.0.1:4160";

/// Gantry, the order allocation engine.
///
/// One program: the server, the commands of a shop that talk to it, and the tools that read its
/// journal. Begin with `gantry demo`.
#[derive(Debug, Parser)]
#[command(
    name = "gantry",
    version,
    about,
    long_about,
    max_term_width = 100,
    after_help = "\
Exit codes: 0 done · 1 failed · 2 wrong usage · 3 understood, and rejected by the engine

Examples:
  gantry demo                                     see it work, and survive a kill, in half a minute
  gantry serve --directory ./shop                 run a server
  gantry order place --zone 10 --line MUG:2       place an order on it"
)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Every subcommand.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Serve(ServeArgs),
    Demo(DemoArgs),
    Import(ImportArgs),
    /// Place, show, cancel and ship orders, and report what cannot be shipped
    #[command(subcommand)]
    Order(OrderCommand),
    /// Hold units for a cart, until it is ordered or its time is over
    #[command(subcommand)]
    Hold(HoldCommand),
    /// Show, receive, adjust and count stock
    #[command(subcommand)]
    Stock(StockCommand),
    /// Announce what will come in, and see what of it is promised to whom
    #[command(subcommand)]
    Supply(SupplyCommand),
    Quote(QuoteArgs),
    /// Define what is sold
    #[command(subcommand)]
    Sku(SkuCommand),
    /// Define places that hold stock
    #[command(subcommand)]
    Warehouse(WarehouseCommand),
    /// Define destination zones
    #[command(subcommand)]
    Zone(ZoneCommand),
    /// Define channels, through which orders come in
    #[command(subcommand)]
    Channel(ChannelCommand),
    /// Define which warehouse serves which zone, and for how much
    #[command(subcommand)]
    Cost(CostCommand),
    /// Decide how orders are sourced
    #[command(subcommand)]
    Policy(PolicyCommand),
    Stats(StatsArgs),
    Explain(ExplainArgs),
    WhatIf(WhatIfArgs),
    Replay(ReplayArgs),
    Resource(ResourceArgs),
    /// Check a journal, print what is in it, or give up what is damaged
    #[command(subcommand)]
    Journal(JournalCommand),
    Backup(BackupArgs),
    Restore(RestoreArgs),
    /// Make, list and check snapshots, from which a start is quick
    #[command(subcommand)]
    Snapshot(SnapshotCommand),
}

/// Options of every command that talks to a server.
#[derive(Clone, Debug, Args)]
pub(crate) struct ServerAddress {
    /// Address of the server.
    #[arg(long, env = "GANTRY_ADDR", default_value = ADDRESS_DEFAULT, value_name = "HOST:PORT")]
    pub(crate) addr: String,
    /// Give up when there is no answer after this many seconds.
    #[arg(long, env = "GANTRY_TIMEOUT", default_value_t = 10, value_name = "SECONDS",
          value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub(crate) timeout: u64,
    #[command(flatten)]
    pub(crate) format: OutputFormat,
}

/// How the answer is printed.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct OutputFormat {
    /// Print JSON for programs instead of a table for people.
    #[arg(long)]
    pub(crate) json: bool,
}

/// The id of a command that changes something.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct IdOption {
    /// Id of this command, as a UUID. A command that is sent again with the same id and the same
    /// content is carried out once. Default: a new UUIDv7, which is printed.
    #[arg(long, value_name = "UUID", value_parser = values::command_id)]
    pub(crate) id: Option<gantry_model::CommandId>,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_without_subcommands_shows_an_example() {
        fn walk(command: &clap::Command, path: &str) {
            let path = format!("{path} {}", command.get_name());
            let children: Vec<_> = command.get_subcommands().collect();
            if children.is_empty() {
                let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
                assert!(help.contains("Example"), "`{path} --help` shows no example");
                assert!(help.contains(path.trim()), "the example of `{path}` is another command's");
            }
            children.into_iter().for_each(|child| walk(child, &path));
        }
        walk(&Cli::command(), "");
    }
}
