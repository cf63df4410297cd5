//! One life of an instance: everything is asked while things go wrong, then nothing goes wrong any
//! more and everything must be answered, then the state is looked at from all sides.

use std::time::Duration;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use tokio::runtime::Builder;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use crate::client::{Feed, Shop};
use crate::clock::SimHost;
use crate::damage::Damage;
use crate::disk::{DiskFault, SimDisk};
use crate::history::History;
use crate::machine::{Crash, Machine};
use crate::net::{Reach, SimNetwork, Weather};
use crate::oracle::{Figures, Oracle};
use crate::random::{Stream, stream};
use crate::scenario::{Clients, Fault, FaultKind, Scenario};

/// Simulated time within which everything is answered once nothing goes wrong any more.
const LIVELINESS: Duration = Duration::from_secs(120);
/// Room on a disk that nobody fills.
const CAPACITY_BYTES: u64 = 1 << 40;
/// Starts in a row that may fail while a disk is sick; then somebody puts it right.
const SICK_STARTS_MAX: u32 = 3;

/// Engine time that passes at the end: holds that end within it are gone after twice as long.
const OUTLASTED: Duration = Duration::from_secs(8);

/// Moments within which a server that nobody asks anything makes everything durable.
const MOMENTS_TO_SETTLE_MAX: u32 = 10_000;

/// How one universe ended.
#[derive(Clone, Debug, Default)]
pub struct Verdict {
    /// What was not as it must be.
    pub violation: Option<String>,
    /// One number for everything that happened.
    pub trace: u64,
    /// What the oracle counted.
    pub figures: Figures,
    /// Ends of the server that nobody asked for.
    pub crashes: u64,
    /// Faults of every sort.
    pub faults: u64,
    /// Items that were answered.
    pub answered: u64,
}

/// Lives a scenario to its end.
///
/// # Panics
/// If there is no memory for a runtime.
#[must_use]
pub fn run(scenario: &Scenario) -> Verdict {
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build();
    let runtime = runtime.expect("invariant: a runtime without sockets needs memory only");
    runtime.block_on(async {
        let mut universe = Universe::new(scenario);
        universe.live().await;
        universe.end().await
    })
}

struct Universe {
    machine: Machine,
    network: SimNetwork,
    history: History,
    feed: Feed,
    shops: JoinSet<()>,
    faults: Vec<Fault>,
    next_fault: usize,
    /// What the storage call that the process dies at means.
    armed: Crash,
    /// What ends, and when.
    ending: Vec<(Instant, FaultKind)>,
    random: ChaCha8Rng,
    seed: u64,
    clients: Clients,
    damage: Option<Damage>,
    crashes: u64,
    faults_done: u64,
    /// The disk was made to fail.
    is_sick: bool,
    sick_starts: u32,
}

impl Universe {
    fn new(scenario: &Scenario) -> Self {
        let seed = scenario.seed;
        let chance = |purpose| stream(seed, purpose);
        let history = History::new();
        let network =
            SimNetwork::new(scenario.weather, chance(Stream::Network), chance(Stream::Clients));
        let machine = Machine::new(
            SimDisk::new(chance(Stream::Disk)),
            network.clone(),
            SimHost::new(chance(Stream::Clock)),
            history.clone(),
            scenario.setting.options(seed),
            (chance(Stream::Turns), scenario.setting.pace),
        );
        Self {
            machine,
            network,
            history,
            feed: Feed::new(&scenario.items),
            shops: JoinSet::new(),
            faults: scenario.faults.clone(),
            next_fault: 0,
            armed: Crash::Process,
            ending: Vec::new(),
            random: chance(Stream::Faults),
            seed,
            clients: scenario.clients,
            damage: scenario.damage,
            crashes: 0,
            faults_done: 0,
            is_sick: false,
            sick_starts: 0,
        }
    }

    async fn live(&mut self) {
        for number in 0..self.clients.count {
            self.shops.spawn(self.shop(number).run());
        }
        // Faults come with items. Where none is answered any more somebody puts things right.
        let (mut answered, mut since) = (0, Instant::now());
        while !self.feed.is_used_up() && self.history.violation().is_none() {
            if self.feed.answered() != answered {
                (answered, since) = (self.feed.answered(), Instant::now());
            } else if since.elapsed() > LIVELINESS {
                break;
            }
            self.break_something().await;
            self.go_on().await;
        }
        self.heal();
        let deadline = Instant::now() + LIVELINESS;
        while self.are_shops_open() {
            if Instant::now() > deadline {
                let answered = self.feed.answered();
                self.history.object(format!(
                    "{answered} of {} items were answered {LIVELINESS:?} after the last fault",
                    self.feed.count()
                ));
            }
            if self.history.violation().is_some() {
                return;
            }
            self.go_on().await;
        }
        self.shops.spawn(self.shop(self.clients.count).ask_again());
        while self.are_shops_open() && self.history.violation().is_none() {
            self.go_on().await;
        }
    }

    fn shop(&self, number: u32) -> Shop {
        Shop {
            number,
            clients: self.clients,
            feed: self.feed.clone(),
            network: self.network.clone(),
            history: self.history.clone(),
        }
    }

    /// Whether somebody still asks; a shop that panicked is an objection.
    fn are_shops_open(&mut self) -> bool {
        while let Some(ended) = self.shops.try_join_next() {
            if let Err(error) = ended {
                self.history.object(format!("a client panicked: {error}"));
            }
        }
        !self.shops.is_empty()
    }

    /// A moment of the machine, whatever becomes of it.
    async fn go_on(&mut self) {
        self.end_what_is_over();
        if !self.machine.is_up() {
            return self.start().await;
        }
        let ticked = self.machine.tick().await;
        if self.machine.disk.is_dead() {
            self.crash(self.armed).await;
        } else if ticked.is_err() {
            // A journal that cannot be trusted ends its process.
            self.crash(Crash::Process).await;
        }
    }

    async fn crash(&mut self, crash: Crash) {
        self.crashes += 1;
        self.machine.crash(crash).await;
        let down_ms = self.random.random_range(1..300);
        sleep(Duration::from_millis(down_ms)).await;
    }

    async fn start(&mut self) {
        match self.machine.start() {
            Ok(()) => self.sick_starts = 0,
            Err(_) if self.machine.disk.is_dead() => self.crash(self.armed).await,
            Err(_) if self.is_sick => {
                self.sick_starts += 1;
                if self.sick_starts > SICK_STARTS_MAX {
                    self.mend_disk();
                }
                self.crash(Crash::Process).await;
            }
            Err(error) => self.history.object(format!("the server does not start: {error}")),
        }
    }

    fn heal(&mut self) {
        self.next_fault = self.faults.len();
        self.ending.clear();
        self.mend_disk();
        self.machine.hurry();
        self.network.set_weather(Weather::default());
        if self.machine.is_up() {
            self.network.set_reach(Reach::Up);
        }
    }

    /// Lets the faults happen whose time has come.
    async fn break_something(&mut self) {
        while let Some(fault) = self.faults.get(self.next_fault).copied()
            && fault.at_item <= self.feed.taken()
        {
            self.next_fault += 1;
            self.faults_done += 1;
            self.history.trace(self.next_fault as u64);
            self.happen(fault.kind).await;
        }
    }

    async fn happen(&mut self, kind: FaultKind) {
        let disk = &self.machine.disk;
        match kind {
            FaultKind::Kill => self.crash(Crash::Process).await,
            FaultKind::PowerCut => self.crash(Crash::Power).await,
            FaultKind::KillAtCall(calls) => {
                self.armed = Crash::Process;
                disk.die_at(1 + u64::from(calls));
            }
            FaultKind::PowerCutAtCall(calls) => {
                self.armed = Crash::Power;
                disk.die_at(1 + u64::from(calls));
            }
            FaultKind::KillAtRoll(calls) => {
                self.armed = Crash::Process;
                disk.die_at_roll(1 + u64::from(calls));
            }
            FaultKind::PowerCutAtRoll(calls) => {
                self.armed = Crash::Power;
                disk.die_at_roll(1 + u64::from(calls));
            }
            FaultKind::Restart => self.restart().await,
            FaultKind::SyncFails(after) => self.sicken(DiskFault::SyncError, after),
            FaultKind::WriteFails(after) => self.sicken(DiskFault::WriteError, after),
            FaultKind::ReadFails(after) => self.sicken(DiskFault::ReadError, after),
            FaultKind::DiskFull(ms) => {
                disk.set_capacity(0);
                self.is_sick = true;
                self.ends_after(ms, kind);
            }
            FaultKind::Stall => disk.fail_once(DiskFault::Stall, 1),
            FaultKind::BreakConnections => self.network.break_all(false),
            FaultKind::Partition(ms) => {
                self.network.set_reach(Reach::Silent);
                self.network.break_all(true);
                self.ends_after(ms, kind);
            }
            FaultKind::ClockJump(seconds) => self.machine.host.jump(seconds.into()),
        }
    }

    fn sicken(&mut self, fault: DiskFault, after: u32) {
        self.machine.disk.fail_once(fault, 1 + u64::from(after));
        self.is_sick = true;
    }

    fn mend_disk(&mut self) {
        self.machine.disk.heal();
        self.machine.disk.set_capacity(CAPACITY_BYTES);
        self.is_sick = false;
    }

    fn ends_after(&mut self, milliseconds: u32, kind: FaultKind) {
        let end = Instant::now() + Duration::from_millis(milliseconds.into());
        self.ending.push((end, kind));
    }

    fn end_what_is_over(&mut self) {
        let now = Instant::now();
        let over: Vec<_> = self.ending.extract_if(.., |(end, _)| *end <= now).collect();
        for (_, kind) in over {
            match kind {
                FaultKind::DiskFull(_) => self.machine.disk.set_capacity(CAPACITY_BYTES),
                _ if self.machine.is_up() => self.network.set_reach(Reach::Up),
                _ => {}
            }
        }
    }

    async fn restart(&mut self) {
        let stopped = self.machine.stop().await;
        if self.machine.disk.is_dead() {
            self.crash(self.armed).await;
        } else if stopped.is_err() {
            self.crash(Crash::Process).await;
        }
    }

    /// Looks at the state from all sides.
    async fn end(mut self) -> Verdict {
        if self.history.violation().is_none()
            && let Err(what) = self.look_at_end().await
        {
            self.history.object(what);
        }
        self.machine.crash(Crash::Process).await;
        self.shops.shutdown().await;
        Verdict {
            violation: self.history.violation(),
            trace: self.history.trace_hash(),
            figures: self.history.with_oracle(|oracle| oracle.figures()),
            crashes: self.crashes,
            faults: self.faults_done + self.network.counts().all(),
            answered: self.feed.answered(),
        }
    }

    /// Lets the engine end its looks at waiting lines and promises and its sweeps, and what it decided by
    /// itself become durable: rows may just leave memory.
    async fn settle(&mut self) -> Result<(), String> {
        for _ in 0..MOMENTS_TO_SETTLE_MAX {
            let judged = self.history.with_oracle(Oracle::last_sequence);
            let is_at_rest = self.history.with_oracle(Oracle::is_at_rest);
            let is_settled = self.machine.with_server(|server| {
                let engine = server.engine();
                let is_due = engine.state().matching.next().is_some();
                !is_due && is_at_rest && engine.last_sequence().get() <= judged
            });
            if is_settled.unwrap_or(true) {
                return Ok(());
            }
            self.machine.tick().await.map_err(|error| error.to_string())?;
        }
        let due = self.machine.with_server(|server| server.engine().state().matching.next());
        match due.flatten() {
            Some(due) => Err(format!("waiting lines that nobody looks at: {due:?}")),
            None if self.history.with_oracle(Oracle::is_at_rest) => Ok(()),
            None => Err("promises or books that nobody looks at".into()),
        }
    }

    /// Lets time go on until every hold is gone that was about to end, every order given up, no promise
    /// past, and no sweep left out, although nobody asks anything.
    async fn outlast_holds(&mut self) -> Result<(), String> {
        let next_expiry = |history: &History| history.with_oracle(Oracle::next_expiry);
        let (now, _) = next_expiry(&self.history);
        let until = now + nanoseconds(OUTLASTED);
        let deadline = Instant::now() + 2 * OUTLASTED;
        while let (_, Some(end)) = next_expiry(&self.history)
            && end <= until
        {
            if Instant::now() > deadline {
                return Err(format!(
                    "a hold, wait, promise or sweep of {end} is still there, {now} was long ago"
                ));
            }
            if self.history.violation().is_some() {
                break;
            }
            self.machine.tick().await.map_err(|error| error.to_string())?;
        }
        Ok(())
    }

    async fn look_at_end(&mut self) -> Result<(), String> {
        self.outlast_holds().await?;
        self.settle().await?;
        let history = self.history.clone();
        let compared = self.machine.with_server(|server| {
            let mut item = Vec::new();
            history.with_oracle(|oracle| {
                oracle.compare(&mut |query| {
                    item.clear();
                    query.write(&mut item);
                    server.look(&item).unwrap_or_default()
                })
            })
        });
        let compared = compared.ok_or("no server to look at")?;
        compared.map_err(|violation| format!("the whole state: {violation}"))?;
        let stopped = self.machine.stop().await.map_err(|error| format!("the stop: {error}"))?;
        for full_replay in [false, true] {
            let reopened = self.machine.reopen(full_replay);
            let reopened = reopened.map_err(|error| format!("opened again: {error}"))?;
            if Some(reopened) != stopped {
                return Err(format!(
                    "with full_replay = {full_replay} the start gives {reopened:?}, not {stopped:?}"
                ));
            }
        }
        let (hash, frames) = self.machine.read_journal().map_err(|error| error.to_string())?;
        self.history.proven(hash);
        let (Some(damage), Some(stopped)) = (self.damage, stopped) else { return Ok(()) };
        let random = &mut stream(self.seed, Stream::Damage);
        self.machine.suffer(damage, (stopped, &frames), random)
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use gantry_model::{
        AdjustReason, Command, CommandId, Sku, StockChange, StockState, UpsertSku, UpsertWarehouse,
        Warehouse,
    };

    use super::*;
    use crate::scenario::Asked;

    /// A SKU, a warehouse, and so many units received.
    fn calm(units: i32) -> Scenario {
        let (sku, warehouse) = (Sku::new(0), Warehouse::new(0));
        let id = CommandId::new;
        let (tracked, backorder, active) = (true, true, true);
        let (reason, state) = (AdjustReason::None, StockState::OnHand);
        let commands = [
            Command::UpsertSku(UpsertSku {
                id: id(1),
                order_max: 0,
                tracked,
                backorder,
                active,
                code: "S",
            }),
            Command::UpsertWarehouse(UpsertWarehouse { id: id(2), priority: 0, active, code: "W" }),
            Command::Receive(StockChange {
                id: id(3),
                sku,
                warehouse,
                quantity: units,
                reason,
                state,
                note: "",
            }),
        ];
        let items = commands.iter().map(|command| {
            let mut bytes = Vec::new();
            command.write(&mut bytes);
            Asked { is_query: false, bytes }
        });
        let drawn = Scenario::draw(1, 1);
        let (weather, faults) = (Weather::default(), Vec::new());
        Scenario { items: items.collect(), weather, faults, damage: None, ..drawn }
    }

    /// How a universe ends whose state is held against that of the same universe, or of one where
    /// other units were received.
    fn ends_beside(units: i32) -> Option<String> {
        let runtime = Builder::new_current_thread().enable_time().start_paused(true).build();
        runtime.expect("memory").block_on(async {
            let (mut one, mut other) = (Universe::new(&calm(5)), Universe::new(&calm(units)));
            one.live().await;
            other.live().await;
            one.history = other.history.clone();
            one.end().await.violation
        })
    }

    #[test]
    fn a_whole_state_that_differs_is_an_objection() {
        let violation = ends_beside(6).expect("an objection");
        assert!(violation.starts_with("the whole state: "), "{violation}");
        let violation = ends_beside(5);
        assert!(!violation.as_deref().unwrap_or_default().contains("the whole state"));
    }
}
