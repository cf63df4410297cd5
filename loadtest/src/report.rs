//! What a run came to: a table for people, JSON for programs, percentiles for plots.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use hdrhistogram::Histogram;

use crate::convert::{figure, rounded, share};
use crate::plan::{Load, Pace, Plan, Profile};
use crate::record::Record;
use crate::result::RunResult;

const NANOS_PER_MILLI: f64 = 1e6;
/// Steps per halving of the distance to 100 %, as HdrHistogram's own tools write them.
const HGRM_STEPS_PER_HALF: u32 = 5;

/// Why a result could not be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {path}: {source}")]
pub(crate) struct ReportError {
    path: PathBuf,
    source: io::Error,
}

/// Who won a flash sale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FlashSale {
    /// Units for sale.
    pub(crate) units: u64,
    /// Buyers of one unit each.
    pub(crate) buyers: u64,
    /// Buyers who got one.
    pub(crate) won: u64,
}

impl FlashSale {
    /// How it came out, if this was one.
    pub(crate) fn of(plan: &Plan, record: &Record) -> Option<Self> {
        let Profile::FlashSale { units, buyers } = plan.shop.profile else { return None };
        Some(Self { units: units.into(), buyers, won: record.accepted })
    }

    /// Whether exactly as many won as could.
    pub(crate) fn is_exact(&self) -> bool {
        self.won == self.units.min(self.buyers)
    }
}

/// Writes the JSON and the percentiles where they were asked for.
pub(crate) fn write_files(
    plan: &Plan,
    result: &RunResult,
    record: &Record,
) -> Result<(), ReportError> {
    if let Some(path) = &plan.json {
        write_file(path, |out| {
            serde_json::to_writer_pretty(&mut *out, result)?;
            writeln!(out)
        })?;
    }
    if let Some(path) = &plan.hgrm {
        write_file(path, |out| write_hgrm(out, &record.latency))?;
    }
    Ok(())
}

fn write_file(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
) -> Result<(), ReportError> {
    let written = File::create(path).and_then(|file| {
        let mut out = BufWriter::new(file);
        write(&mut out)?;
        out.flush()
    });
    written.map_err(|source| ReportError { path: path.to_owned(), source })
}

/// Writes percentiles in milliseconds, as HdrHistogram's plotter reads them.
fn write_hgrm(out: &mut impl Write, latency: &Histogram<u64>) -> io::Result<()> {
    writeln!(out, "{:>12} {:>14} {:>12} {:>14}", "Value", "Percentile", "TotalCount", "1/(1-P)")?;
    let mut count = 0;
    for step in latency.iter_quantiles(HGRM_STEPS_PER_HALF) {
        count += step.count_since_last_iteration();
        let (value, quantile) = (millis(step.value_iterated_to()), step.quantile_iterated_to());
        write!(out, "{value:>12.6} {quantile:>14.12} {count:>12}")?;
        if quantile < 1.0 {
            writeln!(out, " {:>14.2}", 1.0 / (1.0 - quantile))?;
        } else {
            writeln!(out)?;
        }
    }
    let (mean, deviation) = (latency.mean() / NANOS_PER_MILLI, latency.stdev() / NANOS_PER_MILLI);
    writeln!(out, "#[Mean    = {mean:>12.6}, StdDeviation   = {deviation:>12.6}]")?;
    let (max, total) = (millis(latency.max()), latency.len());
    writeln!(out, "#[Max     = {max:>12.6}, Total count    = {total:>12}]")?;
    let buckets = latency.buckets();
    writeln!(out, "#[Buckets = {buckets:>12}, SubBuckets     = {:>12}]", 2048)
}

fn millis(nanos: u64) -> f64 {
    figure(nanos) / NANOS_PER_MILLI
}

/// The table for people.
pub(crate) fn table(
    plan: &Plan,
    result: &RunResult,
    record: &Record,
    notes: &[&'static str],
) -> String {
    let mut text = headline(&plan.load, result);
    let mut row = |name: &str, value: String| {
        writeln!(text, "  {name:<16}{value}").expect("invariant: a String takes any text");
    };
    let (offered, achieved) = (result.offered_per_second, result.achieved_per_second);
    let seconds = result.duration_seconds;
    row("offered", format!("{:>12} orders/s{}", whole(offered), closed_label(&plan.load)));
    row("achieved", format!("{:>12} orders/s, durable, within {seconds:.1} s", whole(achieved)));
    row(
        "orders",
        format!("{:>12} answered, {} lines", grouped(result.orders), grouped(result.lines)),
    );
    row("rejected", rejected(result));
    let busy = percent(share(result.busy, result.orders.max(result.busy)));
    row("busy", format!("{:>12} ({busy})", grouped(result.busy)));
    row("latency", latency(result));
    row("generator late", format!("{:>12} of orders", percent(result.generator_late_share)));
    row("allocated", format!("{:>12} of units", percent(result.units_allocated_share)));
    row("split", format!("{:>12} of accepted orders", percent(result.split_share)));
    row("journal", journal(result));
    if record.orders_unanswered > 0 {
        let count = grouped(record.orders_unanswered);
        row("unanswered", format!("{count:>12} orders, in the latency with their age at the end"));
    }
    if let Some(sale) = FlashSale::of(plan, record) {
        row("flash sale", verdict(&sale));
    }
    notes.iter().for_each(|note| row("note", (*note).to_owned()));
    text
}

fn headline(load: &Load, result: &RunResult) -> String {
    let pace = match load.pace {
        Pace::Open { arrivals, .. } => format!("open loop, {} arrivals", arrivals.name()),
        Pace::Closed => "CLOSED LOOP (latency hides what a slow server kept back)".to_owned(),
    };
    format!(
        "{pace}; profile {}; seed {}\n{} connections, up to {} orders a frame, {} frames in flight\n",
        result.profile, result.seed, load.connections, load.orders_per_frame, load.window_frames
    )
}

const fn closed_label(load: &Load) -> &'static str {
    match load.pace {
        Pace::Open { .. } => "",
        Pace::Closed => " (closed loop: as fast as answered)",
    }
}

fn rejected(result: &RunResult) -> String {
    let total: u64 = result.rejected.values().sum();
    let reasons: Vec<String> = result
        .rejected
        .iter()
        .map(|(reason, count)| format!("{reason} {}", grouped(*count)))
        .collect();
    format!("{:>12} {}", grouped(total), reasons.join(", "))
}

fn latency(result: &RunResult) -> String {
    let found = &result.latency_ns;
    let figures = [
        ("p50", found.p50),
        ("p90", found.p90),
        ("p99", found.p99),
        ("p99.9", found.p99_9),
        ("p99.99", found.p99_99),
        ("max", found.max),
    ];
    let texts = figures.map(|(name, nanos)| format!("{name} {:.2} ms", millis(nanos)));
    format!("    {}", texts.join("  "))
}

fn journal(result: &RunResult) -> String {
    let unknown = || "?".to_owned();
    let bytes = result.journal_bytes.map_or_else(unknown, grouped);
    let syncs = result.syncs.map_or_else(unknown, grouped);
    let durability = result.durability.clone().unwrap_or_else(unknown);
    let journal_io = result.journal_io.clone().unwrap_or_else(unknown);
    format!("{bytes:>12} bytes, {syncs} syncs, {durability}, {journal_io}")
}

fn verdict(sale: &FlashSale) -> String {
    let (units, buyers, won) = (grouped(sale.units), grouped(sale.buyers), grouped(sale.won));
    let expected = grouped(sale.units.min(sale.buyers));
    let judged = if sale.is_exact() { "exactly right" } else { "WRONG" };
    format!("{won:>12} of {buyers} buyers won one of {units} units; {expected} could: {judged}")
}

fn percent(share: f64) -> String {
    format!("{:.2} %", share * 100.0)
}

fn whole(figure: f64) -> String {
    grouped(rounded(figure))
}

/// A number with its thousands apart.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_stand_apart() {
        let cases = [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")];
        for (number, text) in cases {
            assert_eq!(grouped(number), text);
        }
    }

    #[test]
    fn a_flash_sale_is_exact_when_as_many_won_as_could() {
        let sale = |units, buyers, won| FlashSale { units, buyers, won }.is_exact();
        assert!(sale(10, 100, 10) && sale(100, 10, 10));
        assert!(!sale(10, 100, 9) && !sale(10, 100, 11));
    }

    #[test]
    fn percentiles_rise_to_the_whole() {
        let mut latency = Record::new().latency;
        (1..=1_000u64).for_each(|millis| latency.record(millis * 1_000_000).unwrap());
        let mut out = Vec::new();
        write_hgrm(&mut out, &latency).unwrap();
        let text = String::from_utf8(out).unwrap();
        let rows: Vec<Vec<f64>> = text
            .lines()
            .skip(1)
            .filter(|line| !line.starts_with('#'))
            .map(|line| line.split_whitespace().map(|field| field.parse().unwrap()).collect())
            .collect();
        assert!(rows.windows(2).all(|pair| pair[0][1] <= pair[1][1] && pair[0][2] <= pair[1][2]));
        let last = rows.last().unwrap();
        assert!((last[0] / 1_000.0 - 1.0).abs() < 0.001 && (last[2] - 1_000.0).abs() < 0.5);
        let median = rows.iter().find(|row| row[1] >= 0.5).unwrap();
        assert!((median[0] / 500.0 - 1.0).abs() < 0.002, "median {}", median[0]);
    }
}
