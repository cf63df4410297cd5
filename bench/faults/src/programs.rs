//! Starting the programs of the rigs, and what they said before they ended.

use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use crate::driver::Io;
use crate::instance::{self, Makings};
use crate::judge::{self, Case, Survived, Violation};

/// A program that was built beside the one that runs now.
///
/// # Panics
/// If it is not there.
#[must_use]
pub fn sibling(name: &str) -> PathBuf {
    let mut folder = std::env::current_exe().unwrap();
    folder.pop();
    if folder.ends_with("deps") {
        folder.pop();
    }
    let program = folder.join(name);
    assert!(program.exists(), "{} is missing: build it first", program.display());
    program
}

/// Held shared by whoever has a journal open, alone by whoever starts a program: between its birth
/// and its own code a child holds all that its parent has open, also the lock of a journal.
static STARTING: RwLock<()> = RwLock::new(());

/// Keeps other threads from starting programs until it is dropped.
pub fn no_program_starts() -> RwLockReadGuard<'static, ()> {
    STARTING.read().unwrap_or_else(PoisonError::into_inner)
}

/// Starts a program.
///
/// # Panics
/// If it is not there.
#[must_use]
pub fn start(command: &mut Command) -> Child {
    let _starting = STARTING.write().unwrap_or_else(PoisonError::into_inner);
    command.spawn().unwrap()
}

/// A build of the driver.
#[derive(Clone, Debug)]
pub struct Driver {
    /// The program.
    pub program: PathBuf,
    /// Words before its options.
    pub words: Vec<String>,
    /// What its environment has besides.
    pub environment: Vec<(String, String)>,
}

impl Driver {
    /// The driver beside the program that runs now.
    #[must_use]
    pub fn beside() -> Self {
        Self { program: sibling("faults-driver"), words: Vec::new(), environment: Vec::new() }
    }
}

/// One run of the driver.
#[derive(Clone, Debug)]
pub struct Drive {
    /// What it writes.
    pub case: Case,
    /// Frames in this run.
    pub frames: u64,
    /// Seal behind every N-th frame.
    pub seal_every: Option<u64>,
    /// End with a clean stop.
    pub close: bool,
    /// An instance's commands instead of frames that mean nothing, and what is made meanwhile.
    pub instance: Option<Makings>,
}

impl Drive {
    /// The driver's command, behind the words of a tracer if there are any.
    #[must_use]
    pub fn command(&self, tracer: &[String], directory: &Path) -> Command {
        self.command_of(&Driver::beside(), tracer, directory)
    }

    /// The same with another build of the driver.
    #[must_use]
    pub fn command_of(&self, driver: &Driver, tracer: &[String], directory: &Path) -> Command {
        let mut words = tracer.iter().map(PathBuf::from).chain([driver.program.clone()]);
        let mut command = Command::new(words.next().unwrap());
        command.envs(driver.environment.iter().cloned());
        command.args(words).args(&driver.words).arg("--directory").arg(directory);
        command.arg(format!("--seed={}", self.case.seed));
        command.arg(format!("--frames={}", self.frames));
        command.arg(format!("--io={}", Io::of(self.case.write_path).name()));
        command.arg(format!("--segment-bytes={}", self.case.segment_bytes));
        command.arg(format!("--segments-spare={}", self.case.segments_spare));
        if let Some(every) = self.seal_every {
            command.arg(format!("--seal-every={every}"));
        }
        if self.close {
            command.arg("--close");
        }
        if let Some(makings) = &self.instance {
            command.arg(format!("--instance={}", makings.every));
            command.args(makings.kinds.iter().map(|kind| format!("--make={}", kind.name())));
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Judges what was left of it, where everything up to `acknowledged` must be.
    pub fn judge(&self, directory: &Path, acknowledged: u64) -> Result<Survived, Violation> {
        match self.instance {
            None => judge::judge(directory, &self.case, acknowledged),
            Some(_) => instance::judge(directory, &self.case, acknowledged),
        }
    }
}

/// How a driver ended, and what it had said.
#[derive(Clone, Debug)]
pub struct Ended {
    /// Highest sequence that it acknowledged in this run, if any.
    pub acknowledged: Option<u64>,
    /// Whether it said that it was done.
    pub done: bool,
    /// Its end.
    pub status: ExitStatus,
    /// What it complained of.
    pub complaint: String,
}

impl Ended {
    /// Runs a command to its end.
    ///
    /// # Panics
    /// If the program says what no driver says.
    #[must_use]
    pub fn run(command: &mut Command) -> Self {
        let output = start(command).wait_with_output().unwrap();
        let mut ended = Self {
            acknowledged: None,
            done: false,
            status: output.status,
            complaint: String::from_utf8_lossy(&output.stderr).into_owned(),
        };
        for line in String::from_utf8(output.stdout).unwrap().lines() {
            ended.hear(line);
        }
        ended
    }

    fn hear(&mut self, line: &str) {
        match line.split_once(' ') {
            Some(("ack", sequence)) => self.acknowledged = Some(sequence.parse().unwrap()),
            Some(("opened", _)) => {}
            None if line == "done" => self.done = true,
            None if line == "full" => {}
            _ => panic!("no driver says {line:?}"),
        }
    }

    /// Whether a signal ended it.
    #[must_use]
    pub fn was_killed(&self) -> bool {
        self.status.signal().is_some()
    }
}

/// A driver that is talked with, line by line.
#[derive(Debug)]
pub struct Talking {
    /// The process.
    pub child: Child,
    lines: BufReader<std::process::ChildStdout>,
}

impl Talking {
    /// Starts a driver that waits after each line.
    #[must_use]
    pub fn start(mut command: Command) -> Self {
        let mut child = start(command.arg("--wait").stdin(Stdio::piped()));
        let lines = BufReader::new(child.stdout.take().unwrap());
        Self { child, lines }
    }

    /// Its next line; `None` at its end.
    pub fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        let bytes = self.lines.read_line(&mut line).unwrap();
        (bytes > 0).then(|| line.trim_end().to_owned())
    }

    /// Lets it go on. It may have ended meanwhile.
    pub fn go_on(&mut self) {
        let stdin = self.child.stdin.as_mut().unwrap();
        let _ = std::io::Write::write_all(stdin, b"\n");
    }

    /// SIGKILL, and its end.
    pub fn kill(&mut self) {
        // Fails only if it has ended.
        let _ = self.child.kill();
        self.child.wait().unwrap();
    }
}

impl Drop for Talking {
    fn drop(&mut self) {
        self.kill();
    }
}
