//! Options of `gantry snapshot`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::OutputFormat;

/// What can be done with the snapshots of a folder.
#[derive(Debug, Subcommand)]
pub(crate) enum SnapshotCommand {
    Make(MakeSnapshotArgs),
    List(ListSnapshotsArgs),
    Verify(VerifySnapshotsArgs),
}

/// Make a snapshot, so that the next start need not replay everything
///
/// Takes the newest snapshot and the records behind it up to the last durable one. Works beside a
/// running server, whose engine takes no part in it, and needs as much memory as that engine. Keeps
/// the newest two snapshots and the last one of each of the last seven days; removes the others.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  gantry snapshot make ./shop")]
pub(crate) struct MakeSnapshotArgs {
    /// Folder of the journal.
    #[arg(value_name = "DIR")]
    pub(crate) directory: PathBuf,
    #[command(flatten)]
    pub(crate) format: OutputFormat,
}

/// List the snapshots of a folder, the newest first
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  gantry snapshot list ./shop")]
pub(crate) struct ListSnapshotsArgs {
    /// Folder of the journal.
    #[arg(value_name = "DIR")]
    pub(crate) directory: PathBuf,
    #[command(flatten)]
    pub(crate) format: OutputFormat,
}

/// Read every snapshot of a folder whole, and look its place up in the journal
///
/// Checks every hash, rebuilds the state and compares its hash and sums, and changes nothing. Ends
/// with exit code 1 if a start could not use one of them.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  gantry snapshot verify ./shop")]
pub(crate) struct VerifySnapshotsArgs {
    /// Folder of the journal.
    #[arg(value_name = "DIR")]
    pub(crate) directory: PathBuf,
    #[command(flatten)]
    pub(crate) format: OutputFormat,
}
