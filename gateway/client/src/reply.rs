//! A reply that owns its bytes.

use gantry_model::{Item, Malformed, RejectReason, Reply, ReplyStatus};
use gantry_protocol::REPLY_PAYLOAD_BYTES_MAX;

/// One reply, checked when it was received.
#[derive(Clone, PartialEq, Eq)]
pub struct OwnedReply {
    bytes: Box<[u8]>,
}

impl OwnedReply {
    /// Copies a reply out of a frame, if it is of a known form.
    pub fn new(item: &Item<'_>) -> Result<Self, Malformed> {
        Reply::parse(item)?;
        Ok(Self { bytes: item.bytes.into() })
    }

    /// The reply, borrowed.
    #[must_use]
    pub fn reply(&self) -> Reply<'_> {
        Item::split(&self.bytes, REPLY_PAYLOAD_BYTES_MAX)
            .and_then(|(item, _)| Reply::parse(&item))
            .expect("invariant: parsed when it was received")
    }

    /// Whether the command was carried out, now or when its id was first sent; whether the query
    /// was answered.
    #[must_use]
    pub fn is_success(&self) -> bool {
        let reply = self.reply();
        match reply.status {
            ReplyStatus::Accepted | ReplyStatus::Answered => true,
            ReplyStatus::Duplicate => reply.reason == 0,
            ReplyStatus::Rejected | ReplyStatus::Malformed => false,
        }
    }

    /// Why the command was rejected, now or when its id was first sent.
    #[must_use]
    pub fn reject_reason(&self) -> Option<RejectReason> {
        let reply = self.reply();
        match reply.status {
            ReplyStatus::Rejected | ReplyStatus::Duplicate => reply.reject_reason(),
            _ => None,
        }
    }

    /// The whole item's bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl std::fmt::Debug for OwnedReply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.reply().fmt(f)
    }
}
