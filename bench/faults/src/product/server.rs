//! Running the binary: a command to its end, or a server that never outlives its rig.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::driver::Io;
use crate::judge::Violation;
use crate::programs::{sibling, start};

/// Small, so that a server is often killed while it makes one, and starts from one.
const SNAPSHOT_EVERY_BYTES: &str = "131072";
/// A server that needs longer to start never will.
const PATIENCE: Duration = Duration::from_secs(60);
/// What is said of such a one.
pub(super) const HANGS: &str = "the server neither serves nor ends";
/// Small, so that runs cross segments and starts are quick.
const SEGMENT_BYTES: &str = "1048576";

/// The binary, and the server that is tormented: the same binary, unless it is sabotaged.
#[derive(Clone, Debug)]
pub struct Product {
    /// The binary.
    pub program: PathBuf,
    /// The program of the server.
    pub server: PathBuf,
    /// What the server is started under: a program that becomes it, and its options.
    pub under: Vec<String>,
    /// What the server's environment has besides.
    pub environment: Vec<(String, String)>,
}

/// A command that ran to its end.
#[derive(Clone, Debug)]
pub struct Ran {
    /// Its code; none if a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Ran {
    /// The one JSON value that it printed.
    pub fn json(&self) -> Result<Value, Violation> {
        serde_json::from_str(&self.stdout)
            .map_err(|error| Violation(format!("no JSON came out ({error}): {self:?}")))
    }
}

impl Product {
    /// The binary beside the program that runs now.
    #[must_use]
    pub fn beside() -> Self {
        let program = sibling("gantry");
        Self { server: program.clone(), program, under: Vec::new(), environment: Vec::new() }
    }

    /// Runs a command to its end.
    #[must_use]
    pub fn run(&self, arguments: &[&str]) -> Ran {
        let mut command = command(&self.program);
        command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
        let output = start(&mut command).wait_with_output().unwrap();
        Ran {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Runs a command that must succeed; its JSON.
    pub fn json(&self, arguments: &[&str]) -> Result<Value, Violation> {
        let ran = self.run(&[arguments, &["--json"]].concat());
        if ran.code == Some(0) {
            return ran.json();
        }
        Err(Violation(format!("{arguments:?} failed: {ran:?}")))
    }
}

/// A program, free of the settings of whoever runs the rig.
fn command(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.stdin(Stdio::null());
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("GANTRY_") {
            command.env_remove(name);
        }
    }
    command
}

/// A running `gantry serve` on a free port.
#[derive(Debug)]
pub struct Server {
    product: Product,
    child: Child,
    address: String,
}

impl Server {
    /// Starts it and waits until it listens.
    pub fn start(product: &Product, directory: &Path, io: Io) -> Result<Self, Violation> {
        Self::start_with(product, directory, io, &[])
    }

    /// The same with further options.
    pub fn start_with(
        product: &Product,
        directory: &Path,
        io: Io,
        options: &[&str],
    ) -> Result<Self, Violation> {
        let mut child = spawn(product, directory, io, options);
        let stdout = child.stdout.take().unwrap();
        // From here on its drop ends the child.
        let mut server = Self { product: product.clone(), child, address: String::new() };
        let line = first_line(stdout).ok_or_else(|| Violation(HANGS.to_owned()))?;
        match line.trim_end().strip_prefix("listening on ") {
            Some(address) => server.address = address.to_owned(),
            None => {
                let log = std::fs::read_to_string(directory.with_extension("log")).unwrap();
                return Err(Violation(format!("the server did not start: {line}{log}")));
            }
        }
        Ok(server)
    }

    /// Starts it and kills it after a while, wherever it is by then.
    pub fn start_and_kill(product: &Product, directory: &Path, io: Io, after: Duration) {
        let mut child = spawn(product, directory, io, &[]);
        thread::sleep(after);
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Runs a command against it that must succeed; its JSON.
    pub fn json(&self, arguments: &[&str]) -> Result<Value, Violation> {
        self.product.json(&[arguments, &["--addr", &self.address]].concat())
    }

    /// SIGKILL.
    pub fn kill(self) {
        self.kill_and(|| ());
    }

    /// SIGKILL; then `before_its_end`, for a process that cannot end without it.
    pub fn kill_and(mut self, before_its_end: impl FnOnce()) {
        self.child.kill().unwrap();
        before_its_end();
        self.child.wait().unwrap();
    }

    /// Whether it has ended by itself.
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Fails only if it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What it says first; `None` if nothing comes and it does not end.
fn first_line(stdout: ChildStdout) -> Option<String> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line).unwrap();
        // Nobody listens any more if it took too long.
        let _ = sender.send(line);
    });
    receiver.recv_timeout(PATIENCE).ok()
}

fn spawn(product: &Product, directory: &Path, io: Io, options: &[&str]) -> Child {
    let log = directory.with_extension("log");
    let mut words = product.under.iter().map(PathBuf::from).chain([product.server.clone()]);
    let mut command = command(&words.next().unwrap());
    command.args(words);
    command.envs(product.environment.iter().cloned());
    command.args(["serve", "--listen", "127.0.0.1:0", "--segment-bytes", SEGMENT_BYTES]);
    command.args(["--until-stdin-closes", "--journal-io", io.name()]);
    command.args(["--snapshot-every-bytes", SNAPSHOT_EVERY_BYTES]).args(options);
    command.arg("--directory").arg(directory);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(File::create(&log).unwrap());
    start(&mut command)
}
