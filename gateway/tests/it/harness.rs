//! Servers of small size for tests, and a network of two warehouses to place orders against.

use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use gantry_gateway::{Server, ServerError, ServerOptions, ServerStats, StopReport};
use gantry_journal::{DiskCall, FaultStorage, Faults, JournalOptions, Storage};
use gantry_model::{
    AdjustReason, Channel, Command, CommandId, CostRow, HoldId, OrderId, OrderLine, PlaceOrder,
    SetCosts, ShortMode, Sku, StockChange, StockState, UpsertCode, UpsertSku, UpsertWarehouse,
    Warehouse, Zone,
};
use tempfile::TempDir;

use crate::wire::Wire;

/// How long a test waits for what must come.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
/// Units that [`TestServer::furnish`] puts on stock.
pub(crate) const UNITS: u32 = 1_000_000;

/// A server on a folder of its own.
pub(crate) struct TestServer {
    pub(crate) folder: TempDir,
    pub(crate) server: Server,
}

impl TestServer {
    pub(crate) fn start() -> Self {
        Self::start_with(|_| {}, None)
    }

    /// With every sync `delay` slower, and options changed by `change`.
    pub(crate) fn start_with(
        change: impl FnOnce(&mut ServerOptions),
        delay: Option<Duration>,
    ) -> Self {
        let folder = TempDir::new().unwrap();
        let server = start_on(folder.path(), change, delay).unwrap();
        Self { folder, server }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.server.local_addr()
    }

    pub(crate) fn connect(&self) -> Wire {
        Wire::greeted(self.address())
    }

    /// Defines SKU 0, warehouse 0, zone 0, and stock.
    pub(crate) fn furnish(&self) {
        let mut wire = self.connect();
        wire.send_commands(1, &furniture());
        assert_eq!(wire.next_replies(1).accepted, furniture().len(), "furnishing was refused");
    }

    /// Waits until the counts say so.
    pub(crate) fn wait_for(&self, what: &str, reached: impl Fn(&ServerStats) -> bool) {
        let started = Instant::now();
        while !reached(&self.server.stats()) {
            assert!(started.elapsed() < PATIENCE, "never: {what}; {:?}", self.server.stats());
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Stops in order; the folder stays.
    pub(crate) fn stop(self) -> (TempDir, StopReport) {
        self.server.stop_handle().stop();
        let report = self.server.wait().unwrap();
        (self.folder, report)
    }
}

/// A server of small size on `folder`.
pub(crate) fn start_on(
    folder: &Path,
    change: impl FnOnce(&mut ServerOptions),
    delay: Option<Duration>,
) -> Result<Server, ServerError> {
    let faults = Faults::new();
    faults.delay(DiskCall::SyncPages, delay.unwrap_or_default());
    let storage = Box::new(FaultStorage::new(&faults));
    start_on_storage(folder, change, storage)
}

/// A server of small size on `folder` and `storage`.
pub(crate) fn start_on_storage(
    folder: &Path,
    change: impl FnOnce(&mut ServerOptions),
    storage: Box<dyn Storage>,
) -> Result<Server, ServerError> {
    let mut options = small(folder);
    change(&mut options);
    Server::start(options, storage)
}

/// Options of a small server on `folder`, on a free port.
pub(crate) fn small(folder: &Path) -> ServerOptions {
    ServerOptions {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        directory: folder.to_path_buf(),
        journal: JournalOptions {
            segment_bytes: 4 << 20,
            segments_spare: 1,
            ..JournalOptions::default()
        },
        workers: 2,
        engine_core: None,
        ..ServerOptions::default()
    }
}

/// The commands that define SKU 0, warehouse 0, zone 0, and its stock.
pub(crate) fn furniture() -> Vec<Vec<u8>> {
    let id = |number: u128| CommandId::new(number | 1 << 100);
    let (sku, warehouse) = (Sku::new(0), Warehouse::new(0));
    let rows = [CostRow::serves(Zone::new(0), 500, 10, 2)];
    let upsert_sku = UpsertSku {
        id: id(1),
        order_max: 0,
        tracked: true,
        backorder: true,
        active: true,
        code: "lamp",
    };
    let receive = StockChange {
        id: id(5),
        sku,
        warehouse,
        quantity: i32::try_from(UNITS).unwrap(),
        reason: AdjustReason::None,
        state: StockState::OnHand,
        note: "",
    };
    let commands = [
        Command::UpsertSku(upsert_sku),
        Command::UpsertWarehouse(UpsertWarehouse {
            id: id(2),
            priority: 1,
            active: true,
            code: "north",
        }),
        Command::UpsertZone(UpsertCode { id: id(3), code: "home" }),
        Command::SetCosts(SetCosts { id: id(4), warehouse, rows: &rows }),
        Command::Receive(receive),
    ];
    commands.iter().map(bytes_of).collect()
}

pub(crate) fn bytes_of(command: &Command<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    command.write(&mut bytes);
    bytes
}

/// An order of `lines` lines of the one SKU.
pub(crate) fn order_of(id: u128, lines: &[OrderLine], short: ShortMode) -> PlaceOrder<'_> {
    PlaceOrder {
        id: OrderId::new(id),
        hold: HoldId::NONE,
        customer: 0,
        value_minor: 0,
        currency: [0; 4],
        zone: Zone::new(0),
        channel: Channel::NONE,
        priority_class: 0,
        service_level: 0,
        short,
        reference: "",
        lines,
    }
}

/// An order of `quantity` lamps, all or nothing.
pub(crate) fn order(id: u128, quantity: u32) -> Vec<u8> {
    let lines = [OrderLine::new(Sku::new(0), quantity)];
    bytes_of(&Command::PlaceOrder(order_of(id, &lines, ShortMode::ShipComplete)))
}

/// An order of 128 lines, so that few fill a batch.
pub(crate) fn long_order(id: u128) -> Vec<u8> {
    let lines = [OrderLine::new(Sku::new(0), 1); 128];
    bytes_of(&Command::PlaceOrder(order_of(id, &lines, ShortMode::ShipComplete)))
}
