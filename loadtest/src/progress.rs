//! Progress for people who watch, on standard error and only where that is a terminal.

use std::time::Duration;

use indicatif::{HumanCount, ProgressBar, ProgressStyle};

const NANOS_PER_SECOND: u64 = 1_000_000_000;

/// A line that says how far a stage is.
pub(crate) struct Progress {
    bar: ProgressBar,
    warmup_ns: u64,
}

impl Progress {
    /// Progress of `count` commands of setting up.
    pub(crate) fn of_setup(what: &'static str, count: u64) -> Self {
        let style = "{msg:>24} [{bar:40}] {human_pos}/{human_len}";
        Self { bar: bar(style, what, count), warmup_ns: 0 }
    }

    /// Progress of the load itself, by time.
    pub(crate) fn of_load(warmup: Duration, duration: Duration) -> Self {
        let total_ms = (warmup + duration).as_millis();
        let total_ms = u64::try_from(total_ms).expect("invariant: at most two days");
        let warmup_ns = u64::try_from(warmup.as_nanos()).expect("invariant: at most one day");
        Self { bar: bar("[{bar:40}] {elapsed} {msg}", "", total_ms), warmup_ns }
    }

    /// So many more commands are answered.
    pub(crate) fn add(&self, count: u64) {
        self.bar.inc(count);
    }

    /// The load is at `now_ns`, with `accepted` orders in the measured window so far.
    pub(crate) fn show(&self, now_ns: u64, accepted: u64) {
        if self.bar.is_hidden() {
            return;
        }
        self.bar.set_position(now_ns / 1_000_000);
        let measured_ns = now_ns.saturating_sub(self.warmup_ns);
        self.bar.set_message(if measured_ns == 0 {
            "warming up".to_owned()
        } else {
            let per_second = u128::from(accepted) * u128::from(NANOS_PER_SECOND);
            let per_second = per_second / u128::from(measured_ns);
            format!("{} orders/s", HumanCount(u64::try_from(per_second).unwrap_or(u64::MAX)))
        });
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

fn bar(style: &str, message: &'static str, length: u64) -> ProgressBar {
    let style = ProgressStyle::with_template(style).expect("invariant: a fixed template");
    ProgressBar::new(length).with_style(style).with_message(message)
}
