//! A fault at every system call of a run, one at a time: `strace` injects it at the N-th call of
//! one kind, for N from 1 until the run meets none any more.
//!
//! A kill stops the process as it enters the call, so the sweep covers every state between two
//! calls. What lies between two stores to mapped memory is the business of `steps`.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use tempfile::TempDir;

use crate::judge::{Violation, judge};
use crate::programs::Ended;
use crate::scenario::{Scenario, copy_folder};

/// What happens at the N-th call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The process is killed as it enters the call.
    Kill,
    /// The call fails with this error, once.
    ErrorOnce(&'static str),
    /// It fails from then on.
    ErrorForEver(&'static str),
}

impl Fault {
    fn inject(self, call: &str, number: u64) -> String {
        match self {
            Self::Kill => format!("inject={call}:signal=SIGKILL:when={number}"),
            Self::ErrorOnce(error) => format!("inject={call}:error={error}:when={number}"),
            Self::ErrorForEver(error) => format!("inject={call}:error={error}:when={number}+"),
        }
    }
}

/// What a sweep did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sweep {
    /// Runs that met their fault.
    pub faults: u64,
    /// Kinds of calls.
    pub calls: u64,
    /// Of which kinds some failed and the run still came to its end, and how often.
    pub shrugged_off: BTreeMap<String, u64>,
    /// Of which kinds some failed and the run ended in a panic, and how often.
    pub panicked: BTreeMap<String, u64>,
}

impl Sweep {
    fn note(&mut self, call: &str, ended: &Ended) {
        self.faults += 1;
        let kinds = [
            (ended.done, &mut self.shrugged_off),
            (ended.complaint.contains("panicked"), &mut self.panicked),
        ];
        for (_, kind) in kinds.into_iter().filter(|(is, _)| *is) {
            *kind.entry(call.to_owned()).or_default() += 1;
        }
    }
}

/// Whether strace can be used here.
#[must_use]
pub fn strace_is_there() -> bool {
    Command::new("strace").arg("-V").output().is_ok_and(|output| output.status.success())
}

fn tracer(words: &[&str]) -> Vec<String> {
    ["strace", "-f", "-qq"].iter().chain(words).map(|word| (*word).to_owned()).collect()
}

/// What a sweep repeats, each time in a folder of its own.
pub trait Subject: fmt::Debug + Sync {
    /// Lays out a folder; returns the last sequence that was acknowledged in it.
    fn lay_out(&self, root: &Path) -> u64;

    /// The run in such a folder, behind the words of a tracer.
    fn command(&self, tracer: &[String], root: &Path) -> Command;

    /// Judges what the run left, where everything up to `acknowledged` must be.
    fn judge(&self, root: &Path, acknowledged: u64) -> Result<(), Violation>;
}

impl Subject for Scenario {
    fn lay_out(&self, root: &Path) -> u64 {
        Self::lay_out(self, &root.join("journal"))
    }

    fn command(&self, tracer: &[String], root: &Path) -> Command {
        self.drive.command(tracer, &root.join("journal"))
    }

    fn judge(&self, root: &Path, acknowledged: u64) -> Result<(), Violation> {
        judge(&root.join("journal"), &self.drive.case, acknowledged).map(|_| ())
    }
}

/// How often the run makes each kind of call, from its first look at the journal's folder on.
fn count_calls(subject: &dyn Subject, layout: &Path) -> BTreeMap<String, u64> {
    let folder = scratch();
    let root = folder.path().join("root");
    copy_folder(layout, &root);
    let log = folder.path().join("calls");
    let words = tracer(&["-o", log.to_str().unwrap()]);
    let ended = Ended::run(&mut subject.command(&words, &root));
    assert!(ended.done, "the run fails without a fault: {}", ended.complaint);
    let mut calls = BTreeMap::new();
    let mut began = false;
    for line in fs::read_to_string(&log).unwrap().lines() {
        began |= line.contains("gantry.instance");
        let call = line.split_once(' ').map(|(_, rest)| rest.trim_start());
        let name = call.and_then(|rest| rest.split_once('(')).map_or("", |(name, _)| name);
        if is_name(name) {
            let (number, since) = calls.entry(name.to_owned()).or_insert((0_u64, None));
            *number += 1;
            if began && since.is_none() {
                *since = Some(*number);
            }
        }
    }
    calls.into_iter().filter_map(|(name, (_, since))| Some((name, since?))).collect()
}

fn is_name(text: &str) -> bool {
    let plain = |letter: char| matches!(letter, 'a'..='z' | '0'..='9' | '_');
    !text.is_empty() && text.chars().all(plain)
}

fn scratch() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// Does `fault` at every call whose kind `only` wants, and judges what is left each time.
pub fn sweep(
    subject: &dyn Subject,
    fault: Fault,
    only: impl Fn(&str) -> bool,
) -> Result<Sweep, Violation> {
    let folder = scratch();
    let layout = folder.path().join("layout");
    fs::create_dir(&layout).unwrap();
    let acknowledged = subject.lay_out(&layout);
    let calls: Vec<_> =
        count_calls(subject, &layout).into_iter().filter(|(name, _)| only(name)).collect();
    let rig = Rig { subject, fault, layout, acknowledged };
    let next = AtomicU64::new(0);
    let all = Mutex::new(Sweep { calls: calls.len() as u64, ..Sweep::default() });
    std::thread::scope(|scope| {
        let work = || -> Result<(), Violation> {
            loop {
                let index = usize::try_from(next.fetch_add(1, Ordering::Relaxed)).unwrap();
                let Some((call, first)) = calls.get(index) else { return Ok(()) };
                rig.sweep_call(call, *first, &all)?;
            }
        };
        let running = [scope.spawn(work), scope.spawn(work)];
        running.into_iter().try_for_each(|thread| thread.join().unwrap())
    })?;
    Ok(all.into_inner().unwrap())
}

struct Rig<'a> {
    subject: &'a dyn Subject,
    fault: Fault,
    layout: PathBuf,
    acknowledged: u64,
}

impl Rig<'_> {
    /// Every call of one kind from the `first`-th on.
    fn sweep_call(&self, call: &str, first: u64, all: &Mutex<Sweep>) -> Result<(), Violation> {
        for number in first.. {
            let (ended, met) = self.run(call, number)?;
            if !met {
                break;
            }
            all.lock().unwrap().note(call, &ended);
        }
        Ok(())
    }

    fn run(&self, call: &str, number: u64) -> Result<(Ended, bool), Violation> {
        let folder = scratch();
        let root = folder.path().join("root");
        copy_folder(&self.layout, &root);
        let log = folder.path().join("calls");
        let inject = self.fault.inject(call, number);
        let trace = format!("trace={call}");
        let words = tracer(&["-o", log.to_str().unwrap(), "-e", &trace, "-e", &inject]);
        let ended = Ended::run(&mut self.subject.command(&words, &root));
        let log = fs::read_to_string(&log).unwrap();
        let met = ended.was_killed() || log.contains("(INJECTED)");
        let acknowledged = ended.acknowledged.unwrap_or(self.acknowledged);
        self.subject.judge(&root, acknowledged).map_err(|violation| {
            let (subject, fault) = (self.subject, self.fault);
            Violation(format!("{subject:?}, {fault:?} at {call} {number}: {violation}"))
        })?;
        Ok((ended, met))
    }
}
