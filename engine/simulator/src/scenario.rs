//! A scenario: everything that one seed decides, written out, so that it can be made smaller.

use std::ops::Range;
use std::path::PathBuf;
use std::time::Duration;

use gantry_engine::ArchiveLimits;
use gantry_gateway::{ArchiveOptions, ServerOptions};
use gantry_journal::WritePath;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::clock::WALL_BEGIN;
use crate::damage::Damage;
use crate::machine::Pace;
use crate::net::Weather;
use crate::random::{Stream, stream};
use crate::workload::{Made, Swarm, Workload};

/// Where the instance lies on the simulated disk.
pub const FOLDER: &str = "/gantry";

/// A whole life of one instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scenario {
    /// Decides whatever is not written out here: delays, torn writes, turns.
    pub seed: u64,
    /// How the server is set.
    pub setting: Setting,
    /// What clients do.
    pub clients: Clients,
    /// What the network does until everything was asked.
    pub weather: Weather,
    /// What goes wrong, by when it does.
    pub faults: Vec<Fault>,
    /// What is asked, in the order in which clients take it.
    pub items: Vec<Asked>,
    /// What befalls its files when everything is over.
    #[serde(default)]
    pub damage: Option<Damage>,
}

/// How the server is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setting {
    /// Size of a segment.
    pub segment_bytes: u64,
    /// Segments kept prepared.
    pub segments_spare: u32,
    /// Frames are written past the page cache.
    pub is_direct: bool,
    /// Journal bytes between two snapshots; 0 = none.
    pub snapshot_every_bytes: u64,
    /// Closed orders leave memory after this long.
    pub archive_after_ms: u64,
    /// Orders and commands of an archive file, at least.
    pub archive_rows_min: u32,
    /// An archive file is asked for this long before its rows leave memory.
    pub shown_before_ms: u64,
    /// Socket reads that may wait for the engine, of each kind.
    pub ingress_max: u32,
    /// Requests of a connection that may wait for an answer.
    pub in_flight_max: u32,
    /// How fast its loops go.
    pub pace: Pace,
}

/// What clients do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clients {
    /// How many there are.
    pub count: u32,
    /// Items that each has under way at most.
    pub window: u32,
    /// Items in one frame at most.
    pub frame_items_max: u32,
    /// Milliseconds without an answer after which a connection counts as lost.
    pub patience_ms: u64,
}

/// One command or query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Whether it is a query.
    pub is_query: bool,
    /// The item.
    pub bytes: Vec<u8>,
}

/// Something that goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// When so many items were taken by clients.
    pub at_item: usize,
    /// What it is.
    pub kind: FaultKind,
}

/// What can go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FaultKind {
    /// The process is killed between two turns.
    Kill,
    /// The machine loses its power between two turns.
    PowerCut,
    /// The process is killed in so many storage calls from now.
    KillAtCall(u32),
    /// The machine loses its power in so many storage calls from now.
    PowerCutAtCall(u32),
    /// The process is killed in so many storage calls from the one that begins the next segment.
    KillAtRoll(u32),
    /// The machine loses its power in so many storage calls from the one that begins the next
    /// segment.
    PowerCutAtRoll(u32),
    /// Somebody stops the server in order and starts it again.
    Restart,
    /// One of the next syncs fails.
    SyncFails(u32),
    /// One of the next writes fails.
    WriteFails(u32),
    /// One of the next reads fails, until somebody writes there.
    ReadFails(u32),
    /// The disk is full for so many milliseconds.
    DiskFull(u32),
    /// A call of the disk takes up to ten seconds.
    Stall,
    /// Every connection breaks.
    BreakConnections,
    /// Nobody reaches the server for so many milliseconds.
    Partition(u32),
    /// The wall clock is set by so many seconds.
    ClockJump(i32),
}

impl Scenario {
    /// The scenario of a seed, with at most so many items.
    #[must_use]
    pub fn draw(seed: u64, items_max: usize) -> Self {
        let random = &mut stream(seed, Stream::Swarm);
        let swarm = Swarm::draw(random);
        let setting = Setting::draw(random);
        let clients = Clients::draw(random);
        let weather = draw_weather(random);
        let mut workload = Workload::new(stream(seed, Stream::Workload), swarm);
        let items = items_max.min(ROUNDS_MAX * clients.items_under_way(&setting));
        let faults = draw_faults(&mut stream(seed, Stream::Faults), items);
        let items = (0..items).map(|at| draw_item(&mut workload, at)).collect();
        let damage = Damage::draw(&mut stream(seed, Stream::Damage));
        Self { seed, setting, clients, weather, faults, items, damage: Some(damage) }
    }
}

/// Items that are asked in a second, about.
const ITEMS_PER_SECOND: usize = 1_000;

fn draw_item(workload: &mut Workload, at: usize) -> Asked {
    let since = u64::try_from(at / ITEMS_PER_SECOND).unwrap_or(u64::MAX);
    let second = WALL_BEGIN.as_secs().saturating_add(since);
    workload.tell_time(u32::try_from(second).unwrap_or(u32::MAX));
    let mut bytes = Vec::new();
    let is_query = workload.next(&mut bytes) == Made::Query;
    Asked { is_query, bytes }
}

impl Setting {
    fn draw(random: &mut ChaCha8Rng) -> Self {
        Self {
            // With the smallest that there are a roll comes every few frames.
            segment_bytes: 1 << [20, 20, 20, 20, 21, 22][random.random_range(0..6_usize)],
            segments_spare: random.random_range(1..=2),
            is_direct: random.random(),
            snapshot_every_bytes: match random.random_range(0..4) {
                0 => 0,
                _ => 1 << random.random_range(18..=21),
            },
            archive_after_ms: match random.random_range(0..8) {
                0 => 3_600_000,
                _ => 1 << random.random_range(0..=7),
            },
            archive_rows_min: 1 << random.random_range(5..=9),
            shown_before_ms: match random.random_range(0..4) {
                0 => random.random_range(0..20),
                // Rows leave memory while requests wait that were not looked up in the file.
                _ => 0,
            },
            ingress_max: match random.random_range(0..8) {
                0 => random.random_range(1..4),
                _ => 256,
            },
            in_flight_max: match random.random_range(0..8) {
                0 => random.random_range(1..4),
                _ => 1_024,
            },
            pace: Pace::draw(random),
        }
    }

    /// Settings of the server, with a memory of its own for chance only.
    #[must_use]
    pub fn options(&self, seed: u64) -> ServerOptions {
        let mut options = ServerOptions {
            directory: PathBuf::from(FOLDER),
            requests_in_flight_max: self.in_flight_max,
            ingress_commands_max: self.ingress_max as usize,
            ingress_queries_max: self.ingress_max as usize,
            batches: 2,
            snapshot_every_bytes: self.snapshot_every_bytes,
            // Clocks jump here further than anybody would let them.
            accept_clock_jump: true,
            archive: ArchiveOptions {
                after: Duration::from_millis(self.archive_after_ms),
                shown_before: Duration::from_millis(self.shown_before_ms),
                limits: ArchiveLimits {
                    rows_min: self.archive_rows_min,
                    orders_max: 4 * self.archive_rows_min,
                    commands_max: 8 * self.archive_rows_min,
                },
            },
            ..ServerOptions::default()
        };
        options.journal.new_instance_id = u128::from(seed) << 64 | 1;
        options.journal.segment_bytes = self.segment_bytes;
        options.journal.segments_spare = self.segments_spare;
        options.journal.write_path =
            if self.is_direct { WritePath::Direct } else { WritePath::Mapped };
        options
    }
}

impl Clients {
    fn draw(random: &mut ChaCha8Rng) -> Self {
        Self {
            count: random.random_range(1..=8),
            // Small ones keep few items under way, and cost the most: they are seldom.
            window: 1
                << match random.random_range(0..8) {
                    0 => random.random_range(0..=5),
                    _ => random.random_range(6..=11),
                },
            frame_items_max: 1
                << match random.random_range(0..8) {
                    0 => random.random_range(0..=3),
                    _ => random.random_range(4..=8),
                },
            patience_ms: random.random_range(500..2_000),
        }
    }

    /// Items that all of them have under way at most.
    fn items_under_way(&self, setting: &Setting) -> usize {
        let of_each = self.window.min(setting.in_flight_max * self.frame_items_max);
        let taken = setting.ingress_max * self.frame_items_max;
        (self.count * of_each).min(taken) as usize
    }
}

/// Where few items are under way at a time a universe ends after so many rounds of them: it costs as
/// much as others, and shows no more.
const ROUNDS_MAX: usize = 300;

fn draw_weather(random: &mut ChaCha8Rng) -> Weather {
    if random.random_range(0..4) == 0 {
        return Weather::default();
    }
    let mut rarely = |most: u32| match random.random_range(0..2) {
        0 => 0,
        _ => random.random_range(0..most),
    };
    Weather {
        delay_ms_max: rarely(20),
        late_per_million: rarely(20_000),
        break_per_million: rarely(10_000),
        corrupt_per_million: rarely(10_000),
        crumb_bytes_max: rarely(2_000),
        refuse_per_million: rarely(200_000),
    }
}

/// Items between two faults, on average; a short universe has no fewer than two all the same.
const ITEMS_PER_FAULT_MAX: usize = 3_300;
/// Items of which one crash waits for the next roll.
const ITEMS_PER_CRASH_AT_ROLL: usize = 3_300;

fn draw_faults(random: &mut ChaCha8Rng, items: usize) -> Vec<Fault> {
    let pieces = (0..items).step_by(ITEMS_PER_CRASH_AT_ROLL);
    let pieces = pieces.map(|start| start..items.min(start + ITEMS_PER_CRASH_AT_ROLL));
    let mut faults: Vec<_> = pieces.map(|piece| draw_at_roll(random, piece)).collect();
    let gap = ITEMS_PER_FAULT_MAX.min(items / 2).max(1);
    let mut at_item = match random.random_range(0..4) {
        // While the instance is made.
        0 => 0,
        // As if there had been others before.
        _ => random.random_range(1..=gap + gap / 3),
    };
    while at_item < items {
        let kind = FaultKind::draw(random);
        faults.push(Fault { at_item, kind });
        if matches!(kind, FaultKind::ReadFails(_)) && random.random() {
            // Most is read at a start.
            faults.push(Fault { at_item, kind: FaultKind::Kill });
        }
        at_item += match random.random_range(0..4) {
            // What goes wrong while the last is mended.
            0 => random.random_range(0..4),
            _ => random.random_range(1..=2 * gap),
        };
    }
    faults.sort_by_key(|fault| fault.at_item);
    faults
}

/// A crash at a roll. Rolls are seldom, so it waits for the next one.
fn draw_at_roll(random: &mut ChaCha8Rng, items: Range<usize>) -> Fault {
    let at_item = match random.random_range(0..4) {
        // At the very first, of the creation.
        0 => items.start,
        _ => random.random_range(items.start..=items.start + items.len() / 2),
    };
    let call = random.random_range(0..5_u32).saturating_sub(1);
    let is_kill = random.random();
    let kind = if is_kill { FaultKind::KillAtRoll(call) } else { FaultKind::PowerCutAtRoll(call) };
    Fault { at_item, kind }
}

impl FaultKind {
    fn draw(random: &mut ChaCha8Rng) -> Self {
        let calls = 1 << random.random_range(0..8);
        let call = random.random_range(0..calls);
        let milliseconds = random.random_range(1..3_000);
        match random.random_range(0..18) {
            0 | 1 => Self::Kill,
            2 | 3 => Self::PowerCut,
            4..=6 => Self::KillAtCall(call),
            7..=9 => Self::PowerCutAtCall(call),
            10 => Self::Restart,
            11 => Self::SyncFails(call % 8),
            12 => Self::WriteFails(call % 8),
            16 => Self::ReadFails(call),
            13 => Self::DiskFull(1 + milliseconds / 2),
            17 => Self::Stall,
            14 => match random.random() {
                true => Self::BreakConnections,
                false => Self::Partition(milliseconds),
            },
            _ => Self::ClockJump(random.random_range(-7_200..7_200)),
        }
    }
}
