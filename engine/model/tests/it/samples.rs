//! One command of each kind, with every field other than zero.

use gantry_model::{
    AdjustReason, Channel, Command, CommandId, CostRow, LineUnits, OrderLine, OrderUnits,
    PlaceOrder, SetCosts, SetLimits, ShortMode, Sku, StockChange, StockState, UpsertCode,
    UpsertSku, UpsertWarehouse, Warehouse, Zone,
};

pub(crate) const ID: CommandId = CommandId::new(0x0102_0304_0506_0708_090a_0b0c_0d0e_0f10);

pub(crate) fn place_order(lines: &[OrderLine]) -> PlaceOrder<'_> {
    PlaceOrder {
        id: ID,
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

/// Calls `visit` with a command of every kind, in order of the kinds' numbers.
pub(crate) fn each(mut visit: impl FnMut(Command<'_>)) {
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
    let rows = [CostRow::serves(Zone::new(1), 500, 10, 2), CostRow::removed(Zone::new(3))];
    let code = UpsertCode { id: ID, code: "770" };
    visit(Command::PlaceOrder(place_order(&lines)));
    visit(Command::CancelOrder(order_units));
    visit(Command::Receive(change));
    visit(Command::Adjust(change));
    visit(Command::SetStock(change));
    visit(Command::Ship(order_units));
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
    let limits = gantry_model::Limits::DEFAULT;
    visit(Command::SetLimits(SetLimits { id: ID, limits }));
    visit(Command::Mark { state_hash: 0xabcd, hash_version: 1 });
}

pub(crate) fn written(command: &Command<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    command.write(&mut bytes);
    bytes
}
