//! A comparison as people read it: figures down, columns side by side, and beside each column what
//! differs from what was recorded.

use super::report::{ColumnReport, UnmappedReport, WhatIfReport};
use crate::output::{Answer, Page, Table, grouped, utc_time};

/// A figure of one column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Value {
    Count(i128),
    /// A share in per mille, shown in percent.
    Share(i128),
    /// Nothing to say.
    None,
}

/// One figure of every column.
struct Row {
    label: String,
    values: Vec<Value>,
}

/// One kind of what found no place.
type UnmappedFigure = fn(&UnmappedReport) -> u64;

impl Answer for WhatIfReport {
    fn page(&self) -> Page {
        let promised = match self.promised_days {
            Some(days) => format!("more than {days} days"),
            None => "more than the policy's days_max".to_owned(),
        };
        let moment = |time_ns: Option<u64>, none: &str| time_ns.map_or(none.to_owned(), utc_time);
        let page = Page::new().facts([
            ("records", grouped(self.records)),
            ("decided from", moment(self.from_time_ns, "the first record")),
            ("until", moment(self.until_time_ns, "the last record")),
            ("left out", self.replaced_text()),
            ("late is", promised),
        ]);
        page.table(self.table()).text(self.caution)
    }
}

impl WhatIfReport {
    fn replaced_text(&self) -> String {
        let replaced = self.replaced.iter();
        let replaced = replaced.map(|(kind, count)| format!("{} {kind}", grouped(*count)));
        match replaced.collect::<Vec<_>>().join(", ") {
            none if none.is_empty() => "nothing".to_owned(),
            some => format!("{some}: each column decides by its own policy"),
        }
    }

    fn table(&self) -> Table {
        let mut titles = vec![String::new()];
        for (index, column) in self.columns.iter().enumerate() {
            titles.push(format!(">{}", column.name));
            if index > 0 {
                titles.push(">+/-".to_owned());
            }
        }
        let mut table = Table::new(&titles);
        for row in self.rows() {
            table.row(row.cells());
        }
        table
    }

    fn rows(&self) -> Vec<Row> {
        let mut rows = self.order_rows();
        rows.extend(self.proof_rows());
        rows.push(self.row("late orders", |column| column.orders_late.into()));
        rows.extend(self.warehouse_rows());
        rows.extend(self.unmapped_rows());
        rows
    }

    fn order_rows(&self) -> Vec<Row> {
        let mut rows = vec![
            self.row("orders accepted", |column| column.orders_accepted.into()),
            self.row("orders rejected", |column| column.orders_rejected.into()),
        ];
        for reason in self.names(|column| column.rejected.keys().copied().collect()) {
            let orders = |column: &ColumnReport| column.rejected.get(reason).copied();
            rows.push(self.row(format!("- {reason}"), |column| orders(column).unwrap_or(0).into()));
        }
        rows.push(self.row("units ordered", |column| column.units_ordered.into()));
        rows.push(self.row("units allocated", |column| column.units_allocated.into()));
        rows.push(self.row("fill rate", |column| Value::share(column.fill_per_mille)));
        rows.push(self.row("units backordered", |column| column.units_backordered.into()));
        rows.extend(self.row_if_any("- matched later", |column| column.units_matched.into()));
        rows.extend(
            self.row_if_any("- mean wait (seconds)", |column| {
                column.matched_wait_seconds_mean.into()
            }),
        );
        rows.extend(
            self.row_if_any("- later than promised", |column| column.units_matched_late.into()),
        );
        rows.extend(self.row_if_any("promises broken", |column| column.promises_broken.into()));
        rows.extend(self.row_if_any("units cancelled", |column| column.units_cancelled.into()));
        rows.extend(self.row_if_any("units rejected", |column| column.units_rejected.into()));
        rows.push(self.row("orders split", |column| column.orders_split.into()));
        rows.push(self.row("split rate", |column| Value::share(column.split_per_mille)));
        rows.push(self.row("parcels", |column| column.parcels.into()));
        rows.push(self.row("cost (minor units)", |column| Value::Count(column.cost_minor.into())));
        rows.push(self.row("cost per order", |column| {
            column.cost_minor_per_order.map_or(Value::None, |cost| Value::Count(cost.into()))
        }));
        rows
    }

    fn proof_rows(&self) -> Vec<Row> {
        let mut rows =
            vec![self.row("proven optimal", |column| Value::share(column.proven_per_mille))];
        for proof in self.names(|column| column.gaps.keys().copied().collect()) {
            let label = format!("largest {}", proof.replace('_', " "));
            rows.push(self.row(label, |column| {
                let gap = column.gaps.get(proof);
                gap.map_or(Value::None, |gap| Value::Count(gap.largest.into()))
            }));
        }
        rows
    }

    fn warehouse_rows(&self) -> Vec<Row> {
        let warehouses = self.columns.first().map_or(&[][..], |column| &column.warehouses);
        let mut rows = Vec::new();
        for (index, row) in warehouses.iter().enumerate() {
            let code = &row.warehouse;
            let of = |column: &ColumnReport| {
                let row = &column.warehouses[index];
                (row.units, row.parcels)
            };
            rows.extend(
                self.row_if_any(format!("units from {code}"), |column| of(column).0.into()),
            );
            rows.extend(
                self.row_if_any(format!("parcels from {code}"), |column| of(column).1.into()),
            );
        }
        rows
    }

    fn unmapped_rows(&self) -> Vec<Row> {
        let figures: [(&str, UnmappedFigure); 9] = [
            ("unmapped: units shipped", |unmapped| unmapped.ship_units),
            ("unmapped: units cancelled", |unmapped| unmapped.cancel_units),
            ("unmapped: units of supply", |unmapped| unmapped.supply_units),
            ("unmapped: orders sent again", |unmapped| unmapped.orders),
            ("unmapped: commands of holds", |unmapped| unmapped.holds),
            ("unmapped: orders sourced again", |unmapped| unmapped.resourcings),
            ("unmapped: dates to give up at", |unmapped| unmapped.deadlines),
            ("unmapped: units rejected", |unmapped| unmapped.rejected_units),
            ("unmapped: set-up commands", |unmapped| unmapped.control_commands),
        ];
        let rows = figures.map(|(label, figure)| {
            self.row_if_any(label, |column| column.unmapped.as_ref().map(figure).into())
        });
        let rows: Vec<Row> = rows.into_iter().flatten().collect();
        if rows.is_empty() {
            return vec![self.row("unmapped", |column| column.unmapped.as_ref().map(|_| 0).into())];
        }
        rows
    }

    fn row(&self, label: impl Into<String>, value: impl Fn(&ColumnReport) -> Value) -> Row {
        Row { label: label.into(), values: self.columns.iter().map(value).collect() }
    }

    /// The row, unless it is zero in every column.
    fn row_if_any(
        &self,
        label: impl Into<String>,
        value: impl Fn(&ColumnReport) -> Value,
    ) -> Option<Row> {
        let row = self.row(label, value);
        let says_something = |value: &Value| !matches!(value, Value::None | Value::Count(0));
        row.values.iter().any(says_something).then_some(row)
    }

    /// Names that any column has, each once, in order.
    fn names(&self, of: impl Fn(&ColumnReport) -> Vec<&'static str>) -> Vec<&'static str> {
        let mut names: Vec<_> = self.columns.iter().flat_map(of).collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

impl Row {
    fn cells(self) -> Vec<String> {
        let recorded = self.values.first().copied().unwrap_or(Value::None);
        let mut cells = vec![self.label];
        for (index, value) in self.values.iter().enumerate() {
            cells.push(value.text());
            if index > 0 {
                cells.push(value.less(recorded));
            }
        }
        cells
    }
}

impl Value {
    fn share(per_mille: Option<u64>) -> Self {
        per_mille.map_or(Self::None, |share| Self::Share(share.into()))
    }

    fn text(self) -> String {
        match self {
            Self::Count(count) => grouped(count),
            Self::Share(share) => format!("{} %", tenths(share)),
            Self::None => "–".to_owned(),
        }
    }

    /// By how much it differs from what was recorded.
    fn less(self, recorded: Self) -> String {
        let (difference, show): (i128, fn(i128) -> String) = match (self, recorded) {
            (Self::Count(here), Self::Count(there)) => (here - there, grouped),
            (Self::Share(here), Self::Share(there)) => (here - there, tenths),
            _ => return String::new(),
        };
        match difference {
            0 => "=".to_owned(),
            1.. => format!("+{}", show(difference)),
            _ => format!("-{}", show(-difference)),
        }
    }
}

impl From<u64> for Value {
    fn from(count: u64) -> Self {
        Self::Count(count.into())
    }
}

impl From<Option<u64>> for Value {
    fn from(count: Option<u64>) -> Self {
        count.map_or(Self::None, Self::from)
    }
}

/// Per mille as percent, for shares that are not negative.
fn tenths(per_mille: i128) -> String {
    format!("{}.{}", per_mille / 10, per_mille % 10)
}
