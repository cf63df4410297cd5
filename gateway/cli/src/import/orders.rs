//! The orders of a shop as the file tells them: rows that follow each other make one order.

use std::collections::HashSet;
use std::fmt::Display;
use std::ops::Range;
use std::path::Path;

use gantry_model::{
    Code, CommandId, EngineTime, LINES_PER_ORDER_MAX, Limits, QUANTITY_PER_LINE_MAX, ZONES_MAX,
};

use super::codes::Codes;
use super::ids;
use super::network::Network;
use crate::args::{ImportClock, day};
use crate::table::{Row, Table, TableError};

const ORDER_COLUMNS: &[&str] = &[
    "order_id",
    "service",
    "customer_id",
    "channel",
    "postal_code",
    "sku",
    "quantity",
    "unit_price_cents",
];
/// With the day of each order.
const DATED_COLUMNS: &[&str] = &[
    "order_id",
    "placed_on",
    "service",
    "customer_id",
    "channel",
    "postal_code",
    "sku",
    "quantity",
    "unit_price_cents",
];
const OPTIONAL_COLUMNS: &[&str] = &["currency"];

/// Highest unit price. The largest order, 128 lines of a million units, then stays below 2⁶³ cents.
const UNIT_PRICE_CENTS_MAX: u64 = 10_000_000_000;
const _: () = assert!(
    UNIT_PRICE_CENTS_MAX as i128 * QUANTITY_PER_LINE_MAX as i128 * (LINES_PER_ORDER_MAX as i128)
        < i64::MAX as i128
);

/// Channels share the bound of zones.
const CHANNELS_MAX: usize = ZONES_MAX;

/// The shop's own numbers for what it promised. They are journaled: a number never changes.
const SERVICE_LEVELS: &[(&str, u8)] =
    &[("Standard Class", 1), ("Second Class", 2), ("First Class", 3), ("Same Day", 4)];

/// What the orders file says.
#[derive(Default)]
pub(super) struct Orders {
    /// Orders, in order of the file; where they have days, those of earlier days first.
    pub(super) list: Vec<Order>,
    /// Their lines, one after the other.
    pub(super) lines: Vec<Line>,
    /// Channels, in order of first appearance.
    pub(super) channels: Codes,
}

/// One order.
pub(super) struct Order {
    pub(super) id: CommandId,
    /// The file's own order id.
    pub(super) reference: Code,
    pub(super) facts: Facts,
    pub(super) value_cents: i64,
    /// Its lines in [`Orders::lines`].
    pub(super) lines: Range<usize>,
}

/// What every row of an order says again.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Facts {
    pub(super) customer: u128,
    pub(super) zone: u32,
    pub(super) channel: Option<u32>,
    pub(super) service_level: u8,
    pub(super) currency: [u8; 4],
    /// Midnight UTC of its day, if days were asked for.
    pub(super) placed_on: Option<EngineTime>,
}

/// One line of an order.
#[derive(Clone, Copy)]
pub(super) struct Line {
    pub(super) sku: u32,
    pub(super) quantity: u32,
    /// Where it stands in the file.
    pub(super) file_line: u64,
}

impl Orders {
    /// Reads the orders file, with the day of each order if `clock` runs by them.
    pub(super) fn read(
        table: &Table,
        network: &Network,
        clock: ImportClock,
    ) -> Result<Self, TableError> {
        let mut orders = Self::default();
        let mut seen = HashSet::new();
        let columns = match clock {
            ImportClock::Wall => ORDER_COLUMNS,
            ImportClock::PlacedOn => DATED_COLUMNS,
        };
        table.for_each_row(columns, OPTIONAL_COLUMNS, |row| {
            orders.read_row(row, network, &mut seen)
        })?;
        orders.list.sort_by_key(|order| order.facts.placed_on);
        Ok(orders)
    }

    /// Lines of `order`.
    pub(super) fn lines_of(&self, order: &Order) -> &[Line] {
        &self.lines[order.lines.clone()]
    }

    /// Holds every order against the limits of the folder that it is to enter.
    pub(super) fn check(&self, limits: &Limits, file: &Path) -> Result<(), TableError> {
        let lines_max = limits.lines_per_order_max as usize;
        let quantity_max = limits.quantity_per_line_max;
        let long = self.list.iter().find(|order| order.lines.len() > lines_max);
        if let Some(order) = long {
            let wrong = format!("order {} has {} lines", order.reference, order.lines.len());
            let first = &self.lines[order.lines.start];
            return Err(over_limit(file, first, "order_id", wrong, lines_max));
        }
        if let Some(line) = self.lines.iter().find(|line| line.quantity > quantity_max) {
            let wrong = format!("\"{}\" cannot be", line.quantity);
            return Err(over_limit(file, line, "quantity", wrong, quantity_max));
        }
        Ok(())
    }

    fn read_row(
        &mut self,
        row: &Row<'_>,
        network: &Network,
        seen: &mut HashSet<CommandId>,
    ) -> Result<(), TableError> {
        let reference = row.code("order_id")?;
        let facts = self.facts(row, network)?;
        if self.list.last().is_none_or(|order| order.reference != reference) {
            let id = ids::order_id(reference.as_str());
            if !seen.insert(id) {
                let wrong = format!("order {reference} comes back after another order");
                let right = "all rows of an order one after the other";
                return Err(row.error("order_id", &wrong, right));
            }
            let lines = self.lines.len()..self.lines.len();
            self.list.push(Order { id, reference, facts, value_cents: 0, lines });
        }
        let order = self.list.last_mut().expect("invariant: pushed above if there was none");
        same_facts(row, &order.facts, &facts)?;
        let line = Line {
            sku: network.sku(row)?,
            quantity: row.number_u32("quantity", 1, QUANTITY_PER_LINE_MAX)?,
            file_line: row.line,
        };
        let price_cents = row.number("unit_price_cents", 0, UNIT_PRICE_CENTS_MAX)?;
        let price_cents = i64::try_from(price_cents).expect("invariant: bounded above");
        order.value_cents += i64::from(line.quantity) * price_cents;
        self.lines.push(line);
        order.lines.end = self.lines.len();
        if order.lines.len() > LINES_PER_ORDER_MAX {
            let wrong = format!("order {reference} has too many lines");
            return Err(row.error("order_id", &wrong, &format!("at most {LINES_PER_ORDER_MAX}")));
        }
        Ok(())
    }

    fn facts(&mut self, row: &Row<'_>, network: &Network) -> Result<Facts, TableError> {
        let postal_code = row.code("postal_code")?;
        let zone = network.zone_of(postal_code.as_str()).ok_or_else(|| {
            let wrong = format!("no zone of the --costs file begins postal code {postal_code}");
            row.error("postal_code", &wrong, "a postal code that begins with a zone's code")
        })?;
        let channel = row.code_or_empty("channel")?;
        let channel = (!channel.is_empty()).then(|| self.channels.find_or_add(channel));
        if self.channels.count() > CHANNELS_MAX {
            let right = format!("at most {CHANNELS_MAX}");
            return Err(row.error("channel", "there are too many of them", &right));
        }
        Ok(Facts {
            customer: ids::customer(row.code_or_empty("customer_id")?.as_str()),
            zone,
            channel,
            service_level: service_level(row.text("service").unwrap_or_default()),
            currency: currency(row)?,
            placed_on: row.text("placed_on").map(|text| placed_on(row, text)).transpose()?,
        })
    }
}

/// The rows of one order must agree, or one of them stands in the wrong place.
fn same_facts(row: &Row<'_>, first: &Facts, this: &Facts) -> Result<(), TableError> {
    let differs = [
        ("postal_code", first.zone != this.zone),
        ("customer_id", first.customer != this.customer),
        ("channel", first.channel != this.channel),
        ("service", first.service_level != this.service_level),
        ("currency", first.currency != this.currency),
        ("placed_on", first.placed_on != this.placed_on),
    ];
    match differs.into_iter().find(|(_, differs)| *differs) {
        None => Ok(()),
        Some((column, _)) => Err(row.error(
            column,
            "this differs from the first row of the same order",
            "the same in all rows of an order",
        )),
    }
}

fn over_limit(
    file: &Path,
    line: &Line,
    column: &'static str,
    wrong: String,
    max: impl Display,
) -> TableError {
    let right = format!("at most {max}, the folder's limit");
    TableError::Cell { file: file.to_path_buf(), line: line.file_line, column, wrong, right }
}

fn service_level(service: &str) -> u8 {
    let found = SERVICE_LEVELS.iter().find(|(name, _)| *name == service);
    found.map_or(0, |(_, level)| *level)
}

fn placed_on(row: &Row<'_>, text: &str) -> Result<EngineTime, TableError> {
    day(text).ok_or_else(|| {
        let right = "a day such as 2025-12-31, from 1970 on";
        row.error("placed_on", &format!("{text:?} cannot be"), right)
    })
}

fn currency(row: &Row<'_>) -> Result<[u8; 4], TableError> {
    match row.text("currency").unwrap_or_default().as_bytes() {
        [] => Ok([0; 4]),
        [a, b, c] if [a, b, c].into_iter().all(u8::is_ascii_uppercase) => Ok([*a, *b, *c, 0]),
        _ => {
            let wrong = format!("{:?} cannot be", row.text("currency").unwrap_or_default());
            Err(row.error("currency", &wrong, "three capital letters, such as USD, or nothing"))
        }
    }
}
