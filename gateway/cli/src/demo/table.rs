//! The live table: redrawn in place on a terminal, one line a second elsewhere.

use std::time::Duration;

use super::figures::Figures;
use super::shape::Shape;
use crate::error::CliError;
use crate::output::{Output, grouped, percent};

const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// Seconds that the curve shows.
const CURVE_SECONDS_MAX: usize = 60;
const TITLES: [&str; 10] = [
    "second",
    "phase",
    "orders/s",
    "p50 ms",
    "p99 ms",
    "allocated",
    "split",
    "backordered",
    "rejected/s",
    "durable lag ms",
];

/// What was shown so far.
pub(super) struct LiveTable {
    second: u64,
    total: Figures,
    curve: Vec<u64>,
}

impl LiveTable {
    /// Prints the head where lines follow lines.
    pub(super) fn begin(output: &mut Output) -> Result<Self, CliError> {
        if !output.is_terminal() {
            output.line(aligned(&TITLES.map(str::to_owned)))?;
            output.flush()?;
        }
        Ok(Self { second: 0, total: Figures::new(), curve: Vec::new() })
    }

    /// All seconds so far.
    pub(super) fn into_total(self) -> Figures {
        self.total
    }

    /// Shows one more second.
    pub(super) fn show(
        &mut self,
        second: &Figures,
        elapsed: Duration,
        shape: &Shape,
        output: &mut Output,
    ) -> Result<(), CliError> {
        self.second += 1;
        self.total.add(second);
        self.curve.push(second.accepted + second.rejected);
        let cells = self.cells(second, elapsed, shape);
        if output.is_terminal() {
            return output.redraw(&self.block(&cells, second, shape));
        }
        output.line(aligned(&cells))?;
        output.flush()
    }

    fn cells(&self, second: &Figures, elapsed: Duration, shape: &Shape) -> [String; 10] {
        [
            self.second.to_string(),
            shape.phase(elapsed.saturating_sub(Duration::from_millis(500))).to_owned(),
            grouped(second.accepted + second.rejected),
            second.latency_ms(0.5),
            second.latency_ms(0.99),
            percent(second.units_allocated, second.units_ordered),
            percent(second.split_orders, second.accepted),
            percent(second.units_backordered, second.units_ordered),
            grouped(second.rejected),
            durable_lag_ms(second, elapsed),
        ]
    }

    fn block(&self, cells: &[String; 10], second: &Figures, shape: &Shape) -> Vec<String> {
        let mut lines = vec![format!("  {}", self.curve_text(shape)), String::new()];
        let rows = TITLES.iter().zip(cells);
        lines.extend(rows.map(|(title, cell)| format!("  {title:<16}{cell:>14}")));
        lines.push(String::new());
        let (orders, unanswered) = (self.total.accepted, second.unanswered);
        lines.push(format!(
            "  {} orders acknowledged, {} on their way",
            grouped(orders),
            grouped(unanswered)
        ));
        lines
    }

    fn curve_text(&self, shape: &Shape) -> String {
        let from = self.curve.len().saturating_sub(CURVE_SECONDS_MAX);
        let top = shape.peak_per_second().max(1);
        let bar = |orders: &u64| {
            let level = (orders * BARS.len() as u64 / (top + 1)).min(BARS.len() as u64 - 1);
            BARS[usize::try_from(level).expect("invariant: one of eight")]
        };
        self.curve[from..].iter().map(bar).collect()
    }
}

/// How long the oldest order that is not yet known to be safe has been due.
fn durable_lag_ms(second: &Figures, elapsed: Duration) -> String {
    let oldest = second.oldest_unanswered.map(|due| elapsed.saturating_sub(due));
    grouped(i128::try_from(oldest.unwrap_or_default().as_millis()).unwrap_or(i128::MAX))
}

fn aligned(cells: &[String; 10]) -> String {
    let widths = TITLES.map(|title| title.chars().count().max(9));
    let mut line = String::new();
    for ((index, cell), width) in cells.iter().enumerate().zip(widths) {
        match index {
            // The phase is a word; all else are figures.
            1 => line.push_str(&format!("  {cell:<11}")),
            _ => line.push_str(&format!("  {cell:>width$}")),
        }
    }
    line
}
