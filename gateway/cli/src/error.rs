//! What can end a command early, as one sentence for people and one exit code for scripts.

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use gantry_model::Namespace;

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
    /// A file or folder that the command itself needs.
    #[error("cannot {action} {}: {source}", path.display())]
    File {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// The operating system refused something without a name.
    #[error("cannot {action}: {source}")]
    System {
        /// What was tried.
        action: &'static str,
        /// The system's answer.
        source: io::Error,
    },
    /// A code that the server does not know.
    #[error("there is no {} `{code}` on the server; codes are case-sensitive", namespace.name())]
    UnknownCode {
        /// The table that was searched.
        namespace: Namespace,
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
            Self::TooManyLines { .. } => ExitCode::from(2),
            _ => ExitCode::FAILURE,
        }
    }
}
