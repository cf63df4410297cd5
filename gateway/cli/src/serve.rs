//! `gantry serve`: a server on a folder, until a signal asks it to stop.

use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

use gantry_gateway::{ArchiveOptions, OpenedFacts, Server, ServerOptions, StopReport};
use gantry_journal::{Durability, FileStorage, JournalOptions, WritePath};
use gantry_model::Actor;
use tokio::sync::Notify;
use tracing::{info, warn};

use crate::args::{DurabilityChoice, JournalIo, LogFormat, ServeArgs};
use crate::error::CliError;
use crate::output::{Output, log_writer};
use crate::policy::{PolicyFile, bring_into_force};
use crate::session::runtime;
use crate::signals::Signals;

/// The log line that tells what the replay found; `gantry demo` reads its figures.
pub(crate) const REPLAYED: &str = "journal replayed";

/// Serves until it is asked to stop.
pub(crate) fn run(args: &ServeArgs, output: &mut Output) -> Result<(), CliError> {
    start_log(args);
    if args.durability == DurabilityChoice::Os {
        warn!(
            "durability is `os`: answers do not wait for the disk. A crash of this program loses \
             nothing, but a power cut or a kernel crash loses orders that were acknowledged. Use \
             it for comparisons only"
        );
    }
    let policy = args.policy.as_deref().map(PolicyFile::read).transpose()?;
    info!(directory = %args.directory.display(), "opening the journal");
    let mut was_set = false;
    let server =
        Server::start_after(options(args), Box::new(FileStorage::new()), |folder, now| {
            if let Some(policy) = &policy {
                was_set = bring_into_force(policy, folder, Actor::COMMAND_LINE, now)?;
            }
            Ok::<(), CliError>(())
        })?;
    tell_opened(server.opened());
    if let Some(policy) = &policy {
        info!(policy = %policy.name, was_set, "the policy is in force");
    }
    let stop = server.stop_handle();
    let watcher = Watcher::new(args.until_stdin_closes)?;
    std::thread::spawn(move || watcher.watch(|| stop.stop()));
    let address = server.local_addr();
    output.line(format_args!("listening on {address}"))?;
    output.flush()?;
    tell_stopped(&server.wait()?);
    Ok(())
}

fn start_log(args: &ServeArgs) {
    let log = tracing_subscriber::fmt().with_max_level(args.log).with_writer(log_writer);
    match args.log_format {
        LogFormat::Text => {
            log.with_ansi(crate::output::log_is_terminal()).with_target(false).init()
        }
        LogFormat::Json => log.json().init(),
    }
}

fn options(args: &ServeArgs) -> ServerOptions {
    let default = ServerOptions::default();
    ServerOptions {
        listen: args.listen,
        directory: args.directory.clone(),
        journal: journal_options(args),
        connections_max: args.connections_max.unwrap_or(default.connections_max),
        requests_in_flight_max: args
            .requests_in_flight_max
            .unwrap_or(default.requests_in_flight_max),
        idle_timeout: args.idle_seconds.map_or(default.idle_timeout, Duration::from_secs),
        commit_floor: args.commit_floor_us.map_or(default.commit_floor, Duration::from_micros),
        engine_core: args.core.or(default.engine_core),
        workers: args.workers.unwrap_or(default.workers),
        snapshot_every_bytes: args.snapshot_every_bytes.unwrap_or(default.snapshot_every_bytes),
        full_replay: args.full_replay,
        accept_clock_jump: args.accept_clock_jump,
        archive: ArchiveOptions {
            after: args.archive_after_seconds.map_or(default.archive.after, Duration::from_secs),
            ..default.archive
        },
        ..default
    }
}

fn journal_options(args: &ServeArgs) -> JournalOptions {
    let default = JournalOptions::default();
    JournalOptions {
        segment_bytes: args.segment_bytes.unwrap_or(default.segment_bytes),
        segments_spare: args.segments_spare.unwrap_or(default.segments_spare),
        write_path: match args.journal_io {
            JournalIo::Mapped => WritePath::Mapped,
            JournalIo::Direct => WritePath::Direct,
        },
        durability: match args.durability {
            DurabilityChoice::Sync => Durability::Sync,
            DurabilityChoice::Os => Durability::Os,
        },
        ..default
    }
}

fn tell_opened(opened: &OpenedFacts) {
    let recovery = &opened.recovery;
    if recovery.created {
        info!(instance = %format_args!("{:032x}", recovery.instance_id), "a new journal was made");
    }
    if recovery.cut_bytes > 0 {
        warn!(
            cut_bytes = recovery.cut_bytes,
            last_sequence = recovery.last_sequence,
            "THE END OF THE JOURNAL WAS CUT: a write was under way when the server before this one \
             ended. What was cut was never acknowledged"
        );
    }
    let replay_ms = u64::try_from(opened.replay_time.as_millis()).unwrap_or(u64::MAX);
    info!(
        snapshot = opened.snapshot_sequence,
        records = opened.records_replayed,
        last_sequence = recovery.last_sequence,
        replay_ms,
        cut_bytes = recovery.cut_bytes,
        clean_stop = recovery.clean_stop,
        state_hash = %format_args!("{:032x}", opened.state_hash),
        "{REPLAYED}"
    );
}

fn tell_stopped(report: &StopReport) {
    info!(
        last_sequence = report.last_sequence,
        records = report.stats.journal_records,
        frames = report.journal.frames,
        syncs = report.journal.syncs,
        connections = report.stats.connections_accepted,
        requests = report.stats.requests,
        busy = report.stats.requests_busy,
        state_hash = %format_args!("{:032x}", report.state_hash),
        "stopped in order: what was taken is answered, the journal is synced and closed"
    );
}

/// Waits for whoever may end the server.
struct Watcher {
    runtime: tokio::runtime::Runtime,
    signals: Signals,
    stdin: bool,
}

impl Watcher {
    fn new(stdin: bool) -> Result<Self, CliError> {
        let runtime = runtime()?;
        let signals = {
            let _entered = runtime.enter();
            Signals::new()?
        };
        Ok(Self { runtime, signals, stdin })
    }

    /// The first request stops in order; a second one does not wait for it.
    fn watch(mut self, stop: impl Fn()) {
        let closed = Arc::new(Notify::new());
        if self.stdin {
            let closed = Arc::clone(&closed);
            std::thread::spawn(move || notify_at_end_of_stdin(&closed));
        }
        self.runtime.block_on(async {
            let reason = tokio::select! {
                signal = self.signals.next() => signal,
                () = closed.notified() => "end of standard input",
            };
            info!(reason, "stopping: what was taken is still answered");
            stop();
            let reason = self.signals.next().await;
            warn!(reason, "ended at once; the next start recovers, and no answer given is lost");
        });
        std::process::exit(1);
    }
}

fn notify_at_end_of_stdin(closed: &Notify) {
    let mut bytes = [0; 256];
    let mut stdin = std::io::stdin().lock();
    // Whoever holds the other end says nothing; an error is an end like any other.
    while stdin.read(&mut bytes).is_ok_and(|count| count > 0) {}
    closed.notify_one();
}
