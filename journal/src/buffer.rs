//! The page-aligned buffer in which a frame is built.
//!
//! The engine appends record bytes behind the room for the header; the journal fills the header in
//! and writes the same memory, so a record is copied once on its way to a direct write.

use std::alloc::{Layout, handle_alloc_error};

use memmap2::MmapMut;

use crate::layout::{FRAME_HEADER_BYTES, PAGE_LENGTH, PAYLOAD_BYTES_MAX};

/// Payload of one frame, with room for its header in front and its padding behind.
#[derive(Debug)]
pub struct FrameBuffer {
    memory: MmapMut,
    payload_bytes: usize,
    capacity_bytes: usize,
}

impl FrameBuffer {
    /// A buffer for `capacity_bytes` of payload, at most [`PAYLOAD_BYTES_MAX`]. The memory is
    /// anonymous and page-aligned; see [`touch`](Self::touch).
    ///
    /// # Panics
    /// If the capacity is 0 or above the limit. Without memory the process ends, as at any other
    /// allocation that fails.
    #[must_use]
    pub fn new(capacity_bytes: usize) -> Self {
        assert!(capacity_bytes > 0, "a frame buffer needs room");
        assert!(capacity_bytes <= PAYLOAD_BYTES_MAX, "{capacity_bytes} bytes exceed one frame");
        let frame_bytes = (FRAME_HEADER_BYTES + capacity_bytes).next_multiple_of(PAGE_LENGTH);
        let memory = anonymous(frame_bytes);
        Self { memory, payload_bytes: 0, capacity_bytes }
    }

    /// Writes all over the memory of an empty buffer, so that the system gives it now, and not page
    /// by page where it is needed first.
    ///
    /// # Panics
    /// If there is payload.
    pub fn touch(&mut self) {
        assert_eq!(self.payload_bytes, 0, "touching would lose the payload");
        self.memory.fill(0);
    }

    /// Appends `bytes` to the payload.
    ///
    /// # Panics
    /// If they exceed [`remaining_bytes`](Self::remaining_bytes): the caller must ask first.
    pub fn extend_from_slice(&mut self, bytes: &[u8]) {
        assert!(bytes.len() <= self.remaining_bytes(), "frame buffer overflow");
        let start = FRAME_HEADER_BYTES + self.payload_bytes;
        self.memory[start..start + bytes.len()].copy_from_slice(bytes);
        self.payload_bytes += bytes.len();
    }

    /// The payload so far.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        &self.memory[FRAME_HEADER_BYTES..FRAME_HEADER_BYTES + self.payload_bytes]
    }

    /// The payload so far, to fill in what was not known when it was appended.
    pub fn payload_mut(&mut self) -> &mut [u8] {
        &mut self.memory[FRAME_HEADER_BYTES..FRAME_HEADER_BYTES + self.payload_bytes]
    }

    /// Length of the payload so far.
    #[must_use]
    pub fn payload_bytes(&self) -> usize {
        self.payload_bytes
    }

    /// How much more payload fits.
    #[must_use]
    pub fn remaining_bytes(&self) -> usize {
        self.capacity_bytes - self.payload_bytes
    }

    /// Drops all payload after the first `payload_bytes`.
    ///
    /// # Panics
    /// If the payload is shorter than that.
    pub fn truncate(&mut self, payload_bytes: usize) {
        assert!(payload_bytes <= self.payload_bytes, "truncate cannot grow a payload");
        self.payload_bytes = payload_bytes;
    }

    /// Empties the buffer.
    pub fn clear(&mut self) {
        self.payload_bytes = 0;
    }

    /// Room for the header.
    pub(crate) fn header_mut(&mut self) -> &mut [u8] {
        &mut self.memory[..FRAME_HEADER_BYTES]
    }

    /// Zeroes what an earlier, longer payload left behind this one in the last page.
    pub(crate) fn zero_padding(&mut self) {
        let end = FRAME_HEADER_BYTES + self.payload_bytes;
        self.memory[end..end.next_multiple_of(PAGE_LENGTH)].fill(0);
    }

    /// The frame as whole pages.
    pub(crate) fn pages(&self) -> &[u8] {
        let end = FRAME_HEADER_BYTES + self.payload_bytes;
        &self.memory[..end.next_multiple_of(PAGE_LENGTH)]
    }

    /// Loads whole pages of an existing file, to be written again as they are.
    pub(crate) fn load_pages(pages: &[u8]) -> MmapMut {
        let mut memory = anonymous(pages.len());
        memory.copy_from_slice(pages);
        memory
    }
}

/// Pages that no file is behind. Where there are none, the process ends as an allocation would end
/// it: a panic would print a backtrace, which takes memory, and wait for itself when that fails.
pub(crate) fn anonymous(bytes: usize) -> MmapMut {
    MmapMut::map_anon(bytes).unwrap_or_else(|_| {
        let layout = Layout::from_size_align(bytes, PAGE_LENGTH);
        handle_alloc_error(layout.expect("invariant: a buffer is far smaller than memory"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_send<T: Send>() {}

    #[test]
    fn a_buffer_may_move_between_threads() {
        is_send::<FrameBuffer>();
    }

    #[test]
    fn payload_grows_shrinks_and_is_counted() {
        let mut buffer = FrameBuffer::new(100);
        buffer.extend_from_slice(&[7; 60]);
        assert_eq!((buffer.payload_bytes(), buffer.remaining_bytes()), (60, 40));
        buffer.payload_mut()[0] = 9;
        assert_eq!(buffer.payload()[..2], [9, 7]);
        buffer.truncate(1);
        assert_eq!(buffer.payload(), [9]);
        buffer.clear();
        assert_eq!(buffer.remaining_bytes(), 100);
    }

    #[test]
    fn padding_holds_nothing_of_an_earlier_payload() {
        let mut buffer = FrameBuffer::new(8000);
        buffer.extend_from_slice(&[0xff; 8000]);
        buffer.clear();
        buffer.extend_from_slice(b"short");
        buffer.zero_padding();
        let pages = buffer.pages();
        assert_eq!(pages.len(), PAGE_LENGTH);
        assert!(pages[FRAME_HEADER_BYTES + 5..].iter().all(|byte| *byte == 0));
        assert!(pages.as_ptr().addr().is_multiple_of(PAGE_LENGTH));
    }

    #[test]
    #[should_panic(expected = "frame buffer overflow")]
    fn overflow_is_a_bug() {
        FrameBuffer::new(10).extend_from_slice(&[0; 11]);
    }
}
