//! What ends a comparison early.

use gantry_model::{Code, RejectReason, Sequence};

use crate::ReplayError;

/// A journal that cannot be read, or a policy that cannot be set.
#[derive(Debug, thiserror::Error)]
pub enum WhatIfError {
    /// The records do not follow each other.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// A name that the record defines is refused in a column, so later records would name others.
    #[error("record {sequence} defines a name that cannot be defined in a column")]
    NameRefused {
        /// The record.
        sequence: Sequence,
    },
    /// The engine refuses a column's policy.
    #[error("policy {policy}: {}", reason.map_or("malformed", RejectReason::name))]
    PolicyRefused {
        /// The policy.
        policy: Code,
        /// Why; `None`: it has more rows than a command may carry.
        reason: Option<RejectReason>,
    },
    /// A policy that allows only warehouses that were not there yet.
    #[error("policy {policy}: none of its warehouses is defined when the first order is placed")]
    NoWarehouse {
        /// The policy.
        policy: Code,
    },
}
