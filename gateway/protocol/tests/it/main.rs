//! The codec at its boundary: bytes in, frames out, and the document that promises them.

#![allow(
    clippy::unwrap_used,
    reason = "test code; clippy exempts test functions only, not their helpers"
)]

mod bodies;
mod document;
mod errors;
mod golden;
mod stream;

use gantry_protocol::{FrameError, FrameReader};

/// A frame that owns its payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OwnedFrame {
    kind: gantry_protocol::FrameKind,
    request: u64,
    item_count: u32,
    payload: Vec<u8>,
}

pub(crate) fn next(reader: &mut FrameReader) -> Result<Option<OwnedFrame>, FrameError> {
    let frame = reader.next_frame()?;
    Ok(frame.map(|frame| OwnedFrame {
        kind: frame.kind,
        request: frame.request,
        item_count: frame.item_count,
        payload: frame.payload.to_vec(),
    }))
}

/// Puts in all of `bytes`, which must fit.
pub(crate) fn put(reader: &mut FrameReader, bytes: &[u8]) {
    assert_eq!(reader.extend(bytes), bytes.len());
}
