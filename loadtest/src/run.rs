//! One run from plan to result: server, shop, load, figures.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use gantry_client::{ClientError, Connection};
use gantry_model::{Actor, ShortMode};

use crate::catalogue::Catalogue;
use crate::driver::{DriveError, Driven, drive};
use crate::lane::{Feed, Lane, LaneLimits};
use crate::pipeline::SetupError;
use crate::plan::{Load, Plan, Profile, Shop, Target};
use crate::progress::Progress;
use crate::record::MeasuredWindow;
use crate::sampler::Sampler;
use crate::setup::{Handles, set_up};
use crate::spawn::{SpawnError, SpawnedServer};
use crate::workload::{IdSource, Mix, OrderSource, connection_seed, run_number};

/// The load test in the journal: a number above those reserved.
const ACTOR: Actor = Actor::new(1_000);
/// Ids of set-up commands; connections count from 0 and are fewer.
const SETUP_IDS: u16 = u16::MAX;
/// What a connection's seed is for, so that its orders and their times are drawn apart.
const SEED_OF_ARRIVALS: u64 = 1;
const SEED_OF_ORDERS: u64 = 2;

const NOTE_TMPFS: &str =
    "the folder is in memory (tmpfs): nothing was durable. Name one on a disk with --directory";

/// Why there is no result.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RunError {
    #[error(transparent)]
    Spawn(#[from] SpawnError),
    #[error("no connection to {address}: {source}")]
    Connect { address: SocketAddr, source: ClientError },
    #[error("{option} is {wanted}, but the server takes {allowed}")]
    ServerLimit { option: &'static str, wanted: u32, allowed: u32 },
    #[error(transparent)]
    Setup(#[from] SetupError),
    #[error(transparent)]
    Drive(#[from] DriveError),
}

/// What a run came to, and what is to be said about it.
pub(crate) struct Ran {
    /// The counts.
    pub(crate) driven: Driven,
    /// Reasons to read them with care.
    pub(crate) notes: Vec<&'static str>,
}

/// Runs `plan`. Call within a `LocalSet`.
pub(crate) async fn run(plan: &Plan) -> Result<Ran, RunError> {
    match &plan.target {
        Target::Running { address, tool } => {
            let driven = load(plan, *address, tool.clone()).await?;
            Ok(Ran { driven, notes: Vec::new() })
        }
        Target::Spawned(spawn) => {
            let server = SpawnedServer::start(spawn)?;
            let notes = if server.is_in_memory() { vec![NOTE_TMPFS] } else { Vec::new() };
            let driven = load(plan, server.address(), Some(spawn.server.clone())).await?;
            server.stop()?;
            Ok(Ran { driven, notes })
        }
    }
}

async fn load(plan: &Plan, address: SocketAddr, tool: Option<PathBuf>) -> Result<Driven, RunError> {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let run = run_number(plan.seed, nanos(since_epoch));
    let mix = Rc::new(prepare(plan, address, run).await?);
    let window = measured_window(&plan.load, plan.shop.profile);
    let mut connections = Vec::with_capacity(plan.load.connections as usize);
    for index in 0..plan.load.connections {
        let connection = connect(address).await?;
        check_limits(&plan.load, &connection)?;
        connections.push((connection, lane(plan, index, run, &mix, window)));
    }
    let sampler = tool.map(|tool| Sampler { tool, address });
    let progress = Progress::of_load(plan.load.warmup, plan.load.duration);
    Ok(drive(connections, window, sampler, &progress).await?)
}

/// Sets the shop up and returns what connections order from it.
async fn prepare(plan: &Plan, address: SocketAddr, run: u64) -> Result<Mix, RunError> {
    let shop = &plan.shop;
    let (catalogue, sku_prefix) = match shop.profile {
        Profile::Steady => (Catalogue::steady(shop, plan.seed), "load-s".to_owned()),
        Profile::FlashSale { units, .. } => {
            (Catalogue::flash_sale(shop.warehouses, units), format!("load-f{run:016x}-"))
        }
    };
    let connection = connect(address).await?;
    let ids = IdSource::new(run, SETUP_IDS);
    let backorder = shop.short == ShortMode::Backorder;
    let handles = set_up(connection, ids, &catalogue, &sku_prefix, backorder).await?;
    Ok(mix(shop, &catalogue, handles))
}

fn mix(shop: &Shop, catalogue: &Catalogue, handles: Handles) -> Mix {
    let Handles { zones, skus } = handles;
    match shop.profile {
        Profile::Steady => {
            Mix::steady(&catalogue.weights, &skus, zones, shop.lines_mean, shop.short)
        }
        Profile::FlashSale { .. } => Mix::flash_sale(skus[0], zones, shop.short),
    }
}

async fn connect(address: SocketAddr) -> Result<Connection, RunError> {
    let connected = Connection::connect(address, ACTOR).await;
    connected.map_err(|source| RunError::Connect { address, source })
}

fn check_limits(load: &Load, connection: &Connection) -> Result<(), RunError> {
    let welcome = connection.welcome();
    let limits = [
        ("--window", load.window_frames, welcome.requests_in_flight_max),
        ("--orders-per-frame", load.orders_per_frame, welcome.items_per_frame_max),
    ];
    for (option, wanted, allowed) in limits {
        if wanted > allowed {
            return Err(RunError::ServerLimit { option, wanted, allowed });
        }
    }
    Ok(())
}

fn lane(plan: &Plan, index: u32, run: u64, mix: &Rc<Mix>, window: MeasuredWindow) -> Lane {
    let load = &plan.load;
    let arrivals_seed = connection_seed(plan.seed, index, SEED_OF_ARRIVALS);
    let orders_seed = connection_seed(plan.seed, index, SEED_OF_ORDERS);
    let feed = Feed::new(load.pace, index, load.connections, arrivals_seed);
    let ids = u16::try_from(index).expect("invariant: at most 1,024 connections");
    let orders = OrderSource::new(Rc::clone(mix), IdSource::new(run, ids), orders_seed);
    let limits = LaneLimits {
        orders_per_frame: load.orders_per_frame as usize,
        window_frames: load.window_frames as usize,
        orders_max: orders_max(plan.shop.profile, index, load.connections),
    };
    Lane::new(feed, orders, limits, window)
}

/// Orders of connection `index`: its share of the buyers, or as many as there is time for.
fn orders_max(profile: Profile, index: u32, connections: u32) -> u64 {
    let (index, connections) = (u64::from(index), u64::from(connections));
    match profile {
        Profile::Steady => u64::MAX,
        Profile::FlashSale { buyers, .. } => {
            buyers / connections + u64::from(index < buyers % connections)
        }
    }
}

fn measured_window(load: &Load, profile: Profile) -> MeasuredWindow {
    let start_ns = nanos(load.warmup);
    match profile {
        Profile::Steady => MeasuredWindow { start_ns, end_ns: start_ns + nanos(load.duration) },
        Profile::FlashSale { .. } => MeasuredWindow { start_ns, end_ns: u64::MAX },
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).expect("invariant: below 584 years")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buyers_are_shared_out_to_the_last() {
        let profile = Profile::FlashSale { units: 1, buyers: 1_003 };
        let shares: Vec<u64> = (0..8).map(|index| orders_max(profile, index, 8)).collect();
        assert_eq!(shares.iter().sum::<u64>(), 1_003);
        assert_eq!((shares[0], shares[7]), (126, 125));
    }
}
