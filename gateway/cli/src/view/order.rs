//! Orders as they stand, or would stand.

use gantry_model::{
    Channel, LinePromise, Namespace, OrderBody, OrderDetail, OrderId, OrderLineView, Proof,
    ShortMode,
};
use serde::Serialize;

use super::{Body, date_ns, proof_text};
use crate::error::CliError;
use crate::output::{Page, Table, grouped, utc_time};
use crate::session::{Session, id_text};

/// An order, its lines, and where its units are.
#[derive(Debug, Serialize)]
pub(crate) struct OrderView {
    #[serde(skip_serializing_if = "Option::is_none")]
    order_id: Option<String>,
    order_status: &'static str,
    parcels: u16,
    cost_cents: i64,
    /// How far the plan was proven when the order was placed, and what that leaves open: units,
    /// the policy's measure, or cents.
    #[serde(skip_serializing_if = "Option::is_none")]
    proof: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gap: Option<u32>,
    #[serde(skip)]
    proven: Option<String>,
    /// When what it still waits for is given up.
    #[serde(skip_serializing_if = "Option::is_none")]
    cancel_at_time_ns: Option<u64>,
    lines: Vec<LineView>,
    allocations: Vec<AllocationView>,
}

#[derive(Debug, Serialize)]
struct LineView {
    line: usize,
    sku: String,
    ordered: u32,
    allocated: u32,
    backordered: u32,
    shipped: u32,
    cancelled: u32,
    /// When all that it waits for is promised to be there.
    #[serde(skip_serializing_if = "Option::is_none")]
    promised_time_ns: Option<u64>,
}

#[derive(Debug, Serialize)]
struct AllocationView {
    line: u16,
    warehouse: String,
    allocated: u32,
    shipped: u32,
}

impl OrderView {
    /// Turns handles into codes. A quote has no id.
    pub(crate) async fn new(
        session: &mut Session,
        order: &OrderBody<'_>,
        id: Option<OrderId>,
    ) -> Result<Self, CliError> {
        let mut lines = Vec::with_capacity(order.lines.len());
        for (line, view) in order.lines.iter().enumerate() {
            let sku = session.name(Namespace::Sku, view.sku.get()).await?;
            let promises = order.promises.iter();
            let promise = promises.copied().find(|one| usize::from(one.line()) == line);
            lines.push(LineView::new(line, sku, view, promise));
        }
        let mut allocations = Vec::with_capacity(order.allocations.len());
        for allocation in order.allocations {
            let handle = u32::from(allocation.warehouse.get());
            allocations.push(AllocationView {
                line: allocation.line.get(),
                warehouse: session.name(Namespace::Warehouse, handle).await?,
                allocated: allocation.allocated.get(),
                shipped: allocation.shipped.get(),
            });
        }
        let (proof, gap) = (order.head.proof(), order.head.gap());
        Ok(Self {
            order_id: id.map(id_text),
            order_status: order.head.status().map_or("unknown", |status| status.name()),
            parcels: order.head.parcels(),
            cost_cents: order.head.cost_minor(),
            proof: proof.map(Proof::name),
            gap: proof.map(|_| gap),
            proven: proof.map(|proof| proof_text(proof, gap.into())),
            cancel_at_time_ns: date_ns(order.dates.cancel_at()),
            lines,
            allocations,
        })
    }

    fn places(&self, line: usize) -> String {
        let has_units = |place: &&AllocationView| place.allocated > 0 || place.shipped > 0;
        let of_line = self.allocations.iter().filter(|place| usize::from(place.line) == line);
        let of_line = of_line.filter(has_units);
        of_line.map(AllocationView::text).collect::<Vec<_>>().join(", ")
    }

    fn table(&self) -> Table {
        let mut titles = vec![
            ">line",
            "sku",
            ">ordered",
            ">allocated",
            ">backordered",
            ">shipped",
            ">cancelled",
            "from",
        ];
        let has_promise = self.lines.iter().any(|line| line.promised_time_ns.is_some());
        titles.extend(has_promise.then_some("promised for"));
        let mut table = Table::new(&titles);
        for line in &self.lines {
            let promised = line.promised_time_ns.map_or_else(String::new, utc_time);
            let cells = [
                line.line.to_string(),
                line.sku.clone(),
                grouped(line.ordered),
                grouped(line.allocated),
                grouped(line.backordered),
                grouped(line.shipped),
                grouped(line.cancelled),
                self.places(line.line),
            ];
            table.row(cells.into_iter().chain(has_promise.then_some(promised)));
        }
        table
    }
}

impl LineView {
    fn new(line: usize, sku: String, view: &OrderLineView, promise: Option<LinePromise>) -> Self {
        Self {
            line,
            sku,
            ordered: view.ordered.get(),
            allocated: view.allocated.get(),
            backordered: view.waiting.get(),
            shipped: view.shipped.get(),
            cancelled: view.cancelled.get(),
            promised_time_ns: promise.and_then(|promise| date_ns(promise.promised())),
        }
    }
}

impl AllocationView {
    fn text(&self) -> String {
        match (self.allocated, self.shipped) {
            (allocated, 0) => format!("{} {}", self.warehouse, grouped(allocated)),
            (0, shipped) => format!("{} {} shipped", self.warehouse, grouped(shipped)),
            (allocated, shipped) => {
                format!("{} {} + {} shipped", self.warehouse, grouped(allocated), grouped(shipped))
            }
        }
    }
}

impl Body for OrderView {
    fn show(&self, page: Page) -> Page {
        let id = self.order_id.clone().map(|id| ("order id", id));
        let parcels = format!("{}, shipping cost {} cents", self.parcels, grouped(self.cost_cents));
        let facts = [("status", self.order_status.to_owned()), ("parcels", parcels)];
        let proven = self.proven.clone().map(|proven| ("plan", proven));
        let cancel_at = self.cancel_at_time_ns.map(|time_ns| ("given up at", utc_time(time_ns)));
        let facts = id.into_iter().chain(facts).chain(proven).chain(cancel_at);
        page.facts(facts).table(self.table())
    }
}

/// An order in full.
#[derive(Debug, Serialize)]
pub(crate) struct OrderWithDetail {
    /// The reference if there is one, else the id.
    order: String,
    #[serde(flatten)]
    view: OrderView,
    zone: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<String>,
    short: &'static str,
    priority_class: u8,
    service_level: u8,
    placed_time_ns: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value_cents: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<String>,
}

impl OrderWithDetail {
    /// Turns handles into codes.
    pub(crate) async fn new(
        session: &mut Session,
        order: &OrderBody<'_>,
        detail: &OrderDetail,
        reference: &str,
    ) -> Result<Self, CliError> {
        let id = OrderId::new(detail.id.get());
        let channel = match detail.channel.get() {
            none if none == Channel::NONE.get() => None,
            handle => Some(session.name(Namespace::Channel, u32::from(handle)).await?),
        };
        let currency = String::from_utf8_lossy(&detail.currency);
        let currency = currency.trim_end_matches('\0').to_owned();
        Ok(Self {
            order: if reference.is_empty() { id_text(id) } else { reference.to_owned() },
            view: OrderView::new(session, order, Some(id)).await?,
            zone: session.name(Namespace::Zone, u32::from(detail.zone.get())).await?,
            channel,
            short: ShortMode::from_byte(detail.short).map_or("unknown", ShortMode::name),
            priority_class: detail.priority_class,
            service_level: detail.service_level,
            placed_time_ns: detail.placed_time_ns.get(),
            customer: Some(detail.customer.get())
                .filter(|customer| *customer != 0)
                .map(|customer| id_text(OrderId::new(customer))),
            value_cents: Some(detail.value_minor.get()).filter(|_| !currency.is_empty()),
            currency: Some(currency).filter(|currency| !currency.is_empty()),
        })
    }
}

impl Body for OrderWithDetail {
    fn show(&self, page: Page) -> Page {
        let value = self.value_cents.zip(self.currency.as_ref());
        let facts = [
            Some(("order", self.order.clone())),
            Some(("placed", utc_time(self.placed_time_ns))),
            Some(("zone", self.zone.clone())),
            self.channel.clone().map(|channel| ("channel", channel)),
            Some(("when short", self.short.to_owned())),
            self.customer.clone().map(|customer| ("customer", customer)),
            value
                .map(|(cents, currency)| ("value", format!("{} cents {currency}", grouped(cents)))),
        ];
        self.view.show(page.facts(facts.into_iter().flatten()))
    }
}
