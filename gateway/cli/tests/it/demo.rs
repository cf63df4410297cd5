//! `gantry demo` shows what it promises and leaves nothing behind.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process};

use crate::process::{command, processes_with, wait};

/// Small enough for a debug build beside other tests.
const LOAD: [&str; 2] = ["--orders-per-second", "1500"];

fn nothing_is_left(folder: &Path) {
    let left: Vec<_> = std::fs::read_dir(folder).unwrap().flatten().collect();
    assert!(left.is_empty(), "{left:?}");
    let text = folder.to_str().unwrap();
    assert_eq!(processes_with(text), Vec::<String>::new());
}

#[test]
fn every_acknowledged_order_survives_the_kill() {
    let folder = tempfile::tempdir().unwrap();
    let output = command(["demo", "--seconds", "2"])
        .args(LOAD)
        .env("TMPDIR", folder.path())
        .output()
        .unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{stdout}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(stdout.contains("Every acknowledged order is there"), "{stdout}");
    let figure = |name: &str| {
        let line = stdout.lines().find(|line| line.starts_with(name)).unwrap();
        line[name.len()..].trim().replace(',', "").parse::<u64>().unwrap()
    };
    assert!(figure("acknowledged") > 0, "{stdout}");
    assert_eq!(figure("acknowledged"), figure("found"), "{stdout}");
    assert_eq!((figure("missing"), figure("different")), (0, 0), "{stdout}");
    nothing_is_left(folder.path());
}

#[test]
fn an_interrupted_demo_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let log = tempfile::NamedTempFile::new().unwrap();
    let mut child = command(["demo", "--seconds", "60"])
        .args(LOAD)
        .env("TMPDIR", folder.path())
        .stdout(Stdio::piped())
        .stderr(File::create(log.path()).unwrap())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let under_load = lines.any(|line| line.trim_start().starts_with("1 "));
    assert!(under_load, "{}", std::fs::read_to_string(log.path()).unwrap());
    assert!(!processes_with(folder.path().to_str().unwrap()).is_empty(), "the server runs");
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    assert_eq!(wait(&mut child).code(), Some(1));
    let said = std::fs::read_to_string(log.path()).unwrap();
    assert!(said.contains("stopped by a signal"), "{said}");
    nothing_is_left(folder.path());
}
