//! What can end a command early, as one sentence for people and one exit code for scripts.

use std::io;
use std::process::ExitCode;

use gantry_client::ClientError;
use gantry_engine::SnapshotError;
use gantry_gateway::ServerError;
use gantry_journal::JournalError;
use gantry_model::{EngineTime, Namespace};

use crate::output::utc_time;
use crate::policy::PricesError;

/// How a command ended that did not fail. A rejection is an answer, not an error: it has been
/// printed like any other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Carried out.
    Done,
    /// Understood, and rejected by the engine.
    Rejected,
}

impl Verdict {
    /// 0, or 3 for a rejection.
    pub(crate) fn exit_code(self) -> ExitCode {
        match self {
            Self::Done => ExitCode::SUCCESS,
            Self::Rejected => ExitCode::from(3),
        }
    }
}

/// A failure of a command.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CliError {
    /// Whoever reads our output has seen enough. Not worth a word.
    #[error("the output was closed")]
    OutputClosed,
    /// The output cannot be written.
    #[error("cannot write the output: {0}")]
    Output(io::Error),
    /// The operating system refused something.
    #[error("cannot {action}: {source}")]
    System {
        /// What was tried.
        action: &'static str,
        /// The system's answer.
        source: io::Error,
    },
    /// The server cannot be asked.
    #[error("{address}: {source}{}", connect_hint(source))]
    Client {
        /// The server's address.
        address: String,
        /// What happened.
        source: ClientError,
    },
    /// The server took too long. What became of a command is not known.
    #[error(
        "no answer from {address} within {seconds} s; whether a command was carried out is not \
         known: send it again with the same --id to learn it"
    )]
    NoAnswer {
        /// The server's address.
        address: String,
        /// How long was waited.
        seconds: u64,
    },
    /// A reply that does not fit the question: the two programs are of different versions.
    #[error(
        "the server answered `{status}` with reason {reason}, which this program does not expect"
    )]
    UnexpectedReply {
        /// The reply's status.
        status: &'static str,
        /// The number of its reason.
        reason: u16,
    },
    /// The server cannot start, or did not stop in order.
    #[error("{source}{}", server_hint(source))]
    Server {
        /// What happened.
        #[from]
        source: ServerError,
    },
    /// An import failed.
    #[error(transparent)]
    Import(#[from] crate::import::ImportError),
    /// A policy cannot be used.
    #[error(transparent)]
    Policy(#[from] crate::policy::PolicyError),
    /// A folder cannot be read, or holds what it must not.
    #[error(transparent)]
    Folder(#[from] crate::journal::FolderError),
    /// A snapshot cannot be made or read.
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    /// A start could not use every snapshot.
    #[error("{bad} of the snapshots cannot be used")]
    BadSnapshots {
        /// How many.
        bad: usize,
    },
    /// A journal cannot be decided again under a policy.
    #[error(transparent)]
    WhatIf(#[from] gantry_engine::WhatIfError),
    /// There is no table of shadow prices.
    #[error(transparent)]
    Prices(#[from] PricesError),
    /// The demo did not show what it promises.
    #[error(transparent)]
    Demo(#[from] crate::demo::DemoError),
    /// A code that the server does not know.
    #[error("there is no {} `{code}` on the server; codes are case-sensitive", namespace.name())]
    UnknownCode {
        /// The table that was searched.
        namespace: Namespace,
        /// What was typed.
        code: String,
    },
    /// No record of a journal places the order, or the hold.
    #[error(
        "no record places an order with the id or the reference `{order}`, or a hold with that id"
    )]
    NoSuchOrder {
        /// What was typed.
        order: String,
    },
    /// No record of a journal defines the warehouse.
    #[error("no record defines a warehouse `{code}`; codes are case-sensitive")]
    NoSuchWarehouse {
        /// What was typed.
        code: String,
    },
    /// More lines or units than a command can carry.
    #[error("{given} --line options; at most {max} fit into one command")]
    TooManyLines {
        /// How many were typed.
        given: usize,
        /// How many fit.
        max: usize,
    },
    /// Nothing lies between two moments.
    #[error("--from {} is not before --until {}", utc_time(from.get()), utc_time(until.get()))]
    EmptyRange {
        /// The first moment.
        from: EngineTime,
        /// The first moment after the range.
        until: EngineTime,
    },
    /// Ctrl-C or SIGTERM.
    #[error("stopped by a signal; nothing was left behind")]
    Interrupted,
}

impl CliError {
    /// Sorts a failed write: a closed pipe is not a failure.
    pub(crate) fn output(source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::BrokenPipe => Self::OutputClosed,
            _ => Self::Output(source),
        }
    }

    /// 1 for failures, 2 for wrong usage; a closed output is a quiet success.
    pub(crate) fn exit_code(&self) -> ExitCode {
        match self {
            Self::OutputClosed => ExitCode::SUCCESS,
            Self::TooManyLines { .. } | Self::EmptyRange { .. } => ExitCode::from(2),
            Self::UnknownCode { .. } => Verdict::Rejected.exit_code(),
            _ => ExitCode::FAILURE,
        }
    }
}

fn connect_hint(error: &ClientError) -> &'static str {
    match error {
        ClientError::Connect { .. } | ClientError::ConnectTimeout { .. } => {
            ". Is a server running there? `gantry serve --directory DIR` starts one; --addr names \
             another"
        }
        _ => "",
    }
}

/// What would be right, where the error itself cannot know.
fn server_hint(error: &ServerError) -> &'static str {
    match error {
        ServerError::PortTaken { .. } => {
            ". --listen names another address; port 0 takes a free one"
        }
        ServerError::PortDenied { .. } => ". Ports below 1024 need a privilege: take a higher one",
        ServerError::Listen { .. } => ". --listen takes an address of this machine",
        ServerError::Clock(_) => " with --accept-clock-jump",
        ServerError::Open(error) => journal_hint(error),
        _ => "",
    }
}

fn journal_hint(error: &JournalError) -> &'static str {
    match error {
        JournalError::Locked { .. } => ". Stop that process, or name another folder",
        JournalError::NotAJournal { .. } => ". Name an empty folder, a missing one, or a journal",
        JournalError::ReadOnly { .. } => ". The server needs a folder that it may write to",
        JournalError::NoRoom { .. } => {
            ". Make room, or take smaller segments for a start (--segment-bytes)"
        }
        JournalError::Damage(_) | JournalError::Read { .. } => {
            ". `gantry restore` makes a folder from a backup; `gantry journal repair --help` tells \
             what can be done without one"
        }
        _ => "",
    }
}
