//! Writing commands and queries in their canonical bytes; the inverse of `parse`.

use zerocopy::little_endian::U128;
use zerocopy::{Immutable, IntoBytes};

use crate::command::{
    AssignPolicyFixed, CellRowsFixed, Command, MarkFixed, OrderUnits, OrderUnitsFixed, PlaceOrder,
    PlaceOrderFixed, SCHEMA_1, SKU_ACTIVE, SKU_BACKORDER, SKU_TRACKED, SetBundle, SetBundleFixed,
    SetCapacityFixed, SetCosts, SetCostsFixed, SetLimits, SetLimitsFixed, SetPolicy,
    SetPolicyFixed, StockChange, StockChangeFixed, UpsertCode, UpsertCodeFixed, UpsertSku,
    UpsertSkuFixed, UpsertWarehouse, UpsertWarehouseFixed,
};
use crate::query::{NameFixed, Query, ReadStockFixed};
use crate::{
    CODE_BYTES_MAX, CommandId, HoldId, ITEM_ALIGNMENT_BYTES, ITEM_HEADER_BYTES, ItemHeader,
};

/// Appends one item: its header, its parts, and zero padding; the length is filled in by `end`.
pub(crate) struct ItemWriter<'a> {
    out: &'a mut Vec<u8>,
    start: usize,
}

impl<'a> ItemWriter<'a> {
    pub(crate) fn begin(out: &'a mut Vec<u8>, kind: u16, schema: u16) -> Self {
        let start = out.len();
        let header =
            ItemHeader { kind: kind.into(), schema: schema.into(), length_bytes: 0.into() };
        out.extend_from_slice(header.as_bytes());
        Self { out, start }
    }

    pub(crate) fn put<T: IntoBytes + Immutable + ?Sized>(self, part: &T) -> Self {
        self.out.extend_from_slice(part.as_bytes());
        self
    }

    pub(crate) fn put_some<T: IntoBytes + Immutable>(self, part: Option<T>) -> Self {
        match part {
            Some(part) => self.put(&part),
            None => self,
        }
    }

    pub(crate) fn end(self) {
        let length = (self.out.len() - self.start).next_multiple_of(ITEM_ALIGNMENT_BYTES);
        self.out.resize(self.start + length, 0);
        let length = u32::try_from(length).expect("invariant: items are far below 4 GiB");
        let field = self.start + ITEM_HEADER_BYTES - size_of::<u32>();
        self.out[field..field + size_of::<u32>()].copy_from_slice(&length.to_le_bytes());
    }
}

/// Length of a text as its layout holds it. Panics over the bound, which callers check: a text
/// that is too long must be reported to whoever typed it, not cut.
fn text_bytes(text: &str) -> u8 {
    assert!(text.len() <= CODE_BYTES_MAX, "a text of {} bytes is over the bound", text.len());
    u8::try_from(text.len()).expect("invariant: at most 40")
}

fn counted<T>(list: &[T]) -> zerocopy::little_endian::U16 {
    u16::try_from(list.len()).expect("a list is over the bound").into()
}

impl Command<'_> {
    /// Appends the command as one item. Panics where a list or text is over its bound.
    pub fn write(&self, out: &mut Vec<u8>) {
        let kind = self.kind();
        let schema = match self {
            Self::PlaceOrder(order) => order.schema(),
            Self::Match(looked) => looked.last.schema(),
            _ => *kind.schemas().last().expect("invariant: every kind has a schema"),
        };
        let item = ItemWriter::begin(out, kind.number(), schema);
        match self {
            Self::PlaceOrder(order) => put_place_order(item, order),
            Self::CancelOrder(units) | Self::Ship(units) => put_order_units(item, units),
            Self::SetPriority(priority) => item.put(&priority.fixed()),
            Self::MatchAgain(again) => item.put(&again.fixed()),
            Self::PlaceHold(hold) => item.put(&hold.fixed()).put(hold.lines),
            Self::ExtendHold(extend) => item.put(&extend.fixed()),
            Self::ReleaseHold(release) => item.put(&release.fixed()),
            Self::ResourceOrder(resource) => item.put(&resource.fixed()),
            Self::SetCancelAt(cancel) => item.put(&cancel.fixed()),
            Self::SwapUnits(swap) => item.put(&swap.fixed()),
            Self::ExpectSupply(supply) => item.put(&supply.fixed()),
            Self::ChangeSupply(change) => item.put(&change.fixed()),
            Self::ReceiveSupply(receipt) => item.put(&receipt.fixed()),
            Self::RejectUnits(units) => item.put(&units.fixed()).put(units.units),
            Self::Receive(change) | Self::Adjust(change) | Self::SetStock(change) => {
                put_stock_change(item, change)
            }
            Self::UpsertSku(sku) => put_sku(item, sku),
            Self::UpsertWarehouse(warehouse) => put_warehouse(item, warehouse),
            Self::UpsertZone(code) | Self::UpsertChannel(code) => put_code(item, code),
            Self::SetCosts(costs) => put_costs(item, costs),
            Self::SetLimits(limits) => put_limits(item, limits),
            Self::SetPolicy(policy) => put_policy(item, policy),
            Self::AssignPolicy(assign) => item.put(&AssignPolicyFixed {
                id: assign.id.get().into(),
                channel: assign.channel.get().into(),
                policy: assign.policy.get().into(),
                reserved: [0; 4],
            }),
            Self::SetCapacity(capacity) => item.put(&SetCapacityFixed {
                id: capacity.id.get().into(),
                warehouse: capacity.warehouse.get().into(),
                cut_off_minute: capacity.cut_off_minute.into(),
                orders_per_day_max: capacity.orders_per_day_max.into(),
                units_per_day_max: capacity.units_per_day_max.into(),
                reserved: [0; 4],
            }),
            Self::SetReserves(reserves) => put_cell_rows(item, reserves.id, false, reserves.rows),
            Self::SetShadowPrices(prices) => {
                put_cell_rows(item, prices.id, prices.clear, prices.rows)
            }
            Self::SetBundle(bundle) => put_bundle(item, bundle),
            Self::Mark { state_hash, hash_version } => item.put(&MarkFixed {
                state_hash: (*state_hash).into(),
                hash_version: (*hash_version).into(),
                reserved: [0; 4],
            }),
            Self::Retire(retire) => item.put(&retire.fixed()),
            Self::Match(looked) => item.put(&looked.fixed()).put_some(looked.last.promised_fixed()),
            Self::ExpireHolds(expired) => item.put(&expired.fixed()),
            Self::Promise(promise) => item.put(&promise.fixed()),
            Self::GiveUp(given_up) => item.put(&given_up.fixed()),
            Self::Sweep(sweep) => item.put(&sweep.fixed()),
        }
        .end();
    }
}

impl Query<'_> {
    /// Appends the query as one item. Panics where a list or text is over its bound.
    pub fn write(&self, out: &mut Vec<u8>) {
        let schema = match self {
            Self::Quote(order) => order.schema(),
            Self::ReadBook(book) => book.from.schema(),
            _ => SCHEMA_1,
        };
        let item = ItemWriter::begin(out, self.kind().number(), schema);
        match self {
            Self::ReadOrder(order) => item.put(&U128::new(order.get())),
            Self::ReadStock(sku) => {
                item.put(&ReadStockFixed { sku: sku.get().into(), reserved: [0; 4] })
            }
            Self::Quote(order) => put_place_order(item, order),
            Self::Resolve(namespace, code) => item
                .put(&NameFixed {
                    handle: 0.into(),
                    namespace: namespace.number(),
                    code_bytes: text_bytes(code),
                    reserved: [0; 2],
                })
                .put(code.as_bytes()),
            Self::Name(namespace, handle) => item.put(&NameFixed {
                handle: (*handle).into(),
                namespace: namespace.number(),
                code_bytes: 0,
                reserved: [0; 2],
            }),
            Self::ReadTotals => item,
            Self::ReadBook(book) => item.put(&book.fixed()).put_some(book.from.promised_fixed()),
            Self::ReadHold(hold) => item.put(&U128::new(hold.get())),
            Self::ReadHolds(holds) => item.put(&holds.fixed()),
            Self::ReadSupply(supply) => item.put(&supply.fixed()),
            Self::ReadSupplies(sku) => {
                item.put(&ReadStockFixed { sku: sku.get().into(), reserved: [0; 4] })
            }
        }
        .end();
    }
}

fn put_policy<'a>(item: ItemWriter<'a>, policy: &SetPolicy<'_>) -> ItemWriter<'a> {
    item.put(&SetPolicyFixed {
        id: policy.id.get().into(),
        split_value_min: policy.split_value_min.into(),
        soft: policy.soft.bits().into(),
        parcels_max: policy.parcels_max.into(),
        days_max: policy.days_max.into(),
        warehouse_count: counted(policy.warehouses),
        sku_count: counted(policy.no_split_skus),
        objective: policy.objective.number(),
        code_bytes: text_bytes(policy.code),
        reserved: [0; 4],
    })
    .put(policy.no_split_skus)
    .put(policy.warehouses)
    .put(policy.code.as_bytes())
}

fn put_cell_rows<'a, R: IntoBytes + Immutable>(
    item: ItemWriter<'a>,
    id: CommandId,
    clear: bool,
    rows: &[R],
) -> ItemWriter<'a> {
    item.put(&CellRowsFixed {
        id: id.get().into(),
        row_count: counted(rows),
        clear: clear.into(),
        reserved: [0; 5],
    })
    .put(rows)
}

fn put_bundle<'a>(item: ItemWriter<'a>, bundle: &SetBundle<'_>) -> ItemWriter<'a> {
    let fixed = SetBundleFixed {
        id: bundle.id.get().into(),
        sku: bundle.sku.get().into(),
        component_count: counted(bundle.components),
        reserved: [0; 2],
    };
    item.put(&fixed).put(bundle.components)
}

fn put_place_order<'a>(item: ItemWriter<'a>, order: &PlaceOrder<'_>) -> ItemWriter<'a> {
    let fixed = PlaceOrderFixed {
        id: order.id.get().into(),
        customer: order.customer.into(),
        value_minor: order.value_minor.into(),
        currency: order.currency,
        zone: order.zone.get().into(),
        channel: order.channel.get().into(),
        priority_class: order.priority_class,
        service_level: order.service_level,
        short: order.short.number(),
        reference_bytes: text_bytes(order.reference),
        line_count: counted(order.lines),
        reserved: [0; 2],
    };
    let item = item.put(&fixed);
    let item =
        if order.hold == HoldId::NONE { item } else { item.put(&U128::new(order.hold.get())) };
    item.put(order.lines).put(order.reference.as_bytes())
}

fn put_order_units<'a>(item: ItemWriter<'a>, units: &OrderUnits<'_>) -> ItemWriter<'a> {
    item.put(&OrderUnitsFixed {
        id: units.id.get().into(),
        order: units.order.get().into(),
        unit_count: counted(units.units),
        reserved: [0; 6],
    })
    .put(units.units)
}

fn put_stock_change<'a>(item: ItemWriter<'a>, change: &StockChange<'_>) -> ItemWriter<'a> {
    item.put(&StockChangeFixed {
        id: change.id.get().into(),
        sku: change.sku.get().into(),
        quantity: change.quantity.into(),
        warehouse: change.warehouse.get().into(),
        reason: change.reason.number(),
        state: change.state.number(),
        note_bytes: text_bytes(change.note),
        reserved: [0; 3],
    })
    .put(change.note.as_bytes())
}

fn put_sku<'a>(item: ItemWriter<'a>, sku: &UpsertSku<'_>) -> ItemWriter<'a> {
    let flag = |set: bool, bit: u8| if set { bit } else { 0 };
    item.put(&UpsertSkuFixed {
        id: sku.id.get().into(),
        order_max: sku.order_max.into(),
        flags: flag(sku.tracked, SKU_TRACKED)
            | flag(sku.backorder, SKU_BACKORDER)
            | flag(sku.active, SKU_ACTIVE),
        code_bytes: text_bytes(sku.code),
        reserved: [0; 2],
    })
    .put(sku.code.as_bytes())
}

fn put_warehouse<'a>(item: ItemWriter<'a>, warehouse: &UpsertWarehouse<'_>) -> ItemWriter<'a> {
    item.put(&UpsertWarehouseFixed {
        id: warehouse.id.get().into(),
        priority: warehouse.priority.into(),
        active: u8::from(warehouse.active),
        code_bytes: text_bytes(warehouse.code),
        reserved: [0; 4],
    })
    .put(warehouse.code.as_bytes())
}

fn put_code<'a>(item: ItemWriter<'a>, code: &UpsertCode<'_>) -> ItemWriter<'a> {
    item.put(&UpsertCodeFixed {
        id: code.id.get().into(),
        code_bytes: text_bytes(code.code),
        reserved: [0; 7],
    })
    .put(code.code.as_bytes())
}

fn put_costs<'a>(item: ItemWriter<'a>, costs: &SetCosts<'_>) -> ItemWriter<'a> {
    item.put(&SetCostsFixed {
        id: costs.id.get().into(),
        warehouse: costs.warehouse.get().into(),
        row_count: counted(costs.rows),
        reserved: [0; 4],
    })
    .put(costs.rows)
}

fn put_limits<'a>(item: ItemWriter<'a>, limits: &SetLimits) -> ItemWriter<'a> {
    item.put(&SetLimitsFixed {
        id: limits.id.get().into(),
        lines_per_order_max: limits.limits.lines_per_order_max.into(),
        quantity_per_line_max: limits.limits.quantity_per_line_max.into(),
        rejections_remembered_max: limits.limits.rejections_remembered_max.into(),
        sourcing_steps_max: limits.limits.sourcing_steps_max.into(),
    })
}
