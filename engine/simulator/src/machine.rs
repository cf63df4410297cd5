//! The machine that the server runs on: starts it, gives its loops their turns, and lets it crash.

use std::sync::Arc;
use std::time::Duration;

use gantry_engine::SnapshotError;
use gantry_gateway::{Loop, Rest, ServerError, ServerOptions, SteppedServer};
use gantry_journal::{Bookmark, JournalError, JournalReader};
use rand::RngExt;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use crate::clock::SimHost;
use crate::damage::Frame;
use crate::disk::SimDisk;
use crate::history::History;
use crate::net::{Reach, SimNetwork};

/// While nobody has anything to do, moments double in length so often.
const IDLE_DOUBLINGS_MAX: u32 = 4;

/// Rounds of turns after which a stop that finds no segment gives up: the largest takes a few dozen
/// to prepare.
const STOP_ROUNDS_MAX: u32 = 10_000;

/// How a server ends without being asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crash {
    /// The process is killed; the machine goes on.
    Process,
    /// The machine loses its power.
    Power,
}

/// How fast the loops of a server go, beside each other and beside the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pace {
    /// Between two turns of the loops passes at most this long.
    pub turn_ms_max: u64,
    /// Turns that a loop gets in a row at most.
    pub turns_in_a_row_max: u32,
    /// How long a turn takes of each loop, in the order of [`Loop::ALL`].
    pub slow_ms: [u32; Loop::ALL.len()],
}

impl Pace {
    /// Nothing is slow.
    pub const CALM: Self =
        Self { turn_ms_max: 1, turns_in_a_row_max: 16, slow_ms: [0; Loop::ALL.len()] };

    pub(crate) fn draw(random: &mut ChaCha8Rng) -> Self {
        // Behind a slow loop batches fill, requests wait, and the next segment comes late.
        let mut slow_ms = |whose| match random.random_range(0..6) {
            0 => random.random_range(1..50),
            1..3 if whose == Loop::Engine => random.random_range(1..50),
            _ => 0,
        };
        Self {
            slow_ms: Loop::ALL.map(&mut slow_ms),
            turn_ms_max: random.random_range(1..=5),
            turns_in_a_row_max: [1, 2, 16, 16][random.random_range(0..4_usize)],
        }
    }
}

/// A machine; the server on it runs or not.
pub struct Machine {
    pub(crate) disk: SimDisk,
    pub(crate) network: SimNetwork,
    pub(crate) host: SimHost,
    pub(crate) history: History,
    pub(crate) options: ServerOptions,
    pace: Pace,
    turns: ChaCha8Rng,
    /// Moments in a row in which no loop had anything to do.
    idle_moments: u32,
    server: Option<Running>,
    /// The last frame that the last start found; it cannot vanish.
    bookmark: Option<Bookmark>,
}

/// What a start finds since the last one.
#[derive(Default)]
struct Tail {
    payloads: Vec<Vec<u8>>,
    bookmark: Option<Bookmark>,
}

struct Running {
    server: SteppedServer,
    connections: JoinSet<()>,
    /// When each loop has its next turn at the earliest, in the order of [`Loop::ALL`].
    due: [Instant; Loop::ALL.len()],
}

impl Machine {
    /// A machine without a server.
    #[must_use]
    pub fn new(
        disk: SimDisk,
        network: SimNetwork,
        host: SimHost,
        history: History,
        options: ServerOptions,
        (turns, pace): (ChaCha8Rng, Pace),
    ) -> Self {
        Self {
            disk,
            network,
            host,
            history,
            options,
            pace,
            turns,
            idle_moments: 0,
            server: None,
            bookmark: None,
        }
    }

    /// Whether the server runs.
    #[must_use]
    pub const fn is_up(&self) -> bool {
        self.server.is_some()
    }

    /// Starts the server, and shows the history what it found.
    ///
    /// # Errors
    /// What was in the way.
    pub fn start(&mut self) -> Result<(), ServerError> {
        // Before the start: beside a writer the last frame is nobody's business.
        let tail = self.read_tail().map_err(ServerError::Open)?;
        let server = self.open()?;
        self.look_at_snapshots(&server);
        self.recover(&tail, server.opened().recovery.last_sequence);
        self.bookmark = tail.bookmark;
        let history = self.history.clone();
        server.watch(Box::new(move |batch| history.durable(batch)));
        let history = self.history.clone();
        server.watch_submissions(Box::new(move |submission| history.submitted(submission)));
        let due = [Instant::now(); Loop::ALL.len()];
        self.server = Some(Running { server, connections: JoinSet::new(), due });
        self.network.set_reach(Reach::Up);
        Ok(())
    }

    fn open(&self) -> Result<SteppedServer, ServerError> {
        let (storage, host) = (Arc::new(self.disk.mounted()), Arc::new(self.host.clone()));
        SteppedServer::open(&self.options, storage, host)
    }

    /// The frames since the last start.
    fn read_tail(&self) -> Result<Tail, JournalError> {
        let (directory, storage) = (&self.options.directory, Box::new(self.disk.mounted()));
        let opened = match &self.bookmark {
            Some(bookmark) => JournalReader::open_at_with(directory, bookmark, storage),
            None => JournalReader::open_with(directory, storage),
        };
        let mut reader = match opened {
            // A reader wants a journal; a start makes do with what its creation left half done.
            Err(JournalError::Missing { .. } | JournalError::NotAJournal { .. }) => {
                return Ok(Tail::default());
            }
            opened => opened?,
        };
        let mut tail = Tail::default();
        while let Some(frame) = reader.next_frame()? {
            tail.payloads.push(frame.payload.to_vec());
        }
        tail.bookmark = reader.bookmark().or(self.bookmark);
        Ok(tail)
    }

    /// A snapshot that has its name is whole, whatever happened: a start passes a damaged one over,
    /// and nobody would learn how it came about.
    fn look_at_snapshots(&self, server: &SteppedServer) {
        for error in server.passed_over() {
            if matches!(error, SnapshotError::Damaged { .. }) {
                self.history.object(format!("a start finds {error}"));
            }
        }
    }

    /// Shows the history what became durable and was never answered; nothing may be missing.
    fn recover(&self, tail: &Tail, last_sequence: u64) {
        let judged = self.history.with_oracle(crate::oracle::Oracle::last_sequence);
        self.history.trace(last_sequence);
        if last_sequence < judged {
            let what = format!("a start ends at {last_sequence}, told was {judged}");
            return self.history.object(what);
        }
        self.history.recovered(&[]);
        for payload in &tail.payloads {
            self.history.recovered(payload);
        }
        let shown = self.history.with_oracle(crate::oracle::Oracle::last_sequence);
        if shown != last_sequence {
            self.history.object(format!("a start ends at {last_sequence}, a reader at {shown}"));
        }
    }

    /// Takes connections, gives every loop that is due some turns, and lets a moment pass.
    ///
    /// # Errors
    /// The server would have ended itself.
    pub async fn tick(&mut self) -> Result<(), JournalError> {
        let turned = self.turn();
        self.idle_moments = match turned {
            Ok(false) => IDLE_DOUBLINGS_MAX.min(self.idle_moments + 1),
            _ => 0,
        };
        let milliseconds = self.turns.random_range(1..=self.pace.turn_ms_max);
        sleep(Duration::from_millis(milliseconds << self.idle_moments)).await;
        turned.map(|_| ())
    }

    /// Returns whether any loop had something to do.
    fn turn(&mut self) -> Result<bool, JournalError> {
        let Some(running) = &mut self.server else { return Ok(false) };
        let mut is_busy = false;
        for halves in self.network.take_waiting() {
            is_busy = true;
            running.connections.spawn(running.server.connect(halves));
        }
        while let Some(ended) = running.connections.try_join_next() {
            if let Err(error) = ended
                && error.is_panic()
            {
                self.history.object(format!("a connection panicked: {error}"));
            }
        }
        let mut order: [usize; Loop::ALL.len()] = std::array::from_fn(|index| index);
        order.shuffle(&mut self.turns);
        // It stands until somebody waits.
        let now = Instant::now();
        for index in order {
            let turns = self.turns.random_range(1..=self.pace.turns_in_a_row_max);
            let slow_ms = self.pace.slow_ms[index];
            is_busy |= running.give_turns(index, turns, now, (&self.disk, slow_ms))?;
        }
        Ok(is_busy)
    }

    /// From now on no loop is slow.
    pub(crate) fn hurry(&mut self) {
        self.pace.slow_ms = [0; Loop::ALL.len()];
    }

    /// Ends the server without a word.
    pub async fn crash(&mut self, crash: Crash) {
        self.history.trace(crash as u64);
        self.network.set_reach(match crash {
            Crash::Process => Reach::Down,
            Crash::Power => Reach::Silent,
        });
        self.network.break_all(crash == Crash::Power);
        if let Some(mut running) = self.server.take() {
            running.connections.shutdown().await;
        }
        match crash {
            Crash::Process => self.disk.crash_process(),
            Crash::Power => self.disk.crash_power(),
        }
        self.history.crashed();
    }

    /// Stops the server in order; returns the hash of its state and its last sequence.
    ///
    /// # Errors
    /// The disk failed meanwhile: it has crashed instead.
    pub async fn stop(&mut self) -> Result<Option<StoppedState>, JournalError> {
        let Some(running) = &self.server else { return Ok(None) };
        running.server.say_goodbye();
        let deadline = Instant::now() + Duration::from_secs(10);
        while self.server.as_ref().is_some_and(|running| !running.connections.is_empty())
            && Instant::now() < deadline
        {
            self.tick().await?;
        }
        let Some(mut running) = self.server.take() else { return Ok(None) };
        self.network.set_reach(Reach::Down);
        self.network.break_all(false);
        running.connections.shutdown().await;
        let (mut rounds, disk) = (0..STOP_ROUNDS_MAX, self.disk.clone());
        let engine = running.server.stop(|| rounds.next().is_some() && !disk.is_dead())?;
        self.disk.crash_process();
        self.history.crashed();
        let (last_sequence, hash) = (engine.last_sequence().get(), engine.state_hash());
        Ok(Some(StoppedState { last_sequence, hash }))
    }

    /// Opens the stopped instance once more, from a snapshot or from the first record, and says
    /// what state that gives.
    ///
    /// # Errors
    /// What was in the way.
    pub fn reopen(&mut self, full_replay: bool) -> Result<StoppedState, ServerError> {
        let full_replay = std::mem::replace(&mut self.options.full_replay, full_replay);
        let opened = self.open();
        self.options.full_replay = full_replay;
        let opened = *opened?.opened();
        // What it holds is gone with it.
        self.disk.crash_process();
        let last_sequence = opened.recovery.last_sequence;
        Ok(StoppedState { last_sequence, hash: opened.state_hash })
    }

    /// Lets `use_it` do something with the running server, if there is one.
    #[must_use]
    pub(crate) fn with_server<T>(
        &mut self,
        use_it: impl FnOnce(&mut SteppedServer) -> T,
    ) -> Option<T> {
        self.server.as_mut().map(|running| use_it(&mut running.server))
    }

    /// Every record of the journal, hashed as the history hashes them, and where its frames stand.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub fn read_journal(&self) -> Result<(u64, Vec<Frame>), JournalError> {
        use std::hash::Hasher;
        let storage = Box::new(self.disk.mounted());
        let mut reader = JournalReader::open_with(&self.options.directory, storage)?;
        let (mut hasher, mut frames) = (twox_hash::XxHash3_64::new(), Vec::new());
        while let Some(view) = reader.next_frame()? {
            hasher.write(view.payload);
            let (segment, offset, bytes) = (view.segment, view.offset, view.frame_bytes());
            frames.push(Frame { segment, offset, bytes });
        }
        Ok((hasher.finish(), frames))
    }
}

/// A state in two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoppedState {
    /// Its last record.
    pub last_sequence: u64,
    /// Its hash.
    pub hash: u128,
}

impl Running {
    /// Gives one loop turns until it rests; returns whether it had something to do.
    fn give_turns(
        &mut self,
        index: usize,
        turns: u32,
        now: Instant,
        (disk, slow_ms): (&SimDisk, u32),
    ) -> Result<bool, JournalError> {
        let mut is_busy = false;
        for _ in 0..turns {
            if self.due[index] > now {
                break;
            }
            let whose = Loop::ALL[index];
            let rest = self.server.turn(whose)?;
            if disk.is_dead() {
                break;
            }
            is_busy |= matches!(rest, Rest::Again | Rest::Pause(_));
            let elapsed = Duration::from_nanos(disk.take_elapsed_ns())
                + Duration::from_millis(slow_ms.into());
            let wait = match (rest, whose) {
                (Rest::Again, _) => Duration::ZERO,
                // Whoever would ring it is not asked: it looks at every tick.
                (Rest::Bell(_), Loop::Engine | Loop::Journal | Loop::Release) => {
                    self.due[index] = now + elapsed;
                    break;
                }
                (Rest::Bell(longest), _) => longest.unwrap_or(Duration::MAX / 4),
                (Rest::Pause(pause), _) => pause,
                (Rest::Over, _) => Duration::from_secs(1 << 30),
            };
            self.due[index] = now + elapsed + wait;
        }
        Ok(is_busy)
    }
}
