//! A server that runs out of memory under load.
//!
//! Its address space is bounded. It may die wherever it needs more, or not start at all; what it
//! had acknowledged must be there when it is started without the bound.

use std::time::{Duration, Instant};

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tokio::runtime::Builder;

use super::ledger::Ledger;
use super::server::{HANGS, Product, Server};
use super::shop::set_up;
use crate::driver::Io;
use crate::judge::Violation;

const CONNECTIONS: u64 = 4;
/// Address space of a server, in MiB: with the least it hardly starts.
const BOUNDS: std::ops::Range<u64> = 56..160;
/// A server that lives so long with its bound is killed.
const LIVES_FOR: Duration = Duration::from_secs(6);

/// What a number of bounds found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Starved {
    /// Servers that were bounded.
    pub bounds: u64,
    /// Of these, those that did not start.
    pub refused: u64,
    /// Those that died under load.
    pub died: u64,
    /// Orders that were acknowledged before the end, and found.
    pub acknowledged: u64,
    /// Orders without an answer at the end.
    pub unanswered: u64,
}

/// Bounds the memory of `bounds` servers, each on a folder of its own.
///
/// # Errors
/// If an order that was acknowledged is lost or changed, or a server neither starts nor ends.
pub fn starve(
    product: &Product,
    seed: u64,
    bounds: u64,
    starved: &mut Starved,
) -> Result<(), Violation> {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    for _ in 0..bounds {
        let (mebibytes, io) = (random.random_range(BOUNDS), random.random_range(0..2_usize));
        let found = runtime.block_on(starve_one(product, mebibytes, Io::ALL[io], starved));
        found.map_err(|violation| Violation(format!("{mebibytes} MiB: {violation}")))?;
    }
    Ok(())
}

/// Starts a server on a new folder under each of many bounds; how many served, and how many ended.
///
/// # Errors
/// If one neither serves nor ends.
pub fn start_starved(product: &Product) -> Result<(u64, u64), Violation> {
    let (mut served, mut ended) = (0, 0);
    for mebibytes in (20..200).step_by(2) {
        let folder = tempfile::tempdir().unwrap();
        let bounded = bounded(product, mebibytes);
        match Server::start(&bounded, &folder.path().join("shop"), Io::Mapped) {
            Ok(_) => served += 1,
            Err(violation) if violation.0 == HANGS => {
                return Err(Violation(format!("{mebibytes} MiB: {violation}")));
            }
            Err(_) => ended += 1,
        }
    }
    Ok((served, ended))
}

fn bounded(product: &Product, mebibytes: u64) -> Product {
    let under = vec!["prlimit".to_owned(), format!("--as={}", mebibytes << 20)];
    Product { under, ..product.clone() }
}

async fn starve_one(
    product: &Product,
    mebibytes: u64,
    io: Io,
    starved: &mut Starved,
) -> Result<(), Violation> {
    let folder = tempfile::tempdir().unwrap();
    let directory = folder.path().join("shop");
    let server = Server::start(product, &directory, io)?;
    set_up(server.address()).await;
    server.kill();
    let bounded = bounded(product, mebibytes);
    starved.bounds += 1;
    let mut sent = Ledger::default();
    match Server::start(&bounded, &directory, io) {
        Ok(server) => sent = load_until_death(server, starved).await,
        Err(violation) if violation.0 == HANGS => return Err(violation),
        Err(_) => starved.refused += 1,
    }
    let server = Server::start(product, &directory, io)?;
    sent.send_again(server.address()).await?;
    sent.read_back(server.address()).await?;
    let (orders, ids) = (server.json(&["stats"])?["orders"].clone(), sent.orders.len());
    let text = || format!("{ids} ids were sent, {orders} orders are there");
    if orders == ids { Ok(()) } else { Err(Violation(text())) }
}

/// Load on several connections; returns what was sent.
async fn load_until_death(mut server: Server, starved: &mut Starved) -> Ledger {
    let address = server.address().to_owned();
    let load = |client| tokio::spawn(Ledger::load(address.clone(), client * 1_000_000));
    let tasks: Vec<_> = (0..CONNECTIONS).map(load).collect();
    let since = Instant::now();
    let mut has_died = false;
    while !has_died && since.elapsed() < LIVES_FOR {
        tokio::time::sleep(Duration::from_millis(10)).await;
        has_died = server.has_ended();
    }
    server.kill();
    let mut sent = Ledger::default();
    for task in tasks {
        sent.append(task.await.unwrap());
    }
    starved.died += u64::from(has_died);
    starved.acknowledged += sent.promises();
    starved.unanswered += sent.orders.len() as u64 - sent.promises();
    sent
}
