//! An instance at work, as what a sweep repeats with a fault at another place each time.

use std::path::Path;
use std::process::Command;

use gantry_journal::WritePath;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{Making, Makings, case, judge, work};
use crate::judge::Violation;
use crate::programs::{Drive, no_program_starts};
use crate::system_calls::Subject;

/// More than fit one segment, so that a trim has one to delete.
const COMMANDS_OF_A_SEGMENT: u64 = 260;

/// An instance that was left behind, and a run on it that makes something.
#[derive(Clone, Debug)]
pub struct AtWork {
    /// Commands that were carried out before, half of them before a snapshot and all before
    /// another.
    commands_before: u64,
    /// Whether the run before stopped in order.
    stopped: bool,
    /// The run.
    drive: Drive,
}

impl AtWork {
    /// A run that makes one thing, with commands before, meanwhile and after.
    #[must_use]
    pub fn new(making: Making, seed: u64, write_path: WritePath) -> Self {
        let makings = Makings { kinds: vec![making], every: 2 };
        let drive = Drive {
            case: case(seed, write_path),
            frames: 3,
            seal_every: None,
            close: false,
            instance: Some(makings),
        };
        let commands_before = match making {
            Making::Trim => COMMANDS_OF_A_SEGMENT * 2,
            Making::Snapshot | Making::Archive => 24,
        };
        Self { commands_before, stopped: true, drive }
    }

    /// The same with the rest drawn from the seed.
    #[must_use]
    pub fn random(making: Making, seed: u64, write_path: WritePath) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut at_work = Self::new(making, seed, write_path);
        at_work.commands_before += random.random_range(0..40);
        at_work.stopped = random.random_bool(0.5);
        let drive = &mut at_work.drive;
        drive.case.segments_spare = random.random_range(1..=2);
        drive.frames = random.random_range(2..=4);
        drive.close = random.random_bool(0.5);
        let makings = drive.instance.as_mut().unwrap();
        if random.random_bool(0.3) {
            makings.kinds.insert(0, Making::ALL[random.random_range(0..Making::ALL.len())]);
            makings.every = 1;
        }
        at_work
    }
}

impl Subject for AtWork {
    fn lay_out(&self, root: &Path) -> u64 {
        let _alone = no_program_starts();
        let directory = root.join("journal");
        let half = self.commands_before / 2;
        let makings = Makings { kinds: vec![Making::Snapshot], every: half };
        let count = self.commands_before;
        let case = &self.drive.case;
        let instance = work(&directory, case, count, &makings, &mut |_| Ok(())).unwrap();
        let last = instance.engine().last_sequence().get();
        if self.stopped {
            instance.close().unwrap();
        }
        last
    }

    fn command(&self, tracer: &[String], root: &Path) -> Command {
        self.drive.command(tracer, &root.join("journal"))
    }

    fn judge(&self, root: &Path, acknowledged: u64) -> Result<(), Violation> {
        judge(&root.join("journal"), &self.drive.case, acknowledged).map(|_| ())
    }
}
