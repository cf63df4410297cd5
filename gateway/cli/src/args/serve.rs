//! Options of `serve`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::ADDRESS_DEFAULT;

/// How frames reach the journal's file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum JournalIo {
    /// Copied into a mapped segment, then synced.
    Mapped,
    /// Written past the page cache (`O_DIRECT | O_DSYNC`); faster, not on every file system.
    Direct,
}

/// When an answer is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DurabilityChoice {
    /// When what it tells is safe on the device.
    Sync,
    /// When the operating system has it: a power cut or a kernel crash loses acknowledged orders.
    Os,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// Lines for people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Run a server on a folder
///
/// Opens the folder, or makes a new one, replays its journal, and then prints one line,
/// `listening on ADDRESS`, to standard output. Logs go to standard error. SIGTERM or Ctrl-C stops
/// it gracefully: nothing new is taken, what was taken is answered.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  gantry serve --directory ./shop
  gantry serve --directory ./shop --listen 0.0.0.0:4160 --journal-io direct
  GANTRY_DIRECTORY=/var/lib/gantry gantry serve --log-format json")]
pub(crate) struct ServeArgs {
    /// Folder of the journal. It is made if it is missing.
    #[arg(long, env = "GANTRY_DIRECTORY", value_name = "DIR")]
    pub(crate) directory: PathBuf,
    /// Address to listen on. Port 0 takes a free one. There is no login yet: listen on an address
    /// that others can reach only where the network is trusted.
    #[arg(long, env = "GANTRY_LISTEN", default_value = ADDRESS_DEFAULT, value_name = "IP:PORT")]
    pub(crate) listen: SocketAddr,
    /// Bring this policy into force before anybody can connect, unless it is already: the name of
    /// an objective, or a file (TOML). Default: what the folder says; in a new one that is
    /// least_cost.
    #[arg(long, env = "GANTRY_POLICY", value_name = "NAME|FILE")]
    pub(crate) policy: Option<String>,
    /// How frames reach the journal's file.
    #[arg(long, env = "GANTRY_JOURNAL_IO", default_value = "mapped", value_name = "PATH")]
    pub(crate) journal_io: JournalIo,
    /// When an answer is sent.
    #[arg(long, env = "GANTRY_DURABILITY", default_value = "sync", value_name = "WHEN")]
    pub(crate) durability: DurabilityChoice,
    /// Size of new journal segments in bytes, a multiple of 4096 from 1 MiB up. Default: 256 MiB.
    #[arg(long, env = "GANTRY_SEGMENT_BYTES", value_name = "BYTES")]
    pub(crate) segment_bytes: Option<u64>,
    /// Segments kept prepared, counting the one that stands ready. Default: 2.
    #[arg(long, env = "GANTRY_SEGMENTS_SPARE", value_name = "N",
          value_parser = clap::value_parser!(u32).range(1..=64))]
    pub(crate) segments_spare: Option<u32>,
    /// Pin the engine's thread to this core. Default: the last one, where there are several.
    #[arg(long, env = "GANTRY_CORE", value_name = "N")]
    pub(crate) core: Option<usize>,
    /// Threads that serve sockets. Default: one for each core, at most 4.
    #[arg(long, env = "GANTRY_WORKERS", value_name = "N")]
    pub(crate) workers: Option<usize>,
    /// Connections at one time. Default: 1,024.
    #[arg(long, env = "GANTRY_CONNECTIONS_MAX", value_name = "N")]
    pub(crate) connections_max: Option<u32>,
    /// Frames that one connection may have unanswered. Default: 1,024.
    #[arg(long, env = "GANTRY_REQUESTS_IN_FLIGHT_MAX", value_name = "N")]
    pub(crate) requests_in_flight_max: Option<u32>,
    /// Seconds after which a connection that sends nothing is closed. Default: 300.
    #[arg(long, env = "GANTRY_IDLE_SECONDS", value_name = "SECONDS")]
    pub(crate) idle_seconds: Option<u64>,
    /// Shortest time between two syncs while batches are large, in microseconds. Default: 500.
    #[arg(long, env = "GANTRY_COMMIT_FLOOR_US", value_name = "MICROSECONDS")]
    pub(crate) commit_floor_us: Option<u64>,
    /// Seconds that closed orders and old ids stay in memory before they leave it for the archive.
    /// Default: 3,600.
    #[arg(long, env = "GANTRY_ARCHIVE_AFTER_SECONDS", value_name = "SECONDS")]
    pub(crate) archive_after_seconds: Option<u64>,
    /// Start although the wall clock is more than an hour behind the journal's last record.
    #[arg(long)]
    pub(crate) accept_clock_jump: bool,
    /// Make a snapshot whenever the journal has grown by this many bytes; 0 = never. Without one
    /// the next start replays the whole journal. None is made with `--durability os`. Default:
    /// 1 GiB.
    #[arg(long, env = "GANTRY_SNAPSHOT_EVERY_BYTES", value_name = "BYTES")]
    pub(crate) snapshot_every_bytes: Option<u64>,
    /// Replay the whole journal at start, whatever snapshots there are.
    #[arg(long)]
    pub(crate) full_replay: bool,
    /// How log lines look.
    #[arg(long, env = "GANTRY_LOG_FORMAT", default_value = "text", value_name = "FORMAT")]
    pub(crate) log_format: LogFormat,
    /// How much is logged: error, warn, info, debug or trace.
    #[arg(long, env = "GANTRY_LOG", default_value = "info", value_name = "LEVEL")]
    pub(crate) log: tracing::Level,
    /// Stop gracefully when standard input ends: for programs that start a server and must not
    /// leave it behind.
    #[arg(long, hide = true)]
    pub(crate) until_stdin_closes: bool,
}
