//! Commands of every kind.

use gantry_model::{
    AdjustReason, AssignPolicy, ChangeSupply, Channel, Command, CommandId, Component, CostRow,
    EngineSecond, EngineTime, ExpectSupply, ExpireHolds, ExtendHold, GiveUp, HoldId, Limits,
    LineUnits, Match, MatchAgain, MatchEnd, Objective, OrderLine, OrderUnits, PlaceHold,
    PlaceOrder, Policy, PriceRow, Promise, ReceiveSupply, RejectCause, RejectUnits, ReleaseHold,
    ReserveRow, ResourceOrder, Retire, Rule, Rules, Sequence, SetBundle, SetCancelAt, SetCapacity,
    SetCosts, SetLimits, SetPolicy, SetPriority, SetReserves, SetShadowPrices, ShortMode, Sku,
    SkuField, StockChange, StockState, SupplyId, SwapUnits, Sweep, UpsertCode, UpsertSku,
    UpsertWarehouse, WaitKey, Warehouse, WarehouseField, Zone,
};

use super::{ID, Sample, Version};

pub(crate) fn place_order(lines: &[OrderLine]) -> PlaceOrder<'_> {
    PlaceOrder {
        id: ID,
        hold: HoldId::NONE,
        customer: 0x1111_2222_3333_4444_5555_6666_7777_8888,
        value_minor: 123_456,
        currency: *b"EUR\0",
        zone: Zone::new(0x0203),
        channel: Channel::new(0x0405),
        priority_class: 6,
        service_level: 7,
        short: ShortMode::Backorder,
        reference: "SO-1001",
        lines,
    }
}

pub(crate) fn written(command: &Command<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    command.write(&mut bytes);
    bytes
}

/// The commands that this version was the first to write, in order of the kinds' numbers.
pub(crate) fn commands(version: Version) -> Vec<Sample> {
    let mut samples = Vec::new();
    let visit = |command: Command<'_>| {
        let name = command.kind().name().to_owned();
        let (meaning, written) = (format!("{command:?}"), written(&command));
        samples.push(Sample { name, meaning, written });
    };
    match version {
        Version::First => first(visit),
        Version::Second => second(visit),
        Version::Third => third(visit),
        Version::Fourth => fourth(visit),
    }
    samples
}

/// Calls `visit` with a command of every kind, and of each schema that this version writes of it.
pub(crate) fn newest_commands(mut visit: impl FnMut(Command<'_>)) {
    first(&mut visit);
    second(&mut visit);
    third(&mut visit);
    fourth(visit);
}

fn first(mut visit: impl FnMut(Command<'_>)) {
    let lines = [OrderLine::new(Sku::new(8), 9), OrderLine::new(Sku::new(10), 11)];
    let units = [LineUnits::new(0, Warehouse::new(2), 3), LineUnits::new(1, Warehouse::NONE, 4)];
    let order_units = OrderUnits { id: ID, order: CommandId::new(77), units: &units };
    let change = StockChange {
        id: ID,
        sku: Sku::new(0x0a0b_0c0d),
        warehouse: Warehouse::new(0x0e0f),
        quantity: -5,
        reason: AdjustReason::Damaged,
        state: StockState::Unavailable,
        note: "dock 4",
    };
    visit(Command::PlaceOrder(place_order(&lines)));
    visit(Command::CancelOrder(order_units));
    visit(Command::Receive(change));
    visit(Command::Adjust(change));
    visit(Command::SetStock(change));
    visit(Command::Ship(order_units));
    first_setup(visit);
}

fn first_setup(mut visit: impl FnMut(Command<'_>)) {
    let rows = [CostRow::serves(Zone::new(1), 500, 10, 2), CostRow::removed(Zone::new(3))];
    let code = UpsertCode { id: ID, code: "770" };
    visit(Command::UpsertSku(UpsertSku {
        id: ID,
        order_max: 12,
        tracked: true,
        backorder: false,
        active: true,
        code: "OFF-PA-10000174",
    }));
    let priority = 3;
    visit(Command::UpsertWarehouse(UpsertWarehouse {
        id: ID,
        priority,
        active: true,
        code: "EWR",
    }));
    visit(Command::UpsertZone(code));
    visit(Command::UpsertChannel(code));
    visit(Command::SetCosts(SetCosts { id: ID, warehouse: Warehouse::new(4), rows: &rows }));
    // The first version knew no work limit: its limits mean the default one.
    let limits = Limits {
        lines_per_order_max: 128,
        quantity_per_line_max: 10_000,
        rejections_remembered_max: 1 << 20,
        sourcing_steps_max: Limits::DEFAULT.sourcing_steps_max,
    };
    visit(Command::SetLimits(SetLimits { id: ID, limits }));
    visit(Command::Mark { state_hash: 0xabcd, hash_version: 1 });
}

fn second(mut visit: impl FnMut(Command<'_>)) {
    let limits = Limits {
        lines_per_order_max: 0x11,
        quantity_per_line_max: 0x2222,
        rejections_remembered_max: 0x0033_3333,
        sourcing_steps_max: 0x0444_4444,
    };
    visit(Command::SetLimits(SetLimits { id: ID, limits }));
    visit(Command::SetPolicy(SetPolicy {
        id: ID,
        objective: Objective::FewestParcels,
        soft: Rules::NONE.with(Rule::DaysMax).with(Rule::RingFences),
        parcels_max: 0x0a,
        days_max: 0x0b0c,
        split_value_min: 0x0d0e_0f10,
        warehouses: &[1, 2, 0x0304].map(|raw| WarehouseField::new(Warehouse::new(raw))),
        no_split_skus: &[5, 0x0607_0809].map(|raw| SkuField::new(Sku::new(raw))),
        code: "web",
    }));
    let (channel, policy) = (Channel::new(0x0102), Policy::new(0x0304));
    visit(Command::AssignPolicy(AssignPolicy { id: ID, channel, policy }));
    visit(Command::SetCapacity(SetCapacity {
        id: ID,
        warehouse: Warehouse::new(0x0102),
        cut_off_minute: 0x0304,
        orders_per_day_max: 0x0506_0708,
        units_per_day_max: 0x090a_0b0c,
    }));
    let (sku, warehouse) = (Sku::new(0x0102_0304), Warehouse::new(0x0506));
    let rows = [
        ReserveRow::new(sku, warehouse, Channel::new(0x0708), 0x090a_0b0c),
        ReserveRow::new(sku, warehouse, Channel::NONE, 0x0d),
    ];
    visit(Command::SetReserves(SetReserves { id: ID, rows: &rows }));
    let components = [Component::new(Sku::new(7), 1), Component::new(Sku::new(0x0102_0304), 1_000)];
    visit(Command::SetBundle(SetBundle { id: ID, sku: Sku::new(0x0506), components: &components }));
    let rows =
        [PriceRow::new(sku, warehouse, 0x0708_090a), PriceRow::new(sku, Warehouse::new(0x0507), 1)];
    visit(Command::SetShadowPrices(SetShadowPrices { id: ID, clear: true, rows: &rows }));
    visit(Command::Retire(Retire {
        archive: 0x0102_0304_0506_0708,
        archive_hash: *b"0123456789abcdef",
        orders_total: 0x0a0b_0c0d,
        commands_total: 0x0e0f_1011,
        orders: 0x0312,
        commands: 0x0213,
    }));
}

fn third(mut visit: impl FnMut(Command<'_>)) {
    visit(Command::SetPriority(SetPriority {
        id: ID,
        order: CommandId::new(0x0102_0304),
        priority_class: 5,
    }));
    visit(Command::MatchAgain(MatchAgain { id: ID, sku: Sku::new(0x0102_0304) }));
    let placed = Sequence::new(0x0506_0708_090a_0b0c);
    let promised = EngineSecond::NONE;
    let last = WaitKey { priority_class: 0x0d, promised, placed, line: 0x0e0f };
    visit(Command::Match(Match { sku: Sku::new(0x0102_0304), last, end: MatchEnd::Over }));
    holds(visit);
}

/// The hold that samples speak of.
pub(crate) const HOLD: HoldId = HoldId::new(0x1112_1314_1516_1718_191a_1b1c_1d1e_1f20);

pub(crate) fn place_hold(lines: &[OrderLine]) -> PlaceHold<'_> {
    PlaceHold {
        id: ID,
        owner: 0x2122_2324_2526_2728_292a_2b2c_2d2e_2f30,
        replaces: HOLD,
        ttl_seconds: 0x3132_3334,
        zone: Zone::new(0x3536),
        warehouse: Warehouse::new(0x3738),
        channel: Channel::new(0x393a),
        partial: true,
        lines,
    }
}

fn holds(mut visit: impl FnMut(Command<'_>)) {
    let lines = [OrderLine::new(Sku::new(8), 9), OrderLine::new(Sku::new(10), 11)];
    visit(Command::PlaceOrder(PlaceOrder { hold: HOLD, ..place_order(&lines) }));
    visit(Command::PlaceHold(place_hold(&lines)));
    visit(Command::ExtendHold(ExtendHold { id: ID, hold: HOLD, ttl_seconds: 0x0102_0304 }));
    visit(Command::ReleaseHold(ReleaseHold { id: ID, hold: HOLD }));
    visit(Command::ExpireHolds(ExpireHolds {
        last_expires: EngineTime::new(0x0102_0304_0506_0708),
        last_placed: Sequence::new(0x090a_0b0c_0d0e_0f10),
        holds: 0x1112_1314,
    }));
    visit(Command::ResourceOrder(ResourceOrder { id: ID, order: HOLD }));
}

/// The supply that samples speak of.
pub(crate) const SUPPLY: SupplyId = SupplyId::new(0x4142_4344_4546_4748_494a_4b4c_4d4e_4f50);

pub(crate) fn promise() -> Promise {
    let (promised, placed) = (EngineSecond::NONE, Sequence::new(0x0506_0708_090a_0b0c));
    let last = WaitKey { priority_class: 0x0d, promised, placed, line: 0x0e0f };
    Promise { sku: Sku::new(0x0102_0304), last, end: MatchEnd::GoesOn }
}

fn fourth(mut visit: impl FnMut(Command<'_>)) {
    let (eta, order) = (EngineSecond::new(0x0102_0304), CommandId::new(0x1314_1516));
    visit(Command::SetCancelAt(SetCancelAt { id: ID, order, cancel_at: eta }));
    visit(Command::ExpectSupply(ExpectSupply {
        id: SUPPLY,
        sku: Sku::new(0x0506_0708),
        warehouse: Warehouse::new(0x090a),
        quantity: 0x0b0c_0d0e,
        eta,
    }));
    let (supply, quantity) = (SUPPLY, 0x0f10_1112);
    visit(Command::ChangeSupply(ChangeSupply { id: ID, supply, quantity, eta }));
    visit(Command::ReceiveSupply(ReceiveSupply { id: ID, supply, quantity }));
    let units = [
        LineUnits::new(0x0102, Warehouse::new(0x0304), 0x0506_0708),
        LineUnits::new(0x0103, Warehouse::new(1), 2),
    ];
    visit(Command::RejectUnits(RejectUnits {
        id: ID,
        order,
        cause: RejectCause::Refused,
        cool_down_seconds: 0x1718_191a,
        units: &units,
    }));
    let last = WaitKey { promised: eta, ..promise().last };
    visit(Command::Match(Match { sku: Sku::new(0x0102_0304), last, end: MatchEnd::GoesOn }));
    visit(Command::Promise(promise()));
    visit(Command::GiveUp(GiveUp { order, cancel_at: eta }));
    visit(Command::SwapUnits(SwapUnits {
        id: ID,
        first: order,
        second: HOLD,
        sku: Sku::new(0x0102_0304),
        first_warehouse: Warehouse::new(0x0506),
        second_warehouse: Warehouse::new(0x0708),
        quantity: 0x090a_0b0c,
    }));
    let (from, last) = (Sku::new(0x0102_0304), Sku::new(0x0506_0708));
    visit(Command::Sweep(Sweep { from, last, end: MatchEnd::GoesOn }));
}
