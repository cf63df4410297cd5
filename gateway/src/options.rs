//! Settings of a server and their limits. Numbers that shape formats are not here: they are
//! constants of the protocol, the model and the journal.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use gantry_engine::{ArchiveLimits, Instance};
use gantry_journal::JournalOptions;
use gantry_protocol::{FRAME_HEADER_BYTES, REPLY_PAYLOAD_BYTES_MAX};

use crate::clock::{ClockBehind, EngineClock};
use crate::host::Host;

/// The port that clients expect.
pub const PORT_DEFAULT: u16 = 4160;

/// Threads that serve connections; more only add wake-ups on the machines this is made for.
const WORKERS_DEFAULT_MAX: usize = 4;
const WORKERS_MAX: usize = 256;

/// When closed orders leave memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArchiveOptions {
    /// Closed orders and commands stay in memory for this long. Default 1 hour.
    pub after: Duration,
    /// A new file is asked by connections for this long before its rows leave memory, so that
    /// hardly a request is answered `busy` for not knowing it. Default 1 second.
    pub shown_before: Duration,
    /// How much goes into one file.
    pub limits: ArchiveLimits,
}

impl Default for ArchiveOptions {
    fn default() -> Self {
        Self {
            after: Duration::from_secs(3600),
            shown_before: Duration::from_secs(1),
            limits: ArchiveLimits::default(),
        }
    }
}

/// Settings of a server.
#[derive(Clone, Debug)]
pub struct ServerOptions {
    /// Where clients connect. Default 127.0.0.1:4160; port 0 takes any free one.
    pub listen: SocketAddr,
    /// The journal's folder, created if it is missing. Default `gantry-data`.
    pub directory: PathBuf,
    /// The journal. With `new_instance_id` 0 a new folder gets a random one.
    pub journal: JournalOptions,
    /// Connections at a time. Default 1,024, minimum 1. More are answered `too_many_connections`.
    pub connections_max: u32,
    /// Requests of one connection that may wait for an answer. Default 1,024, minimum 1. At the
    /// bound the server stops reading from the connection.
    pub requests_in_flight_max: u32,
    /// Bytes of answers that one connection may leave unread. Default 16 MiB, minimum one longest
    /// frame (4 MiB and a header). Beyond it the connection is closed with `slow_reader`.
    pub outbound_bytes_max: usize,
    /// A connection without a request, an incomplete frame, or answers of which not a byte is
    /// taken, is closed after this. Default 5 minutes, minimum 10 ms.
    pub idle_timeout: Duration,
    /// Socket reads with commands that may wait for the engine. Default 4,096, minimum 1. Beyond
    /// it requests are answered `busy`.
    pub ingress_commands_max: usize,
    /// Socket reads with queries that may wait for the engine. Default 4,096, minimum 1.
    pub ingress_queries_max: usize,
    /// Bytes of requests that may wait for the engine. Default 64 MiB, minimum one byte; a read is
    /// taken while less than this waits.
    pub ingress_bytes_max: usize,
    /// What a busy answer tells the client to wait. Default 2 ms.
    pub busy_retry_after: Duration,
    /// Batches that circulate between engine, journal and release, 1 MiB each. Default 4,
    /// minimum 2.
    pub batches: usize,
    /// Time between the beginnings of two syncs while batches are large. Default 500 µs; 0 syncs
    /// back to back.
    pub commit_floor: Duration,
    /// The core that the engine thread is pinned to. Default: the last one of several.
    pub engine_core: Option<usize>,
    /// Threads that serve connections. Default: the number of cores, at most 4. 1 to 256.
    pub workers: usize,
    /// How far the wall clock may be behind the journal's last record at start. Default 1 hour.
    pub clock_behind_max: Duration,
    /// Replays the whole journal at start, whatever snapshots there are. Default no.
    pub full_replay: bool,
    /// Makes a snapshot whenever the journal has grown by this. Default 1 GiB; 0 = never. Never
    /// with a journal that is not synced either: a snapshot must not know more than its journal.
    pub snapshot_every_bytes: u64,
    /// Starts even if the wall clock is further behind. Default no.
    pub accept_clock_jump: bool,
    /// When closed orders leave memory.
    pub archive: ArchiveOptions,
    /// How long a stop waits for connections to take their last answers. Default 10 s.
    pub stop_timeout: Duration,
}

impl Default for ServerOptions {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, PORT_DEFAULT)),
            directory: PathBuf::from("gantry-data"),
            journal: JournalOptions::default(),
            connections_max: 1_024,
            requests_in_flight_max: 1_024,
            outbound_bytes_max: 16 << 20,
            idle_timeout: Duration::from_secs(300),
            ingress_commands_max: 4_096,
            ingress_queries_max: 4_096,
            ingress_bytes_max: 64 << 20,
            busy_retry_after: Duration::from_millis(2),
            batches: 4,
            commit_floor: Duration::from_micros(500),
            engine_core: crate::affinity::engine_core_default(),
            workers: cores.min(WORKERS_DEFAULT_MAX),
            clock_behind_max: Duration::from_secs(3600),
            full_replay: false,
            snapshot_every_bytes: 1 << 30,
            accept_clock_jump: false,
            archive: ArchiveOptions::default(),
            stop_timeout: Duration::from_secs(10),
        }
    }
}

/// A setting beyond its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{setting} is {found}, must be {need}")]
pub struct OptionError {
    /// The setting's name.
    pub setting: &'static str,
    /// Its value.
    pub found: u128,
    /// What is allowed, in words.
    pub need: &'static str,
}

impl ServerOptions {
    /// Checks every limit before a socket is opened or the disk is touched.
    pub(crate) fn check(&self) -> Result<(), OptionError> {
        at_least("connections_max", self.connections_max as usize, 1, "at least 1")?;
        at_least("requests_in_flight_max", self.requests_in_flight_max as usize, 1, "at least 1")?;
        at_least("ingress_commands_max", self.ingress_commands_max, 1, "at least 1")?;
        at_least("ingress_queries_max", self.ingress_queries_max, 1, "at least 1")?;
        at_least("ingress_bytes_max", self.ingress_bytes_max, 1, "at least 1")?;
        at_least("batches", self.batches, 2, "at least 2")?;
        at_least("workers", self.workers, 1, "1 to 256")?;
        let longest = REPLY_PAYLOAD_BYTES_MAX + FRAME_HEADER_BYTES;
        at_least("outbound_bytes_max", self.outbound_bytes_max, longest, "at least 4,194,336")?;
        if self.workers > WORKERS_MAX {
            let found = self.workers as u128;
            return Err(OptionError { setting: "workers", found, need: "1 to 256" });
        }
        if self.idle_timeout < Duration::from_millis(10) {
            let found = self.idle_timeout.as_millis();
            return Err(OptionError { setting: "idle_timeout", found, need: "at least 10 ms" });
        }
        Ok(())
    }
}

impl ServerOptions {
    /// The clock of an opened instance.
    pub(crate) fn clock(
        &self,
        host: &Arc<dyn Host>,
        instance: &Instance,
    ) -> Result<EngineClock, ClockBehind> {
        let last = instance.engine.last_time();
        EngineClock::start(Arc::clone(host), last, self.clock_behind_max, self.accept_clock_jump)
    }
}

fn at_least(
    setting: &'static str,
    found: usize,
    minimum: usize,
    need: &'static str,
) -> Result<(), OptionError> {
    if found < minimum {
        return Err(OptionError { setting, found: found as u128, need });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_within_the_limits() {
        assert_eq!(ServerOptions::default().check(), Ok(()));
    }

    #[test]
    fn every_limit_is_checked() {
        let broken: [fn(&mut ServerOptions); 10] = [
            |options| options.connections_max = 0,
            |options| options.requests_in_flight_max = 0,
            |options| options.outbound_bytes_max = 4 << 20,
            |options| options.idle_timeout = Duration::ZERO,
            |options| options.ingress_commands_max = 0,
            |options| options.ingress_queries_max = 0,
            |options| options.ingress_bytes_max = 0,
            |options| options.batches = 1,
            |options| options.workers = 0,
            |options| options.workers = 257,
        ];
        for (index, break_one) in broken.into_iter().enumerate() {
            let mut options = ServerOptions::default();
            break_one(&mut options);
            assert!(options.check().is_err(), "limit {index} is not checked");
        }
    }
}
