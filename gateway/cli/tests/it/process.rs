//! Running the binary: a command to its end, or a server that never outlives its test; and a small
//! shop for those who need no other.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

/// The binary under test.
pub(crate) const GANTRY: &str = env!("CARGO_BIN_EXE_gantry");
/// A test that waits this long has failed.
const PATIENCE: Duration = Duration::from_secs(60);
/// Small, so that tests cross segments and starts are quick.
const SEGMENT_BYTES: &str = "2097152";

/// A command that ran to its end.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    /// The one JSON value that it printed.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// `gantry` with these arguments, free of the settings of whoever runs the tests.
pub(crate) fn command<Argument: AsRef<OsStr>>(
    arguments: impl IntoIterator<Item = Argument>,
) -> Command {
    bare_command(GANTRY, arguments)
}

fn bare_command<Argument: AsRef<OsStr>>(
    program: &str,
    arguments: impl IntoIterator<Item = Argument>,
) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null());
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("GANTRY_") {
            command.env_remove(name);
        }
    }
    command
}

/// Runs `gantry` to its end.
pub(crate) fn run<Argument: AsRef<OsStr>>(arguments: impl IntoIterator<Item = Argument>) -> Run {
    let output = command(arguments).output().unwrap();
    Run {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A running `gantry serve`, on a free port.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    address: String,
    log: PathBuf,
}

impl Server {
    /// Starts it on `directory` with further options, and waits until it listens.
    pub(crate) fn start(directory: &Path, options: &[&str]) -> Self {
        Self::start_under(&[], directory, options)
    }

    /// The same under a tracer: its program and options.
    pub(crate) fn start_under(tracer: &[&str], directory: &Path, options: &[&str]) -> Self {
        let log = directory.with_extension("log");
        let words = tracer.iter().chain(&[GANTRY]).map(OsStr::new);
        let mut words = words.chain(["serve", "--listen", "127.0.0.1:0"].map(OsStr::new));
        let mut command = bare_command(words.next().unwrap().to_str().unwrap(), words);
        command.args(["--until-stdin-closes", "--segment-bytes", SEGMENT_BYTES]);
        command.arg("--directory").arg(directory).args(options);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(File::create(&log).unwrap());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        // From here on a panic ends the child.
        let mut server = Self { child, address: String::new(), log };
        match line.trim_end().strip_prefix("listening on ") {
            Some(address) => server.address = address.to_owned(),
            None => panic!("the server did not start: {line}{}", server.log()),
        }
        server
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// What it wrote to its log so far.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }

    /// Runs a command against it.
    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        run(arguments.iter().chain(&["--addr", &self.address]))
    }

    /// Runs a command against it that must succeed, and returns its JSON.
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        let run = self.run(&[arguments, &["--json"]].concat());
        assert_eq!(run.code, Some(0), "{arguments:?}: {run:?}");
        run.json()
    }

    /// The same of words as they are typed.
    pub(crate) fn say(&self, words: &str) -> Run {
        self.run(&words.split(' ').collect::<Vec<_>>())
    }

    /// What it answers to words that must succeed.
    #[track_caller]
    pub(crate) fn must(&self, words: &str) -> Value {
        self.json(&words.split(' ').collect::<Vec<_>>())
    }

    /// The engine must reject the words, and say what the reason means.
    #[track_caller]
    pub(crate) fn must_not(&self, words: &str, reason: &str) {
        let rejected = self.say(&format!("{words} --json"));
        assert_eq!(rejected.code, Some(3), "{words}: {rejected:?}");
        assert_eq!(rejected.json()["reason"], reason, "{words}");
        let told = self.say(words).stdout;
        assert!(told.contains("meaning"), "{words}: {told}");
    }

    /// Asks until the answer is so: records of the engine's own come when nobody waits for them.
    #[track_caller]
    pub(crate) fn until(&self, words: &str, is_so: impl Fn(&Value) -> bool) -> Value {
        for _ in 0..500 {
            let answer = self.must(words);
            if is_so(&answer) {
                return answer;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("{words}: {}", self.must(words));
    }

    /// SIGKILL.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Another signal; returns how it ended.
    pub(crate) fn signal(mut self, signal: Signal) -> (ExitStatus, String) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
        let status = wait(&mut self.child);
        (status, self.log())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Under a tracer the child is the tracer: only the server's own end ends both.
        drop(self.child.stdin.take());
        let started = Instant::now();
        while matches!(self.child.try_wait(), Ok(None)) && started.elapsed() < PATIENCE {
            std::thread::sleep(Duration::from_millis(5));
        }
        // Fails only if it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A server with two warehouses, six mugs in Berlin and four in Hamburg.
pub(crate) struct SmallShop {
    server: Server,
    folder: TempDir,
}

impl SmallShop {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let server = Server::start(&folder.path().join("shop"), &[]);
        for words in [
            "warehouse set BER",
            "warehouse set HAM --priority 2",
            "zone set 10",
            "sku set MUG",
            "cost set BER 10 --parcel 390 --unit 25 --days 1",
            "cost set HAM 10 --parcel 420 --unit 25 --days 1",
            "stock receive MUG BER 6",
            "stock receive MUG HAM 4",
        ] {
            server.must(words);
        }
        Self { server, folder }
    }

    /// Its journal's folder.
    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("shop")
    }

    /// Ends the server; the folder of a journal that must hold.
    pub(crate) fn end(self) -> Journal {
        drop(self.server);
        let journal = Journal(self.folder);
        journal.read(&["journal", "verify"], &[]);
        journal.read(&["replay", "--verify"], &[]);
        journal
    }
}

impl Deref for SmallShop {
    type Target = Server;

    fn deref(&self) -> &Server {
        &self.server
    }
}

/// What a small shop left behind.
pub(crate) struct Journal(TempDir);

impl Journal {
    /// Runs a command that reads it: words before the folder, and behind.
    #[track_caller]
    pub(crate) fn read(&self, words: &[&str], behind: &[&str]) -> Run {
        let data = self.0.path().join("shop");
        let words = words.iter().map(OsStr::new).chain([data.as_os_str()]);
        let run = run(words.chain(behind.iter().map(OsStr::new)));
        assert_eq!(run.code, Some(0), "{run:?}");
        run
    }

    /// The same of one that prints a line of JSON for each of what it found.
    #[track_caller]
    pub(crate) fn lines(&self, words: &[&str]) -> Vec<Value> {
        let lines = self.read(words, &["--json"]).stdout;
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// Waits for a child's end, and kills it when that takes too long.
pub(crate) fn wait(child: &mut Child) -> ExitStatus {
    let started = Instant::now();
    while started.elapsed() < PATIENCE {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    panic!("the process did not end within {PATIENCE:?}");
}

/// Ids of processes whose command line has `text` in it.
pub(crate) fn processes_with(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let words = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        if String::from_utf8_lossy(&words).contains(text) {
            found.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    found
}
