//! Promises broken on purpose, so that the rigs of `bench/faults` can show that they would notice.
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
}

impl Sabotage {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::SkipSync,
        Self::AckEarly,
        Self::CutAtFirstBad,
        Self::ForgetDirectorySync,
        Self::ForgetIds,
        Self::AcceptStaleSnapshot,
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
