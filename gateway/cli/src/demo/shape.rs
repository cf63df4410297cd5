//! The shape of the day: when how many orders come in.

use std::time::Duration;

/// A part of the day: its name, its share of the time, and the load at its end in percent.
struct Phase {
    name: &'static str,
    time_percent: u64,
    load_percent_at_end: u64,
}

/// Doors open at a fifth of the peak; the day ends in a surge, during which the server is killed.
const LOAD_PERCENT_AT_START: u64 = 20;
const PHASES: [Phase; 5] = [
    Phase { name: "ramp", time_percent: 25, load_percent_at_end: 100 },
    Phase { name: "peak", time_percent: 25, load_percent_at_end: 100 },
    Phase { name: "decay", time_percent: 20, load_percent_at_end: 35 },
    Phase { name: "surge", time_percent: 10, load_percent_at_end: 100 },
    Phase { name: "last minute", time_percent: 20, load_percent_at_end: 100 },
];
/// The load goes on after the end, so that the kill meets it at its height.
const OVERTIME_MS: u64 = 10_000;

/// Arrivals of a whole day, by the millisecond.
#[derive(Debug)]
pub(super) struct Shape {
    day_ms: u64,
    /// Orders due before the end of each millisecond.
    due: Vec<u64>,
    peak_per_second: u64,
}

impl Shape {
    /// A day of `seconds` with this many orders a second at the peak.
    pub(super) fn new(seconds: u64, peak_per_second: u64) -> Self {
        let day_ms = seconds * 1_000;
        let mut due = Vec::new();
        let mut micro_orders = 0;
        for ms in 0..day_ms + OVERTIME_MS {
            micro_orders += load_per_mille(ms, day_ms) * peak_per_second;
            due.push(micro_orders / 1_000_000);
        }
        Self { day_ms, due, peak_per_second }
    }

    /// The day without the overtime.
    pub(super) fn day(&self) -> Duration {
        Duration::from_millis(self.day_ms)
    }

    /// Orders of the day without the overtime.
    pub(super) fn day_orders(&self) -> u64 {
        self.due_before(self.day_ms)
    }

    /// Orders a second at the peak.
    pub(super) const fn peak_per_second(&self) -> u64 {
        self.peak_per_second
    }

    /// Orders that are due by now.
    pub(super) fn due_at(&self, elapsed: Duration) -> u64 {
        self.due_before(u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX))
    }

    /// When order number `order` (from 0) is due.
    pub(super) fn due_time(&self, order: u64) -> Duration {
        let ms = self.due.partition_point(|due| *due <= order) as u64;
        let before = self.due_before(ms);
        let within = self.due_before(ms + 1).saturating_sub(before).max(1);
        Duration::from_micros(ms * 1_000 + (order - before) * 1_000 / within)
    }

    /// The name of the phase at this time.
    pub(super) fn phase(&self, elapsed: Duration) -> &'static str {
        let elapsed_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
        let mut end_ms = 0;
        for phase in &PHASES {
            end_ms += self.day_ms * phase.time_percent / 100;
            if elapsed_ms < end_ms {
                return phase.name;
            }
        }
        PHASES[PHASES.len() - 1].name
    }

    fn due_before(&self, ms: u64) -> u64 {
        let Some(last) = ms.checked_sub(1) else { return 0 };
        let index = usize::try_from(last).unwrap_or(usize::MAX).min(self.due.len() - 1);
        self.due[index]
    }
}

/// Load at `ms` in thousandths of the peak.
fn load_per_mille(ms: u64, day_ms: u64) -> u64 {
    let (mut start_ms, mut start_percent) = (0, LOAD_PERCENT_AT_START);
    for phase in &PHASES {
        let length_ms = day_ms * phase.time_percent / 100;
        if ms < start_ms + length_ms {
            let (done, left) = (ms - start_ms, start_ms + length_ms - ms);
            return 10 * (start_percent * left + phase.load_percent_at_end * done) / length_ms;
        }
        start_ms += length_ms;
        start_percent = phase.load_percent_at_end;
    }
    10 * start_percent
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_phases_fill_the_day() {
        assert_eq!(PHASES.iter().map(|phase| phase.time_percent).sum::<u64>(), 100);
    }

    #[test]
    fn the_load_peaks_and_is_at_its_height_at_the_end() {
        let shape = Shape::new(20, 1_000);
        let second = |second: u64| {
            let at = |seconds| shape.due_at(Duration::from_secs(seconds));
            at(second + 1) - at(second)
        };
        assert!(second(0) < 400, "{}", second(0));
        assert_eq!(second(7), 1_000);
        assert!(second(13) < 500, "{}", second(13));
        assert_eq!(second(19), 1_000);
        assert_eq!(second(21), 1_000);
        assert_eq!(shape.phase(Duration::from_secs(30)), "last minute");
    }

    #[test]
    fn an_order_is_due_when_it_is_counted() {
        let shape = Shape::new(2, 5_000);
        for order in [0, 1, 17, 4_000, shape.day_orders()] {
            let time = shape.due_time(order);
            let ms = Duration::from_millis(1);
            assert!(shape.due_at(time + ms) > order, "order {order} at {time:?}");
            assert!(shape.due_at(time.saturating_sub(ms)) <= order, "order {order} at {time:?}");
        }
    }
}
