//! Promises broken on purpose, so that the rigs of `bench/faults` and the simulator can show that
//! they would notice.
//!
//! Without the feature `sabotage` nothing is ever asked for: the answer is a constant, and the
//! product holds none of this. With it, the environment of the process names one.

/// A promise to break.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sabotage {
    /// Frames are acknowledged and never synced.
    SkipSync,
    /// A frame is acknowledged when it is written; its sync comes before the next one.
    AckEarly,
    /// The tail is cut at the first page that is not valid, whatever stands behind it.
    CutAtFirstBad,
    /// The names in a folder are never synced.
    ForgetDirectorySync,
    /// Ids that were answered before the last start are forgotten.
    ForgetIds,
    /// A snapshot is believed although the journal ends before it.
    AcceptStaleSnapshot,
    /// A walk takes the last page that a frame can use for the end of its segment.
    OffByOneAtSegmentEnd,
    /// The content of a snapshot or an archive file is not synced before it gets its name.
    UnsyncedRename,
    /// Cancelled units are given back to their shelf twice.
    ReleaseTwiceOnCancel,
    /// The lines of one SKU are sourced as if each were the only one.
    LinesNotSummed,
    /// A replayed record has another time than the live one had. The engine reads no clock: the
    /// record's time and a nanosecond stands for it.
    ClockInReplay,
    /// The last of several movements of an order is recorded and not carried out.
    MovementSkipped,
    /// Replies leave as soon as the journal has taken their batch.
    ReplyBeforeDurable,
}

impl Sabotage {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::SkipSync,
        Self::AckEarly,
        Self::CutAtFirstBad,
        Self::ForgetDirectorySync,
        Self::ForgetIds,
        Self::AcceptStaleSnapshot,
        Self::OffByOneAtSegmentEnd,
        Self::UnsyncedRename,
        Self::ReleaseTwiceOnCancel,
        Self::LinesNotSummed,
        Self::ClockInReplay,
        Self::MovementSkipped,
        Self::ReplyBeforeDurable,
    ];

    /// As the environment names it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SkipSync => "skip_sync",
            Self::AckEarly => "ack_early",
            Self::CutAtFirstBad => "cut_at_first_bad",
            Self::ForgetDirectorySync => "forget_directory_sync",
            Self::ForgetIds => "forget_ids",
            Self::AcceptStaleSnapshot => "accept_stale_snapshot",
            Self::OffByOneAtSegmentEnd => "off_by_one_at_segment_end",
            Self::UnsyncedRename => "unsynced_rename",
            Self::ReleaseTwiceOnCancel => "release_twice_on_cancel",
            Self::LinesNotSummed => "lines_of_one_sku_not_summed",
            Self::ClockInReplay => "clock_in_replay",
            Self::MovementSkipped => "movement_skipped",
            Self::ReplyBeforeDurable => "reply_before_durable",
        }
    }
}

/// Name of the variable that names the promise to break.
#[cfg(feature = "sabotage")]
pub const VARIABLE: &str = "GANTRY_SABOTAGE";

/// Whether this promise is to be broken in this process.
#[cfg(feature = "sabotage")]
#[must_use]
pub fn asked(sabotage: Sabotage) -> bool {
    static CHOSEN: std::sync::OnceLock<Option<String>> = std::sync::OnceLock::new();
    let chosen = CHOSEN.get_or_init(|| std::env::var(VARIABLE).ok());
    chosen.as_deref() == Some(sabotage.name())
}

/// Never, in a product.
#[cfg(not(feature = "sabotage"))]
#[must_use]
pub const fn asked(_sabotage: Sabotage) -> bool {
    false
}
