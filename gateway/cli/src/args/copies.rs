//! Options of the commands that look after a folder: `journal inspect`, `compress` and `repair`,
//! `backup` and `restore`.

use std::path::PathBuf;

use clap::Args;

use super::OutputFormat;

/// Show the segments of a journal, how large its batches are and how long its syncs took
///
/// Reads and verifies the whole journal without changing it, also beside a running server. A sync's
/// time stands in the batch after it; batches whose server could not tell it are left out.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  gantry journal inspect ./shop
  gantry journal inspect ./shop --json | jq .sync_us")]
pub(crate) struct InspectArgs {
    /// Folder of the journal.
    #[arg(value_name = "DIR")]
    pub(crate) directory: PathBuf,
    #[command(flatten)]
    pub(crate) format: OutputFormat,
}

/// Compress the closed segments of a journal
///
/// Verifies each segment first, and keeps the last two as they are, so it works beside a running
/// server. Everything reads a compressed segment as before; any LZ4 tool turns one back.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  gantry journal compress ./shop")]
pub(crate) struct CompressArgs {
    /// Folder of the journal.
    #[arg(value_name = "DIR")]
    pub(crate) directory: PathBuf,
    #[command(flatten)]
    pub(crate) format: OutputFormat,
}

/// Give up damaged records, so that the rest of a journal can be used again
///
/// A server refuses to start on a journal whose acknowledged records are damaged. Restore a backup
/// if there is one. If there is none, this gives up every record from SEQ on. Nothing is deleted:
/// what is cut goes to the folder `lost` of the journal. Everything before SEQ must be valid; where
/// it is not, the first bad place is named and nothing changes.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  gantry journal verify ./shop              names the first damaged record, say 4711
  gantry journal repair ./shop --accept-loss-from 4711")]
pub(crate) struct RepairArgs {
    /// Folder of the journal. No server may run on it.
    #[arg(value_name = "DIR")]
    pub(crate) directory: PathBuf,
    /// First record to give up, by its sequence.
    #[arg(long, value_name = "SEQ", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) accept_loss_from: u64,
    #[command(flatten)]
    pub(crate) format: OutputFormat,
}

/// Copy a folder, also while a server runs on it
///
/// The copy holds every record that was acknowledged before, with snapshots and archives, and is
/// verified while it is made. It gets its name when it is whole and safe on disk.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  gantry backup ./shop /mnt/backup/shop-monday")]
pub(crate) struct BackupArgs {
    /// Folder to copy.
    #[arg(value_name = "DIR")]
    pub(crate) directory: PathBuf,
    /// Folder to make. It must be missing or empty.
    #[arg(value_name = "BACKUP")]
    pub(crate) backup: PathBuf,
    #[command(flatten)]
    pub(crate) format: OutputFormat,
}

/// Make a folder from a backup
///
/// Verifies every hash of the copy before the folder gets its name. The new folder begins a higher
/// term, so that it can be told from the one that was copied. Point clients at one of them only.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  gantry restore /mnt/backup/shop-monday ./shop
  gantry serve --directory ./shop")]
pub(crate) struct RestoreArgs {
    /// A folder that `gantry backup` made.
    #[arg(value_name = "BACKUP")]
    pub(crate) backup: PathBuf,
    /// Folder to make. It must be missing or empty.
    #[arg(value_name = "DIR")]
    pub(crate) directory: PathBuf,
    #[command(flatten)]
    pub(crate) format: OutputFormat,
}
