//! Commands: what may be asked of the engine, and the fixed layout of each.
//!
//! [`Command::parse`] turns bytes into a view that borrows them and whose *shape* is right: bounds,
//! counts, enumerations, UTF-8, zero padding. Whether the command makes *sense* (a known SKU, a
//! quantity within limits) is decided by the engine against its state.

mod bundle;
mod hold;
mod kind;
mod matching;
mod order;
mod policy;
mod promise;
mod reject;
mod resource;
mod retire;
mod setup;
mod stock;

use zerocopy::little_endian::{U16, U32, U128};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use crate::CommandId;
use crate::item::{BodyReader, Item, Malformed, zero};

pub(crate) use bundle::SetBundleFixed;
pub use bundle::{Component, SetBundle};
pub use hold::{ExpireHolds, ExtendHold, PlaceHold, ReleaseHold};
pub use kind::{CommandClass, CommandKind};
pub use matching::{Match, MatchAgain, MatchEnd, SetPriority, Sweep};
pub use order::{LineUnits, OrderLine, OrderUnits, PlaceOrder, ShortMode};
pub(crate) use order::{OrderUnitsFixed, PlaceOrderFixed};
pub use policy::{
    AssignPolicy, PriceRow, ReserveRow, SetCapacity, SetPolicy, SetReserves, SetShadowPrices,
    SkuField, WarehouseField,
};
pub(crate) use policy::{AssignPolicyFixed, CellRowsFixed, SetCapacityFixed, SetPolicyFixed};
pub use promise::{ChangeSupply, ExpectSupply, GiveUp, Promise, ReceiveSupply, SetCancelAt};
pub use reject::{RejectCause, RejectUnits};
pub use resource::{ResourceOrder, SwapUnits};
pub use retire::Retire;
pub use setup::{CostRow, SetCosts, SetLimits, UpsertCode, UpsertSku, UpsertWarehouse};
pub(crate) use setup::{
    SKU_ACTIVE, SKU_BACKORDER, SKU_TRACKED, SetCostsFixed, SetLimitsFixed, UpsertCodeFixed,
    UpsertSkuFixed, UpsertWarehouseFixed,
};
pub(crate) use stock::StockChangeFixed;
pub use stock::{AdjustReason, StockChange, StockState};

/// The schema of every kind that has only one.
pub(crate) const SCHEMA_1: u16 = 1;
/// The schema of kinds that have got a field more.
pub(crate) const SCHEMA_2: u16 = 2;
/// The schema of replies that have got a part more, twice.
pub(crate) const SCHEMA_3: u16 = 3;

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
    /// Serve an order's waiting lines before or behind others.
    SetPriority(SetPriority),
    /// Look at the lines that wait for a SKU.
    MatchAgain(MatchAgain),
    /// Hold units for a cart.
    PlaceHold(PlaceHold<'a>),
    /// Let a hold last longer.
    ExtendHold(ExtendHold),
    /// Let go of what is held.
    ReleaseHold(ReleaseHold),
    /// Decide again from where an order's allocated units come.
    ResourceOrder(ResourceOrder),
    /// Give up an order's waiting lines at a time.
    SetCancelAt(SetCancelAt),
    /// Let two orders have units of each other.
    SwapUnits(SwapUnits),
    /// Units arrive.
    Receive(StockChange<'a>),
    /// A correction by a signed delta.
    Adjust(StockChange<'a>),
    /// A correction to a count.
    SetStock(StockChange<'a>),
    /// Units will arrive.
    ExpectSupply(ExpectSupply),
    /// More or fewer units will arrive, sooner or later.
    ChangeSupply(ChangeSupply),
    /// Units that were expected arrive.
    ReceiveSupply(ReceiveSupply),
    /// Allocated units leave a warehouse.
    Ship(OrderUnits<'a>),
    /// Allocated units cannot leave a warehouse.
    RejectUnits(RejectUnits<'a>),
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
    /// Define a policy, or make its next version.
    SetPolicy(SetPolicy<'a>),
    /// Say by which policy a channel's orders are sourced.
    AssignPolicy(AssignPolicy),
    /// Set what a warehouse can work off in a day, and its cut-off.
    SetCapacity(SetCapacity),
    /// Set safety stock and ring-fences.
    SetReserves(SetReserves<'a>),
    /// Set what a bundle is made of.
    SetBundle(SetBundle<'a>),
    /// Set shadow prices.
    SetShadowPrices(SetShadowPrices<'a>),
    /// The engine's own note of its state hash.
    Mark {
        /// The hash of the state just before this record.
        state_hash: u128,
        /// Which definition of the hash.
        hash_version: u32,
    },
    /// The engine's own note that rows left memory for the archive.
    Retire(Retire),
    /// The engine's own note that it looked at waiting lines.
    Match(Match),
    /// The engine's own note that holds came to their end.
    ExpireHolds(ExpireHolds),
    /// The engine's own note that it promised waiting lines anew what is expected.
    Promise(Promise),
    /// The engine's own note that an order's waiting lines are given up.
    GiveUp(GiveUp),
    /// The engine's own note of the SKUs whose waiting lines are looked at because the rules changed.
    Sweep(Sweep),
}

impl<'a> Command<'a> {
    /// Reads the command in `item`.
    pub fn parse(item: &Item<'a>) -> Result<Self, Malformed> {
        let Some(kind) = CommandKind::from_number(item.kind) else {
            return Err(Malformed::UnknownKind { kind: item.kind });
        };
        if !kind.schemas().contains(&item.schema) {
            return Err(Malformed::UnknownSchema { kind: item.kind, schema: item.schema });
        }
        let body = item.body;
        Ok(match kind {
            CommandKind::PlaceOrder => Self::PlaceOrder(PlaceOrder::parse(item.schema, body)?),
            CommandKind::CancelOrder => Self::CancelOrder(OrderUnits::parse(body)?),
            CommandKind::SetPriority => Self::SetPriority(SetPriority::parse(body)?),
            CommandKind::MatchAgain => Self::MatchAgain(MatchAgain::parse(body)?),
            CommandKind::PlaceHold => Self::PlaceHold(PlaceHold::parse(body)?),
            CommandKind::ExtendHold => Self::ExtendHold(ExtendHold::parse(body)?),
            CommandKind::ReleaseHold => Self::ReleaseHold(ReleaseHold::parse(body)?),
            CommandKind::ResourceOrder => Self::ResourceOrder(ResourceOrder::parse(body)?),
            CommandKind::SetCancelAt => Self::SetCancelAt(SetCancelAt::parse(body)?),
            CommandKind::SwapUnits => Self::SwapUnits(SwapUnits::parse(body)?),
            CommandKind::Receive => Self::Receive(StockChange::parse(body)?),
            CommandKind::Adjust => Self::Adjust(StockChange::parse(body)?),
            CommandKind::SetStock => Self::SetStock(StockChange::parse(body)?),
            CommandKind::ExpectSupply => Self::ExpectSupply(ExpectSupply::parse(body)?),
            CommandKind::ChangeSupply => Self::ChangeSupply(ChangeSupply::parse(body)?),
            CommandKind::ReceiveSupply => Self::ReceiveSupply(ReceiveSupply::parse(body)?),
            CommandKind::Ship => Self::Ship(OrderUnits::parse(body)?),
            CommandKind::RejectUnits => Self::RejectUnits(RejectUnits::parse(body)?),
            CommandKind::UpsertSku => Self::UpsertSku(UpsertSku::parse(body)?),
            CommandKind::UpsertWarehouse => Self::UpsertWarehouse(UpsertWarehouse::parse(body)?),
            CommandKind::UpsertZone => Self::UpsertZone(UpsertCode::parse(body)?),
            CommandKind::UpsertChannel => Self::UpsertChannel(UpsertCode::parse(body)?),
            CommandKind::SetCosts => Self::SetCosts(SetCosts::parse(body)?),
            CommandKind::SetLimits => Self::SetLimits(SetLimits::parse(item.schema, body)?),
            CommandKind::Mark => Self::parse_mark(body)?,
            CommandKind::SetPolicy => Self::SetPolicy(SetPolicy::parse(body)?),
            CommandKind::AssignPolicy => Self::AssignPolicy(AssignPolicy::parse(body)?),
            CommandKind::SetCapacity => Self::SetCapacity(SetCapacity::parse(body)?),
            CommandKind::SetReserves => Self::SetReserves(SetReserves::parse(body)?),
            CommandKind::SetBundle => Self::SetBundle(SetBundle::parse(body)?),
            CommandKind::SetShadowPrices => Self::SetShadowPrices(SetShadowPrices::parse(body)?),
            CommandKind::Retire => Self::Retire(Retire::parse(body)?),
            CommandKind::Match => Self::Match(Match::parse(item.schema, body)?),
            CommandKind::ExpireHolds => Self::ExpireHolds(ExpireHolds::parse(body)?),
            CommandKind::Promise => Self::Promise(Promise::parse(body)?),
            CommandKind::GiveUp => Self::GiveUp(GiveUp::parse(body)?),
            CommandKind::Sweep => Self::Sweep(Sweep::parse(body)?),
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
            Self::SetPriority(_) => CommandKind::SetPriority,
            Self::MatchAgain(_) => CommandKind::MatchAgain,
            Self::PlaceHold(_) => CommandKind::PlaceHold,
            Self::ExtendHold(_) => CommandKind::ExtendHold,
            Self::ReleaseHold(_) => CommandKind::ReleaseHold,
            Self::ResourceOrder(_) => CommandKind::ResourceOrder,
            Self::SetCancelAt(_) => CommandKind::SetCancelAt,
            Self::SwapUnits(_) => CommandKind::SwapUnits,
            Self::Receive(_) => CommandKind::Receive,
            Self::Adjust(_) => CommandKind::Adjust,
            Self::SetStock(_) => CommandKind::SetStock,
            Self::ExpectSupply(_) => CommandKind::ExpectSupply,
            Self::ChangeSupply(_) => CommandKind::ChangeSupply,
            Self::ReceiveSupply(_) => CommandKind::ReceiveSupply,
            Self::Ship(_) => CommandKind::Ship,
            Self::RejectUnits(_) => CommandKind::RejectUnits,
            Self::UpsertSku(_) => CommandKind::UpsertSku,
            Self::UpsertWarehouse(_) => CommandKind::UpsertWarehouse,
            Self::UpsertZone(_) => CommandKind::UpsertZone,
            Self::UpsertChannel(_) => CommandKind::UpsertChannel,
            Self::SetCosts(_) => CommandKind::SetCosts,
            Self::SetLimits(_) => CommandKind::SetLimits,
            Self::Mark { .. } => CommandKind::Mark,
            Self::SetPolicy(_) => CommandKind::SetPolicy,
            Self::AssignPolicy(_) => CommandKind::AssignPolicy,
            Self::SetCapacity(_) => CommandKind::SetCapacity,
            Self::SetReserves(_) => CommandKind::SetReserves,
            Self::SetBundle(_) => CommandKind::SetBundle,
            Self::SetShadowPrices(_) => CommandKind::SetShadowPrices,
            Self::Retire(_) => CommandKind::Retire,
            Self::Match(_) => CommandKind::Match,
            Self::ExpireHolds(_) => CommandKind::ExpireHolds,
            Self::Promise(_) => CommandKind::Promise,
            Self::GiveUp(_) => CommandKind::GiveUp,
            Self::Sweep(_) => CommandKind::Sweep,
        }
    }

    /// The id the client gave it; the engine's own commands have none.
    #[must_use]
    pub const fn id(&self) -> Option<CommandId> {
        match self {
            Self::PlaceOrder(order) => Some(order.id),
            Self::CancelOrder(units) | Self::Ship(units) => Some(units.id),
            Self::SetPriority(priority) => Some(priority.id),
            Self::MatchAgain(again) => Some(again.id),
            Self::PlaceHold(hold) => Some(hold.id),
            Self::ExtendHold(extend) => Some(extend.id),
            Self::ReleaseHold(release) => Some(release.id),
            Self::ResourceOrder(resource) => Some(resource.id),
            Self::SetCancelAt(cancel) => Some(cancel.id),
            Self::SwapUnits(swap) => Some(swap.id),
            Self::ExpectSupply(supply) => Some(supply.id),
            Self::ChangeSupply(change) => Some(change.id),
            Self::ReceiveSupply(receipt) => Some(receipt.id),
            Self::RejectUnits(units) => Some(units.id),
            Self::Receive(change) | Self::Adjust(change) | Self::SetStock(change) => {
                Some(change.id)
            }
            Self::UpsertSku(sku) => Some(sku.id),
            Self::UpsertWarehouse(warehouse) => Some(warehouse.id),
            Self::UpsertZone(code) | Self::UpsertChannel(code) => Some(code.id),
            Self::SetCosts(costs) => Some(costs.id),
            Self::SetLimits(limits) => Some(limits.id),
            Self::SetPolicy(policy) => Some(policy.id),
            Self::AssignPolicy(assign) => Some(assign.id),
            Self::SetCapacity(capacity) => Some(capacity.id),
            Self::SetReserves(reserves) => Some(reserves.id),
            Self::SetBundle(bundle) => Some(bundle.id),
            Self::SetShadowPrices(prices) => Some(prices.id),
            Self::Mark { .. }
            | Self::Retire(_)
            | Self::Match(_)
            | Self::ExpireHolds(_)
            | Self::Promise(_)
            | Self::GiveUp(_)
            | Self::Sweep(_) => None,
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
