//! Writing frames: the payload is appended in place, the header filled in afterwards.

use crate::{FRAME_HEADER_BYTES, FrameHeader, FrameKind};

/// Begins a frame at the end of `out`.
pub fn begin_frame(out: &mut Vec<u8>, kind: FrameKind, request: u64) -> FrameWriter<'_> {
    let start = out.len();
    out.extend_from_slice(&[0; FRAME_HEADER_BYTES]);
    FrameWriter { out, start, kind, request }
}

/// Appends a whole frame whose payload is already there. Panics as [`FrameWriter::finish`] does.
pub fn write_frame(
    out: &mut Vec<u8>,
    kind: FrameKind,
    request: u64,
    item_count: u32,
    payload: &[u8],
) {
    let mut frame = begin_frame(out, kind, request);
    frame.payload().extend_from_slice(payload);
    frame.finish(item_count);
}

/// A frame that waits for its payload. Dropped without [`Self::finish`], it
/// leaves a header of zeroes, which no reader takes.
#[derive(Debug)]
#[must_use = "a frame is written by `finish`"]
pub struct FrameWriter<'a> {
    out: &'a mut Vec<u8>,
    start: usize,
    kind: FrameKind,
    request: u64,
}

impl FrameWriter<'_> {
    /// Where the payload goes: append only.
    pub fn payload(&mut self) -> &mut Vec<u8> {
        self.out
    }

    /// Bytes of payload so far.
    #[must_use]
    pub fn payload_bytes(&self) -> usize {
        self.out.len() - self.start - FRAME_HEADER_BYTES
    }

    /// Fills the header in.
    ///
    /// # Panics
    /// When the payload or the item count is over the bound of the frame's kind: the reader on the
    /// other side would refuse it, so whoever collects items has to look before adding one.
    pub fn finish(self, item_count: u32) {
        let (_, frame) = self.out.split_at_mut(self.start);
        let (header, payload) = frame
            .split_first_chunk_mut::<FRAME_HEADER_BYTES>()
            .expect("invariant: begin_frame made room for the header");
        let (payload_bytes_min, payload_bytes_max) = self.kind.payload_bytes_bounds();
        let payload_bytes = payload.len();
        assert!(payload_bytes >= payload_bytes_min, "{payload_bytes} bytes are too few");
        assert!(payload_bytes <= payload_bytes_max, "{payload_bytes} bytes are too many");
        let items_max = self.kind.items_max();
        assert!(item_count as usize <= items_max, "{item_count} items, at most {items_max}");
        *header = FrameHeader::of(self.kind, self.request, item_count, payload).to_bytes();
    }
}
