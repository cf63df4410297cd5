//! The command line as typed: names, help, defaults. What is *right* is judged in `plan`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgGroup, Parser, ValueEnum};

/// Open-loop load on a Gantry server over TCP.
///
/// Orders are scheduled ahead at the rate asked for, whether or not the server keeps up, and the
/// latency of each counts from the moment it was due. A server that stalls is charged with every
/// order that fell due meanwhile.
#[derive(Clone, Debug, Parser)]
#[command(name = "gantry-loadtest", version, after_help = EXAMPLES)]
#[command(group(ArgGroup::new("where").required(true).args(["addr", "spawn"])))]
pub(crate) struct Args {
    /// Address of a running server, such as 127.0.0.1:4160.
    #[arg(long, value_name = "HOST:PORT")]
    pub(crate) addr: Option<String>,

    /// Start a server on a fresh folder for this run, and stop it afterwards.
    #[arg(long)]
    pub(crate) spawn: bool,

    /// The `gantry` to start; without it, the one beside this executable.
    #[arg(long, value_name = "PATH", requires = "spawn", conflicts_with = "addr")]
    pub(crate) server: Option<PathBuf>,

    /// Folder for the started server, new or empty, and kept afterwards. Without it, a temporary
    /// one that is removed.
    #[arg(long, value_name = "DIR", requires = "spawn", conflicts_with = "addr")]
    pub(crate) directory: Option<PathBuf>,

    /// How the started server writes its journal; without it, the server's default.
    #[arg(long, value_enum, requires = "spawn", conflicts_with = "addr")]
    pub(crate) journal_io: Option<JournalIo>,

    /// Orders per second offered; 0 = closed loop: the next order goes when a place is free.
    #[arg(long, default_value = "100000", value_parser = parse_count, value_name = "ORDERS")]
    pub(crate) rate: u64,

    /// The rate that stock is laid out for in a closed loop, where it is not known beforehand.
    #[arg(long, default_value = "500000", value_parser = parse_count, value_name = "ORDERS")]
    pub(crate) expected_rate: u64,

    /// How arrivals are spaced.
    #[arg(long, value_enum, default_value = "poisson")]
    pub(crate) arrivals: Arrivals,

    /// Measured time, such as 60s, 2m, 250ms.
    #[arg(long, default_value = "60s", value_parser = parse_duration)]
    pub(crate) duration: Duration,

    /// Time under load before the measured time.
    #[arg(long, default_value = "5s", value_parser = parse_duration)]
    pub(crate) warmup: Duration,

    /// Connections that carry the orders.
    #[arg(long, default_value_t = 8)]
    pub(crate) connections: u32,

    /// Orders in one frame, at most.
    #[arg(long, default_value_t = 64)]
    pub(crate) orders_per_frame: u32,

    /// Frames in flight on one connection, at most.
    #[arg(long, default_value_t = 32)]
    pub(crate) window: u32,

    /// Mean lines of an order (1 to 14 lines, truncated geometric).
    #[arg(long, default_value_t = 2.2)]
    pub(crate) lines_per_order: f64,

    /// SKUs.
    #[arg(long, default_value = "100000", value_parser = parse_count)]
    pub(crate) skus: u64,

    /// Warehouses.
    #[arg(long, default_value_t = 8)]
    pub(crate) warehouses: u32,

    /// Exponent of the SKUs' popularity: 0 = all alike.
    #[arg(long, default_value_t = 0.8)]
    pub(crate) zipf: f64,

    /// What is bought.
    #[arg(long, value_enum, default_value = "steady")]
    pub(crate) profile: ProfileName,

    /// What becomes of units that are not there. Default: backorder, or ship_complete in a flash
    /// sale.
    #[arg(long, value_enum)]
    pub(crate) short: Option<Short>,

    /// Units of the one SKU in a flash sale.
    #[arg(long, default_value = "1000", value_parser = parse_count)]
    pub(crate) units: u64,

    /// Buyers of one unit each in a flash sale.
    #[arg(long, default_value = "20000", value_parser = parse_count)]
    pub(crate) buyers: u64,

    /// Seed of everything that is drawn by chance.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,

    /// Write the result as one JSON object.
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,

    /// Write the latency percentiles in the format of HdrHistogram's plotter.
    #[arg(long, value_name = "FILE")]
    pub(crate) hgrm: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  gantry-loadtest --spawn --rate 300000 --duration 60s
  gantry-loadtest --spawn --rate 100000 --connections 64 --orders-per-frame 1 --window 16
  gantry-loadtest --spawn --rate 0 --duration 10s                 (closed loop)
  gantry-loadtest --spawn --profile flash-sale --units 1000 --buyers 50000 --rate 100000
  gantry-loadtest --addr 127.0.0.1:4160 --rate 20000 --json result.json --hgrm result.hgrm";

/// How a server writes its journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum JournalIo {
    /// Memory-mapped segments.
    Mapped,
    /// O_DIRECT and O_DSYNC.
    Direct,
}

impl JournalIo {
    /// The name in options and results.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Mapped => "mapped",
            Self::Direct => "direct",
        }
    }
}

/// How arrivals are spaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Arrivals {
    /// Independent of each other, as customers are: exponential gaps.
    Poisson,
    /// Equal gaps.
    Constant,
}

impl Arrivals {
    /// The name in options and results.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Poisson => "poisson",
            Self::Constant => "constant",
        }
    }
}

/// What is bought.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProfileName {
    /// The mix that the speed promises are measured with.
    Steady,
    /// One SKU, few units, many buyers.
    FlashSale,
}

/// What becomes of units that are not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum Short {
    /// All or nothing.
    ShipComplete,
    /// What is there.
    TakeAvailable,
    /// What is there now, the rest later.
    Backorder,
}

/// Reads `5s`, `2m`, `250ms`, `500us`, `1h`.
fn parse_duration(text: &str) -> Result<Duration, String> {
    let digits = text.find(|symbol: char| !symbol.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let unit_us: u64 = match unit {
        "us" => 1,
        "ms" => 1_000,
        "s" => 1_000_000,
        "m" => 60_000_000,
        "h" => 3_600_000_000,
        _ => return Err(format!("unit {unit:?} is not us, ms, s, m or h, as in 250ms, 5s, 2m")),
    };
    let number: u64 = number.parse().map_err(|_| "a whole number must come first, as in 5s")?;
    let micros = number.checked_mul(unit_us).ok_or("longer than any clock counts")?;
    Ok(Duration::from_micros(micros))
}

/// Reads a whole number, also with underscores: `300_000`.
fn parse_count(text: &str) -> Result<u64, String> {
    let digits: String = text.chars().filter(|symbol| *symbol != '_').collect();
    digits.parse().map_err(|_| "not a whole number, as in 300000 or 300_000".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definition_is_consistent() {
        Args::command().debug_assert();
    }

    #[test]
    fn durations_are_a_whole_number_and_a_unit() {
        let good = [("5s", 5_000_000), ("2m", 120_000_000), ("250ms", 250_000), ("0s", 0)];
        for (text, micros) in good {
            assert_eq!(parse_duration(text), Ok(Duration::from_micros(micros)), "{text}");
        }
        for text in ["", "5", "s", "1.5s", "-1s", "5 s", "5S", "99999999999999999999s"] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
        assert!(parse_duration("18446744073709551615h").unwrap_err().contains("longer"));
    }

    #[test]
    fn counts_may_have_underscores() {
        assert_eq!(parse_count("300_000"), Ok(300_000));
        assert!(parse_count("3e5").is_err());
        assert!(parse_count("_").is_err());
    }

    #[test]
    fn a_server_is_named_or_started_but_not_both() {
        let parse = |words: &[&str]| {
            Args::try_parse_from([&["gantry-loadtest"], words].concat()).map_err(|e| e.to_string())
        };
        assert!(parse(&["--spawn"]).is_ok());
        assert!(parse(&["--addr", "127.0.0.1:1"]).is_ok());
        assert!(parse(&[]).unwrap_err().contains("--addr"));
        assert!(parse(&["--spawn", "--addr", "127.0.0.1:1"]).is_err());
        assert!(parse(&["--addr", "127.0.0.1:1", "--server", "x"]).is_err());
    }
}
