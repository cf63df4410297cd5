//! Sourcing cases for the oracle in `bench/oracle`: each line of the output is one problem with the
//! plan that the product has for it, as JSON.
//!
//! Random problems have every rule in play and are no picture of a shop; problems from a journal
//! are all those that its orders met, each taken again on the state as it was, and the outcome must
//! be the recorded one.
//!
//!     cargo run --release -p gantry-bench --bin sourcing_cases -- --random 2000 --seed 1
//!     cargo run --release -p gantry-bench --bin sourcing_cases -- --journal FOLDER
//!     cargo run --release -p gantry-bench --bin sourcing_cases -- --again FILE

mod again;
mod case;
mod journal;
mod mix;
mod output;
mod random;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{ArgGroup, Parser};

use crate::case::Case;
use crate::mix::Mix;
use crate::output::Cases;
use crate::random::{RandomProblems, Sizes};

#[derive(Parser)]
#[command(about = "Writes sourcing problems and the product's plans for them, one JSON a line")]
#[command(group = ArgGroup::new("from").required(true))]
struct Arguments {
    /// So many random problems.
    #[arg(long, value_name = "N", group = "from")]
    random: Option<u32>,
    /// Every pass of every recorded decision about an order.
    #[arg(long, value_name = "FOLDER", group = "from")]
    journal: Option<PathBuf>,
    /// The problems of a file of cases, solved again.
    #[arg(long, value_name = "FILE", group = "from")]
    again: Option<PathBuf>,
    /// Seed of the random problems.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How big random problems are: `small` keeps to 5 lines and 12 sources.
    #[arg(long, value_enum, default_value_t = Sizes::All)]
    sizes: Sizes,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output::failure(error.as_ref());
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let mut cases = Cases::new();
    let mut mix = Mix::default();
    let mut write = |case: &Case| {
        mix.count(case);
        cases.write(case)
    };
    let mut told = String::new();
    if let Some(folder) = &arguments.journal {
        told = journal::visit(folder, &mut write)?;
    } else if let Some(file) = &arguments.again {
        again::read(file)?.try_for_each(|case| Ok::<_, Box<dyn Error>>(write(&case?)?))?;
    } else {
        let mut problems = RandomProblems::new(arguments.seed, arguments.sizes);
        for number in 0..arguments.random.unwrap_or(0) {
            let id = format!("random-{}-{number}", arguments.seed);
            write(&Case::solved(id, problems.next_problem()))?;
        }
    }
    cases.finish()?;
    output::note(&format!("{told}{mix}"));
    Ok(())
}
