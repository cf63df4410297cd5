//! Progress of work that takes long: a bar on standard error, after the first second, on terminals.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Short work shows no bar at all.
const QUIET_FIRST: Duration = Duration::from_secs(1);

/// How far some work is.
pub(crate) struct Progress {
    bar: ProgressBar,
    started: Instant,
    shown: bool,
}

impl Progress {
    /// Work of `total` steps, or of an unknown number.
    pub(crate) fn new(label: &'static str, total: Option<u64>) -> Self {
        let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::hidden());
        let template = if total.is_some() {
            "{prefix} {bar:30} {human_pos}/{human_len} · {per_sec} · {eta} left"
        } else {
            "{prefix} {spinner} {human_pos} · {per_sec}"
        };
        let style = ProgressStyle::with_template(template);
        bar.set_style(style.expect("invariant: the template is a constant that parses"));
        bar.set_prefix(label);
        Self { bar, started: Instant::now(), shown: false }
    }

    /// Steps done so far.
    pub(crate) fn set(&mut self, done: u64) {
        if !self.shown && self.started.elapsed() >= QUIET_FIRST {
            self.shown = true;
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        self.bar.set_position(done);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_templates_parse() {
        Progress::new("a", Some(3)).set(2);
        Progress::new("b", None).set(2);
    }
}
