//! The commands of both programs: one warehouse that serves one zone, and many SKUs.

use gantry_model::{
    AdjustReason, Channel, Command, CommandId, CostRow, HoldId, OrderLine, PlaceHold, PlaceOrder,
    SetCosts, ShortMode, Sku, StockChange, StockState, UpsertCode, UpsertSku, UpsertWarehouse,
    Warehouse, Zone,
};

/// Ids below this are those of the set-up.
pub(crate) const FIRST_ID: u128 = 1 << 64;

const WAREHOUSE: Warehouse = Warehouse::new(0);
const ZONE: Zone = Zone::new(0);

/// Sends all that orders and holds need, with so many units of each SKU.
pub(crate) fn set_up(skus: u32, units: u32, send: &mut dyn FnMut(&Command<'_>)) {
    let mut ids = (1..).map(CommandId::new);
    let mut id = || ids.next().unwrap_or_default();
    send(&Command::UpsertZone(UpsertCode { id: id(), code: "Z" }));
    let warehouse = UpsertWarehouse { id: id(), priority: 1, active: true, code: "W" };
    send(&Command::UpsertWarehouse(warehouse));
    let rows = [CostRow::serves(ZONE, 500, 10, 1)];
    send(&Command::SetCosts(SetCosts { id: id(), warehouse: WAREHOUSE, rows: &rows }));
    for sku in 0..skus {
        let code = format!("S{sku}");
        let (order_max, tracked, backorder, active) = (0, true, false, true);
        let row = UpsertSku { id: id(), order_max, tracked, backorder, active, code: &code };
        send(&Command::UpsertSku(row));
        send(&Command::Receive(StockChange {
            id: id(),
            sku: Sku::new(sku),
            warehouse: WAREHOUSE,
            quantity: i32::try_from(units).expect("invariant: few units"),
            reason: AdjustReason::None,
            state: StockState::OnHand,
            note: "",
        }));
    }
}

/// A hold of these lines, all or nothing.
pub(crate) fn hold(
    id: u128,
    (owner, replaces): (u128, u128),
    ttl_seconds: u32,
    lines: &[OrderLine],
) -> Command<'_> {
    Command::PlaceHold(PlaceHold {
        id: CommandId::new(id),
        owner,
        replaces: HoldId::new(replaces),
        ttl_seconds,
        zone: ZONE,
        warehouse: Warehouse::NONE,
        channel: Channel::NONE,
        partial: false,
        lines,
    })
}

/// An order of these lines, all or nothing, that takes a hold unless that is 0.
pub(crate) fn order(id: u128, hold: u128, lines: &[OrderLine]) -> Command<'_> {
    Command::PlaceOrder(PlaceOrder {
        id: CommandId::new(id),
        hold: HoldId::new(hold),
        customer: 0,
        value_minor: 0,
        currency: [0; 4],
        zone: ZONE,
        channel: Channel::NONE,
        priority_class: 0,
        service_level: 0,
        short: ShortMode::ShipComplete,
        reference: "",
        lines,
    })
}

/// Units that everybody can have of a SKU.
pub(crate) fn available(state: &gantry_engine::State, sku: u32) -> u32 {
    state.available(Sku::new(sku), WAREHOUSE)
}
