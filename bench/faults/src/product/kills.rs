//! `kill -9` under load and while starting, again and again.
//!
//! After each restart every order that was ever sent in the round is sent **again**: one that was
//! acknowledged must be a duplicate of the same record with the same units at the same warehouses.
//! Then the server has exactly as many orders as there are ids, and its state is the one that an
//! independent replay of the folder gives.

use std::path::Path;
use std::time::Duration;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tokio::runtime::Builder;

use super::ledger::Ledger;
use super::server::{Product, Server};
use super::shop::set_up;
use crate::driver::Io;
use crate::judge::Violation;

/// Each folder lives through this many kills; then a new one keeps the replays short.
const KILLS_PER_FOLDER: u64 = 10;
const CONNECTIONS: u64 = 4;

/// What was done and found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kills {
    /// Kills in all.
    pub kills: u64,
    /// Of these, kills of a server that was still starting, or had just started.
    pub while_starting: u64,
    /// Restarts from a folder with a snapshot in it, which must give the state of a full replay.
    pub with_snapshot: u64,
    /// Orders that were acknowledged before a kill, and found.
    pub acknowledged: u64,
    /// Orders without an answer at a kill.
    pub unanswered: u64,
}

/// Kills the product `kills` times, on both write paths, and counts in `done`.
pub fn torment(
    product: &Product,
    seed: u64,
    kills: u64,
    done: &mut Kills,
) -> Result<(), Violation> {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let kills = done.kills + kills;
    while done.kills < kills {
        let folder = tempfile::tempdir().unwrap();
        let directory = folder.path().join("shop");
        let most = KILLS_PER_FOLDER.min(kills - done.kills);
        let mut folder = Folder { product, directory: &directory, random: &mut random };
        let tormented = runtime.block_on(folder.torment(most, done));
        let named = |violation| Violation(format!("seed {seed}, kill {}: {violation}", done.kills));
        tormented.map_err(named)?;
    }
    Ok(())
}

struct Folder<'a> {
    product: &'a Product,
    directory: &'a Path,
    random: &'a mut ChaCha8Rng,
}

impl Folder<'_> {
    fn io(&mut self) -> Io {
        if self.random.random_bool(0.5) { Io::Mapped } else { Io::Direct }
    }

    async fn torment(&mut self, kills: u64, done: &mut Kills) -> Result<(), Violation> {
        let io = self.io();
        let mut server = Server::start(self.product, self.directory, io)?;
        set_up(server.address()).await;
        let mut all = Ledger::default();
        let end = done.kills + kills;
        while done.kills < end {
            let mut sent = self.load_and_kill(server, done).await;
            while done.kills < end && self.random.random_bool(0.4) {
                let after = Duration::from_micros(self.random.random_range(0..20_000));
                Server::start_and_kill(self.product, self.directory, self.io(), after);
                done.kills += 1;
                done.while_starting += 1;
            }
            done.with_snapshot += u64::from(self.has_snapshot());
            server = self.restart().await?;
            sent.send_again(server.address()).await?;
            all.append(sent);
            let orders = server.json(&["stats"])?["orders"].clone();
            if orders != all.orders.len() {
                let ids = all.orders.len();
                return Err(Violation(format!("{ids} ids were sent, {orders} orders are there")));
            }
        }
        all.read_back(server.address()).await?;
        let verified = self.product.run(&["journal", "verify", self.directory.to_str().unwrap()]);
        let whole = verified.code == Some(0);
        if whole { Ok(()) } else { Err(Violation(format!("verify: {verified:?}"))) }
    }

    /// Load on several connections, then SIGKILL; returns what was sent.
    async fn load_and_kill(&mut self, server: Server, done: &mut Kills) -> Ledger {
        let address = server.address().to_owned();
        let tasks: Vec<_> = (0..CONNECTIONS)
            .map(|connection| {
                let first = (done.kills * CONNECTIONS + connection) * 1_000_000;
                tokio::spawn(Ledger::load(address.clone(), first))
            })
            .collect();
        let pause = Duration::from_micros(self.random.random_range(15_000..80_000));
        tokio::time::sleep(pause).await;
        server.kill();
        let mut sent = Ledger::default();
        for task in tasks {
            sent.append(task.await.unwrap());
        }
        done.kills += 1;
        done.acknowledged += sent.promises();
        done.unanswered += sent.orders.len() as u64 - sent.promises();
        sent
    }

    fn has_snapshot(&self) -> bool {
        let Ok(entries) = std::fs::read_dir(self.directory.join("snapshots")) else { return false };
        let is_snapshot =
            |path: std::path::PathBuf| path.extension().is_some_and(|ending| ending == "snapshot");
        entries.flatten().any(|entry| is_snapshot(entry.path()))
    }

    /// Starts again, and holds the state against an independent replay.
    async fn restart(&mut self) -> Result<Server, Violation> {
        let replayed = self.product.json(&["replay", self.directory.to_str().unwrap()])?;
        let io = self.io();
        let server = Server::start(self.product, self.directory, io)?;
        let stats = server.json(&["stats"])?;
        for key in ["state_hash", "last_sequence", "orders", "units_allocated", "units_backordered"]
        {
            if stats[key] != replayed[key] {
                let (served, found) = (&stats[key], &replayed[key]);
                return Err(Violation(format!("{key} is {served}, a replay gives {found}")));
            }
        }
        Ok(server)
    }
}
