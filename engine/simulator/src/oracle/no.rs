//! A "no" of the rules: the reason, and the figures that it compares.

use gantry_model::{OutcomeHead, RejectReason};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct No {
    pub(super) reason: RejectReason,
    actual: i64,
    limit: i64,
}

impl No {
    pub(super) fn head(self) -> OutcomeHead {
        OutcomeHead::rejected(self.reason, self.actual, self.limit)
    }
}

impl From<RejectReason> for No {
    fn from(reason: RejectReason) -> Self {
        Self { reason, actual: 0, limit: 0 }
    }
}

/// No: `actual` is too much or too little for `limit`.
pub(super) fn no<T>(
    reason: RejectReason,
    actual: impl Into<i64>,
    limit: impl Into<i64>,
) -> Result<T, No> {
    Err(No { reason, actual: actual.into(), limit: limit.into() })
}

/// No, if `is_wrong`; nothing is compared.
pub(super) fn refuse_if(is_wrong: bool, reason: RejectReason) -> Result<(), No> {
    if is_wrong { Err(reason.into()) } else { Ok(()) }
}

/// A length as a figure.
pub(super) fn figure(length: usize) -> i64 {
    i64::try_from(length).expect("invariant: lengths of memory")
}
