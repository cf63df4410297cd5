//! The byte tables are as long as the layouts.

use gantry_model::{
    AdjustReason, AssignPolicy, BookHead, BookRow, CellView, ChangeSupply, Channel, Command,
    CommandId, Component, CostRow, EngineSecond, ExpectSupply, ExtendHold, GiveUp, HeldUnits,
    HoldHead, HoldId, HoldsHead, Limits, LinePromise, LineUnits, Match, MatchAgain, MatchEnd,
    Namespace, Objective, OrderAllocation, OrderDates, OrderDetail, OrderHead, OrderLine,
    OrderLineView, OrderUnits, OutcomeHead, PlaceHold, Policy, PriceRow, Promise, PromiseKey,
    PromiseRow, Query, REPLY_HEADER_BYTES, ReadBook, ReadHolds, ReadSupply, ReceiveSupply,
    RejectCause, RejectUnits, ReleaseHold, ReserveRow, ResourceOrder, Rules, Sequence, SetBundle,
    SetCancelAt, SetCapacity, SetCosts, SetLimits, SetPolicy, SetPriority, SetReserves,
    SetShadowPrices, Short, Sku, StockChange, StockHead, StockState, SuppliesHead, SupplyHead,
    SwapUnits, Sweep, Totals, UpsertCode, UpsertSku, UpsertWarehouse, WaitKey, Warehouse, Zone,
};
use gantry_protocol::{BUSY_BYTES, HELLO_BYTES, WELCOME_BYTES};

use super::{DOCUMENT, JOURNAL, cells};

/// Where the fixed fields end in the byte table after this heading or sentence.
fn fixed_end(heading: &str) -> usize {
    fixed_end_in(DOCUMENT, heading)
}

fn fixed_end_in(document: &'static str, heading: &str) -> usize {
    let at = document.find(heading).unwrap_or_else(|| panic!("no {heading:?}"));
    let (_, table) = document[at..].split_once("| Offset |").expect("a byte table follows");
    let rows = table.lines().skip(2).map_while(cells);
    let ends =
        rows.map_while(|row| Some(row[0].parse::<usize>().ok()? + row[1].parse::<usize>().ok()?));
    ends.last().expect("the table has fixed fields")
}

#[test]
fn byte_tables_are_as_long_as_the_layouts() {
    let item = gantry_model::ITEM_HEADER_BYTES;
    for (heading, bytes) in [
        ("## Frame\n", gantry_protocol::FRAME_HEADER_BYTES),
        ("### hello", HELLO_BYTES),
        ("### welcome", WELCOME_BYTES),
        ("### busy", BUSY_BYTES),
        ("An order line, 8 bytes", size_of::<OrderLine>()),
        ("Line units, 8 bytes", size_of::<LineUnits>()),
        ("A cost row, 16 bytes", size_of::<CostRow>()),
        ("### Reply header", REPLY_HEADER_BYTES),
        ("### Order, 24 bytes", REPLY_HEADER_BYTES + size_of::<OrderHead>()),
        ("A reserve row, 12 bytes", size_of::<ReserveRow>()),
        ("A component, 8 bytes", size_of::<Component>()),
        ("A price row, 12 bytes", size_of::<PriceRow>()),
        ("An order line as it stands", size_of::<OrderLineView>()),
        ("An allocation, 12 bytes", size_of::<OrderAllocation>()),
        ("### Order in full", size_of::<OrderDetail>()),
        ("### Cell, 24 bytes", REPLY_HEADER_BYTES + size_of::<CellView>()),
        ("### Stock, 8 bytes", REPLY_HEADER_BYTES + size_of::<StockHead>()),
        ("### Book, 24 bytes", REPLY_HEADER_BYTES + size_of::<BookHead>()),
        ("A book row, 32 bytes", size_of::<BookRow>()),
        ("### Hold, 56 bytes", REPLY_HEADER_BYTES + size_of::<HoldHead>()),
        ("A place of a hold, 16 bytes", size_of::<HeldUnits>()),
        ("### Holds, 24 bytes", REPLY_HEADER_BYTES + size_of::<HoldsHead>()),
        ("### Handle, 8 bytes", REPLY_HEADER_BYTES + 8),
        ("### Code, 8 bytes", REPLY_HEADER_BYTES + 8),
        ("### Totals", REPLY_HEADER_BYTES + size_of::<Totals>()),
        ("### Rejection", REPLY_HEADER_BYTES + size_of::<OutcomeHead>()),
        ("A short, 16 bytes", size_of::<Short>()),
        ("### place_order: order, 64 bytes", item + 56),
        ("Schema 2, of an order that takes a hold", item + 56 + 16),
        ("### read_order, 24 bytes", item + 16),
        ("### read_hold, 24 bytes", item + 16),
        ("Schema 3, of an order that is given up", size_of::<OrderDates>()),
        ("A line's promise, 8 bytes", size_of::<LinePromise>()),
        ("### Supply, 56 bytes", REPLY_HEADER_BYTES + size_of::<SupplyHead>()),
        ("A promise of a supply, 40 bytes", size_of::<PromiseRow>()),
        ("### Supplies, 24 bytes", REPLY_HEADER_BYTES + size_of::<SuppliesHead>()),
    ] {
        assert_eq!(fixed_end(heading), bytes, "{heading}");
    }
}

#[test]
fn byte_tables_are_as_long_as_commands_and_queries_without_their_lists() {
    let id = CommandId::new(1);
    let units = OrderUnits { id, order: id, units: &[] };
    let change = StockChange {
        id,
        sku: Sku::new(0),
        warehouse: Warehouse::new(0),
        quantity: 0,
        reason: AdjustReason::None,
        state: StockState::OnHand,
        note: "",
    };
    let (active, code) = (true, "");
    let sku = UpsertSku { id, order_max: 0, tracked: true, backorder: true, active, code };
    let costs = SetCosts { id, warehouse: Warehouse::new(0), rows: &[] };
    for (heading, command) in [
        ("### cancel_order", Command::CancelOrder(units)),
        (
            "### set_priority",
            Command::SetPriority(SetPriority { id, order: id, priority_class: 0 }),
        ),
        ("### match_again", Command::MatchAgain(MatchAgain { id, sku: Sku::new(0) })),
        ("### receive, adjust", Command::Receive(change)),
        ("### upsert_sku", Command::UpsertSku(sku)),
        (
            "### upsert_warehouse",
            Command::UpsertWarehouse(UpsertWarehouse { id, priority: 1, active, code }),
        ),
        ("### upsert_zone", Command::UpsertZone(UpsertCode { id, code })),
        ("### set_costs", Command::SetCosts(costs)),
        ("### set_limits", Command::SetLimits(SetLimits { id, limits: Limits::DEFAULT })),
    ] {
        check_fixed_end(heading, &command);
    }
    for (heading, query) in [
        ("### read_stock", Query::ReadStock(Sku::new(0))),
        (
            "### read_book",
            Query::ReadBook(ReadBook { sku: Sku::new(0), from: WaitKey::FIRST, rows_max: 0 }),
        ),
        (
            "Schema 2, of a place with one",
            Query::ReadBook(ReadBook { sku: Sku::new(0), from: dated(), rows_max: 0 }),
        ),
        (
            "### read_supply, 48 bytes",
            Query::ReadSupply(ReadSupply { supply: id, from: PromiseKey::FIRST, rows_max: 0 }),
        ),
        ("### read_supplies, 16 bytes", Query::ReadSupplies(Sku::new(0))),
        (
            "### read_holds",
            Query::ReadHolds(ReadHolds { owner: 1, from: Sequence::NONE, rows_max: 0 }),
        ),
        ("### resolve", Query::Name(Namespace::Sku, 0)),
    ] {
        let mut bytes = Vec::new();
        query.write(&mut bytes);
        assert_eq!(fixed_end(heading), bytes.len(), "{heading}");
    }
}

#[test]
fn byte_tables_are_as_long_as_commands_of_sourcing_without_their_lists() {
    let (id, warehouse) = (CommandId::new(1), Warehouse::new(0));
    let policy = SetPolicy {
        id,
        objective: Objective::LeastCost,
        soft: Rules::NONE,
        parcels_max: 64,
        days_max: 65_535,
        split_value_min: 0,
        warehouses: &[],
        no_split_skus: &[],
        code: "",
    };
    let assignment = AssignPolicy { id, channel: Channel::NONE, policy: Policy::NONE };
    let capacity = SetCapacity {
        id,
        warehouse,
        cut_off_minute: 0,
        orders_per_day_max: 0,
        units_per_day_max: 0,
    };
    let bundle = SetBundle { id, sku: Sku::new(0), components: &[] };
    let prices = SetShadowPrices { id, clear: true, rows: &[] };
    for (heading, command) in [
        ("### set_policy", Command::SetPolicy(policy)),
        ("### assign_policy", Command::AssignPolicy(assignment)),
        ("### set_capacity", Command::SetCapacity(capacity)),
        ("### set_reserves", Command::SetReserves(SetReserves { id, rows: &[] })),
        ("### set_bundle", Command::SetBundle(bundle)),
        ("### set_shadow_prices", Command::SetShadowPrices(prices)),
    ] {
        check_fixed_end(heading, &command);
    }
}

#[test]
fn byte_tables_are_as_long_as_commands_of_holds_without_their_lists() {
    let id = CommandId::new(1);
    let hold = PlaceHold {
        id,
        owner: 1,
        replaces: HoldId::NONE,
        ttl_seconds: 1,
        zone: Zone::NONE,
        warehouse: Warehouse::new(0),
        channel: Channel::NONE,
        partial: false,
        lines: &[],
    };
    for (heading, command) in [
        ("### place_hold", Command::PlaceHold(hold)),
        ("### extend_hold", Command::ExtendHold(ExtendHold { id, hold: id, ttl_seconds: 1 })),
        ("### release_hold", Command::ReleaseHold(ReleaseHold { id, hold: id })),
        ("### resource_order", Command::ResourceOrder(ResourceOrder { id, order: id })),
        ("### swap_units", swap()),
    ] {
        check_fixed_end(heading, &command);
    }
}

fn swap() -> Command<'static> {
    let (id, warehouse) = (CommandId::new(1), Warehouse::new(0));
    Command::SwapUnits(SwapUnits {
        id,
        first: id,
        second: id,
        sku: Sku::new(0),
        first_warehouse: warehouse,
        second_warehouse: warehouse,
        quantity: 1,
    })
}

#[test]
fn byte_tables_are_as_long_as_commands_of_promises_without_their_lists() {
    let (id, sku, quantity) = (CommandId::new(1), Sku::new(0), 1);
    let (warehouse, eta) = (Warehouse::new(0), EngineSecond::new(1));
    let (cause, cool_down_seconds) = (RejectCause::Refused, 0);
    let rejected = RejectUnits { id, order: id, cause, cool_down_seconds, units: &[] };
    for (heading, command) in [
        ("### set_cancel_at", Command::SetCancelAt(SetCancelAt { id, order: id, cancel_at: eta })),
        ("### reject_units", Command::RejectUnits(rejected)),
        (
            "### expect_supply",
            Command::ExpectSupply(ExpectSupply { id, sku, warehouse, quantity, eta }),
        ),
        (
            "### change_supply",
            Command::ChangeSupply(ChangeSupply { id, supply: id, quantity, eta }),
        ),
        ("### receive_supply", Command::ReceiveSupply(ReceiveSupply { id, supply: id, quantity })),
    ] {
        check_fixed_end(heading, &command);
    }
}

#[test]
fn the_engines_own_commands_are_as_long_as_the_journals_tables() {
    let (sku, end) = (Sku::new(0), MatchEnd::Over);
    let given_up = GiveUp { order: CommandId::new(1), cancel_at: EngineSecond::new(1) };
    for (heading, command) in [
        ("### Match", Command::Match(Match { sku, last: WaitKey::FIRST, end })),
        ("Schema 2 is of a look", Command::Match(Match { sku, last: dated(), end })),
        ("### Supplies and promises", Command::Promise(Promise { sku, last: WaitKey::FIRST, end })),
        ("### Given up", Command::GiveUp(given_up)),
        ("### Sweeps", Command::Sweep(Sweep { from: sku, last: sku, end })),
    ] {
        let mut bytes = Vec::new();
        command.write(&mut bytes);
        assert_eq!(fixed_end_in(JOURNAL, heading), bytes.len(), "{heading}");
    }
}

/// The place of a line with a promise.
fn dated() -> WaitKey {
    WaitKey { promised: EngineSecond::new(1), ..WaitKey::FIRST }
}

fn check_fixed_end(heading: &str, command: &Command<'_>) {
    let mut bytes = Vec::new();
    command.write(&mut bytes);
    assert_eq!(fixed_end(heading), bytes.len(), "{heading}");
}
