//! A server of one's own: started on a fresh folder, stopped with the run, killed if it will not.

use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::plan::SpawnPlan;

/// How long a start may take: it prepares segments and syncs them.
const READY_TIMEOUT: Duration = Duration::from_secs(60);
/// How long a clean stop may take before the server is killed.
const STOP_TIMEOUT: Duration = Duration::from_secs(30);
const STOP_POLL: Duration = Duration::from_millis(20);
/// What is kept of what the server says, to show if it fails.
const ERROR_LINES_MAX: usize = 20;
const READY_PREFIX: &str = "listening on ";
/// File system magic of tmpfs, which has no disk to sync.
const TMPFS_MAGIC: u64 = 0x0102_1994;

/// Why there is no server.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SpawnError {
    #[error("no folder for the server: {0}")]
    Folder(io::Error),
    #[error("cannot start {path}: {source}")]
    Start { path: PathBuf, source: io::Error },
    #[error("{path} ended before it listened ({status}); it said:\n{said}")]
    Ended { path: PathBuf, status: ExitStatus, said: String },
    #[error(
        "{path} did not say \"{READY_PREFIX}HOST:PORT\" within {READY_TIMEOUT:?}; it said:\n{said}"
    )]
    NotReady { path: PathBuf, said: String },
    #[error("cannot stop the server: {0}")]
    Stop(io::Error),
    #[error("the server did not stop within {STOP_TIMEOUT:?} and was killed")]
    Killed,
    #[error("the server stopped with {status}; it said:\n{said}")]
    BadStop { status: ExitStatus, said: String },
}

/// A running server. Dropped without [`SpawnedServer::stop`], it is killed.
pub(crate) struct SpawnedServer {
    child: Child,
    address: SocketAddr,
    said: Arc<Mutex<VecDeque<String>>>,
    listeners: Vec<JoinHandle<()>>,
    directory: PathBuf,
    // Removed after the server has ended: fields drop in order of declaration.
    _temporary: Option<tempfile::TempDir>,
}

impl SpawnedServer {
    /// Starts a server and waits until it listens.
    pub(crate) fn start(plan: &SpawnPlan) -> Result<Self, SpawnError> {
        let (directory, temporary) = make_folder(plan.directory.as_deref())?;
        let mut command = Command::new(&plan.server);
        command.arg("serve").arg("--directory").arg(&directory);
        // Should this process be killed, the pipe closes and the server stops by itself.
        command.args(["--listen", "127.0.0.1:0", "--until-stdin-closes"]);
        if let Some(journal_io) = plan.journal_io {
            command.args(["--journal-io", journal_io.name()]);
        }
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let start = |source| SpawnError::Start { path: plan.server.clone(), source };
        let mut child = command.spawn().map_err(start)?;
        let said = Arc::new(Mutex::new(VecDeque::with_capacity(ERROR_LINES_MAX)));
        let (ready, listeners) = listen_to(&mut child, &said);
        // Owned from here on, so that an early return ends it.
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut server = Self { child, address, said, listeners, directory, _temporary: temporary };
        server.address = server.await_ready(&plan.server, &ready)?;
        Ok(server)
    }

    fn await_ready(
        &mut self,
        path: &Path,
        ready: &Receiver<SocketAddr>,
    ) -> Result<SocketAddr, SpawnError> {
        match ready.recv_timeout(READY_TIMEOUT) {
            Ok(address) => Ok(address),
            Err(RecvTimeoutError::Timeout) => {
                Err(SpawnError::NotReady { path: path.to_owned(), said: self.said() })
            }
            Err(RecvTimeoutError::Disconnected) => {
                let status = self.child.wait().map_err(SpawnError::Stop)?;
                self.hear_out();
                Err(SpawnError::Ended { path: path.to_owned(), status, said: self.said() })
            }
        }
    }

    /// Where it listens.
    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Whether its folder is in memory, where a sync means nothing.
    pub(crate) fn is_in_memory(&self) -> bool {
        let facts = rustix::fs::statfs(&self.directory);
        facts.is_ok_and(|facts| u64::try_from(facts.f_type).is_ok_and(|kind| kind == TMPFS_MAGIC))
    }

    /// Asks it to stop and waits; kills it if it does not.
    pub(crate) fn stop(mut self) -> Result<(), SpawnError> {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, Signal::TERM).map_err(|error| SpawnError::Stop(error.into()))?;
        let deadline = Instant::now() + STOP_TIMEOUT;
        while Instant::now() < deadline {
            match self.child.try_wait().map_err(SpawnError::Stop)? {
                Some(status) if status.success() => return Ok(()),
                Some(status) => {
                    self.hear_out();
                    return Err(SpawnError::BadStop { status, said: self.said() });
                }
                None => std::thread::sleep(STOP_POLL),
            }
        }
        Err(SpawnError::Killed)
    }

    /// Reads the last words of a server that has ended.
    fn hear_out(&mut self) {
        for listener in self.listeners.drain(..) {
            listener.join().expect("invariant: a listener does not panic");
        }
    }

    fn said(&self) -> String {
        let said = self.said.lock().expect("invariant: the listener does not panic");
        said.iter().map(|line| format!("  {line}\n")).collect()
    }
}

impl Drop for SpawnedServer {
    fn drop(&mut self) {
        // Either has ended already or must end now; there is nobody left to tell of an error.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn make_folder(wanted: Option<&Path>) -> Result<(PathBuf, Option<tempfile::TempDir>), SpawnError> {
    if let Some(directory) = wanted {
        std::fs::create_dir_all(directory).map_err(SpawnError::Folder)?;
        return Ok((directory.to_owned(), None));
    }
    let temporary = tempfile::Builder::new().prefix("gantry-loadtest-").tempdir();
    let temporary = temporary.map_err(SpawnError::Folder)?;
    Ok((temporary.path().to_owned(), Some(temporary)))
}

/// Reads all that the server says, so that it never waits for a reader; the address comes back.
fn listen_to(
    child: &mut Child,
    said: &Arc<Mutex<VecDeque<String>>>,
) -> (Receiver<SocketAddr>, Vec<JoinHandle<()>>) {
    let (ready, address) = sync_channel(1);
    let stdout = child.stdout.take().expect("invariant: stdout is piped");
    let stderr = child.stderr.take().expect("invariant: stderr is piped");
    let (said_out, said_err) = (Arc::clone(said), Arc::clone(said));
    // Both end with the server, which closes the pipes.
    let hears_out = std::thread::spawn(move || {
        read_lines(stdout, |line| {
            if let Some(address) = address_in(&line) {
                // Nobody waits any more after the first, or after the time is over.
                let _ = ready.try_send(address);
            }
            keep(&said_out, line);
        });
    });
    let hears_err = std::thread::spawn(move || read_lines(stderr, |line| keep(&said_err, line)));
    (address, vec![hears_out, hears_err])
}

fn read_lines(source: impl Read, mut each: impl FnMut(String)) {
    BufReader::new(source).lines().map_while(Result::ok).for_each(&mut each);
}

fn address_in(line: &str) -> Option<SocketAddr> {
    line.split(READY_PREFIX).nth(1)?.split_whitespace().next()?.parse().ok()
}

fn keep(said: &Mutex<VecDeque<String>>, line: String) {
    let mut said = said.lock().expect("invariant: no holder of this lock panics");
    if said.len() == ERROR_LINES_MAX {
        said.pop_front();
    }
    said.push_back(line);
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    /// Starts a shell script in the place of a server.
    fn start(script: &str) -> Result<SpawnedServer, SpawnError> {
        let folder = tempfile::tempdir().unwrap();
        let server = folder.path().join("gantry");
        std::fs::write(&server, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&server, Permissions::from_mode(0o755)).unwrap();
        SpawnedServer::start(&SpawnPlan { server, directory: None, journal_io: None })
    }

    #[test]
    fn the_address_is_read_from_the_servers_word() {
        let server = start("echo listening on 127.0.0.1:4242; exec sleep 100").unwrap();
        assert_eq!(server.address(), SocketAddr::from(([127, 0, 0, 1], 4242)));
    }

    #[test]
    fn a_clean_stop_removes_the_folder() {
        let server = start(
            "trap 'exit 0' TERM; echo listening on 127.0.0.1:1; while :; do sleep 0.01; done",
        )
        .unwrap();
        let directory = server.directory.clone();
        assert!(directory.is_dir());
        server.stop().unwrap();
        assert!(!directory.exists());
    }

    #[test]
    fn a_server_that_fails_is_quoted() {
        let error = start("echo no room on the disk >&2; exit 3").err().unwrap().to_string();
        assert!(error.contains("exit status: 3"), "{error}");
        assert!(error.contains("no room on the disk"), "{error}");
    }

    #[test]
    fn a_server_that_stops_badly_is_an_error() {
        let server = start(
            "trap 'exit 7' TERM; echo listening on 127.0.0.1:1; while :; do sleep 0.01; done",
        );
        assert!(server.unwrap().stop().unwrap_err().to_string().contains("exit status: 7"));
    }
}
