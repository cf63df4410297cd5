//! Rejections: the answers "no" that are data, each with a fixed number.

/// Builds the enum, its numbers and names from one table.
macro_rules! reasons {
    ($($(#[$doc:meta])* $variant:ident = $number:literal $text:literal,)*) => {
        /// Why a command was not carried out. Numbers never change; blocks: 1–99 malformed items
        /// ([`crate::Malformed`]), 100s illegal values, 200s unknown things, 300s ids and
        /// states, 400s want of stock or promise (these are journaled), 500s the engine itself.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[repr(u16)]
        pub enum RejectReason { $($(#[$doc])* $variant = $number,)* }

        impl RejectReason {
            /// Every reason, in order of its number.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The reason with this number.
            #[must_use]
            pub const fn from_number(number: u16) -> Option<Self> {
                match number { $($number => Some(Self::$variant),)* _ => None }
            }

            /// The name in dumps, replies and metrics.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }
    };
}

reasons! {
    /// An order without lines.
    NoLines = 100 "no_lines",
    /// More lines than the limit.
    TooManyLines = 101 "too_many_lines",
    /// A quantity of 0, or below 0 where it must not be.
    QuantityNotPositive = 102 "quantity_not_positive",
    /// A quantity over the limit.
    QuantityOverLimit = 103 "quantity_over_limit",
    /// More units of one SKU than one order may have.
    OverOrderMaximum = 104 "over_order_maximum",
    /// The sum would not fit the stock cell.
    StockOverflow = 105 "stock_overflow",
    /// An id of 0.
    IdZero = 106 "id_zero",
    /// An adjustment without a reason, or a receipt with one.
    BadAdjustReason = 107 "bad_adjust_reason",
    /// An empty code.
    CodeEmpty = 108 "code_empty",
    /// A cost over the limit.
    CostOverLimit = 109 "cost_over_limit",
    /// A limit outside its own bounds.
    BadLimit = 110 "bad_limit",
    /// No more rows of this kind fit.
    TableFull = 111 "table_full",
    /// A list does not rise (by line and warehouse, or by zone), so something may stand twice.
    ListNotRising = 112 "list_not_rising",
    /// Only the engine itself may do this.
    NotForClients = 113 "not_for_clients",
    /// A currency that is not three capital letters.
    BadCurrency = 114 "bad_currency",
    /// The zone has as many candidate warehouses as it may have.
    TooManyCandidates = 115 "too_many_candidates",
    /// A policy that allows no parcel, or more than there can be.
    ParcelsMaxOutOfRange = 116 "parcels_max_out_of_range",
    /// A policy that contradicts itself: a soft rule that it does not have, or one parcel at most
    /// and orders that must not be split besides.
    PolicyContradicts = 117 "policy_contradicts",
    /// A cut-off that is no minute of a day.
    BadCutOff = 118 "bad_cut_off",
    /// A bundle that contains itself.
    BundleContainsItself = 119 "bundle_contains_itself",
    /// A component that is a bundle, or a bundle that is a component.
    BundleInBundle = 120 "bundle_in_bundle",
    /// A bundle whose own stock is counted.
    BundleTracked = 121 "bundle_tracked",
    /// A stock cell has as many ring-fences as it may have.
    TooManyRingFences = 122 "too_many_ring_fences",
    /// An owner of 0.
    OwnerZero = 123 "owner_zero",
    /// A hold that would never end, or at once: a time to live of 0.
    TtlZero = 124 "ttl_zero",
    /// A time to live over the limit.
    TtlOverLimit = 125 "ttl_over_limit",
    /// A hold that names both a zone and a warehouse, or neither.
    BadHoldScope = 126 "bad_hold_scope",
    /// An owner's holds would take more places than they may: see
    /// [`crate::HOLD_ROWS_PER_OWNER_MAX`].
    TooManyPlacesHeld = 127 "too_many_places_held",
    /// Goods that are expected at a time that has come already.
    EtaInPast = 128 "eta_in_past",
    /// As many supplies of the SKU are expected as may be: see [`crate::SUPPLIES_PER_SKU_MAX`].
    TooManySupplies = 129 "too_many_supplies",
    /// An order that would be given up at a time that has come already.
    CancelAtInPast = 130 "cancel_at_in_past",
    /// A cool-down over the limit: see [`crate::COOL_DOWN_SECONDS_MAX`].
    CoolDownOverLimit = 131 "cool_down_over_limit",
    /// A swap of an order with itself, or of a warehouse with itself.
    SwapsWithItself = 132 "swaps_with_itself",

    /// No such SKU.
    UnknownSku = 200 "unknown_sku",
    /// No such warehouse.
    UnknownWarehouse = 201 "unknown_warehouse",
    /// No such zone.
    UnknownZone = 202 "unknown_zone",
    /// No such channel.
    UnknownChannel = 203 "unknown_channel",
    /// No such order.
    UnknownOrder = 204 "unknown_order",
    /// The order has no such line.
    UnknownLine = 205 "unknown_line",
    /// No such code.
    UnknownCode = 206 "unknown_code",
    /// No such policy.
    UnknownPolicy = 207 "unknown_policy",
    /// No such hold.
    UnknownHold = 208 "unknown_hold",
    /// The owner holds nothing.
    UnknownOwner = 209 "unknown_owner",
    /// No such supply.
    UnknownSupply = 210 "unknown_supply",

    /// The id was used before with other content.
    IdReused = 300 "id_reused",
    /// More units than are still there to cancel or ship.
    ExceedsOpen = 301 "exceeds_open",
    /// The SKU takes no new orders.
    SkuInactive = 302 "sku_inactive",
    /// The SKU's stock is not counted.
    NotTracked = 303 "not_tracked",
    /// Tracking cannot change while there are units, safety stock or ring-fences.
    TrackingInUse = 304 "tracking_in_use",
    /// Reserved for a later version.
    NotYet = 305 "not_yet",
    /// A bundle cannot change while units of it are allocated.
    BundleInUse = 306 "bundle_in_use",
    /// The order is closed: none of its units waits or is allocated.
    OrderClosed = 307 "order_closed",
    /// The hold is over: it expired, was released or replaced, or an order took it.
    HoldEnded = 308 "hold_ended",
    /// The hold is somebody else's.
    NotTheOwner = 309 "not_the_owner",
    /// The supply is closed: all that was expected of it has come in, or no more is expected.
    SupplyClosed = 310 "supply_closed",
    /// More units than are still expected of the supply.
    ExceedsExpected = 311 "exceeds_expected",
    /// Fewer units would be expected of a supply than have come in.
    BelowReceived = 312 "below_received",
    /// A warehouse does not serve an order, or is forbidden to it by a rule or a bar.
    MayNotServe = 313 "may_not_serve",
    /// A swap that makes somebody worse off, or nobody better.
    NothingGained = 314 "nothing_gained",

    /// Not every unit is there, and the order wanted all or nothing.
    OutOfStock = 400 "out_of_stock",
    /// Units would have to wait, and the SKU does not allow that.
    BackorderNotAllowed = 401 "backorder_not_allowed",
    /// No warehouse serves the zone.
    NotServed = 402 "not_served",
    /// On hand, or what of it is not unavailable, would fall below what is promised.
    BelowPromised = 403 "below_promised",
    /// More units than are unavailable.
    BelowUnavailable = 404 "below_unavailable",
    /// Warehouses serve the zone, but the policy's rules leave none of them.
    RulesForbid = 405 "rules_forbid",

    /// A bug: the command's decision stopped, and nothing was changed.
    InternalError = 500 "internal_error",
    /// The journal's disk has no room for another segment; nothing was changed, and the same id may
    /// be sent again. Only what grows is refused: see [`crate::CommandKind::grows`].
    NoSpace = 501 "no_space",
}

impl RejectReason {
    /// The fixed number.
    #[must_use]
    pub const fn number(self) -> u16 {
        self as u16
    }

    /// Whether the rejection is journaled and its id remembered: lost demand and broken
    /// promises are data, illegal commands are only counted.
    #[must_use]
    pub const fn is_journaled(self) -> bool {
        self.number() / 100 == 4
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_rise_and_lead_back() {
        for pair in RejectReason::ALL.windows(2) {
            assert!(pair[0].number() < pair[1].number());
        }
        for reason in RejectReason::ALL {
            assert_eq!(RejectReason::from_number(reason.number()), Some(*reason));
        }
    }

    #[test]
    fn want_of_stock_is_journaled_and_nonsense_is_not() {
        assert!(RejectReason::OutOfStock.is_journaled());
        assert!(!RejectReason::UnknownSku.is_journaled());
        assert!(!RejectReason::InternalError.is_journaled());
        assert!(!RejectReason::NoSpace.is_journaled());
    }
}
