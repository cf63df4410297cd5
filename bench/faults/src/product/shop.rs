//! A small shop, and the frames that go to its server and back.

use gantry_client::{Connection, new_id};
use gantry_model::{
    Actor, AdjustReason, Channel, Command, CostRow, HoldId, Items, OrderId, OrderLine, PlaceOrder,
    Reply, ReplyStatus, SetCosts, ShortMode, Sku, StockChange, StockState, UpsertCode, UpsertSku,
    UpsertWarehouse, Warehouse, Zone,
};
use gantry_protocol::{FrameKind, REPLY_PAYLOAD_BYTES_MAX};

const SKUS: u32 = 20;
/// Who sends.
pub(super) const ACTOR: Actor = Actor::CLIENT_MIN;

/// The content of order `number`: a function of the number, so that it can be sent again.
pub(super) fn write_order(id: OrderId, number: u64, out: &mut Vec<u8>) {
    let sku = |step: u64| Sku::new(u32::try_from((number * step) % u64::from(SKUS)).unwrap());
    let lines = [
        OrderLine::new(sku(7), 1 + u32::try_from(number % 3).unwrap()),
        OrderLine::new(sku(11), 1),
    ];
    let order = PlaceOrder {
        id,
        hold: HoldId::NONE,
        customer: 0,
        value_minor: 0,
        currency: [0; 4],
        zone: Zone::new(0),
        channel: Channel::NONE,
        priority_class: 0,
        service_level: 0,
        short: ShortMode::Backorder,
        reference: "",
        lines: &lines[..1 + usize::try_from(number % 2).unwrap()],
    };
    Command::PlaceOrder(order).write(out);
}

/// Defines the shop; a new folder gives its first handles in order from 0.
pub(super) async fn set_up(address: &str) {
    let mut connection = Connection::connect(address, ACTOR).await.unwrap();
    let mut payload = Vec::new();
    let mut count = 0;
    let mut put = |command: Command<'_>| {
        command.write(&mut payload);
        count += 1;
    };
    for code in ["A", "B"] {
        let upsert = UpsertWarehouse { id: new_id(), priority: 1, active: true, code };
        put(Command::UpsertWarehouse(upsert));
    }
    put(Command::UpsertZone(UpsertCode { id: new_id(), code: "Z" }));
    for warehouse in [0, 1] {
        let rows = [CostRow::serves(Zone::new(0), 100 + u32::from(warehouse), 1, 1)];
        let warehouse = Warehouse::new(warehouse);
        put(Command::SetCosts(SetCosts { id: new_id(), warehouse, rows: &rows }));
    }
    for sku in 0..SKUS {
        let code = format!("S{sku}");
        let (id, order_max) = (new_id(), 0);
        let upsert =
            UpsertSku { id, order_max, tracked: true, backorder: true, active: true, code: &code };
        put(Command::UpsertSku(upsert));
        for warehouse in [0, 1] {
            put(Command::Receive(StockChange {
                id: new_id(),
                sku: Sku::new(sku),
                warehouse: Warehouse::new(warehouse),
                // Some run out soon, so that orders split and wait.
                quantity: 50 * (1 + i32::try_from(sku).unwrap()),
                reason: AdjustReason::None,
                state: StockState::OnHand,
                note: "",
            }));
        }
    }
    exchange(&mut connection, FrameKind::Commands, count, &payload, |reply| {
        assert_eq!(reply.status, ReplyStatus::Accepted, "{reply:?}");
    })
    .await;
}

/// One frame there and back.
pub(super) async fn exchange(
    connection: &mut Connection,
    kind: FrameKind,
    count: u32,
    payload: &[u8],
    mut on_reply: impl FnMut(&Reply<'_>),
) {
    loop {
        let sender = connection.sender();
        match kind {
            FrameKind::Queries => sender.send_queries(1, count, payload).await.unwrap(),
            _ => sender.send_commands(1, count, payload).await.unwrap(),
        }
        sender.flush().await.unwrap();
        let frame = connection.receiver().next_frame().await.unwrap();
        if frame.kind == FrameKind::Replies {
            let items = Items::new(frame.payload, REPLY_PAYLOAD_BYTES_MAX);
            items.for_each(|item| on_reply(&Reply::parse(&item.unwrap()).unwrap()));
            return;
        }
        assert_eq!(frame.kind, FrameKind::Busy);
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}
