//! How long sourcing takes, order by order: median and tail by class, and how much is proven.
//!
//! `solve` is what sourcing costs: the stock rows are read and the problem solved. `decide` is the
//! whole decision about the order: checks, rules, sourcing, movements. Each call is timed by itself,
//! so a figure holds some 25 ns of reading the clock. The network and the classes of orders are
//! those of `gantry_bench::SourcingShop`. Other work on the machine shows in the tail: the passes
//! are repeated, and the least of each percentile is what the work itself takes.
//!
//!     cargo run --release -p gantry-bench --bin sourcing -- [--orders N] [--passes N] [--json]

mod output;
mod timing;

use std::process::ExitCode;

use clap::Parser;
use gantry_bench::{OrderClass, SourcingShop, machine_facts};

#[derive(Parser)]
#[command(about = "Times sourcing decisions by class of order")]
struct Arguments {
    /// Orders of each class.
    #[arg(long, default_value_t = 20_000, value_name = "N",
          value_parser = clap::value_parser!(u32).range(1_000..=1_000_000))]
    orders: u32,
    /// Passes over the orders of a class.
    #[arg(long, default_value_t = 5, value_name = "N",
          value_parser = clap::value_parser!(u32).range(1..=100))]
    passes: u32,
    /// Print one JSON object a class.
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if !arguments.json {
        output::line(&machine_facts());
        output::head();
    }
    let mut shop = SourcingShop::new(1);
    for class in &OrderClass::ALL {
        let timing = timing::measure(&mut shop, class, arguments.orders, arguments.passes);
        if arguments.json {
            output::json(class.name, &timing);
        } else {
            output::row(class.name, &timing);
        }
    }
    ExitCode::SUCCESS
}
