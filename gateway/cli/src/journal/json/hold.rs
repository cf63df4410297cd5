//! Commands of holds, and records that end them, as JSON objects.

use gantry_model::{ExpireHolds, ExtendHold, HoldId, PlaceHold, ReleaseHold};
use serde::Serialize;

use super::LineJson;
use crate::names::{Id, Name, Names};

/// Units wanted for a cart.
#[derive(Serialize)]
pub(super) struct PlaceHoldJson<'a> {
    id: Id,
    hold: Id,
    owner: Id,
    replaces: Option<Id>,
    ttl_seconds: u32,
    /// Either it or the warehouse.
    zone: Option<Name<'a>>,
    warehouse: Option<Name<'a>>,
    channel: Option<Name<'a>>,
    partial: bool,
    lines: Vec<LineJson<'a>>,
}

/// A hold that lasts longer.
#[derive(Serialize)]
pub(super) struct ExtendHoldJson {
    id: Id,
    hold: Id,
    ttl_seconds: u32,
}

/// A hold that its owner lets go.
#[derive(Serialize)]
pub(super) struct ReleaseHoldJson {
    id: Id,
    hold: Id,
}

/// Holds that came to their end.
#[derive(Serialize)]
pub(super) struct ExpireHoldsJson {
    holds: u32,
    last_expires_time_ns: u64,
    /// The record that placed the last of them.
    last_placed: u64,
    /// The last of them; `null` if no record here placed it.
    last_hold: Option<Id>,
}

impl<'a> PlaceHoldJson<'a> {
    pub(super) fn new(hold: &PlaceHold<'a>, names: &'a Names) -> Self {
        let id = Id(hold.id.get());
        Self {
            id,
            hold: id,
            owner: Id(hold.owner),
            replaces: named(hold.replaces),
            ttl_seconds: hold.ttl_seconds,
            zone: names.zone_if_any(hold.zone),
            warehouse: names.warehouse(hold.warehouse),
            channel: names.channel(hold.channel),
            partial: hold.partial,
            lines: hold.lines.iter().map(|line| LineJson::new(line, names)).collect(),
        }
    }
}

impl ExtendHoldJson {
    pub(super) fn new(extend: &ExtendHold) -> Self {
        let (id, hold) = (Id(extend.id.get()), Id(extend.hold.get()));
        Self { id, hold, ttl_seconds: extend.ttl_seconds }
    }
}

impl ReleaseHoldJson {
    pub(super) fn new(release: &ReleaseHold) -> Self {
        Self { id: Id(release.id.get()), hold: Id(release.hold.get()) }
    }
}

impl ExpireHoldsJson {
    pub(super) fn new(expired: &ExpireHolds, names: &Names) -> Self {
        Self {
            holds: expired.holds,
            last_expires_time_ns: expired.last_expires.get(),
            last_placed: expired.last_placed.get(),
            last_hold: names.hold_placed(expired.last_placed),
        }
    }
}

/// The hold, if there is one.
pub(super) fn named(hold: HoldId) -> Option<Id> {
    (hold != HoldId::NONE).then_some(Id(hold.get()))
}
