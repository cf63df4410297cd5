//! The validated plan of a run: what was typed, judged. Nothing is started before it stands.

use std::net::{SocketAddr, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::time::Duration;

use gantry_model::{
    CANDIDATES_PER_ZONE_MAX, LINES_PER_ORDER_MAX, SKUS_MAX, ShortMode, UNITS_PER_COMMAND_MAX,
};
use gantry_protocol::{FRAME_PAYLOAD_BYTES_MAX, ITEMS_PER_FRAME_MAX};

use crate::args::{Args, Arrivals, JournalIo, ProfileName, Short};
use crate::convert::{figure, rounded};

/// Orders a second that may be asked for; one thread schedules them.
const RATE_MAX: u64 = 10_000_000;
/// Connections that one thread serves without becoming the measurement itself.
const CONNECTIONS_MAX: u32 = 1_024;
/// Frames in flight per connection; the server's own bound is checked when it has said it.
const WINDOW_FRAMES_MAX: u32 = 4_096;
/// The longest measured time or warm-up.
const TIME_MAX: Duration = Duration::from_secs(24 * 3_600);
/// The shortest measured time from which a 99th percentile means anything.
const DURATION_MIN: Duration = Duration::from_millis(100);
/// Lines of the largest order of the workload.
pub(crate) const LINES_MAX: usize = 14;
/// The largest mean of a truncated geometric over 1 to 14 lines that still falls: 7.5 is uniform.
const LINES_MEAN_MAX: f64 = 7.0;
/// Steeper than this, one SKU gets nearly everything.
const ZIPF_MAX: f64 = 4.0;
/// Bytes of the largest order: item header, fixed part, lines.
const ORDER_BYTES_MAX: usize = 8 + 56 + 8 * LINES_MAX;

const _: () = assert!(LINES_MAX <= LINES_PER_ORDER_MAX);
// A full frame of the largest orders fits, so a frame never has to be cut short.
const _: () = assert!(ORDER_BYTES_MAX * ITEMS_PER_FRAME_MAX <= FRAME_PAYLOAD_BYTES_MAX);

/// Everything a run needs to know.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// Which server.
    pub(crate) target: Target,
    /// How orders are sent.
    pub(crate) load: Load,
    /// What is ordered.
    pub(crate) shop: Shop,
    /// Seed of everything drawn by chance.
    pub(crate) seed: u64,
    /// Where the JSON goes.
    pub(crate) json: Option<PathBuf>,
    /// Where the percentiles go.
    pub(crate) hgrm: Option<PathBuf>,
}

/// Which server gets the load.
#[derive(Clone, Debug)]
pub(crate) enum Target {
    /// One that runs already.
    Running {
        /// Where it listens.
        address: SocketAddr,
        /// The `gantry` that may be asked for its statistics, if there is one.
        tool: Option<PathBuf>,
    },
    /// One that this run starts and stops.
    Spawned(SpawnPlan),
}

/// How to start a server.
#[derive(Clone, Debug)]
pub(crate) struct SpawnPlan {
    /// The `gantry` executable.
    pub(crate) server: PathBuf,
    /// Its folder; `None` = a temporary one.
    pub(crate) directory: Option<PathBuf>,
    /// Its write path; `None` = the server's default.
    pub(crate) journal_io: Option<JournalIo>,
}

/// How orders are sent.
#[derive(Clone, Debug)]
pub(crate) struct Load {
    /// Open or closed loop.
    pub(crate) pace: Pace,
    /// Time under load before the measured window.
    pub(crate) warmup: Duration,
    /// The measured window; of a flash sale, which ends with its last buyer, the most it may take.
    pub(crate) duration: Duration,
    /// Connections.
    pub(crate) connections: u32,
    /// Orders in a frame, at most.
    pub(crate) orders_per_frame: u32,
    /// Frames in flight per connection, at most.
    pub(crate) window_frames: u32,
}

/// What decides when an order is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pace {
    /// A schedule fixed ahead.
    Open {
        /// Orders per second over all connections.
        rate: u64,
        /// How they are spaced.
        arrivals: Arrivals,
    },
    /// The answer to an earlier order.
    Closed,
}

/// What is ordered, from what.
#[derive(Clone, Debug)]
pub(crate) struct Shop {
    /// Which profile, with what only it needs.
    pub(crate) profile: Profile,
    /// SKUs.
    pub(crate) skus: u32,
    /// Warehouses.
    pub(crate) warehouses: u16,
    /// Exponent of popularity.
    pub(crate) zipf: f64,
    /// Mean lines of an order.
    pub(crate) lines_mean: f64,
    /// What becomes of units that are not there.
    pub(crate) short: ShortMode,
    /// Orders that stock is laid out for.
    pub(crate) orders_expected: u64,
}

/// What is bought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Profile {
    /// Many SKUs, enough stock for most orders.
    Steady,
    /// One SKU.
    FlashSale {
        /// Units of it.
        units: u32,
        /// Buyers of one unit each.
        buyers: u64,
    },
}

impl Profile {
    /// The name in options and results.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Steady => "steady",
            Self::FlashSale { .. } => "flash-sale",
        }
    }
}

/// Why what was typed is no plan.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PlanError {
    #[error("{option} is {found}, but must be {expected}")]
    OutOfRange { option: &'static str, found: String, expected: String },
    #[error("--addr {text:?} is no address ({reason}): HOST:PORT is right, as in 127.0.0.1:4160")]
    Address { text: String, reason: String },
    #[error(
        "there is no server at {path}: build it with `cargo build --release -p gantry`, or name \
         it with --server PATH"
    )]
    NoServer { path: PathBuf },
    #[error("--directory {path} is not empty: a run needs a new or an empty folder")]
    DirectoryUsed { path: PathBuf },
    #[error("{option} {path} cannot be written: {parent} is not a folder")]
    NoFolder { option: &'static str, path: PathBuf, parent: PathBuf },
    #[error(
        "--short backorder does not go with --profile flash-sale, where a buyer wins or not: \
         ship_complete and take_available do"
    )]
    FlashSaleBackorder,
}

impl Plan {
    /// Judges what was typed.
    pub(crate) fn new(args: &Args) -> Result<Self, PlanError> {
        let load = plan_load(args)?;
        let shop = plan_shop(args, &load)?;
        check_folder("--json", args.json.as_deref())?;
        check_folder("--hgrm", args.hgrm.as_deref())?;
        Ok(Self {
            target: plan_target(args)?,
            load,
            shop,
            seed: args.seed,
            json: args.json.clone(),
            hgrm: args.hgrm.clone(),
        })
    }
}

fn plan_target(args: &Args) -> Result<Target, PlanError> {
    let beside = gantry_beside_this();
    if let Some(text) = &args.addr {
        let tool = beside.filter(|path| path.is_file());
        return Ok(Target::Running { address: resolve(text)?, tool });
    }
    let server = args.server.clone().or(beside).unwrap_or_else(|| PathBuf::from("gantry"));
    if !server.is_file() {
        return Err(PlanError::NoServer { path: server });
    }
    if let Some(path) = &args.directory
        && path.read_dir().is_ok_and(|mut entries| entries.next().is_some())
    {
        return Err(PlanError::DirectoryUsed { path: path.clone() });
    }
    let (directory, journal_io) = (args.directory.clone(), args.journal_io);
    Ok(Target::Spawned(SpawnPlan { server, directory, journal_io }))
}

fn gantry_beside_this() -> Option<PathBuf> {
    Some(std::env::current_exe().ok()?.with_file_name("gantry"))
}

fn resolve(text: &str) -> Result<SocketAddr, PlanError> {
    let wrong = |reason: String| PlanError::Address { text: text.to_owned(), reason };
    let mut found = text.to_socket_addrs().map_err(|error| wrong(error.to_string()))?;
    found.next().ok_or_else(|| wrong("the name has no address".to_owned()))
}

fn plan_load(args: &Args) -> Result<Load, PlanError> {
    within("--rate", args.rate, 0, RATE_MAX)?;
    within("--connections", args.connections, 1, CONNECTIONS_MAX)?;
    let items_max = u32::try_from(ITEMS_PER_FRAME_MAX).expect("invariant: 1,024");
    within("--orders-per-frame", args.orders_per_frame, 1, items_max)?;
    within("--window", args.window, 1, WINDOW_FRAMES_MAX)?;
    let time = |option, found: Duration, least: Duration| match found {
        found if found >= least && found <= TIME_MAX => Ok(()),
        _ => Err(PlanError::OutOfRange {
            option,
            found: format!("{found:?}"),
            expected: format!("{least:?} to 24h"),
        }),
    };
    time("--duration", args.duration, DURATION_MIN)?;
    time("--warmup", args.warmup, Duration::ZERO)?;
    // A flash sale is its own beginning: a warm-up would sell the units.
    let flash_sale = args.profile == ProfileName::FlashSale;
    Ok(Load {
        pace: match args.rate {
            0 => Pace::Closed,
            rate => Pace::Open { rate, arrivals: args.arrivals },
        },
        warmup: if flash_sale { Duration::ZERO } else { args.warmup },
        duration: args.duration,
        connections: args.connections,
        orders_per_frame: args.orders_per_frame,
        window_frames: args.window,
    })
}

fn plan_shop(args: &Args, load: &Load) -> Result<Shop, PlanError> {
    let warehouses_max = u32::try_from(CANDIDATES_PER_ZONE_MAX).expect("invariant: 64");
    within("--skus", args.skus, 1, SKUS_MAX as u64)?;
    within("--warehouses", args.warehouses, 1, warehouses_max)?;
    within("--expected-rate", args.expected_rate, 1, RATE_MAX)?;
    within("--zipf", args.zipf, 0.0, ZIPF_MAX)?;
    within("--lines-per-order", args.lines_per_order, 1.0, LINES_MEAN_MAX)?;
    let rate = match load.pace {
        Pace::Open { rate, .. } => rate,
        Pace::Closed => args.expected_rate,
    };
    let seconds = (load.warmup + load.duration).as_secs_f64();
    Ok(Shop {
        profile: plan_profile(args)?,
        skus: u32::try_from(args.skus).expect("invariant: at most SKUS_MAX"),
        warehouses: u16::try_from(args.warehouses).expect("invariant: at most 64"),
        zipf: args.zipf,
        lines_mean: args.lines_per_order,
        short: plan_short(args)?,
        orders_expected: rounded(figure(rate) * seconds).max(1),
    })
}

fn plan_profile(args: &Args) -> Result<Profile, PlanError> {
    if args.profile == ProfileName::Steady {
        return Ok(Profile::Steady);
    }
    within("--units", args.units, 1, u64::from(UNITS_PER_COMMAND_MAX))?;
    within("--buyers", args.buyers, 1, u64::from(u32::MAX))?;
    let units = u32::try_from(args.units).expect("invariant: at most UNITS_PER_COMMAND_MAX");
    Ok(Profile::FlashSale { units, buyers: args.buyers })
}

fn plan_short(args: &Args) -> Result<ShortMode, PlanError> {
    match (args.profile, args.short) {
        (ProfileName::FlashSale, Some(Short::Backorder)) => Err(PlanError::FlashSaleBackorder),
        (_, Some(Short::ShipComplete)) | (ProfileName::FlashSale, None) => {
            Ok(ShortMode::ShipComplete)
        }
        (_, Some(Short::TakeAvailable)) => Ok(ShortMode::TakeAvailable),
        (ProfileName::Steady, Some(Short::Backorder) | None) => Ok(ShortMode::Backorder),
    }
}

fn within<T: PartialOrd + std::fmt::Display>(
    option: &'static str,
    found: T,
    least: T,
    most: T,
) -> Result<(), PlanError> {
    if found >= least && found <= most {
        return Ok(());
    }
    let expected = format!("{least} to {most}");
    Err(PlanError::OutOfRange { option, found: found.to_string(), expected })
}

fn check_folder(option: &'static str, path: Option<&Path>) -> Result<(), PlanError> {
    let Some(path) = path else { return Ok(()) };
    let parent = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    if parent.is_dir() {
        return Ok(());
    }
    Err(PlanError::NoFolder { option, path: path.to_owned(), parent: parent.to_owned() })
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    fn plan(words: &[&str]) -> Result<Plan, String> {
        let words = [&["gantry-loadtest", "--addr", "127.0.0.1:9"], words].concat();
        let args = Args::try_parse_from(words).map_err(|error| error.to_string())?;
        Plan::new(&args).map_err(|error| error.to_string())
    }

    /// What a wrong option's error must say: the option, what was found, what is right.
    #[test]
    fn errors_name_the_option_what_it_is_and_what_it_may_be() {
        let cases: &[(&[&str], &[&str])] = &[
            (&["--connections", "0"], &["--connections", "is 0", "1 to 1024"]),
            (&["--connections", "2000"], &["--connections", "is 2000", "1 to 1024"]),
            (&["--orders-per-frame", "1025"], &["--orders-per-frame", "is 1025", "1 to 1024"]),
            (&["--window", "0"], &["--window", "is 0", "1 to 4096"]),
            (&["--rate", "20000000"], &["--rate", "is 20000000", "0 to 10000000"]),
            (&["--duration", "5ms"], &["--duration", "is 5ms", "100ms to 24h"]),
            (&["--duration", "5"], &["--duration", "5s"]),
            (&["--warmup", "25h"], &["--warmup", "24h"]),
            (&["--skus", "0"], &["--skus", "is 0"]),
            (&["--warehouses", "65"], &["--warehouses", "is 65", "1 to 64"]),
            (&["--zipf", "NaN"], &["--zipf", "is NaN", "0 to 4"]),
            (&["--lines-per-order", "9"], &["--lines-per-order", "is 9", "1 to 7"]),
            (&["--profile", "flash-sale", "--units", "0"], &["--units", "is 0"]),
            (&["--profile", "flash-sale", "--buyers", "0"], &["--buyers", "is 0"]),
            (&["--profile", "flash-sale", "--short", "backorder"], &["backorder", "ship_complete"]),
            (&["--json", "/no/such/folder/x.json"], &["--json", "/no/such/folder"]),
        ];
        for (words, facts) in cases {
            let error = plan(words).expect_err(&format!("{words:?} is accepted"));
            for fact in *facts {
                assert!(error.contains(fact), "{words:?}: {error:?} does not say {fact:?}");
            }
        }
    }

    #[test]
    fn an_address_must_be_one() {
        let args = Args::try_parse_from(["gantry-loadtest", "--addr", "localhost"]).unwrap();
        assert!(Plan::new(&args).unwrap_err().to_string().contains("HOST:PORT"));
    }

    #[test]
    fn a_server_that_is_not_there_is_named() {
        let words = ["gantry-loadtest", "--spawn", "--server", "/no/gantry"];
        let error = Plan::new(&Args::try_parse_from(words).unwrap()).unwrap_err();
        assert!(error.to_string().contains("/no/gantry"));
    }

    #[test]
    fn a_used_folder_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("x"), "x").unwrap();
        let server = std::env::current_exe().unwrap();
        let args = Args::try_parse_from([
            std::ffi::OsStr::new("gantry-loadtest"),
            "--spawn".as_ref(),
            "--server".as_ref(),
            server.as_os_str(),
            "--directory".as_ref(),
            folder.path().as_os_str(),
        ])
        .unwrap();
        assert!(Plan::new(&args).unwrap_err().to_string().contains("not empty"));
    }

    #[test]
    fn stock_is_laid_out_for_warm_up_and_window() {
        let shop = plan(&["--rate", "1000", "--warmup", "5s", "--duration", "60s"]).unwrap().shop;
        assert_eq!(shop.orders_expected, 65_000);
        let closed = plan(&["--rate", "0", "--expected-rate", "10", "--warmup", "0s"]).unwrap();
        assert_eq!(closed.load.pace, Pace::Closed);
        assert_eq!(closed.shop.orders_expected, 600);
    }

    #[test]
    fn a_flash_sale_has_no_warm_up_and_is_all_or_nothing() {
        let plan = plan(&["--profile", "flash-sale", "--units", "7"]).unwrap();
        assert_eq!(plan.load.warmup, Duration::ZERO);
        assert_eq!(plan.shop.short, ShortMode::ShipComplete);
        assert_eq!(plan.shop.profile, Profile::FlashSale { units: 7, buyers: 20_000 });
    }
}
