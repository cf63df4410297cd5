//! Holds as they stand, and the holds of an owner.

use gantry_model::{CommandId, HeldUnits, HoldHead, HoldStatus, HoldsHead, Namespace, Sequence};
use serde::Serialize;

use super::Body;
use crate::error::CliError;
use crate::output::{Page, Table, grouped, utc_time};
use crate::session::{Session, id_text};

/// A hold, and where its units are.
#[derive(Debug, Serialize)]
pub(crate) struct HoldView {
    #[serde(flatten)]
    head: HeadView,
    places: Vec<PlaceView>,
}

/// Of a hold that is over no more is known than its id, and which record placed it.
#[derive(Debug, Serialize)]
struct HeadView {
    hold_id: String,
    hold_status: &'static str,
    owner: Option<String>,
    /// The record that placed it; `null` if that was long ago.
    placed: Option<u64>,
    expires_time_ns: Option<u64>,
    units: u32,
}

#[derive(Debug, Serialize)]
struct PlaceView {
    line: u16,
    sku: String,
    warehouse: String,
    units: u32,
}

impl HoldView {
    /// Turns handles into codes.
    pub(crate) async fn new(
        session: &mut Session,
        head: &HoldHead,
        rows: &[HeldUnits],
    ) -> Result<Self, CliError> {
        let mut places = Vec::with_capacity(rows.len());
        for row in rows {
            let warehouse = u32::from(row.warehouse().get());
            places.push(PlaceView {
                line: row.line(),
                sku: session.name(Namespace::Sku, row.sku().get()).await?,
                warehouse: session.name(Namespace::Warehouse, warehouse).await?,
                units: row.units(),
            });
        }
        Ok(Self { head: HeadView::new(head), places })
    }
}

impl HeadView {
    fn new(head: &HoldHead) -> Self {
        let is_active = head.status() == Some(HoldStatus::Active);
        Self {
            hold_id: id_text(head.id()),
            hold_status: head.status().map_or("unknown", HoldStatus::name),
            owner: is_active.then(|| id_text(CommandId::new(head.owner()))),
            placed: Some(head.placed().get()).filter(|placed| *placed != 0),
            expires_time_ns: is_active.then(|| head.expires().get()),
            units: head.units(),
        }
    }
}

impl Body for HoldView {
    fn show(&self, page: Page) -> Page {
        let mut table = Table::new(&[">line", "sku", "held at", ">units"]);
        for row in &self.places {
            table.row([
                row.line.to_string(),
                row.sku.clone(),
                row.warehouse.clone(),
                grouped(row.units),
            ]);
        }
        let head = &self.head;
        let facts = [
            Some(("hold id", head.hold_id.clone())),
            Some(("status", head.hold_status.to_owned())),
            head.owner.clone().map(|owner| ("owner", owner)),
            head.placed.map(|placed| ("placed as record", grouped(placed))),
            head.expires_time_ns.map(|time_ns| ("until", utc_time(time_ns))),
        ];
        page.facts(facts.into_iter().flatten()).table(table)
    }
}

/// The holds of an owner, or a part of them.
#[derive(Debug, Serialize)]
pub(crate) struct HoldsView {
    owner: String,
    /// All of them, also those that are not shown.
    holds: u32,
    rows: Vec<HeadView>,
    /// Where the holds go on that are not shown.
    next: Option<u64>,
}

impl HoldsView {
    pub(crate) fn new(head: &HoldsHead, rows: &[HoldHead], next: Option<Sequence>) -> Self {
        Self {
            owner: id_text(CommandId::new(head.owner.get())),
            holds: head.holds.get(),
            rows: rows.iter().map(HeadView::new).collect(),
            next: next.map(Sequence::get),
        }
    }
}

impl Body for HoldsView {
    fn show(&self, page: Page) -> Page {
        let mut table = Table::new(&["hold", ">record", "until", ">units"]);
        for row in &self.rows {
            table.row([
                row.hold_id.clone(),
                row.placed.map_or_else(String::new, grouped),
                row.expires_time_ns.map_or_else(String::new, utc_time),
                grouped(row.units),
            ]);
        }
        let next = self.next.map(|next| ("goes on at", format!("--from {next}")));
        let facts = [("owner", self.owner.clone()), ("holds", grouped(self.holds))];
        page.facts(facts.into_iter().chain(next)).table(table)
    }
}
