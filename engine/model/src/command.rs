//! Commands: what may be asked of the engine, and the fixed layout of each.
//!
//! [`Command::parse`] turns bytes into a view that borrows them and whose *shape* is right: bounds,
//! counts, enumerations, UTF-8, zero padding. Whether the command makes *sense* (a known SKU, a
//! quantity within limits) is decided by the engine against its state.

use zerocopy::little_endian::{I32, I64, U16, U32, U128};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use crate::item::{BodyReader, Item, Malformed, zero};
use crate::{
    CANDIDATES_PER_ZONE_MAX, COST_ROWS_PER_COMMAND_MAX, Channel, CommandId, LINES_PER_ORDER_MAX,
    Limits, OrderId, Sku, Warehouse, Zone,
};

/// The only schema so far.
pub(crate) const SCHEMA_1: u16 = 1;

/// Builds an enum over a byte, with `from_byte` and `name`.
macro_rules! byte_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $value:literal $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum $name { $($(#[$vdoc])* $variant = $value,)* }

        impl $name {
            /// Every value, in order of its number.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The value with this number.
            #[must_use]
            pub const fn from_byte(byte: u8) -> Option<Self> {
                match byte { $($value => Some(Self::$variant),)* _ => None }
            }

            /// The fixed number.
            #[must_use]
            pub const fn number(self) -> u8 { self as u8 }

            /// The name in dumps, options and metrics.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }
    };
}
pub(crate) use byte_enum;

byte_enum!(
    /// What becomes of units that are not there when an order is placed.
    ShortMode {
        /// Every unit of every line is allocated in this record, or the order is rejected.
        ShipComplete = 1 "ship_complete",
        /// What is there is allocated, the rest cancelled; rejected if nothing is there.
        TakeAvailable = 2 "take_available",
        /// Always accepted: what is there is allocated, the rest waits.
        Backorder = 3 "backorder",
        /// Nothing is allocated until everything can be. Reserved: answered `not_yet`.
        WaitComplete = 4 "wait_complete",
    }
);

byte_enum!(
    /// Why a stock figure was corrected.
    AdjustReason {
        /// A receipt, not a correction.
        None = 0 "none",
        /// A count replaced the book.
        Count = 1 "count",
        /// Broken in the warehouse.
        Damaged = 2 "damaged",
        /// Turned up.
        Found = 3 "found",
        /// Cannot be found.
        Lost = 4 "lost",
        /// Past its date.
        Expired = 5 "expired",
        /// Held back for quality control.
        QualityControl = 6 "quality_control",
        /// Anything else; the note says what.
        Other = 7 "other",
    }
);

byte_enum!(
    /// Which figure a correction changes.
    StockState {
        /// Units on hand: `+` adds, `−` takes away.
        OnHand = 0 "on_hand",
        /// Units on hand that cannot be sold: `+` withdraws, `−` restores. On hand stays.
        Unavailable = 1 "unavailable",
    }
);

byte_enum!(
    /// The class of a command, fixed in the high byte of its number.
    CommandClass {
        /// What customers want: place, cancel.
        Demand = 1 "demand",
        /// What comes in or is found: receive, adjust, count.
        Supply = 2 "supply",
        /// What warehouses did: ship.
        Execution = 3 "execution",
        /// How the engine is set up: catalogue, costs, limits, marks.
        Control = 4 "control",
    }
);

/// The kind of a command. The high byte is its [`CommandClass`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u16)]
pub enum CommandKind {
    /// [`PlaceOrder`].
    PlaceOrder = 0x0101,
    /// [`OrderUnits`]: withdraw units of an order.
    CancelOrder = 0x0102,
    /// [`StockChange`]: units arrive.
    Receive = 0x0201,
    /// [`StockChange`]: a correction by a signed delta.
    Adjust = 0x0202,
    /// [`StockChange`]: a correction to a count.
    SetStock = 0x0203,
    /// [`OrderUnits`]: allocated units leave a warehouse.
    Ship = 0x0301,
    /// [`UpsertSku`].
    UpsertSku = 0x0401,
    /// [`UpsertWarehouse`].
    UpsertWarehouse = 0x0402,
    /// [`UpsertCode`]: a destination zone.
    UpsertZone = 0x0403,
    /// [`UpsertCode`]: a channel.
    UpsertChannel = 0x0404,
    /// [`SetCosts`].
    SetCosts = 0x0405,
    /// [`SetLimits`].
    SetLimits = 0x0406,
    /// A state hash, journaled by the engine itself; no client may send it.
    Mark = 0x0407,
}

impl CommandKind {
    /// Every kind, in order of its number.
    pub const ALL: [Self; 13] = [
        Self::PlaceOrder,
        Self::CancelOrder,
        Self::Receive,
        Self::Adjust,
        Self::SetStock,
        Self::Ship,
        Self::UpsertSku,
        Self::UpsertWarehouse,
        Self::UpsertZone,
        Self::UpsertChannel,
        Self::SetCosts,
        Self::SetLimits,
        Self::Mark,
    ];

    /// The kind with this number.
    #[must_use]
    pub fn from_number(number: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.number() == number)
    }

    /// The fixed number.
    #[must_use]
    pub const fn number(self) -> u16 {
        self as u16
    }

    /// The class, from the number's high byte.
    #[must_use]
    pub fn class(self) -> CommandClass {
        let [_, high] = self.number().to_le_bytes();
        CommandClass::from_byte(high).expect("invariant: every kind's high byte is a class")
    }

    /// The name in dumps and metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::PlaceOrder => "place_order",
            Self::CancelOrder => "cancel_order",
            Self::Receive => "receive",
            Self::Adjust => "adjust",
            Self::SetStock => "set_stock",
            Self::Ship => "ship",
            Self::UpsertSku => "upsert_sku",
            Self::UpsertWarehouse => "upsert_warehouse",
            Self::UpsertZone => "upsert_zone",
            Self::UpsertChannel => "upsert_channel",
            Self::SetCosts => "set_costs",
            Self::SetLimits => "set_limits",
            Self::Mark => "mark",
        }
    }
}

/// A line of an order: a SKU and how many units of it.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub struct OrderLine {
    sku: U32,
    quantity: U32,
}

impl OrderLine {
    /// A line of `quantity` units of `sku`.
    #[must_use]
    pub fn new(sku: Sku, quantity: u32) -> Self {
        Self { sku: sku.get().into(), quantity: quantity.into() }
    }

    /// The SKU.
    #[must_use]
    pub fn sku(&self) -> Sku {
        Sku::new(self.sku.get())
    }

    /// Units wanted.
    #[must_use]
    pub fn quantity(&self) -> u32 {
        self.quantity.get()
    }
}

/// Units of one line, at one warehouse where the command needs one.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub struct LineUnits {
    line: U16,
    warehouse: U16,
    quantity: U32,
}

impl LineUnits {
    /// `quantity` units of line `line` (from 0) at `warehouse`, or [`Warehouse::NONE`].
    #[must_use]
    pub fn new(line: u16, warehouse: Warehouse, quantity: u32) -> Self {
        Self { line: line.into(), warehouse: warehouse.get().into(), quantity: quantity.into() }
    }

    /// The line, counted from 0.
    #[must_use]
    pub fn line(&self) -> u16 {
        self.line.get()
    }

    /// The warehouse, or [`Warehouse::NONE`].
    #[must_use]
    pub fn warehouse(&self) -> Warehouse {
        Warehouse::new(self.warehouse.get())
    }

    /// Units.
    #[must_use]
    pub fn quantity(&self) -> u32 {
        self.quantity.get()
    }
}

/// What it costs one warehouse to serve one zone.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub struct CostRow {
    zone: U16,
    days: U16,
    serves: u8,
    reserved: [u8; 3],
    parcel_cost: U32,
    unit_cost: U32,
}

impl CostRow {
    /// The zone is served: a cost per parcel and per unit in minor units, and days on the way.
    #[must_use]
    pub fn serves(zone: Zone, parcel_cost: u32, unit_cost: u32, days: u16) -> Self {
        Self {
            zone: zone.get().into(),
            days: days.into(),
            serves: 1,
            reserved: [0; 3],
            parcel_cost: parcel_cost.into(),
            unit_cost: unit_cost.into(),
        }
    }

    /// The zone is served no longer.
    #[must_use]
    pub fn removed(zone: Zone) -> Self {
        Self { serves: 0, ..Self::serves(zone, 0, 0, 0) }
    }

    /// The destination zone.
    #[must_use]
    pub fn zone(&self) -> Zone {
        Zone::new(self.zone.get())
    }

    /// Days from order to door.
    #[must_use]
    pub fn days(&self) -> u16 {
        self.days.get()
    }

    /// Whether the warehouse serves the zone from now on.
    #[must_use]
    pub const fn is_served(&self) -> bool {
        self.serves == 1
    }

    /// Minor units for each parcel.
    #[must_use]
    pub fn parcel_cost(&self) -> u32 {
        self.parcel_cost.get()
    }

    /// Minor units for each unit.
    #[must_use]
    pub fn unit_cost(&self) -> u32 {
        self.unit_cost.get()
    }
}

/// A customer's order.
#[derive(Clone, Copy, Debug)]
pub struct PlaceOrder<'a> {
    /// The order's id, chosen by the client.
    pub id: OrderId,
    /// The customer, opaque to the engine; 0 = not said.
    pub customer: u128,
    /// The order's value in minor units of its currency; 0 = not said.
    pub value_minor: i64,
    /// ISO 4217 letters, zero-padded; all zero = not said.
    pub currency: [u8; 4],
    /// Where it goes.
    pub zone: Zone,
    /// Where it came from, or [`Channel::NONE`].
    pub channel: Channel,
    /// 0 is served first.
    pub priority_class: u8,
    /// The shop's own number for what it promised (standard, express); opaque to the engine.
    pub service_level: u8,
    /// What becomes of units that are not there.
    pub short: ShortMode,
    /// The shop's own order number, or empty.
    pub reference: &'a str,
    /// What is wanted.
    pub lines: &'a [OrderLine],
}

#[derive(Clone, Copy, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct PlaceOrderFixed {
    pub(crate) id: U128,
    pub(crate) customer: U128,
    pub(crate) value_minor: I64,
    pub(crate) currency: [u8; 4],
    pub(crate) zone: U16,
    pub(crate) channel: U16,
    pub(crate) priority_class: u8,
    pub(crate) service_level: u8,
    pub(crate) short: u8,
    pub(crate) reference_bytes: u8,
    pub(crate) line_count: U16,
    pub(crate) reserved: [u8; 2],
}
const _: () = assert!(size_of::<PlaceOrderFixed>() == 56);

impl<'a> PlaceOrder<'a> {
    pub(crate) fn parse(body: &'a [u8]) -> Result<Self, Malformed> {
        let mut reader = BodyReader::new(body);
        let fixed: &PlaceOrderFixed = reader.fixed()?;
        zero("reserved", &fixed.reserved)?;
        let count = counted("line_count", fixed.line_count, LINES_PER_ORDER_MAX)?;
        let lines = reader.list(count)?;
        let reference = reader.text("reference", fixed.reference_bytes)?;
        reader.end()?;
        Ok(Self {
            id: CommandId::new(fixed.id.get()),
            customer: fixed.customer.get(),
            value_minor: fixed.value_minor.get(),
            currency: fixed.currency,
            zone: Zone::new(fixed.zone.get()),
            channel: Channel::new(fixed.channel.get()),
            priority_class: fixed.priority_class,
            service_level: fixed.service_level,
            short: byte_field("short", fixed.short, ShortMode::from_byte)?,
            reference,
            lines,
        })
    }
}

/// Units of an order that are cancelled or shipped.
#[derive(Clone, Copy, Debug)]
pub struct OrderUnits<'a> {
    /// This command's own id.
    pub id: CommandId,
    /// The order.
    pub order: OrderId,
    /// Which units, rising by line and then warehouse. A cancel names no warehouse; its empty list
    /// withdraws all that has not shipped.
    pub units: &'a [LineUnits],
}

#[derive(Clone, Copy, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct OrderUnitsFixed {
    pub(crate) id: U128,
    pub(crate) order: U128,
    pub(crate) unit_count: U16,
    pub(crate) reserved: [u8; 6],
}
const _: () = assert!(size_of::<OrderUnitsFixed>() == 40);

impl<'a> OrderUnits<'a> {
    fn parse(body: &'a [u8]) -> Result<Self, Malformed> {
        let mut reader = BodyReader::new(body);
        let fixed: &OrderUnitsFixed = reader.fixed()?;
        zero("reserved", &fixed.reserved)?;
        let max = LINES_PER_ORDER_MAX * CANDIDATES_PER_ZONE_MAX;
        let units = reader.list(counted("unit_count", fixed.unit_count, max)?)?;
        reader.end()?;
        Ok(Self {
            id: CommandId::new(fixed.id.get()),
            order: OrderId::new(fixed.order.get()),
            units,
        })
    }
}

/// A receipt, an adjustment or a count of one SKU at one warehouse.
#[derive(Clone, Copy, Debug)]
pub struct StockChange<'a> {
    /// This command's own id.
    pub id: CommandId,
    /// The SKU.
    pub sku: Sku,
    /// Where.
    pub warehouse: Warehouse,
    /// Received units, signed delta, or counted units, by the command's kind.
    pub quantity: i32,
    /// Why; [`AdjustReason::None`] for a receipt.
    pub reason: AdjustReason,
    /// Which figure an adjustment changes; [`StockState::OnHand`] for the others.
    pub state: StockState,
    /// A short note, or empty.
    pub note: &'a str,
}

#[derive(Clone, Copy, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct StockChangeFixed {
    pub(crate) id: U128,
    pub(crate) sku: U32,
    pub(crate) quantity: I32,
    pub(crate) warehouse: U16,
    pub(crate) reason: u8,
    pub(crate) state: u8,
    pub(crate) note_bytes: u8,
    pub(crate) reserved: [u8; 3],
}
const _: () = assert!(size_of::<StockChangeFixed>() == 32);

impl<'a> StockChange<'a> {
    fn parse(body: &'a [u8]) -> Result<Self, Malformed> {
        let mut reader = BodyReader::new(body);
        let fixed: &StockChangeFixed = reader.fixed()?;
        zero("reserved", &fixed.reserved)?;
        let note = reader.text("note", fixed.note_bytes)?;
        reader.end()?;
        Ok(Self {
            id: CommandId::new(fixed.id.get()),
            sku: Sku::new(fixed.sku.get()),
            warehouse: Warehouse::new(fixed.warehouse.get()),
            quantity: fixed.quantity.get(),
            reason: byte_field("reason", fixed.reason, AdjustReason::from_byte)?,
            state: byte_field("state", fixed.state, StockState::from_byte)?,
            note,
        })
    }
}

/// A SKU and how it may be sold.
#[derive(Clone, Copy, Debug)]
pub struct UpsertSku<'a> {
    /// This command's own id.
    pub id: CommandId,
    /// Units that one order may have of it; 0 = no limit but the line's.
    pub order_max: u32,
    /// Whether stock is counted. An untracked SKU is unlimited.
    pub tracked: bool,
    /// Whether units may wait for stock.
    pub backorder: bool,
    /// Whether new orders may have it.
    pub active: bool,
    /// Its name.
    pub code: &'a str,
}

#[derive(Clone, Copy, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct UpsertSkuFixed {
    pub(crate) id: U128,
    pub(crate) order_max: U32,
    pub(crate) flags: u8,
    pub(crate) code_bytes: u8,
    pub(crate) reserved: [u8; 2],
}
const _: () = assert!(size_of::<UpsertSkuFixed>() == 24);

pub(crate) const SKU_TRACKED: u8 = 1;
pub(crate) const SKU_BACKORDER: u8 = 2;
pub(crate) const SKU_ACTIVE: u8 = 4;

impl<'a> UpsertSku<'a> {
    fn parse(body: &'a [u8]) -> Result<Self, Malformed> {
        let mut reader = BodyReader::new(body);
        let fixed: &UpsertSkuFixed = reader.fixed()?;
        zero("reserved", &fixed.reserved)?;
        zero("flags", &[fixed.flags & !(SKU_TRACKED | SKU_BACKORDER | SKU_ACTIVE)])?;
        let code = reader.text("code", fixed.code_bytes)?;
        reader.end()?;
        Ok(Self {
            id: CommandId::new(fixed.id.get()),
            order_max: fixed.order_max.get(),
            tracked: fixed.flags & SKU_TRACKED != 0,
            backorder: fixed.flags & SKU_BACKORDER != 0,
            active: fixed.flags & SKU_ACTIVE != 0,
            code,
        })
    }
}

/// A warehouse and its place in the order of preference.
#[derive(Clone, Copy, Debug)]
pub struct UpsertWarehouse<'a> {
    /// This command's own id.
    pub id: CommandId,
    /// 1 is preferred to 2.
    pub priority: u16,
    /// Whether new orders may be sourced from it.
    pub active: bool,
    /// Its name.
    pub code: &'a str,
}

#[derive(Clone, Copy, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct UpsertWarehouseFixed {
    pub(crate) id: U128,
    pub(crate) priority: U16,
    pub(crate) active: u8,
    pub(crate) code_bytes: u8,
    pub(crate) reserved: [u8; 4],
}
const _: () = assert!(size_of::<UpsertWarehouseFixed>() == 24);

impl<'a> UpsertWarehouse<'a> {
    fn parse(body: &'a [u8]) -> Result<Self, Malformed> {
        let mut reader = BodyReader::new(body);
        let fixed: &UpsertWarehouseFixed = reader.fixed()?;
        zero("reserved", &fixed.reserved)?;
        zero("active", &[fixed.active & !1])?;
        let code = reader.text("code", fixed.code_bytes)?;
        reader.end()?;
        Ok(Self {
            id: CommandId::new(fixed.id.get()),
            priority: fixed.priority.get(),
            active: fixed.active == 1,
            code,
        })
    }
}

/// A destination zone or a channel: a name that gets a handle.
#[derive(Clone, Copy, Debug)]
pub struct UpsertCode<'a> {
    /// This command's own id.
    pub id: CommandId,
    /// Its name.
    pub code: &'a str,
}

#[derive(Clone, Copy, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct UpsertCodeFixed {
    pub(crate) id: U128,
    pub(crate) code_bytes: u8,
    pub(crate) reserved: [u8; 7],
}
const _: () = assert!(size_of::<UpsertCodeFixed>() == 24);

impl<'a> UpsertCode<'a> {
    fn parse(body: &'a [u8]) -> Result<Self, Malformed> {
        let mut reader = BodyReader::new(body);
        let fixed: &UpsertCodeFixed = reader.fixed()?;
        zero("reserved", &fixed.reserved)?;
        let code = reader.text("code", fixed.code_bytes)?;
        reader.end()?;
        Ok(Self { id: CommandId::new(fixed.id.get()), code })
    }
}

/// Costs from one warehouse to some zones.
#[derive(Clone, Copy, Debug)]
pub struct SetCosts<'a> {
    /// This command's own id.
    pub id: CommandId,
    /// The warehouse.
    pub warehouse: Warehouse,
    /// One row a zone, rising by zone; zones not named stay as they are.
    pub rows: &'a [CostRow],
}

#[derive(Clone, Copy, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct SetCostsFixed {
    pub(crate) id: U128,
    pub(crate) warehouse: U16,
    pub(crate) row_count: U16,
    pub(crate) reserved: [u8; 4],
}
const _: () = assert!(size_of::<SetCostsFixed>() == 24);

impl<'a> SetCosts<'a> {
    fn parse(body: &'a [u8]) -> Result<Self, Malformed> {
        let mut reader = BodyReader::new(body);
        let fixed: &SetCostsFixed = reader.fixed()?;
        zero("reserved", &fixed.reserved)?;
        let count = counted("row_count", fixed.row_count, COST_ROWS_PER_COMMAND_MAX)?;
        let rows: &[CostRow] = reader.list(count)?;
        for row in rows {
            zero("reserved", &row.reserved)?;
            zero("serves", &[row.serves & !1])?;
        }
        reader.end()?;
        Ok(Self {
            id: CommandId::new(fixed.id.get()),
            warehouse: Warehouse::new(fixed.warehouse.get()),
            rows,
        })
    }
}

/// New values for the limits that `decide` reads.
#[derive(Clone, Copy, Debug)]
pub struct SetLimits {
    /// This command's own id.
    pub id: CommandId,
    /// The limits from now on.
    pub limits: Limits,
}

#[derive(Clone, Copy, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct SetLimitsFixed {
    pub(crate) id: U128,
    pub(crate) lines_per_order_max: U32,
    pub(crate) quantity_per_line_max: U32,
    pub(crate) rejections_remembered_max: U32,
    pub(crate) reserved: [u8; 4],
}
const _: () = assert!(size_of::<SetLimitsFixed>() == 32);

impl SetLimits {
    fn parse(body: &[u8]) -> Result<Self, Malformed> {
        let mut reader = BodyReader::new(body);
        let fixed: &SetLimitsFixed = reader.fixed()?;
        zero("reserved", &fixed.reserved)?;
        reader.end()?;
        Ok(Self {
            id: CommandId::new(fixed.id.get()),
            limits: Limits {
                lines_per_order_max: fixed.lines_per_order_max.get(),
                quantity_per_line_max: fixed.quantity_per_line_max.get(),
                rejections_remembered_max: fixed.rejections_remembered_max.get(),
            },
        })
    }
}

#[derive(Clone, Copy, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(crate) struct MarkFixed {
    pub(crate) state_hash: U128,
    pub(crate) hash_version: U32,
    pub(crate) reserved: [u8; 4],
}
const _: () = assert!(size_of::<MarkFixed>() == 24);

/// A command, borrowed from its bytes.
#[derive(Clone, Copy, Debug)]
pub enum Command<'a> {
    /// Place an order.
    PlaceOrder(PlaceOrder<'a>),
    /// Withdraw units of an order, or all that has not shipped.
    CancelOrder(OrderUnits<'a>),
    /// Units arrive.
    Receive(StockChange<'a>),
    /// A correction by a signed delta.
    Adjust(StockChange<'a>),
    /// A correction to a count.
    SetStock(StockChange<'a>),
    /// Allocated units leave a warehouse.
    Ship(OrderUnits<'a>),
    /// Define or change a SKU.
    UpsertSku(UpsertSku<'a>),
    /// Define or change a warehouse.
    UpsertWarehouse(UpsertWarehouse<'a>),
    /// Define a destination zone.
    UpsertZone(UpsertCode<'a>),
    /// Define a channel.
    UpsertChannel(UpsertCode<'a>),
    /// Set costs from a warehouse to zones.
    SetCosts(SetCosts<'a>),
    /// Set the limits that `decide` reads.
    SetLimits(SetLimits),
    /// The engine's own note of its state hash.
    Mark {
        /// The hash of the state just before this record.
        state_hash: u128,
        /// Which definition of the hash.
        hash_version: u32,
    },
}

impl<'a> Command<'a> {
    /// Reads the command in `item`.
    pub fn parse(item: &Item<'a>) -> Result<Self, Malformed> {
        let Some(kind) = CommandKind::from_number(item.kind) else {
            return Err(Malformed::UnknownKind { kind: item.kind });
        };
        if item.schema != SCHEMA_1 {
            return Err(Malformed::UnknownSchema { kind: item.kind, schema: item.schema });
        }
        let body = item.body;
        Ok(match kind {
            CommandKind::PlaceOrder => Self::PlaceOrder(PlaceOrder::parse(body)?),
            CommandKind::CancelOrder => Self::CancelOrder(OrderUnits::parse(body)?),
            CommandKind::Receive => Self::Receive(StockChange::parse(body)?),
            CommandKind::Adjust => Self::Adjust(StockChange::parse(body)?),
            CommandKind::SetStock => Self::SetStock(StockChange::parse(body)?),
            CommandKind::Ship => Self::Ship(OrderUnits::parse(body)?),
            CommandKind::UpsertSku => Self::UpsertSku(UpsertSku::parse(body)?),
            CommandKind::UpsertWarehouse => Self::UpsertWarehouse(UpsertWarehouse::parse(body)?),
            CommandKind::UpsertZone => Self::UpsertZone(UpsertCode::parse(body)?),
            CommandKind::UpsertChannel => Self::UpsertChannel(UpsertCode::parse(body)?),
            CommandKind::SetCosts => Self::SetCosts(SetCosts::parse(body)?),
            CommandKind::SetLimits => Self::SetLimits(SetLimits::parse(body)?),
            CommandKind::Mark => Self::parse_mark(body)?,
        })
    }

    fn parse_mark(body: &[u8]) -> Result<Self, Malformed> {
        let mut reader = BodyReader::new(body);
        let fixed: &MarkFixed = reader.fixed()?;
        zero("reserved", &fixed.reserved)?;
        reader.end()?;
        let (state_hash, hash_version) = (fixed.state_hash.get(), fixed.hash_version.get());
        Ok(Self::Mark { state_hash, hash_version })
    }

    /// The command's kind.
    #[must_use]
    pub const fn kind(&self) -> CommandKind {
        match self {
            Self::PlaceOrder(_) => CommandKind::PlaceOrder,
            Self::CancelOrder(_) => CommandKind::CancelOrder,
            Self::Receive(_) => CommandKind::Receive,
            Self::Adjust(_) => CommandKind::Adjust,
            Self::SetStock(_) => CommandKind::SetStock,
            Self::Ship(_) => CommandKind::Ship,
            Self::UpsertSku(_) => CommandKind::UpsertSku,
            Self::UpsertWarehouse(_) => CommandKind::UpsertWarehouse,
            Self::UpsertZone(_) => CommandKind::UpsertZone,
            Self::UpsertChannel(_) => CommandKind::UpsertChannel,
            Self::SetCosts(_) => CommandKind::SetCosts,
            Self::SetLimits(_) => CommandKind::SetLimits,
            Self::Mark { .. } => CommandKind::Mark,
        }
    }

    /// The id the client gave it; a mark has none.
    #[must_use]
    pub const fn id(&self) -> Option<CommandId> {
        match self {
            Self::PlaceOrder(order) => Some(order.id),
            Self::CancelOrder(units) | Self::Ship(units) => Some(units.id),
            Self::Receive(change) | Self::Adjust(change) | Self::SetStock(change) => {
                Some(change.id)
            }
            Self::UpsertSku(sku) => Some(sku.id),
            Self::UpsertWarehouse(warehouse) => Some(warehouse.id),
            Self::UpsertZone(code) | Self::UpsertChannel(code) => Some(code.id),
            Self::SetCosts(costs) => Some(costs.id),
            Self::SetLimits(limits) => Some(limits.id),
            Self::Mark { .. } => None,
        }
    }
}

/// The 64-bit hash (XXH3) of a command's canonical bytes: same id and same hash = the same command.
#[must_use]
pub fn content_hash(command: &[u8]) -> u64 {
    twox_hash::XxHash3_64::oneshot(command)
}

fn counted(field: &'static str, count: U16, max: usize) -> Result<usize, Malformed> {
    let count = usize::from(count.get());
    if count > max {
        return Err(Malformed::BadField { field, value: count as u64 });
    }
    Ok(count)
}

pub(crate) fn byte_field<T>(
    field: &'static str,
    byte: u8,
    from_byte: impl Fn(u8) -> Option<T>,
) -> Result<T, Malformed> {
    from_byte(byte).ok_or(Malformed::BadField { field, value: u64::from(byte) })
}
