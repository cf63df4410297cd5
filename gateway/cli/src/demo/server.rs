//! The server as a process of its own, which never outlives the demo.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStderr, ChildStdout, Command, Stdio};
use std::sync::mpsc;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::DemoError;

/// A server that does not listen by then never will.
const START_TIMEOUT: Duration = Duration::from_secs(120);
/// Lines of the server's log that are kept, to explain a failure.
const LOG_LINES_MAX: usize = 20;
/// Small enough to be prepared in a moment, large enough not to matter.
const SEGMENT_BYTES: &str = "67108864";
/// What `serve` prints before its address.
const READY_PREFIX: &str = "listening on ";

/// A running server; it is killed when this value is dropped.
pub(super) struct Server {
    child: Child,
    address: String,
    start_time: Duration,
    log: Arc<Mutex<VecDeque<String>>>,
}

impl Server {
    /// Starts `gantry serve` on `directory` and waits until it listens.
    pub(super) fn start(directory: &Path) -> Result<Self, DemoError> {
        let started = Instant::now();
        let program = std::env::current_exe().map_err(DemoError::Spawn)?;
        let mut command = Command::new(program);
        command.args(["serve", "--listen", "127.0.0.1:0", "--journal-io", "mapped"]);
        command.args(["--durability", "sync", "--segment-bytes", SEGMENT_BYTES]);
        command.args(["--log-format", "json", "--log", "info", "--until-stdin-closes"]);
        command.arg("--directory").arg(directory);
        // The demo shows the defaults, whatever the user's own server is told.
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("GANTRY_") {
                command.env_remove(name);
            }
        }
        // Its own group: Ctrl-C goes to the demo, which ends the server.
        command.process_group(0);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(DemoError::Spawn)?;
        let log = follow_log(child.stderr.take().expect("invariant: stderr is piped"));
        let stdout = child.stdout.take().expect("invariant: stdout is piped");
        // From here on a failure drops the value, which ends the child.
        let mut server = Self { child, address: String::new(), start_time: Duration::ZERO, log };
        server.address = ready_address(stdout).ok_or_else(|| server.failure())?;
        server.start_time = started.elapsed();
        Ok(server)
    }

    /// Where it listens.
    pub(super) fn address(&self) -> &str {
        &self.address
    }

    /// From the start of the process until it listened.
    pub(super) const fn start_time(&self) -> Duration {
        self.start_time
    }

    /// A number in the log line that tells of the replay.
    pub(super) fn replay_figure(&self, name: &str) -> Option<u64> {
        let log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        log.iter().find_map(|line| {
            let line: serde_json::Value = serde_json::from_str(line).ok()?;
            let fields = line.get("fields")?;
            let replayed = fields.get("message")?.as_str()? == crate::serve::REPLAYED;
            replayed.then(|| fields.get(name)?.as_u64()).flatten()
        })
    }

    /// Kills it without a warning, as a power cut would.
    pub(super) fn kill(&mut self) -> Result<(), DemoError> {
        self.child.kill().map_err(DemoError::Kill)?;
        self.child.wait().map_err(DemoError::Kill)?;
        Ok(())
    }

    fn failure(&self) -> DemoError {
        let log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        let log: Vec<&str> = log.iter().map(String::as_str).collect();
        DemoError::ServerNotReady { log: log.join("\n") }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Both fail only if it has already ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Keeps the last lines of the log, in a thread that ends with the server.
fn follow_log(stderr: ChildStderr) -> Arc<Mutex<VecDeque<String>>> {
    let log = Arc::new(Mutex::new(VecDeque::new()));
    let kept = Arc::clone(&log);
    std::thread::spawn(move || {
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
            if kept.len() == LOG_LINES_MAX {
                kept.pop_front();
            }
            kept.push_back(line);
        }
    });
    log
}

/// The address on the server's first line; `None` if it ended or took too long.
fn ready_address(stdout: ChildStdout) -> Option<String> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let mut line = String::new();
        // A read that fails leaves the line empty; nobody may wait any more when it is sent.
        let _ = BufReader::new(stdout).read_line(&mut line);
        let _ = sender.send(line);
    });
    let line = receiver.recv_timeout(START_TIMEOUT).ok()?;
    line.trim_end().strip_prefix(READY_PREFIX).map(str::to_owned)
}
