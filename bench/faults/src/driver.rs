//! The driver: appends the frames of a seed to a real journal and says what is durable.
//!
//! It is one thread, so that its system calls come in the same order each time. Lines on standard
//! output: `opened SEQUENCE`, `ack SEQUENCE` for each durable frame, `full` when there is no room,
//! `done`. With `--wait` it goes on after each line only when it gets one byte: then the rig knows
//! that nothing is done between an acknowledgement and its being noted.

use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use gantry_journal::{FileStorage, Journal, JournalError, Opened, WritePath};
use rustix::process::{Signal, getpid, kill_process};

use crate::history::Frame;
use crate::instance::{Making, Makings, work};
use crate::judge::{Case, append, prepare};
use crate::tools::Tool;

/// How frames reach the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Io {
    /// Copied into a mapped segment, then synced.
    Mapped,
    /// Written with `O_DIRECT | O_DSYNC`.
    Direct,
}

impl Io {
    /// Both write paths.
    pub const ALL: [Self; 2] = [Self::Mapped, Self::Direct];

    /// The journal's word, turned round.
    #[must_use]
    pub fn of(write_path: WritePath) -> Self {
        match write_path {
            WritePath::Mapped => Self::Mapped,
            WritePath::Direct => Self::Direct,
        }
    }

    /// The journal's word for it.
    #[must_use]
    pub fn write_path(self) -> WritePath {
        match self {
            Self::Mapped => WritePath::Mapped,
            Self::Direct => WritePath::Direct,
        }
    }

    /// As it is typed.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Mapped => "mapped",
            Self::Direct => "direct",
        }
    }
}

/// Appends the frames of a seed to a journal and says what is durable.
#[derive(Debug, Parser)]
pub struct Arguments {
    /// Folder of the journal.
    #[arg(long)]
    directory: PathBuf,
    /// Seed of the history.
    #[arg(long)]
    seed: u64,
    /// Frames to append in this run.
    #[arg(long, default_value_t = 10)]
    frames: u64,
    /// Write path.
    #[arg(long, default_value = "mapped")]
    io: Io,
    /// Length of new segments.
    #[arg(long, default_value_t = gantry_journal::SEGMENT_BYTES_MIN)]
    segment_bytes: u64,
    /// Segments kept prepared.
    #[arg(long, default_value_t = 2)]
    segments_spare: u32,
    /// Write a seal behind every N-th frame.
    #[arg(long, value_name = "N")]
    seal_every: Option<u64>,
    /// End with a clean stop.
    #[arg(long)]
    close: bool,
    /// Append nothing; run this tool on the folder instead.
    #[arg(long, requires = "other")]
    tool: Option<Tool>,
    /// The folder that a tool makes.
    #[arg(long)]
    other: Option<PathBuf>,
    /// What `repair` gives up.
    #[arg(long, default_value_t = 1)]
    accept_loss_from: u64,
    /// Wait for one byte after each line.
    #[arg(long)]
    wait: bool,
    /// Carry out an instance's commands, and make something after every N-th.
    #[arg(long, value_name = "N", conflicts_with = "seal_every")]
    instance: Option<u64>,
    /// What is made, in turn.
    #[arg(long, requires = "instance")]
    make: Vec<Making>,
    /// Stop (SIGSTOP) before and after the append of the last frame.
    #[arg(long)]
    stop_around_last: bool,
}

/// Standard output and input of the driver.
struct Talk {
    wait: bool,
}

impl Talk {
    fn say(&self, line: &str) -> io::Result<()> {
        // One system call, so that no kill leaves half a line.
        io::stdout().lock().write_all(format!("{line}\n").as_bytes())?;
        io::stdout().lock().flush()?;
        if self.wait {
            io::stdin().lock().read_exact(&mut [0])?;
        }
        Ok(())
    }
}

/// The program.
#[must_use]
pub fn main() -> ExitCode {
    Arguments::parse().run()
}

impl Arguments {
    /// Drives as they say.
    #[must_use]
    pub fn run(&self) -> ExitCode {
        match run(self) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                // The rig reads it only when it has to tell of a violation.
                let _ = writeln!(io::stderr(), "driver: {error}");
                ExitCode::from(2)
            }
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), Box<dyn std::error::Error>> {
    let case = Case {
        seed: arguments.seed,
        write_path: arguments.io.write_path(),
        segment_bytes: arguments.segment_bytes,
        segments_spare: arguments.segments_spare,
    };
    let talk = Talk { wait: arguments.wait };
    if let (Some(tool), Some(other)) = (arguments.tool, &arguments.other) {
        tool.run(&arguments.directory, other, arguments.accept_loss_from)?;
        return Ok(talk.say("done")?);
    }
    if let Some(every) = arguments.instance {
        return run_instance(arguments, &case, every, &talk);
    }
    let storage = Box::new(FileStorage::new());
    let mut opened =
        Journal::open(&arguments.directory, case.options(), storage, None, &mut |_| Ok(()))?;
    talk.say(&format!("opened {}", opened.journal.last_sequence()))?;
    let skipped = usize::try_from(opened.journal.last_frame())?;
    let frames = case.history().skip(skipped).zip(1..=arguments.frames);
    for (frame, count) in frames {
        let stop = arguments.stop_around_last && count == arguments.frames;
        let durable = loop {
            match append_one(&mut opened, &frame, stop) {
                Err(JournalError::NoSegmentReady) if talk.wait => talk.say("full")?,
                other => break other?,
            }
        };
        talk.say(&format!("ack {durable}"))?;
        if arguments.seal_every.is_some_and(|every| count.is_multiple_of(every)) {
            opened.journal.seal()?;
        }
    }
    if arguments.close {
        opened.journal.close()?;
    }
    talk.say("done")?;
    Ok(())
}

fn run_instance(
    arguments: &Arguments,
    case: &Case,
    every: u64,
    talk: &Talk,
) -> Result<(), Box<dyn std::error::Error>> {
    let makings = Makings { kinds: arguments.make.clone(), every };
    let (directory, count) = (&arguments.directory, arguments.frames);
    let instance = work(directory, case, count, &makings, &mut |line| talk.say(line))?;
    if arguments.close {
        instance.close()?;
    }
    Ok(talk.say("done")?)
}

/// Prepares segments and appends. A full disk is no failure while a segment stands ready.
fn append_one(opened: &mut Opened, frame: &Frame, stop: bool) -> Result<u64, JournalError> {
    match prepare(&mut opened.preparer) {
        Ok(()) | Err(JournalError::NoRoom { .. }) => {}
        Err(other) => return Err(other),
    }
    if stop {
        stop_myself();
    }
    let durable = append(&mut opened.journal, frame)?;
    if stop {
        stop_myself();
    }
    Ok(durable)
}

fn stop_myself() {
    kill_process(getpid(), Signal::STOP).expect("invariant: a process may stop itself");
}
