//! Tells a torn tail from damage, at the first page of a segment that is not a valid frame.
//!
//! One frame at a time is unsynced, so a crash leaves at most one torn frame, whose bytes lie
//! within one frame length. Everything that cannot come from that is damage to data that was
//! acknowledged. The cases are the rows of the recovery table in `docs/FORMAT.md`.

use crate::error::Fault;
use crate::layout::{FrameHeader, PAGE_BYTES, PAGE_LENGTH, is_zero};
use crate::page::{Place, check_place};
use crate::sabotage::{Sabotage, asked};

/// What is known of the page at which the walk stopped.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TailStop {
    /// The page.
    pub(crate) place: Place,
    /// Number that a frame here would have.
    pub(crate) next_frame: u64,
    /// Farthest distance from the page that one torn frame can reach: the frame's own length where
    /// its header is whole, else the longest frame.
    pub(crate) reach_bytes: u64,
    /// Whether the header of the page is whole, so that pages inside the frame are payload.
    pub(crate) header_whole: bool,
}

/// Length of the torn tail in `rest`, the segment's bytes from the stop on but the zeros at their end
/// (0: a clean end), or the offset and fault of the page that proves damage.
pub(crate) fn torn_bytes(rest: &[u8], stop: &TailStop) -> Result<u64, (u64, Fault)> {
    if asked(Sabotage::CutAtFirstBad) {
        return Ok(if is_zero(rest) { 0 } else { rest.len() as u64 });
    }
    let mut torn_bytes = 0;
    for (index, page) in rest.chunks_exact(PAGE_LENGTH).enumerate() {
        if is_zero(page) {
            continue;
        }
        let distance = index as u64 * PAGE_BYTES;
        let inside = stop.header_whole && distance < stop.reach_bytes;
        let at = stop.place.offset + distance;
        if index > 0
            && !inside
            && let Some(durable_frame) = durable_evidence(page, at, stop)
        {
            return Err((stop.place.offset, Fault::DurableAfter { at, durable_frame }));
        }
        if distance >= stop.reach_bytes {
            return Err((stop.place.offset, Fault::DataAfter { at }));
        }
        torn_bytes = distance + PAGE_BYTES;
    }
    Ok(torn_bytes)
}

/// Highest frame that the page proves durable, if that is the expected one or a later one.
pub(crate) fn durable_evidence(page: &[u8], at: u64, stop: &TailStop) -> Option<u64> {
    let header = FrameHeader::parse(page)?;
    let place = Place { offset: at, ..stop.place };
    check_place(&header, &place).ok()?;
    // The next frame is written only when this one is durable, so its presence is proof as well.
    let durable = header.durable_frame.get().max(header.frame_number.get());
    (durable >= stop.next_frame).then_some(durable)
}
