//! Making ids for commands.

use gantry_model::CommandId;
use uuid::Uuid;

/// A new id: a UUIDv7, whose first 48 bits are the time in milliseconds, so that ids made one
/// after the other lie near each other in the engine's index.
///
/// Make the id once, **before** the command is first sent, and keep it with the order: whoever
/// sends the command again, be it after a crash of their own, sends the same id and learns what
/// became of it.
#[must_use]
pub fn new_id() -> CommandId {
    CommandId::new(Uuid::now_v7().as_u128())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_rise_and_are_version_7() {
        let ids: Vec<_> = (0..1000).map(|_| new_id()).collect();
        assert!(ids.windows(2).all(|pair| pair[0] < pair[1]));
        assert_eq!(ids[0].get() >> 76 & 0xf, 7);
    }
}
