//! The lines that wait for a SKU, in the order in which they are served.

use gantry_model::{BookHead, BookRow, EngineSecond, WaitKey};
use serde::Serialize;

use super::{Body, date_ns};
use crate::output::{Page, Table, grouped, utc_time};
use crate::session::id_text;

/// A part of a book, and what the whole of it comes to.
#[derive(Debug, Serialize)]
pub(crate) struct BookView {
    sku: String,
    units_waiting: u64,
    lines_waiting: u32,
    units_set_aside: u32,
    /// Whether more lines may be served at any moment.
    being_looked_at: bool,
    rows: Vec<RowView>,
    /// Where the lines go on that are not shown.
    next: Option<String>,
}

#[derive(Debug, Serialize)]
struct RowView {
    order_id: String,
    line: u16,
    priority_class: u8,
    /// The record that placed the order.
    placed: u64,
    units: u32,
    /// When they are promised to be there.
    promised_time_ns: Option<u64>,
    /// Units that are served before these; `null` where lines before the first were not asked for.
    units_before: Option<u64>,
}

impl BookView {
    /// What a book came to, and `rows` of it; from its first on, if `is_from_first`.
    pub(crate) fn new(
        sku: String,
        head: &BookHead,
        rows: &[(BookRow, EngineSecond)],
        is_from_first: bool,
        next: Option<WaitKey>,
    ) -> Self {
        let mut before = 0;
        let rows = rows.iter().map(|(row, promised)| {
            let (key, units_before) = (row.key(*promised), is_from_first.then_some(before));
            before += u64::from(row.units());
            RowView {
                order_id: id_text(row.order()),
                line: key.line,
                priority_class: key.priority_class,
                placed: key.placed.get(),
                units: row.units(),
                promised_time_ns: date_ns(*promised),
                units_before,
            }
        });
        Self {
            sku,
            units_waiting: head.units.get(),
            lines_waiting: head.lines.get(),
            units_set_aside: head.set_aside.get(),
            being_looked_at: head.is_due == 1,
            rows: rows.collect(),
            next: next.map(place),
        }
    }
}

/// A place as `--from` takes it.
fn place(key: WaitKey) -> String {
    let WaitKey { priority_class, promised, placed, line } = key;
    match promised {
        EngineSecond::NONE => format!("{priority_class}:{placed}:{line}"),
        _ => format!("{priority_class}:{promised}:{placed}:{line}"),
    }
}

impl Body for BookView {
    fn show(&self, page: Page) -> Page {
        let titles = ["order", ">line", ">class", ">units", ">before them", "promised for"];
        let mut table = Table::new(&titles);
        for row in &self.rows {
            table.row([
                row.order_id.clone(),
                row.line.to_string(),
                row.priority_class.to_string(),
                grouped(row.units),
                row.units_before.map_or_else(|| "?".to_owned(), grouped),
                row.promised_time_ns.map_or_else(String::new, utc_time),
            ]);
        }
        let (units, lines) = (grouped(self.units_waiting), grouped(self.lines_waiting));
        let next = self.next.clone().map(|next| ("goes on at", format!("--from {next}")));
        let facts = [
            ("sku", self.sku.clone()),
            ("waiting", format!("{units} units of {lines} lines")),
            ("set aside", grouped(self.units_set_aside)),
            ("looked at", if self.being_looked_at { "just now" } else { "to the end" }.to_owned()),
        ];
        page.facts(facts.into_iter().chain(next)).table(table)
    }
}
