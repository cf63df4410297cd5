//! Marks: places in the code that a campaign must have passed.
//!
//! A simulation that never cuts a torn tail says nothing about torn tails. A mark counts how often
//! its place was passed, for rare places only: one relaxed addition each. It is the same in the
//! product and under simulation, because it is the same code.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

static PASSED: Mutex<Vec<&'static Mark>> = Mutex::new(Vec::new());

/// A place in the code; made by [`mark!`](crate::mark).
#[derive(Debug)]
pub struct Mark {
    name: &'static str,
    count: AtomicU64,
}

impl Mark {
    /// A mark that was not passed yet.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self { name, count: AtomicU64::new(0) }
    }

    /// Counts one passage.
    pub fn pass(&'static self) {
        // Relaxed: a count. Whoever is first puts the mark on the list.
        if self.count.fetch_add(1, Ordering::Relaxed) == 0 {
            PASSED.lock().unwrap_or_else(PoisonError::into_inner).push(self);
        }
    }
}

/// Every mark that was passed in this process, by name, and how often.
#[must_use]
pub fn marks_passed() -> Vec<(&'static str, u64)> {
    let passed = PASSED.lock().unwrap_or_else(PoisonError::into_inner);
    let mut marks: Vec<_> =
        passed.iter().map(|mark| (mark.name, mark.count.load(Ordering::Relaxed))).collect();
    marks.sort_unstable();
    marks.dedup_by(|later, kept| {
        let is_same = later.0 == kept.0;
        kept.1 += u64::from(is_same) * later.1;
        is_same
    });
    marks
}

/// Counts that this place was passed, under a name.
#[macro_export]
macro_rules! mark {
    ($name:literal) => {{
        static MARK: $crate::Mark = $crate::Mark::new($name);
        MARK.pass();
    }};
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_of_one_name_are_counted_together() {
        for _ in 0..3 {
            mark!("test of marks");
        }
        mark!("test of marks");
        let count = |name| marks_passed().iter().find(|mark| mark.0 == name).map(|mark| mark.1);
        assert_eq!(count("test of marks"), Some(4));
        assert_eq!(count("never passed"), None);
    }
}
