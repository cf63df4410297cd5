//! The one place that prints.
#![expect(clippy::print_stderr, reason = "a tool prints; here and nowhere else")]

use std::error::Error;
use std::io::{self, BufWriter, StdoutLock, Write};

use crate::case::Case;

/// Standard output, a case a line.
pub(crate) struct Cases {
    out: BufWriter<StdoutLock<'static>>,
}

impl Cases {
    pub(crate) fn new() -> Self {
        Self { out: BufWriter::new(io::stdout().lock()) }
    }

    pub(crate) fn write(&mut self, case: &Case) -> io::Result<()> {
        writeln!(self.out, "{}", case.line())
    }

    pub(crate) fn finish(mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Says beside the cases what they are.
pub(crate) fn note(text: &str) {
    eprint!("{text}");
}

/// Prints what went wrong.
pub(crate) fn failure(error: &dyn Error) {
    eprintln!("sourcing_cases: {error}");
}
