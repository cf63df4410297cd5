//! The vocabulary of Gantry: what a shop's order, stock and decision are called, and how each is
//! laid out in bytes.
//!
//! No I/O, no clock, no state. Everything here is read by the engine, the wire protocol, the
//! client and the tools alike, so a word means one thing everywhere. Layouts are little-endian and
//! fixed per `(kind, schema)`; `docs/PROTOCOL.md` and `docs/FORMAT.md` hold the byte tables.

#![forbid(unsafe_code)]
#![deny(clippy::float_arithmetic)]

mod book;
mod byte_enum;
mod code;
mod command;
mod encode;
mod hold;
mod ids;
mod item;
mod limits;
mod movement;
mod outcome;
mod policy;
mod query;
mod record;
mod rejection;
mod reply;
mod supply;
mod totals;

pub use book::{BookHead, BookRow, ReadBook, WaitKey};
pub use code::{CODE_BYTES_MAX, Code, CodeError};
pub use command::{
    AdjustReason, AssignPolicy, ChangeSupply, Command, CommandClass, CommandKind, Component,
    CostRow, ExpectSupply, ExpireHolds, ExtendHold, GiveUp, LineUnits, Match, MatchAgain, MatchEnd,
    OrderLine, OrderUnits, PlaceHold, PlaceOrder, PriceRow, Promise, ReceiveSupply, RejectCause,
    RejectUnits, ReleaseHold, ReserveRow, ResourceOrder, Retire, SetBundle, SetCancelAt,
    SetCapacity, SetCosts, SetLimits, SetPolicy, SetPriority, SetReserves, SetShadowPrices,
    ShortMode, SkuField, StockChange, StockState, SwapUnits, Sweep, UpsertCode, UpsertSku,
    UpsertWarehouse, WarehouseField, content_hash,
};
pub use hold::{HeldUnits, HoldHead, HoldStatus, HoldsHead, ReadHolds};
pub use ids::{
    Actor, Channel, CommandId, EngineSecond, EngineTime, Handle, HoldId, OrderId, Policy, Sequence,
    Sku, SupplyId, Warehouse, Zone,
};
pub use item::{ITEM_ALIGNMENT_BYTES, ITEM_HEADER_BYTES, Item, ItemHeader, Items, Malformed};
pub use limits::{
    BOOK_ROWS_PER_REPLY_MAX, CANDIDATES_PER_ZONE_MAX, COMMAND_BYTES_MAX, COMPONENTS_PER_BUNDLE_MAX,
    COOL_DOWN_SECONDS_MAX, COST_MINOR_MAX, COST_ROWS_PER_COMMAND_MAX, HOLD_ROWS_PER_OWNER_MAX,
    HOLD_SECONDS_MAX, HOLDS_EXPIRED_PER_RECORD_MAX, HOLDS_MAX, HOLDS_PER_REPLY_MAX,
    LINES_PER_ORDER_MAX, LINES_PROMISED_PER_RECORD_MAX, Limits, MOVEMENTS_PER_RECORD_MAX,
    OUTCOME_BYTES_MAX, PARCELS_PER_ORDER_MAX, POLICIES_MAX, POLICY_SKUS_MAX,
    PRICE_ROWS_PER_COMMAND_MAX, PROMISES_PER_REPLY_MAX, QUANTITY_PER_LINE_MAX, RECORD_BYTES_MAX,
    REJECTIONS_PER_ORDER_MAX, RESERVE_ROWS_PER_COMMAND_MAX, RING_FENCES_PER_CELL_MAX,
    ROWS_RETIRED_PER_RECORD_MAX, SHADOW_PRICE_MINOR_MAX, SKUS_DUE_PER_SWEEP_MAX, SKUS_MAX,
    SKUS_SWEPT_PER_RECORD_MAX, SUPPLIES_MAX, SUPPLIES_PER_PROMISE_MAX, SUPPLIES_PER_SKU_MAX,
    UNITS_PER_CELL_MAX, UNITS_PER_COMMAND_MAX, UNITS_PER_COMPONENT_MAX, WAREHOUSES_MAX, ZONES_MAX,
};
pub use movement::{MOVEMENT_BYTES, Movement, MovementKind};
pub use outcome::{OUTCOME_FIXED_BYTES, Outcome, OutcomeHead, Short};
pub use policy::{Objective, Proof, Rule, Rules};
pub use query::{Namespace, Query, QueryKind};
pub use record::{RECORD_HEADER_BYTES, Record, RecordError, RecordHeader, Records};
pub use rejection::RejectReason;
pub use reply::{
    CellView, OrderAllocation, OrderBody, OrderDetail, OrderHead, OrderLineView, OrderStatus,
    REPLY_HEADER_BYTES, Reply, ReplyBody, ReplyHeader, ReplyStatus, ReplyWriter, StockHead,
    name_prefix,
};
pub use supply::{
    LinePromise, OrderDates, PromiseKey, PromiseRow, ReadSupply, SuppliesHead, SupplyHead,
    SupplyStatus,
};
pub use totals::Totals;
