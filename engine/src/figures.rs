//! What the process around the engine knows: figures that totals show, and whether the disk is
//! full. Atomics, written by the gateway's threads and read when somebody asks.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};

use gantry_model::Totals;

/// Figures of the process. All are statistics: no other memory is ordered by them.
#[derive(Debug, Default)]
pub struct ProcessFigures {
    /// Bytes of journal frames written since start.
    pub journal_bytes: AtomicU64,
    /// Syncs of the journal since start.
    pub syncs: AtomicU64,
    /// Bytes free where the journal is.
    pub disk_free_bytes: AtomicU64,
    /// Time since start.
    pub uptime_ns: AtomicU64,
    /// 1 = answered when synced, 2 = answered when the operating system has it.
    pub durability: AtomicU8,
    /// 1 = mapped, 2 = direct.
    pub journal_io: AtomicU8,
    /// The journal writes into its last segment and the disk has no room for another: what grows
    /// is refused. No state: a replay knows nothing of it, since a refusal leaves no record.
    pub no_space: AtomicBool,
}

impl ProcessFigures {
    pub(crate) fn fill(&self, totals: &mut Totals) {
        totals.journal_bytes = self.journal_bytes.load(Ordering::Relaxed).into();
        totals.syncs = self.syncs.load(Ordering::Relaxed).into();
        totals.disk_free_bytes = self.disk_free_bytes.load(Ordering::Relaxed).into();
        totals.uptime_ns = self.uptime_ns.load(Ordering::Relaxed).into();
        totals.durability = self.durability.load(Ordering::Relaxed);
        totals.journal_io = self.journal_io.load(Ordering::Relaxed);
    }
}
