//! One folder and the servers that live in it, one after the other.

use std::path::{Path, PathBuf};
use std::time::Duration;

use gantry_client::Client;
use gantry_journal::{Bookmark, JournalReader};
use gantry_model::{Query, ReplyBody, ReplyStatus};
use gantry_protocol::FrameKind;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::door::Door;
use super::feed::{Feed, Told};
use super::server::{Server, Serving, replayed_hash};
use super::shop::{Shop, options};
use super::{RealFigures, RealRun};
use crate::oracle::{Answered, Oracle};

const SHOPS: u32 = 4;
/// Whoever looks at the server, and is no shop.
const AUDITOR: u32 = 99;
/// Starts between two workloads.
const LIVES_PER_WORKLOAD: u64 = 10;
/// Starts between two comparisons of the whole state.
const LIVES_PER_COMPARISON: u64 = 25;
/// Parts of a life, in each of which clients ask for as much.
const SLICES: u32 = 10;
/// Within this time everything is answered once nobody is killed any more.
const LIVELINESS: Duration = Duration::from_secs(60);
/// A life in which waiting lines are looked at and nothing else happens, and how many of them at most.
const SETTLING: Duration = Duration::from_millis(200);
const SETTLING_LIVES_MAX: usize = 50;
/// Accepted commands that are kept to be asked again, and how many of them after a start.
const SAMPLE_MAX: usize = 512;
const SAMPLED: usize = 32;
/// Closed orders stay in memory for longer than anybody looks.
const NEVER_SECONDS: u64 = 3_600;

/// See the module.
pub(super) struct Folder<'a> {
    run: &'a RealRun,
    runtime: &'a Runtime,
    directory: PathBuf,
    seed: u64,
    random: &'a mut ChaCha8Rng,
    oracle: Oracle,
    /// Behind the last record that was judged.
    bookmark: Option<Bookmark>,
    door: Door,
    feed: Feed,
    sample: Vec<Told>,
    sampled: usize,
    starts: u64,
}

impl<'a> Folder<'a> {
    pub(super) fn new(
        run: &'a RealRun,
        runtime: &'a Runtime,
        place: &Path,
        seed: u64,
        random: &'a mut ChaCha8Rng,
    ) -> Self {
        Self {
            run,
            runtime,
            directory: place.join("shop"),
            seed,
            random,
            oracle: Oracle::new(),
            bookmark: None,
            door: Door::default(),
            feed: Feed::new(seed << 8),
            sample: Vec::new(),
            sampled: 0,
            starts: 0,
        }
    }

    /// Lives through so many restarts, at least two.
    pub(super) fn live(&mut self, restarts: u64, figures: &mut RealFigures) -> Result<(), String> {
        let mut shops = self.open_shops();
        while self.starts + 1 < restarts {
            if self.starts > 0 && self.starts.is_multiple_of(LIVES_PER_WORKLOAD) {
                self.feed.change(self.seed << 8 | self.starts);
            }
            self.live_once(figures)?;
            self.look_at_journal(figures)?;
        }
        self.feed.end();
        let server = self.start(figures, false)?;
        self.ask_again(&server, SAMPLED, figures)?;
        self.door.open(server.address());
        self.runtime.block_on(async {
            let ends = async { while shops.join_next().await.is_some() {} };
            let are_over = timeout(LIVELINESS, ends).await;
            are_over.map_err(|_| format!("not everything is answered after {LIVELINESS:?}"))
        })?;
        self.door.close();
        server.kill()?;
        self.look_at_journal(figures)?;
        self.start_and_compare(figures)?.kill()?;
        self.count(figures);
        Ok(())
    }

    fn open_shops(&mut self) -> JoinSet<()> {
        let mut shops = JoinSet::new();
        for number in 0..SHOPS {
            let shop = Shop {
                number,
                window: 1 << self.random.random_range(0..=6),
                frame_items_max: 1 << self.random.random_range(0..=6),
                feed: self.feed.clone(),
                door: self.door.clone(),
            };
            shops.spawn_on(shop.run(), self.runtime.handle());
        }
        shops
    }

    /// One start and one kill.
    fn live_once(&mut self, figures: &mut RealFigures) -> Result<(), String> {
        let is_compared = self.starts > 0 && self.starts.is_multiple_of(LIVES_PER_COMPARISON);
        if !is_compared && self.starts > 0 && self.random.random_range(0..6) == 0 {
            let server = self.spawn(figures, false)?;
            let after = self.draw(0..15_000);
            self.pause(after);
            figures.killed_while_starting += 1;
            return server.kill();
        }
        let server = match is_compared {
            true => self.start_and_compare(figures)?,
            false => self.start(figures, false)?,
        };
        self.ask_again(&server, SAMPLED, figures)?;
        self.door.open(server.address());
        // Orders leave memory a second after their file was made: some lives are longer than that.
        let life = match self.random.random_range(0..20) {
            0 => self.draw(1_200_000..2_500_000),
            _ => self.draw(20_000..200_000),
        };
        self.load(life);
        self.door.close();
        server.kill()
    }

    /// Lets clients ask evenly over `life`, and all at once at its end.
    fn load(&mut self, life: Duration) {
        for _ in 0..SLICES {
            self.feed.allow(self.run.items_per_life / SLICES as usize);
            self.pause(life / SLICES);
        }
        self.feed.allow(self.run.items_per_life);
        let last = self.draw(0..5_000);
        self.pause(last);
    }

    fn draw(&mut self, microseconds: std::ops::Range<u64>) -> Duration {
        Duration::from_micros(self.random.random_range(microseconds))
    }

    fn pause(&self, pause: Duration) {
        self.runtime.block_on(async { sleep(pause).await });
    }

    fn start(&mut self, figures: &mut RealFigures, is_quiet: bool) -> Result<Server, String> {
        let mut server = self.spawn(figures, is_quiet)?;
        server.wait_ready(self.runtime, &self.directory)?;
        Ok(server)
    }

    /// Starts a server, one in which no orders leave memory if it is to be quiet.
    fn spawn(&mut self, figures: &mut RealFigures, is_quiet: bool) -> Result<Server, String> {
        let has = |folder: &str, ending: &str| {
            let entries = std::fs::read_dir(self.directory.join(folder)).into_iter().flatten();
            let mut paths = entries.flatten().map(|entry| entry.path());
            u64::from(paths.any(|path| path.extension().is_some_and(|found| found == ending)))
        };
        if self.starts > 0 {
            figures.restarts += 1;
            figures.with_snapshot += has("snapshots", "snapshot");
            figures.with_archive += has("archive", "archive");
        }
        self.starts += 1;
        let serving = Serving {
            is_direct: self.random.random(),
            full_replay: self.random.random_range(0..8) == 0,
            archive_after: if is_quiet { NEVER_SECONDS } else { 0 },
        };
        Server::spawn(&self.run.binary, &self.directory, serving)
    }

    /// Judges what is new in the journal, and then what clients were told.
    fn look_at_journal(&mut self, figures: &mut RealFigures) -> Result<(), String> {
        let known = self.oracle.last_sequence();
        self.read_journal(figures)?;
        let told = self.feed.take_told();
        let mut answered = std::collections::BTreeSet::new();
        for told in told {
            told.judge(&self.oracle)?;
            figures.told += 1;
            if !told.asked.is_query && told.sequence > known {
                answered.insert(told.sequence);
            }
            self.keep(told);
        }
        let new = known + 1..=self.oracle.last_sequence();
        let is_asked = |sequence: &u64| {
            let record = self.oracle.record(*sequence);
            record.is_some_and(|record| record.id.is_some())
        };
        let asked = new.filter(is_asked).count();
        figures.unanswered += u64::try_from(asked - answered.len()).unwrap_or(0);
        Ok(())
    }

    fn read_journal(&mut self, figures: &mut RealFigures) -> Result<(), String> {
        let reader = match &self.bookmark {
            Some(bookmark) => JournalReader::open_at(&self.directory, bookmark),
            // A server that was killed before it made a journal left none.
            None if !self.directory.join("segments").exists() => return Ok(()),
            None => JournalReader::open(&self.directory),
        };
        let mut reader = reader.map_err(|error| format!("the journal: {error}"))?;
        loop {
            let frame = reader.next_frame().map_err(|error| format!("the journal: {error}"))?;
            let Some(frame) = frame else { break };
            let judged = self.oracle.recovered(frame.payload);
            judged.map_err(|violation| format!("frame {}: {violation}", frame.number))?;
        }
        if reader.writer_running() {
            return Err("a killed server still holds its journal".to_owned());
        }
        figures.torn += u64::from(reader.tail().torn_bytes > 0);
        self.bookmark = reader.bookmark();
        Ok(())
    }

    /// Keeps a fair sample of the commands that were carried out.
    fn keep(&mut self, told: Told) {
        if told.asked.is_query || !told.is_carried_out() {
            return;
        }
        self.sampled += 1;
        if self.sample.len() < SAMPLE_MAX {
            self.sample.push(told);
        } else if let Some(kept) = self.sample.get_mut(self.random.random_range(0..self.sampled)) {
            *kept = told;
        }
    }

    /// Asks for some of what was accepted once more: each is a duplicate of its first record, and
    /// the oracle judges the rest of the reply. Not while the server has lines to look at: what it
    /// answers would be ahead of the oracle.
    fn ask_again(
        &mut self,
        server: &Server,
        count: usize,
        figures: &mut RealFigures,
    ) -> Result<(), String> {
        if !self.oracle.is_at_rest() {
            return Ok(());
        }
        let client = self.auditor(server)?;
        for _ in 0..count.min(self.sample.len()) {
            let told = &self.sample[self.random.random_range(0..self.sample.len())];
            let item = told.asked.bytes.clone();
            let answer = self
                .runtime
                .block_on(async { client.submit_item(FrameKind::Commands, item).await?.await });
            let owned = answer.map_err(|error| format!("{told:?} asked again: {error}"))?;
            let reply = owned.reply();
            if reply.status != ReplyStatus::Duplicate || reply.sequence.get() != told.sequence {
                return Err(format!("{told:?} asked again, and now {reply:?}"));
            }
            let answered =
                Answered { is_query: false, request: &told.asked.bytes, reply: owned.bytes() };
            let judged = self.oracle.batch(&[], std::iter::once(answered));
            judged.map_err(|violation| format!("asked again: {violation}"))?;
            figures.asked_again += 1;
        }
        Ok(())
    }

    /// Lets servers that nobody asks anything look at waiting lines, until none are due.
    fn settle(&mut self, figures: &mut RealFigures) -> Result<(), String> {
        for _ in 0..SETTLING_LIVES_MAX {
            if self.oracle.is_at_rest() {
                return Ok(());
            }
            let server = self.start(figures, true)?;
            self.pause(SETTLING);
            server.kill()?;
            self.look_at_journal(figures)?;
        }
        Err(format!("lines are still due after {SETTLING_LIVES_MAX} lives of {SETTLING:?}"))
    }

    /// Starts a quiet server, reads its whole state, and holds its hash against a full replay's,
    /// which is made before: beside a server the last frame may not be known to be durable.
    fn start_and_compare(&mut self, figures: &mut RealFigures) -> Result<Server, String> {
        self.settle(figures)?;
        let replayed = replayed_hash(&self.run.binary, &self.directory)?;
        let server = self.start(figures, true)?;
        self.ask_again(&server, SAMPLE_MAX, figures)?;
        let client = self.auditor(&server)?;
        let mut queries = 0;
        let compared = self.oracle.compare(&mut |query| {
            queries += 1;
            let answer = self.runtime.block_on(client.query(query));
            answer.map(|owned| owned.bytes().to_vec()).unwrap_or_default()
        });
        compared.map_err(|violation| format!("the whole state: {violation}"))?;
        let totals = self.runtime.block_on(client.query(&Query::ReadTotals));
        let totals = totals.map_err(|error| format!("totals: {error}"))?;
        let ReplyBody::Totals(totals) = totals.reply().body else {
            return Err(format!("totals were answered {totals:?}"));
        };
        let served = format!("{:032x}", totals.state_hash.get());
        if served != replayed {
            return Err(format!("the state hash is {served}, a full replay gives {replayed}"));
        }
        figures.compared += 1;
        figures.queries += queries;
        Ok(server)
    }

    fn auditor(&self, server: &Server) -> Result<Client, String> {
        let client = self.runtime.block_on(Client::connect(server.address(), options(AUDITOR)));
        client.map_err(|error| format!("no connection to a server that is ready: {error}"))
    }

    fn count(&self, figures: &mut RealFigures) {
        let judged = self.oracle.figures();
        figures.records += judged.records;
        figures.own += judged.own;
        figures.orders += judged.orders;
    }
}
