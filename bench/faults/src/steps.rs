//! A kill at every instruction of one append.
//!
//! The driver stops itself before and after the append. In between it is stepped instruction by
//! instruction; whenever a byte of a segment has changed, the files as they are then are what a kill
//! at that instruction leaves, and each such image is recovered and judged, in memory.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

use nix::sys::ptrace;
use nix::sys::signal::Signal;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::Pid;

use crate::judge::{Case, Violation, judge_on};
use crate::memory::MemoryStorage;
use crate::programs::Talking;
use crate::scenario::Scenario;

/// Images that may wait to be judged.
const IMAGES_WAITING: usize = 64;

/// What a walk through an append found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Walk {
    /// Instructions.
    pub steps: u64,
    /// Images that differ from the one before.
    pub images: u64,
}

/// An image to judge.
struct Image {
    storage: MemoryStorage,
    step: u64,
    acknowledged: u64,
}

/// Steps through the append of the scenario's last frame.
pub fn walk(scenario: &Scenario) -> Result<Walk, Violation> {
    let folder = tempfile::tempdir().unwrap();
    let directory = folder.path().join("journal");
    let before = scenario.lay_out(&directory);
    let case = scenario.drive.case;
    let (sender, receiver) = sync_channel(IMAGES_WAITING);
    let judging = thread::spawn({
        let directory = directory.clone();
        move || judge_all(&receiver, &directory, &case)
    });
    let mut stepper = Stepper::start(scenario, &directory, before);
    let mut walk = Walk::default();
    loop {
        let goes_on = stepper.step();
        walk.steps += 1;
        let changed = stepper.look();
        if !goes_on {
            // The append has returned: from here on its frame counts as acknowledged.
            stepper.acknowledged = stepper.talking_on();
        }
        if changed || !goes_on {
            walk.images += u64::from(changed);
            let image = Image {
                storage: stepper.storage.fork(),
                step: walk.steps,
                acknowledged: stepper.acknowledged,
            };
            if sender.send(image).is_err() {
                break;
            }
        }
        if !goes_on {
            break;
        }
    }
    drop(sender);
    judging.join().unwrap()?;
    Ok(walk)
}

fn judge_all(images: &Receiver<Image>, directory: &Path, case: &Case) -> Result<(), Violation> {
    for image in images {
        let storage = || Box::new(image.storage.clone()) as Box<_>;
        judge_on(&storage, directory, case, image.acknowledged).map_err(|violation| {
            Violation(format!("{case:?}, killed at instruction {}: {violation}", image.step))
        })?;
    }
    Ok(())
}

/// A driver under the tracer, standing before or in its last append.
struct Stepper {
    talking: Talking,
    pid: Pid,
    acknowledged: u64,
    files: Vec<(PathBuf, File)>,
    storage: MemoryStorage,
    scratch: Vec<u8>,
}

impl Stepper {
    /// Lets the driver run to the stop before its last append.
    fn start(scenario: &Scenario, directory: &Path, acknowledged: u64) -> Self {
        let mut command = scenario.drive.command(&[], directory);
        command.arg("--stop-around-last");
        let mut talking = Talking::start(command);
        let mut acknowledged = acknowledged;
        assert!(talking.line().unwrap().starts_with("opened"));
        for _ in 1..scenario.drive.frames {
            talking.go_on();
            acknowledged = sequence(&talking.line().unwrap());
        }
        let pid = Pid::from_raw(i32::try_from(talking.child.id()).unwrap());
        ptrace::attach(pid).unwrap();
        expect_stop(pid);
        ptrace::cont(pid, None).unwrap();
        talking.go_on();
        expect_stop(pid);
        let storage = MemoryStorage::load(directory);
        let files = storage.paths_below(&directory.join("segments"));
        let files = files.into_iter().map(|path| (path.clone(), File::open(path).unwrap()));
        let files = files.collect();
        Self { talking, pid, acknowledged, files, storage, scratch: Vec::new() }
    }

    /// One instruction; whether the append goes on.
    fn step(&self) -> bool {
        ptrace::step(self.pid, None).unwrap();
        match waitpid(self.pid, None).unwrap() {
            WaitStatus::Stopped(_, Signal::SIGTRAP) => true,
            WaitStatus::Stopped(_, Signal::SIGSTOP) => false,
            other => panic!("the driver ended in its append: {other:?}"),
        }
    }

    /// Takes over what has changed in the files; whether something has.
    fn look(&mut self) -> bool {
        let mut changed = false;
        for (path, file) in &self.files {
            let known = self.storage.get(path);
            self.scratch.resize(known.len(), 0);
            file.read_exact_at(&mut self.scratch, 0).unwrap();
            if *known != self.scratch {
                self.storage.put(path, Arc::new(self.scratch.clone()));
                changed = true;
            }
        }
        changed
    }

    /// Lets the driver go; what it says to have acknowledged.
    fn talking_on(&mut self) -> u64 {
        ptrace::detach(self.pid, None).unwrap();
        sequence(&self.talking.line().unwrap())
    }
}

fn sequence(line: &str) -> u64 {
    line.strip_prefix("ack ").unwrap().parse().unwrap()
}

fn expect_stop(pid: Pid) {
    let status = waitpid(pid, None).unwrap();
    assert!(matches!(status, WaitStatus::Stopped(_, Signal::SIGSTOP)), "{status:?}");
}
