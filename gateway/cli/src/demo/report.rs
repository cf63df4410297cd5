//! What the demo has to say at its end.

use std::time::Duration;

use super::DemoError;
use super::figures::Figures;
use super::verify::Findings;
use crate::output::{Page, grouped, percent};

/// The count after the restart.
pub(super) struct Report {
    pub(super) acknowledged: u64,
    /// Orders that were sent and not answered before the kill.
    pub(super) unanswered: u64,
    pub(super) findings: Findings,
    pub(super) orders_in_journal: u64,
    /// Records that were replayed.
    pub(super) records: u64,
    /// From the start of the process until it listened.
    pub(super) start_time: Duration,
    /// The replay alone, as the server says.
    pub(super) replay_ms: Option<u64>,
    pub(super) total: Figures,
}

impl Report {
    /// Tables for people.
    pub(super) fn page(&self) -> Page {
        let total = &self.total;
        let day = format!(
            "{} acknowledged, {} rejected for want of stock, p50 {} ms, p99 {} ms",
            grouped(total.accepted),
            grouped(total.rejected),
            total.latency_ms(0.5),
            total.latency_ms(0.99),
        );
        let units = format!(
            "{} allocated, {} backordered; {} of the orders were split",
            percent(total.units_allocated, total.units_ordered),
            percent(total.units_backordered, total.units_ordered),
            percent(total.split_orders, total.accepted),
        );
        let last = if self.verdict().is_ok() {
            "Every acknowledged order is there, with the same units at the same warehouses."
        } else {
            "The promise is broken."
        };
        Page::new()
            .text("")
            .facts([
                ("orders", day),
                ("units", units),
                ("replay", self.replay_text()),
                ("acknowledged", grouped(self.acknowledged)),
                ("found", grouped(self.findings.found)),
                ("missing", grouped(self.findings.missing)),
                ("different", grouped(self.findings.different)),
                ("kept without an answer", self.kept_text()),
            ])
            .text("")
            .text(last)
    }

    fn replay_text(&self) -> String {
        let listening =
            format!("listening again {:.2} s after the start", self.start_time.as_secs_f64());
        let Some(replay_ms) = self.replay_ms else {
            return format!("{} records; {listening}", grouped(self.records));
        };
        let per_second = self.records * 1_000 / replay_ms.max(1);
        format!(
            "{} records recovered and replayed in {:.2} s, {} a second; {listening}",
            grouped(self.records),
            Duration::from_millis(replay_ms).as_secs_f64(),
            grouped(per_second),
        )
    }

    fn kept_text(&self) -> String {
        let kept = self.orders_in_journal.saturating_sub(self.acknowledged);
        format!("{} of the {} on their way", grouped(kept), grouped(self.unanswered))
    }

    /// Orders that nobody can have sent.
    fn extra(&self) -> u64 {
        self.orders_in_journal.saturating_sub(self.acknowledged + self.unanswered)
    }

    /// Whether the server kept its promise.
    pub(super) fn verdict(&self) -> Result<(), DemoError> {
        let Findings { missing, different, .. } = self.findings;
        let extra = self.extra();
        if missing + different + extra > 0 {
            return Err(DemoError::Lost { missing, different, extra });
        }
        assert_eq!(self.findings.found, self.acknowledged, "every order is found or is not");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(found: u64, missing: u64, different: u64, orders_in_journal: u64) -> Report {
        Report {
            acknowledged: 10,
            unanswered: 3,
            findings: Findings { found, missing, different },
            orders_in_journal,
            records: 12,
            start_time: Duration::from_millis(40),
            replay_ms: Some(4),
            total: Figures::new(),
        }
    }

    #[test]
    fn only_all_orders_are_enough() {
        assert!(report(10, 0, 0, 11).verdict().is_ok());
        for broken in [report(9, 1, 0, 10), report(9, 0, 1, 10), report(10, 0, 0, 14)] {
            let is_lost = matches!(broken.verdict(), Err(DemoError::Lost { .. }));
            assert!(is_lost);
        }
    }
}
