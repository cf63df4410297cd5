//! Sourcing policies: the file that tells one, and the commands that bring it into force, and prices
//! for the objective that reads some.

mod commands;
mod error;
mod file;
mod local;
mod prices;
mod server;

pub(crate) use error::PolicyError;
pub(crate) use file::PolicyFile;
pub(crate) use local::{bring_into_force, handle};
pub(crate) use prices::PricesError;

use crate::args::PolicyCommand;
use crate::error::{CliError, Verdict};
use crate::output::Output;

/// Runs `gantry policy`.
pub(crate) fn run(command: &PolicyCommand, output: &mut Output) -> Result<Verdict, CliError> {
    match command {
        PolicyCommand::Set(args) => server::set(args, output),
        PolicyCommand::Assign(args) => server::assign(args, output),
        PolicyCommand::ShadowPrices(args) => prices::run(args, output).map(|()| Verdict::Done),
    }
}
