//! Submissions: the requests of one socket read, on their way through the ingress queue.

use gantry_model::{Actor, COMMAND_BYTES_MAX, Item, Items};

use crate::archive::Archived;

/// What a frame asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestKind {
    /// Commands, which may change state.
    Commands,
    /// Queries, which cannot.
    Queries,
}

/// Where one request frame's items lie in a submission's bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FrameSpan {
    pub(crate) kind: RequestKind,
    pub(crate) request: u64,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// All complete frames of one socket read. One push into the queue carries many orders, whatever
/// the client's own batching.
#[derive(Debug)]
pub struct Submission {
    /// The session that sent it, to address the replies.
    pub session: u64,
    /// Who asks.
    pub actor: Actor,
    frames: Vec<FrameSpan>,
    bytes: Vec<u8>,
    /// The newest archive file that its ids were looked up in.
    archive_number: u64,
    /// What the archive knows of its ids, rising by id.
    archived: Vec<Archived>,
    // How far the writer has come: the frame, and the byte within it.
    pub(crate) frame_index: usize,
    pub(crate) frame_bytes_done: usize,
}

impl Submission {
    /// An empty submission of one session.
    #[must_use]
    pub fn new(session: u64, actor: Actor) -> Self {
        Self {
            session,
            actor,
            frames: Vec::new(),
            bytes: Vec::new(),
            archive_number: 0,
            archived: Vec::new(),
            frame_index: 0,
            frame_bytes_done: 0,
        }
    }

    /// Copies one frame's items in.
    pub fn push_frame(&mut self, kind: RequestKind, request: u64, payload: &[u8]) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(payload);
        self.frames.push(FrameSpan { kind, request, start, end: self.bytes.len() });
    }

    /// Empties the submission and keeps its memory.
    pub fn clear(&mut self) {
        self.frames.clear();
        self.bytes.clear();
        self.archive_number = 0;
        self.archived.clear();
        self.frame_index = 0;
        self.frame_bytes_done = 0;
    }

    /// Id, kind and items of each frame.
    pub fn frames(&self) -> impl Iterator<Item = (u64, RequestKind, &[u8])> {
        let items = |frame: &FrameSpan| &self.bytes[frame.start..frame.end];
        self.frames.iter().map(move |frame| (frame.request, frame.kind, items(frame)))
    }

    /// The items of each frame.
    pub(crate) fn items(&self) -> impl Iterator<Item = (RequestKind, &[u8])> {
        self.frames.iter().map(|frame| (frame.kind, &self.bytes[frame.start..frame.end]))
    }

    /// Notes what the archive knows of the ids, and up to which file.
    pub(crate) fn attach(&mut self, archive_number: u64, archived: Vec<Archived>) {
        (self.archive_number, self.archived) = (archive_number, archived);
    }

    /// What the archive knows of the ids.
    pub(crate) fn archived(&self) -> &[Archived] {
        &self.archived
    }

    /// Whether nothing was worked off and rows have begun to leave memory for an archive file that
    /// the ids were not looked up in.
    pub(crate) fn is_outdated(&self, archive_number: u64) -> bool {
        let is_begun = self.frame_index > 0 || self.frame_bytes_done > 0;
        !is_begun && self.archive_number < archive_number
    }

    /// Whether no frame was pushed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    /// The frames' ids, in order; what a busy answer must name.
    pub fn requests(&self) -> impl Iterator<Item = u64> + '_ {
        self.frames.iter().map(|frame| frame.request)
    }

    /// The frame being worked off, or `None` at the end.
    pub(crate) fn current(&self) -> Option<FrameSpan> {
        self.frames.get(self.frame_index).copied()
    }

    /// The items of `frame` that are still to do.
    pub(crate) fn rest_of(&self, frame: FrameSpan) -> &[u8] {
        &self.bytes[frame.start + self.frame_bytes_done..frame.end]
    }

    /// Items of this and all later frames that are still to do; a frame ends early where an item
    /// is malformed.
    pub(crate) fn rest_of_all(&self) -> impl Iterator<Item = Item<'_>> {
        let rest = self.frames.get(self.frame_index..).unwrap_or(&[]);
        rest.iter().enumerate().flat_map(|(position, frame)| {
            let done = if position == 0 { self.frame_bytes_done } else { 0 };
            let bytes = &self.bytes[frame.start + done..frame.end];
            Items::new(bytes, COMMAND_BYTES_MAX).map_while(Result::ok)
        })
    }

    /// Goes on to the next frame.
    pub(crate) fn finish_frame(&mut self) {
        self.frame_index += 1;
        self.frame_bytes_done = 0;
    }
}
