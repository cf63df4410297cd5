//! A `gantry serve` on a free port, and other runs of the binary.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use tokio::runtime::Runtime;
use tokio::time::timeout;

/// A server that needs longer to start never will.
const PATIENCE: Duration = Duration::from_secs(60);
/// The smallest, so that every life crosses segments.
const SEGMENT_BYTES: &str = "1048576";
/// Small, so that a server is often killed while it makes one, and starts from one.
const SNAPSHOT_EVERY_BYTES: &str = "262144";

/// How a server is started.
#[derive(Clone, Copy, Debug)]
pub(super) struct Serving {
    /// Past the page cache.
    pub(super) is_direct: bool,
    /// Whatever snapshots there are.
    pub(super) full_replay: bool,
    /// Seconds after which closed orders leave memory.
    pub(super) archive_after: u64,
}

/// A server that does not outlive its handle.
#[derive(Debug)]
pub(super) struct Server {
    child: Child,
    address: String,
}

impl Server {
    /// Starts it, and does not wait.
    pub(super) fn spawn(binary: &Path, folder: &Path, serving: Serving) -> Result<Self, String> {
        let log = File::create(folder.with_extension("log")).map_err(|error| error.to_string())?;
        let mut command = command(binary);
        command.args(["serve", "--listen", "127.0.0.1:0", "--until-stdin-closes"]);
        command.args(["--segment-bytes", SEGMENT_BYTES]);
        command.args(["--snapshot-every-bytes", SNAPSHOT_EVERY_BYTES]);
        command.args(["--journal-io", if serving.is_direct { "direct" } else { "mapped" }]);
        command.arg("--archive-after-seconds").arg(serving.archive_after.to_string());
        if serving.full_replay {
            command.arg("--full-replay");
        }
        command.arg("--directory").arg(folder);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log);
        let child = command.spawn().map_err(|error| format!("{}: {error}", binary.display()))?;
        Ok(Self { child, address: String::new() })
    }

    /// Waits until it listens.
    pub(super) fn wait_ready(&mut self, runtime: &Runtime, folder: &Path) -> Result<(), String> {
        let stdout = self.child.stdout.take().ok_or("it was waited for before")?;
        let line = runtime.spawn_blocking(move || {
            let mut line = String::new();
            // An error is an end like any other.
            let _ = BufReader::new(stdout).read_line(&mut line);
            line
        });
        let line = runtime.block_on(async { timeout(PATIENCE, line).await });
        let line = line.map_err(|_| "the server neither serves nor ends")?;
        let line = line.map_err(|error| error.to_string())?;
        match line.trim_end().strip_prefix("listening on ") {
            Some(address) => {
                self.address = address.to_owned();
                Ok(())
            }
            None => {
                let log = std::fs::read_to_string(folder.with_extension("log"));
                Err(format!("the server did not start: {line}{}", log.unwrap_or_default()))
            }
        }
    }

    /// Where it listens.
    pub(super) fn address(&self) -> &str {
        &self.address
    }

    /// SIGKILL, of a server that must still be there.
    pub(super) fn kill(mut self) -> Result<(), String> {
        let ended = self.child.try_wait().map_err(|error| error.to_string())?;
        if let Some(status) = ended {
            return Err(format!("the server ended by itself: {status}"));
        }
        self.child.kill().and_then(|()| self.child.wait()).map_err(|error| error.to_string())?;
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Fails only if it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The state hash that a full replay gives.
pub(super) fn replayed_hash(binary: &Path, folder: &Path) -> Result<String, String> {
    let output = command(binary).arg("replay").arg(folder).arg("--json").output();
    let output = output.map_err(|error| error.to_string())?;
    let report: Option<Value> = serde_json::from_slice(&output.stdout).ok();
    let hash = report.as_ref().and_then(|report| report["state_hash"].as_str());
    hash.map(str::to_owned).ok_or_else(|| format!("no replay: {output:?}"))
}

/// The binary, free of the settings of whoever runs the rig.
fn command(binary: &Path) -> Command {
    let mut command = Command::new(binary);
    command.stdin(Stdio::null());
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("GANTRY_") {
            command.env_remove(name);
        }
    }
    command
}
