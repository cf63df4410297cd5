//! What engine time an import's records get.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use gantry_model::EngineTime;

/// Engine time of an import; it never goes back.
pub(super) enum Clock {
    /// Wall time at start plus the monotonic clock, never behind the journal.
    Wall { start_ns: u64, started: Instant },
    /// The day of the order that is being placed; before the first, its day.
    PlacedOn { midnight: EngineTime },
}

impl Clock {
    /// The time of the import, in a journal that ends at `last`.
    pub(super) fn wall(last: EngineTime) -> Self {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let wall_ns = u64::try_from(since_epoch.as_nanos()).unwrap_or(u64::MAX);
        Self::Wall { start_ns: wall_ns.max(last.get()), started: Instant::now() }
    }

    /// An order of this day comes next; days do not go back.
    pub(super) fn advance_to(&mut self, placed_on: Option<EngineTime>) {
        if let (Self::PlacedOn { midnight }, Some(placed_on)) = (self, placed_on) {
            *midnight = placed_on;
        }
    }

    /// Engine time now.
    pub(super) fn now(&self) -> EngineTime {
        match self {
            Self::Wall { start_ns, started } => {
                let elapsed_ns = u64::try_from(started.elapsed().as_nanos()).unwrap_or(u64::MAX);
                EngineTime::new(start_ns.saturating_add(elapsed_ns))
            }
            Self::PlacedOn { midnight } => *midnight,
        }
    }
}
