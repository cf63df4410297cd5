//! What each reason for a rejection means, in a sentence.

use gantry_model::RejectReason;

/// What was wrong, and what would be right where that can be said.
pub(crate) const fn sentence(reason: RejectReason) -> &'static str {
    match reason {
        RejectReason::NoLines => "an order or a hold needs at least one line",
        RejectReason::TooManyLines => "the order has more lines than the limit",
        RejectReason::QuantityNotPositive => "a quantity must be 1 or more",
        RejectReason::QuantityOverLimit => "a quantity is over the limit",
        RejectReason::OverOrderMaximum => "more units of one SKU than one order may have",
        RejectReason::StockOverflow => "the sum would be more than a stock figure can hold",
        RejectReason::IdZero => "an id of zeroes means nothing",
        RejectReason::BadAdjustReason => "an adjustment needs a reason, a receipt has none",
        RejectReason::CodeEmpty => "a code cannot be empty",
        RejectReason::CostOverLimit => "a cost is over the limit",
        RejectReason::BadLimit => "a limit is outside its own bounds",
        RejectReason::TableFull => "no more rows of this kind fit",
        RejectReason::ListNotRising => "something stands twice in a list, or out of order",
        RejectReason::NotForClients => "only the engine itself may do this",
        RejectReason::BadCurrency => "a currency is three capital letters, such as EUR",
        RejectReason::TooManyCandidates => "as many warehouses serve the zone as may serve one",
        RejectReason::ParcelsMaxOutOfRange
        | RejectReason::PolicyContradicts
        | RejectReason::BadCutOff
        | RejectReason::BundleContainsItself
        | RejectReason::BundleInBundle
        | RejectReason::BundleTracked
        | RejectReason::BundleInUse
        | RejectReason::TooManyRingFences => of_rule(reason),
        RejectReason::OwnerZero
        | RejectReason::TtlZero
        | RejectReason::TtlOverLimit
        | RejectReason::BadHoldScope
        | RejectReason::TooManyPlacesHeld
        | RejectReason::UnknownHold
        | RejectReason::UnknownOwner
        | RejectReason::HoldEnded
        | RejectReason::NotTheOwner => of_hold(reason),
        RejectReason::EtaInPast
        | RejectReason::TooManySupplies
        | RejectReason::UnknownSupply
        | RejectReason::SupplyClosed
        | RejectReason::ExceedsExpected
        | RejectReason::BelowReceived => of_supply(reason),
        RejectReason::SwapsWithItself | RejectReason::MayNotServe | RejectReason::NothingGained => {
            of_swap(reason)
        }
        RejectReason::CancelAtInPast | RejectReason::CoolDownOverLimit => of_time(reason),
        RejectReason::UnknownSku => "there is no such SKU",
        RejectReason::UnknownWarehouse => "there is no such warehouse",
        RejectReason::UnknownZone => "there is no such zone",
        RejectReason::UnknownChannel => "there is no such channel",
        RejectReason::UnknownOrder => "there is no order with this id",
        RejectReason::UnknownLine => "the order has no such line; lines count from 0",
        RejectReason::UnknownCode => "there is no such code",
        RejectReason::UnknownPolicy => "there is no such policy; see `gantry policy set`",
        RejectReason::IdReused => "the id was used before for something else; take a new one",
        RejectReason::ExceedsOpen => {
            "more units than are still there to cancel, ship, reject or swap"
        }
        RejectReason::SkuInactive => "the SKU takes no new orders",
        RejectReason::NotTracked => "the SKU's stock is not counted",
        RejectReason::TrackingInUse => "tracking cannot change while there are units",
        RejectReason::NotYet => "reserved for a later version",
        RejectReason::OrderClosed => "none of the order's units waits or is allocated",
        RejectReason::OutOfStock
        | RejectReason::BackorderNotAllowed
        | RejectReason::NotServed
        | RejectReason::RulesForbid
        | RejectReason::BelowPromised
        | RejectReason::BelowUnavailable => of_want(reason),
        RejectReason::InternalError | RejectReason::NoSpace => of_server(reason),
    }
}

/// What was wrong with a time of an order.
const fn of_time(reason: RejectReason) -> &'static str {
    match reason {
        RejectReason::CancelAtInPast => "an order cannot be given up at a time that has come",
        RejectReason::CoolDownOverLimit => "a cool-down lasts 2,592,000 seconds at most, 30 days",
        _ => unreachable!(),
    }
}

/// What was wrong with the server itself.
const fn of_server(reason: RejectReason) -> &'static str {
    match reason {
        RejectReason::NoSpace => {
            "the server's disk is full: make room, then send the same id again"
        }
        _ => "a bug: the decision stopped, and nothing was changed",
    }
}

/// What there was too little of.
const fn of_want(reason: RejectReason) -> &'static str {
    match reason {
        RejectReason::OutOfStock => "there is too little stock for what the order insists on",
        RejectReason::BackorderNotAllowed => "units would have to wait, and the SKU forbids that",
        RejectReason::NotServed => {
            "no active warehouse serves the zone, or the one that a hold names is inactive; see \
             `gantry cost set` and `gantry warehouse set`"
        }
        RejectReason::RulesForbid => {
            "warehouses that serve the zone have enough, but rules leave too little of it: the \
             policy's, a daily capacity or a ring-fence"
        }
        RejectReason::BelowPromised => {
            "units on hand would fall below what is promised to orders or held"
        }
        RejectReason::BelowUnavailable => "fewer units than that are unavailable",
        _ => unreachable!(),
    }
}

/// What was wrong with rules of sourcing, or a bundle.
const fn of_rule(reason: RejectReason) -> &'static str {
    match reason {
        RejectReason::ParcelsMaxOutOfRange => {
            "a policy allows 1 to 64 parcels; 64 means any number of them"
        }
        RejectReason::PolicyContradicts => {
            "the policy contradicts itself: `soft` may name only rules that it has, one parcel at \
             most leaves nothing to forbid splitting, `greedy` takes no rule, and no value is \
             negative"
        }
        RejectReason::BadCutOff => "a cut-off is a minute of the day, from 00:00 to 23:59 UTC",
        RejectReason::BundleContainsItself => "a bundle cannot be a component of itself",
        RejectReason::BundleInBundle => {
            "a component cannot be a bundle, nor a bundle a component; name what is on the shelf"
        }
        RejectReason::BundleTracked => {
            "a bundle has no stock of its own; define its SKU with `gantry sku set CODE --untracked`"
        }
        RejectReason::BundleInUse => {
            "units of the bundle are allocated; ship or cancel them before it changes"
        }
        RejectReason::TooManyRingFences => {
            "a SKU has at most 16 ring-fences at one warehouse; end one with 0 units"
        }
        _ => unreachable!(),
    }
}

/// What was wrong with a hold.
const fn of_hold(reason: RejectReason) -> &'static str {
    match reason {
        RejectReason::OwnerZero => "an owner of zeroes means nobody; a hold needs one",
        RejectReason::TtlZero => "a hold needs a time to last; give it 1 second or more",
        RejectReason::TtlOverLimit => {
            "a hold lasts 604,800 seconds at most, a week; extend it later"
        }
        RejectReason::BadHoldScope => {
            "a hold names either the zone to deliver to or the warehouse to hold at, and not both"
        }
        RejectReason::TooManyPlacesHeld => {
            "the owner's holds would have too many places (line, component, warehouse); release \
             one, or hold fewer SKUs"
        }
        RejectReason::UnknownHold => "there is no hold with this id",
        RejectReason::UnknownOwner => "the owner holds nothing",
        RejectReason::HoldEnded => {
            "the hold is over: it expired, was released or replaced, or an order took it; place a \
             new one, or order without"
        }
        RejectReason::NotTheOwner => "the hold is another owner's; only its own may replace it",
        _ => unreachable!(),
    }
}

/// What was wrong with a supply.
const fn of_supply(reason: RejectReason) -> &'static str {
    match reason {
        RejectReason::EtaInPast => "goods are expected at a time that is still to come",
        RejectReason::TooManySupplies => {
            "64 supplies of the SKU are expected, and no more may be; join some of them"
        }
        RejectReason::UnknownSupply => "there is no supply with this id",
        RejectReason::SupplyClosed => {
            "the supply is closed: all of it has come in, or no more is expected; announce what \
             still comes as another, or receive it with `gantry stock receive`"
        }
        RejectReason::ExceedsExpected => {
            "more units than are still expected; raise the supply with `gantry supply change` first"
        }
        RejectReason::BelowReceived => "more units of the supply than that have come in",
        _ => unreachable!(),
    }
}

/// What was wrong with a swap.
const fn of_swap(reason: RejectReason) -> &'static str {
    match reason {
        RejectReason::SwapsWithItself => "a swap is of two orders, at two warehouses",
        RejectReason::MayNotServe => {
            "one of the warehouses does not serve one of the orders, is forbidden to it by its \
             policy, rejected units of it a while ago, or has no room for one more order today"
        }
        RejectReason::NothingGained => {
            "orders swap to save parcels or cost, and neither may have more parcels or days by it"
        }
        _ => unreachable!(),
    }
}
