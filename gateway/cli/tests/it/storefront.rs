//! A storefront: a small shop, and orders through the client.

use gantry_client::{Client, ClientOptions, OwnedReply};
use gantry_model::{
    Actor, Channel, Command, CommandId, HoldId, OrderLine, PlaceOrder, ShortMode, Sku, Zone,
};

use crate::process::Server;

/// One SKU in one warehouse that serves one zone, with stock for everybody.
pub(crate) fn set_up(server: &Server) {
    server.json(&["warehouse", "set", "A"]);
    server.json(&["zone", "set", "1"]);
    server.json(&["sku", "set", "MUG"]);
    server.json(&["cost", "set", "A", "1", "--parcel", "100", "--unit", "1", "--days", "1"]);
    server.json(&["stock", "receive", "MUG", "A", "1000000"]);
}

/// Places an order of one unit.
pub(crate) async fn place(client: &Client, id: CommandId) -> OwnedReply {
    let lines = [OrderLine::new(Sku::new(0), 1)];
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
        lines: &lines,
    };
    client.command(&Command::PlaceOrder(order)).await.unwrap()
}

/// Connects to a server.
pub(crate) async fn connect(server: &Server) -> Client {
    Client::connect(server.address(), ClientOptions::new(Actor::CLIENT_MIN)).await.unwrap()
}
