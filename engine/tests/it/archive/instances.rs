//! Instances on folders: one, and two that are told the same and only one of which archives.

use std::path::Path;
use std::sync::Arc;

use gantry_engine::{ArchiveLimits, InstanceError, LocalInstance, Moment};
use gantry_journal::{FileStorage, JournalOptions, Storage};
use gantry_model::{
    Actor, AdjustReason, Channel, Command, CommandId, CostRow, EngineTime, HoldId, OrderId,
    OrderLine, PlaceOrder, Query, Sequence, SetCosts, ShortMode, Sku, StockChange, StockState,
    UpsertCode, UpsertSku, UpsertWarehouse, Warehouse, Zone,
};
use tempfile::TempDir;

/// Everything that was ever closed is old enough.
pub(crate) const ALL: Moment = Moment { sequence: Sequence::MAX, time: EngineTime::new(77) };
/// A file however little there is.
pub(crate) const EVEN_ONE: ArchiveLimits =
    ArchiveLimits { rows_min: 1, orders_max: 1 << 12, commands_max: 1 << 12 };

pub(crate) fn now(number: u128) -> EngineTime {
    EngineTime::new(1_000 + u64::try_from(number).unwrap())
}

/// The files of this machine.
pub(crate) fn real() -> Arc<dyn Storage> {
    Arc::new(FileStorage::new())
}

pub(crate) fn open(folder: &Path, instance_id: u128) -> Result<LocalInstance, InstanceError> {
    open_on(Box::new(FileStorage::new()), folder, instance_id)
}

pub(crate) fn open_on(
    storage: Box<dyn Storage>,
    folder: &Path,
    instance_id: u128,
) -> Result<LocalInstance, InstanceError> {
    let options = JournalOptions {
        new_instance_id: instance_id,
        segment_bytes: 4 << 20,
        segments_spare: 1,
        ..JournalOptions::default()
    };
    LocalInstance::open(folder, options, storage, 1)
}

pub(crate) fn order(id: OrderId, lines: &[OrderLine]) -> PlaceOrder<'_> {
    PlaceOrder {
        id,
        hold: HoldId::NONE,
        customer: 0x0102_0304,
        value_minor: 4_200,
        currency: *b"EUR\0",
        zone: Zone::new(0),
        channel: Channel::NONE,
        priority_class: 3,
        service_level: 4,
        short: ShortMode::Backorder,
        reference: "",
        lines,
    }
}

/// The commands that make a shop of three warehouses and two SKUs.
fn shop(mut visit: impl FnMut(&Command<'_>)) {
    let mut ids = (1..).map(CommandId::new);
    let mut id = || ids.next().unwrap();
    visit(&Command::UpsertZone(UpsertCode { id: id(), code: "EU" }));
    for code in ["TEE", "MUG"] {
        let (order_max, tracked, backorder, active) = (0, true, true, true);
        visit(&Command::UpsertSku(UpsertSku {
            id: id(),
            order_max,
            tracked,
            backorder,
            active,
            code,
        }));
    }
    for (number, code) in ["BER", "MUC", "HAM"].into_iter().enumerate() {
        let (priority, active) = (1, true);
        visit(&Command::UpsertWarehouse(UpsertWarehouse { id: id(), priority, active, code }));
        let warehouse = Warehouse::new(u16::try_from(number).unwrap());
        let cost = CostRow::serves(Zone::new(0), 100 * (u32::from(warehouse.get()) + 1), 10, 1);
        visit(&Command::SetCosts(SetCosts { id: id(), warehouse, rows: &[cost] }));
        for sku in 0..2 {
            visit(&Command::Receive(StockChange {
                id: id(),
                sku: Sku::new(sku),
                warehouse,
                quantity: if number == 0 { 200_000 } else { 500 },
                reason: AdjustReason::None,
                state: StockState::OnHand,
                note: "",
            }));
        }
    }
}

pub(crate) fn set_up(instance: &mut LocalInstance) {
    shop(|command| {
        instance.execute(command, Actor::IMPORT, now(0)).unwrap();
    });
}

/// Two instances that are told the same. One archives, the other keeps everything in memory.
pub(crate) struct Twins {
    pub(crate) with: LocalInstance,
    without: LocalInstance,
    _folders: [TempDir; 2],
    time: u128,
    fillers: u128,
}

impl Twins {
    pub(crate) fn new() -> Self {
        let folder = || tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let folders = [folder(), folder()];
        let [mut with, mut without] = [0, 1].map(|at: usize| open(folders[at].path(), 7).unwrap());
        set_up(&mut with);
        set_up(&mut without);
        Self { with, without, _folders: folders, time: 0, fillers: 0 }
    }

    /// Sends a command to both, whose answers must be the same bytes.
    pub(crate) fn send(&mut self, command: &Command<'_>) -> Vec<u8> {
        self.time += 1;
        let now = now(self.time);
        let reply = self.with.execute(command, Actor::CLIENT_MIN, now).unwrap();
        let expected = self.without.execute(command, Actor::CLIENT_MIN, now).unwrap();
        assert_eq!(reply, expected, "{command:?}");
        reply
    }

    /// Asks both, whose answers must be the same bytes.
    pub(crate) fn ask(&mut self, query: &Query<'_>) -> Vec<u8> {
        let reply = self.with.query(query).unwrap();
        assert_eq!(reply, self.without.query(query).unwrap(), "{query:?}");
        reply
    }

    /// Archives the one. The other gets as many records that say nothing new, so that sequences
    /// stay the same. Whether there was anything to archive.
    pub(crate) fn archive(&mut self, limits: &ArchiveLimits) -> bool {
        let archived = self.with.archive(ALL, limits).unwrap();
        while self.without.engine().last_sequence() < self.with.engine().last_sequence() {
            self.fillers += 1;
            let id = CommandId::new(9 << 64 | self.fillers);
            let same = Command::UpsertZone(UpsertCode { id, code: "EU" });
            self.without.execute(&same, Actor::IMPORT, now(self.time)).unwrap();
        }
        assert_eq!(self.without.engine().last_sequence(), self.with.engine().last_sequence());
        archived.is_some()
    }

    /// Both hold together, and agree on the units.
    pub(crate) fn check(&self) {
        for instance in [&self.with, &self.without] {
            let state = instance.engine().state();
            state.audit();
            assert_eq!(state.hash(), state.recompute_hash());
        }
        let [with, without] = [&self.with, &self.without].map(|one| one.engine().state());
        assert_eq!(with.totals, without.totals);
        assert_eq!(with.orders.count(), without.orders.count());
    }
}
