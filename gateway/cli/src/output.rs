//! The one place that prints.
//!
//! Answers go to standard output: as [`Page`]s for people or as JSON for programs. Notes, errors
//! and progress go to standard error. Colours, redrawing and progress bars appear on terminals
//! only. A reader that has seen enough (`| head`) ends the program quietly.

mod page;
mod progress;

use std::fmt::Display;
use std::io::{self, BufWriter, IsTerminal, Stdout, Write};

use serde::Serialize;

use crate::error::CliError;

pub(crate) use page::{Page, Table, grouped, percent, utc_time};
pub(crate) use progress::Progress;

/// What a command answers: data for programs that can show itself to people.
pub(crate) trait Answer: Serialize {
    /// The answer as people read it.
    fn page(&self) -> Page;
}

/// Standard output.
pub(crate) struct Output {
    out: BufWriter<Stdout>,
    terminal: bool,
    /// Lines of the last [`Output::redraw`] that are still on the screen.
    drawn_lines: usize,
}

impl Output {
    /// Standard output as it is: a terminal or not.
    pub(crate) fn new() -> Self {
        let stdout = io::stdout();
        let terminal = stdout.is_terminal();
        Self { out: BufWriter::with_capacity(64 * 1024, stdout), terminal, drawn_lines: 0 }
    }

    /// Whether a person looks on.
    pub(crate) const fn is_terminal(&self) -> bool {
        self.terminal
    }

    /// Prints an answer in the form that was asked for.
    pub(crate) fn answer(&mut self, json: bool, answer: &impl Answer) -> Result<(), CliError> {
        if json { self.json(answer) } else { self.page(&answer.page()) }
    }

    /// Prints one JSON value on one line.
    pub(crate) fn json(&mut self, value: &impl Serialize) -> Result<(), CliError> {
        let written = serde_json::to_writer(&mut self.out, value).map_err(io::Error::from);
        written.and_then(|()| self.out.write_all(b"\n")).map_err(CliError::output)
    }

    /// Prints one line.
    pub(crate) fn line(&mut self, line: impl Display) -> Result<(), CliError> {
        writeln!(self.out, "{line}").map_err(CliError::output)
    }

    /// Prints a page.
    pub(crate) fn page(&mut self, page: &Page) -> Result<(), CliError> {
        let styled = self.terminal && std::env::var_os("NO_COLOR").is_none();
        self.out.write_all(page.render(styled).as_bytes()).map_err(CliError::output)
    }

    /// Replaces the lines drawn by the last call. On terminals only: elsewhere it does nothing.
    pub(crate) fn redraw(&mut self, lines: &[String]) -> Result<(), CliError> {
        if !self.terminal {
            return Ok(());
        }
        let mut frame = String::new();
        if self.drawn_lines > 0 {
            frame.push_str(&format!("\x1b[{}A", self.drawn_lines));
        }
        for line in lines {
            // Clear to the end of the line: the new one may be shorter.
            frame.push_str(&format!("{line}\x1b[K\n"));
        }
        self.drawn_lines = lines.len();
        self.out.write_all(frame.as_bytes()).map_err(CliError::output)?;
        self.flush()
    }

    /// What was drawn stays, and the next lines follow it.
    pub(crate) fn redraw_done(&mut self) {
        self.drawn_lines = 0;
    }

    /// Hands everything to the reader now.
    pub(crate) fn flush(&mut self) -> Result<(), CliError> {
        self.out.flush().map_err(CliError::output)
    }
}

/// Where log lines go.
pub(crate) fn log_writer() -> io::Stderr {
    io::stderr()
}

/// Whether a person reads the log.
pub(crate) fn log_is_terminal() -> bool {
    io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none()
}

/// Says something to the person who runs the program, on standard error. Nobody can be told when
/// even that fails, so a failure is dropped.
pub(crate) fn note(text: impl Display) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}
