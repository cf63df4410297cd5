//! Outcomes: what was decided about a command, as journaled and as answered.

use zerocopy::little_endian::{I64, U16, U32};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use crate::item::{BodyReader, Malformed};
use crate::{Proof, RejectReason, Sku};

/// Size of [`OutcomeHead`].
pub const OUTCOME_FIXED_BYTES: usize = size_of::<OutcomeHead>();

/// What the handle's field holds besides handles, which are far smaller: this and a proof's number,
/// or this and 255 for neither.
const PROOF_TAG: u32 = 0xffff_ff00;

/// The fixed part of an outcome.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct OutcomeHead {
    reason: U16,
    parcels: U16,
    // Of an upsert: the handle. Of a decision that sources: the number of its proof.
    handle_or_proof: U32,
    // Accepted: the cost. Rejected: the value that was too large or too small.
    cost_or_actual: I64,
    // Accepted: the gap. Rejected: what the value was held against.
    gap_or_limit: I64,
}
const _: () = assert!(OUTCOME_FIXED_BYTES == 24);

impl OutcomeHead {
    /// Accepted; parcels and their cost in minor units for a decision that sources.
    #[must_use]
    pub fn accepted(parcels: u16, cost_minor: i64) -> Self {
        Self {
            reason: 0.into(),
            parcels: parcels.into(),
            handle_or_proof: u32::MAX.into(),
            cost_or_actual: cost_minor.into(),
            gap_or_limit: 0.into(),
        }
    }

    /// Accepted, and this handle belongs to the code from now on.
    #[must_use]
    pub fn defined(handle: u32) -> Self {
        Self { handle_or_proof: handle.into(), ..Self::accepted(0, 0) }
    }

    /// Accepted with a plan that is proven this far; `None` where nothing was proven.
    #[must_use]
    pub fn sourced(parcels: u16, cost_minor: i64, proof: Option<Proof>, gap: i64) -> Self {
        let proof = proof.map_or(u32::MAX, |proof| PROOF_TAG | u32::from(proof.number()));
        Self {
            handle_or_proof: proof.into(),
            gap_or_limit: gap.into(),
            ..Self::accepted(parcels, cost_minor)
        }
    }

    /// Rejected; `actual` against `limit` where the reason compares two figures, else zeroes.
    #[must_use]
    pub fn rejected(reason: RejectReason, actual: i64, limit: i64) -> Self {
        Self {
            reason: reason.number().into(),
            cost_or_actual: actual.into(),
            gap_or_limit: limit.into(),
            ..Self::accepted(0, 0)
        }
    }

    /// The reason, or `None` when accepted.
    #[must_use]
    pub fn reason(&self) -> Option<RejectReason> {
        RejectReason::from_number(self.reason.get())
    }

    /// Whether the command was carried out.
    #[must_use]
    pub fn is_accepted(&self) -> bool {
        self.reason.get() == 0
    }

    /// Parcels that the decision makes: warehouses with units.
    #[must_use]
    pub fn parcels(&self) -> u16 {
        self.parcels.get()
    }

    /// Cost of the decision in minor units; 0 when rejected.
    #[must_use]
    pub fn cost_minor(&self) -> i64 {
        if self.is_accepted() { self.cost_or_actual.get() } else { 0 }
    }

    /// The offending figure of a rejection.
    #[must_use]
    pub fn actual(&self) -> i64 {
        if self.is_accepted() { 0 } else { self.cost_or_actual.get() }
    }

    /// The figure that it was held against.
    #[must_use]
    pub fn limit(&self) -> i64 {
        if self.is_accepted() { 0 } else { self.gap_or_limit.get() }
    }

    /// How far the plan of an accepted order is proven; `None` where nothing was proven.
    #[must_use]
    pub fn proof(&self) -> Option<Proof> {
        let number = self.handle_or_proof.get().checked_sub(PROOF_TAG)?;
        Proof::from_byte(u8::try_from(number).ok()?).filter(|_| self.is_accepted())
    }

    /// What [`OutcomeHead::proof`] leaves open: units, the objective's measure, or minor units.
    #[must_use]
    pub fn gap(&self) -> i64 {
        if self.is_accepted() { self.gap_or_limit.get() } else { 0 }
    }

    /// The handle that an upsert gave or found.
    #[must_use]
    pub fn handle(&self) -> Option<u32> {
        Some(self.handle_or_proof.get()).filter(|handle| *handle < PROOF_TAG)
    }
}

/// A line for which there was too little.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned,
)]
#[repr(C)]
pub struct Short {
    line: U16,
    reserved: [u8; 2],
    sku: U32,
    wanted: U32,
    available: U32,
}
const _: () = assert!(size_of::<Short>() == 16);

impl Short {
    /// Line `line` wants `wanted` units of `sku`; `available` could be had.
    #[must_use]
    pub fn new(line: u16, sku: Sku, wanted: u32, available: u32) -> Self {
        Self {
            line: line.into(),
            reserved: [0; 2],
            sku: sku.get().into(),
            wanted: wanted.into(),
            available: available.into(),
        }
    }

    /// The line, counted from 0.
    #[must_use]
    pub fn line(&self) -> u16 {
        self.line.get()
    }

    /// The SKU.
    #[must_use]
    pub fn sku(&self) -> Sku {
        Sku::new(self.sku.get())
    }

    /// Units wanted.
    #[must_use]
    pub fn wanted(&self) -> u32 {
        self.wanted.get()
    }

    /// Units that this line could have had.
    #[must_use]
    pub fn available(&self) -> u32 {
        self.available.get()
    }
}

/// An outcome, borrowed from its bytes or from a decision.
#[derive(Clone, Copy, Debug)]
pub struct Outcome<'a> {
    /// The fixed part.
    pub head: &'a OutcomeHead,
    /// Lines for which there was too little; only of a rejection for want of stock.
    pub shorts: &'a [Short],
}

impl<'a> Outcome<'a> {
    /// Reads an outcome that fills `bytes`.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let mut reader = BodyReader::new(bytes);
        let head: &OutcomeHead = reader.fixed()?;
        let shorts = reader.list((bytes.len() - OUTCOME_FIXED_BYTES) / size_of::<Short>())?;
        reader.end()?;
        let reason = head.reason.get();
        if reason != 0 && head.reason().is_none() {
            return Err(Malformed::BadField { field: "reason", value: u64::from(reason) });
        }
        Ok(Self { head, shorts })
    }
}
