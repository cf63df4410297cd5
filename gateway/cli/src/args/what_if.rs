//! Options of `what-if`.

use std::path::PathBuf;

use clap::Args;
use gantry_model::EngineTime;

use super::OutputFormat;
use super::moment::moment;

/// Decide a recorded journal again under other policies, side by side with what was recorded
///
/// Takes the recorded demand, receipts, corrections and shipments through one engine a policy, in
/// memory and without changing the journal; also beside a running server, up to the last durable
/// frame. A policy decides every order, whatever its channel. Shipments leave from where the policy
/// has put the units; what of the records finds no place under a policy is counted as unmapped.
///
/// Shadow prices that were made from the days that they decide have seen the future: make them with
/// `gantry policy shadow-prices --until DATE`, and judge them with `--from DATE`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  gantry what-if ./shop --policy fewest_parcels --policy least_cost
  gantry what-if ./shop --policy greedy --policy web.toml --promised-days 5
  gantry what-if ./shop --from 2025-11-28 --until 2025-12-02 --policy nearest
  gantry what-if ./shop --policy balance --json | jq '.columns[] | {name, parcels, cost_minor}'

A moment is a day, 2025-12-31, or a time, 2025-12-31T23:59:59.5Z; both in UTC.
Engine time counts: when a server or an import took the order.")]
pub(crate) struct WhatIfArgs {
    /// Folder of the journal.
    #[arg(value_name = "DIR")]
    pub(crate) directory: PathBuf,
    /// A policy to decide by: the name of an objective, or a policy file. Once for each column.
    #[arg(long = "policy", value_name = "NAME|FILE", required = true)]
    pub(crate) policies: Vec<String>,
    /// First moment that is decided again; what came before is taken as recorded. Default: the
    /// journal's first.
    #[arg(long, value_name = "DATE", value_parser = moment)]
    pub(crate) from: Option<EngineTime>,
    /// First moment that is not looked at any more. Default: behind the journal's last.
    #[arg(long, value_name = "DATE", value_parser = moment)]
    pub(crate) until: Option<EngineTime>,
    /// Count an order as late if a parcel takes more days. Default: the days_max of its policy.
    #[arg(long, value_name = "DAYS")]
    pub(crate) promised_days: Option<u16>,
    #[command(flatten)]
    pub(crate) format: OutputFormat,
}
