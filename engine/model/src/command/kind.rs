//! The kinds of commands and their classes.

use crate::byte_enum::byte_enum;

byte_enum!(
    /// The class of a command, fixed in the high byte of its number.
    CommandClass {
        /// What customers want: hold, place, cancel, be served earlier.
        Demand = 1 "demand",
        /// What comes in or is found, and what is expected: receive, adjust, count.
        Supply = 2 "supply",
        /// What warehouses did, or could not do: ship, reject.
        Execution = 3 "execution",
        /// How the engine is set up: catalogue, costs, limits, marks.
        Control = 4 "control",
    }
);

/// The kind of a command. The high byte is its [`CommandClass`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u16)]
pub enum CommandKind {
    /// [`crate::PlaceOrder`].
    PlaceOrder = 0x0101,
    /// [`crate::OrderUnits`]: withdraw units of an order.
    CancelOrder = 0x0102,
    /// [`crate::SetPriority`].
    SetPriority = 0x0103,
    /// [`crate::MatchAgain`].
    MatchAgain = 0x0104,
    /// [`crate::PlaceHold`].
    PlaceHold = 0x0105,
    /// [`crate::ExtendHold`].
    ExtendHold = 0x0106,
    /// [`crate::ReleaseHold`].
    ReleaseHold = 0x0107,
    /// [`crate::ResourceOrder`].
    ResourceOrder = 0x0108,
    /// [`crate::SetCancelAt`].
    SetCancelAt = 0x0109,
    /// [`crate::SwapUnits`].
    SwapUnits = 0x010a,
    /// [`crate::StockChange`]: units arrive.
    Receive = 0x0201,
    /// [`crate::StockChange`]: a correction by a signed delta.
    Adjust = 0x0202,
    /// [`crate::StockChange`]: a correction to a count.
    SetStock = 0x0203,
    /// [`crate::ExpectSupply`].
    ExpectSupply = 0x0204,
    /// [`crate::ChangeSupply`].
    ChangeSupply = 0x0205,
    /// [`crate::ReceiveSupply`].
    ReceiveSupply = 0x0206,
    /// [`crate::OrderUnits`]: allocated units leave a warehouse.
    Ship = 0x0301,
    /// [`crate::RejectUnits`].
    RejectUnits = 0x0302,
    /// [`crate::UpsertSku`].
    UpsertSku = 0x0401,
    /// [`crate::UpsertWarehouse`].
    UpsertWarehouse = 0x0402,
    /// [`crate::UpsertCode`]: a destination zone.
    UpsertZone = 0x0403,
    /// [`crate::UpsertCode`]: a channel.
    UpsertChannel = 0x0404,
    /// [`crate::SetCosts`].
    SetCosts = 0x0405,
    /// [`crate::SetLimits`].
    SetLimits = 0x0406,
    /// A state hash, journaled by the engine itself; no client may send it.
    Mark = 0x0407,
    /// [`crate::SetPolicy`].
    SetPolicy = 0x0408,
    /// [`crate::AssignPolicy`].
    AssignPolicy = 0x0409,
    /// [`crate::SetCapacity`].
    SetCapacity = 0x040a,
    /// [`crate::SetReserves`].
    SetReserves = 0x040b,
    /// [`crate::SetBundle`].
    SetBundle = 0x040c,
    /// [`crate::SetShadowPrices`].
    SetShadowPrices = 0x040d,
    /// [`crate::Retire`], journaled by the engine itself; no client may send it.
    Retire = 0x040e,
    /// [`crate::Match`], journaled by the engine itself; no client may send it.
    Match = 0x040f,
    /// [`crate::ExpireHolds`], journaled by the engine itself; no client may send it.
    ExpireHolds = 0x0410,
    /// [`crate::Promise`], journaled by the engine itself; no client may send it.
    Promise = 0x0411,
    /// [`crate::GiveUp`], journaled by the engine itself; no client may send it.
    GiveUp = 0x0412,
    /// [`crate::Sweep`], journaled by the engine itself; no client may send it.
    Sweep = 0x0413,
}

impl CommandKind {
    /// Every kind, in order of its number.
    pub const ALL: [Self; 37] = [
        Self::PlaceOrder,
        Self::CancelOrder,
        Self::SetPriority,
        Self::MatchAgain,
        Self::PlaceHold,
        Self::ExtendHold,
        Self::ReleaseHold,
        Self::ResourceOrder,
        Self::SetCancelAt,
        Self::SwapUnits,
        Self::Receive,
        Self::Adjust,
        Self::SetStock,
        Self::ExpectSupply,
        Self::ChangeSupply,
        Self::ReceiveSupply,
        Self::Ship,
        Self::RejectUnits,
        Self::UpsertSku,
        Self::UpsertWarehouse,
        Self::UpsertZone,
        Self::UpsertChannel,
        Self::SetCosts,
        Self::SetLimits,
        Self::Mark,
        Self::SetPolicy,
        Self::AssignPolicy,
        Self::SetCapacity,
        Self::SetReserves,
        Self::SetBundle,
        Self::SetShadowPrices,
        Self::Retire,
        Self::Match,
        Self::ExpireHolds,
        Self::Promise,
        Self::GiveUp,
        Self::Sweep,
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

    /// Whether carrying it out makes more of the shop: on a full disk these are refused, so that
    /// the last segment is left for what frees units and ends orders.
    #[must_use]
    pub fn grows(self) -> bool {
        match self.class() {
            CommandClass::Demand => matches!(self, Self::PlaceOrder | Self::PlaceHold),
            CommandClass::Supply => {
                matches!(self, Self::Receive | Self::ExpectSupply | Self::ReceiveSupply)
            }
            CommandClass::Execution => false,
            CommandClass::Control => {
                !matches!(self, Self::Mark | Self::SetLimits | Self::ExpireHolds | Self::GiveUp)
            }
        }
    }

    /// The schemas that this version reads, oldest first; it writes the last, of an order and of a
    /// look at waiting lines the first that can say it.
    #[must_use]
    pub const fn schemas(self) -> &'static [u16] {
        match self {
            Self::SetLimits | Self::PlaceOrder | Self::Match => &[1, 2],
            _ => &[1],
        }
    }

    /// The name in dumps and metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::PlaceOrder => "place_order",
            Self::CancelOrder => "cancel_order",
            Self::SetPriority => "set_priority",
            Self::MatchAgain => "match_again",
            Self::PlaceHold => "place_hold",
            Self::ExtendHold => "extend_hold",
            Self::ReleaseHold => "release_hold",
            Self::ResourceOrder => "resource_order",
            Self::SetCancelAt => "set_cancel_at",
            Self::SwapUnits => "swap_units",
            Self::Receive => "receive",
            Self::Adjust => "adjust",
            Self::SetStock => "set_stock",
            Self::ExpectSupply => "expect_supply",
            Self::ChangeSupply => "change_supply",
            Self::ReceiveSupply => "receive_supply",
            Self::Ship => "ship",
            Self::RejectUnits => "reject_units",
            Self::UpsertSku => "upsert_sku",
            Self::UpsertWarehouse => "upsert_warehouse",
            Self::UpsertZone => "upsert_zone",
            Self::UpsertChannel => "upsert_channel",
            Self::SetCosts => "set_costs",
            Self::SetLimits => "set_limits",
            Self::Mark => "mark",
            Self::SetPolicy => "set_policy",
            Self::AssignPolicy => "assign_policy",
            Self::SetCapacity => "set_capacity",
            Self::SetReserves => "set_reserves",
            Self::SetBundle => "set_bundle",
            Self::SetShadowPrices => "set_shadow_prices",
            Self::Retire => "retire",
            Self::Match => "match",
            Self::ExpireHolds => "expire_holds",
            Self::Promise => "promise",
            Self::GiveUp => "give_up",
            Self::Sweep => "sweep",
        }
    }
}
