//! `gantry stats`: the figures of a running server.

use gantry_model::{Query, ReplyBody, Totals};
use serde::Serialize;

use crate::args::StatsArgs;
use crate::error::{CliError, Verdict};
use crate::output::{Answer, Output, Page, grouped};
use crate::session::{converse, unexpected};

const NANOS_PER_SECOND: u64 = 1_000_000_000;
const SECONDS_PER_DAY: u64 = 86_400;
/// A rate measured over less than this says nothing about days.
const RATE_SECONDS_MIN: u64 = 1;
/// Tables are made ahead: shared among fewer, they say nothing about one.
const SHARE_COUNT_MIN: u64 = 1_000;

/// Asks, and prints the answer.
pub(crate) fn run(args: &StatsArgs, output: &mut Output) -> Result<Verdict, CliError> {
    converse(&args.server, async |session| {
        let owned = session.query(&Query::ReadTotals).await?;
        let reply = owned.reply();
        let ReplyBody::Totals(totals) = reply.body else { return Err(unexpected(&reply)) };
        output.answer(args.server.format.json, &StatsView::new(totals))?;
        Ok(Verdict::Done)
    })
}

#[derive(Debug, Serialize)]
struct StatsView {
    last_sequence: u64,
    orders: u64,
    open_orders: u64,
    units_on_hand: u64,
    units_allocated: u64,
    units_held: u64,
    units_backordered: u64,
    skus: u64,
    state_hash: String,
    rejected_unjournaled: u64,
    /// Orders, lines and ids in memory.
    order_memory_bytes: u64,
    memory_bytes_per_order: Option<u64>,
    /// Since the server started.
    records: u64,
    record_bytes: u64,
    journal_bytes: u64,
    /// The record alone, and with its share of the frames' headers and padding.
    record_bytes_per_record: Option<u64>,
    journal_bytes_per_record: Option<u64>,
    syncs: u64,
    uptime_seconds: u64,
    disk_free_bytes: u64,
    /// At the rate since the server started; `null` while nothing was written.
    disk_days_left: Option<u64>,
    durability: &'static str,
    journal_io: &'static str,
}

impl StatsView {
    fn new(totals: &Totals) -> Self {
        let (orders, records) = (totals.orders.get(), totals.records.get());
        let (memory_bytes, record_bytes) =
            (totals.order_memory_bytes.get(), totals.record_bytes.get());
        let journal_bytes = totals.journal_bytes.get();
        let uptime_seconds = totals.uptime_ns.get() / NANOS_PER_SECOND;
        let disk_free_bytes = totals.disk_free_bytes.get();
        Self {
            last_sequence: totals.last_sequence.get(),
            orders,
            open_orders: totals.open_orders.get(),
            units_on_hand: totals.units_on_hand.get(),
            units_allocated: totals.units_allocated.get(),
            units_held: totals.units_held.get(),
            units_backordered: totals.units_backordered.get(),
            skus: totals.skus.get(),
            state_hash: format!("{:032x}", totals.state_hash.get()),
            rejected_unjournaled: totals.rejected_unjournaled.get(),
            order_memory_bytes: memory_bytes,
            memory_bytes_per_order: memory_bytes.checked_div(orders),
            records,
            record_bytes,
            journal_bytes,
            record_bytes_per_record: record_bytes.checked_div(records),
            journal_bytes_per_record: journal_bytes.checked_div(records),
            syncs: totals.syncs.get(),
            uptime_seconds,
            disk_free_bytes,
            disk_days_left: disk_days_left(disk_free_bytes, journal_bytes, uptime_seconds),
            durability: match totals.durability {
                1 => "sync",
                2 => "os",
                _ => "unknown",
            },
            journal_io: match totals.journal_io {
                1 => "mapped",
                2 => "direct",
                _ => "unknown",
            },
        }
    }
}

/// Days until the disk is full when bytes are written as fast as so far.
fn disk_days_left(free_bytes: u64, written_bytes: u64, seconds: u64) -> Option<u64> {
    if seconds < RATE_SECONDS_MIN {
        return None;
    }
    let bytes_per_day =
        u128::from(written_bytes) * u128::from(SECONDS_PER_DAY) / u128::from(seconds);
    let days = u128::from(free_bytes).checked_div(bytes_per_day)?;
    Some(u64::try_from(days).unwrap_or(u64::MAX))
}

fn bytes_text(bytes: u64) -> String {
    const UNITS: [(&str, u32); 3] = [("GiB", 30), ("MiB", 20), ("KiB", 10)];
    for (unit, shift) in UNITS {
        if bytes >> shift > 0 {
            let tenths = (i128::from(bytes) * 10) >> shift;
            return format!("{}.{} {unit}", grouped(tenths / 10), tenths % 10);
        }
    }
    format!("{bytes} bytes")
}

impl Answer for StatsView {
    fn page(&self) -> Page {
        let per = |bytes: Option<u64>, what: &str, count: u64| match bytes {
            Some(bytes) if count >= SHARE_COUNT_MIN => {
                format!(", {} bytes per {what}", grouped(bytes))
            }
            _ => String::new(),
        };
        let days = self.disk_days_left.map_or_else(
            || "not known: nothing was written since the start".to_owned(),
            |days| format!("{} at the rate since the start", grouped(days)),
        );
        Page::new().facts([
            ("last record", grouped(self.last_sequence)),
            ("orders", grouped(self.orders)),
            ("open orders", grouped(self.open_orders)),
            ("SKUs", grouped(self.skus)),
            ("units on hand", grouped(self.units_on_hand)),
            ("units allocated", grouped(self.units_allocated)),
            ("units held", grouped(self.units_held)),
            ("units backordered", grouped(self.units_backordered)),
            ("state hash", self.state_hash.clone()),
            (
                "orders in memory",
                bytes_text(self.order_memory_bytes)
                    + &per(self.memory_bytes_per_order, "order", self.orders),
            ),
            (
                "records, since start",
                grouped(self.records) + &per(self.record_bytes_per_record, "record", self.records),
            ),
            (
                "journal, since start",
                bytes_text(self.journal_bytes)
                    + &per(self.journal_bytes_per_record, "record", self.records),
            ),
            ("syncs, since start", grouped(self.syncs)),
            ("rejected unjournaled", grouped(self.rejected_unjournaled)),
            ("disk free", bytes_text(self.disk_free_bytes)),
            ("days of disk left", days),
            ("durability", format!("{}, journal {}", self.durability, self.journal_io)),
            ("up for", format!("{} s", grouped(self.uptime_seconds))),
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_free_room_by_daily_bytes() {
        assert_eq!(disk_days_left(86_400 * 1_000, 100, 10), Some(100));
        assert_eq!(disk_days_left(1_000, 0, 10), None);
        assert_eq!(disk_days_left(1_000, 10, 0), None);
        assert_eq!(disk_days_left(u64::MAX, u64::MAX, u64::MAX), Some(u64::MAX / 86_400));
    }

    #[test]
    fn bytes_have_units() {
        let shown = [0, 1_023, 1_536, 3 << 30].map(bytes_text);
        assert_eq!(shown, ["0 bytes", "1023 bytes", "1.5 KiB", "3.0 GiB"]);
    }
}
