//! The ids of imported commands: hashes of what the files say, so that importing twice finds
//! every command done.
//!
//! `docs/IMPORT.md` documents them; an id, once published, is a format.

use gantry_model::CommandId;

/// Goes before everything that is hashed, so that no other program makes the same ids by chance.
const PREFIX: &[u8] = b"gantry import";
/// Ends each part of a row. No field holds it: control characters are refused.
const SEPARATOR: &[u8] = b"\0";

/// The id of the order that the file calls `order_id`.
pub(super) fn order_id(order_id: &str) -> CommandId {
    let mut hasher = blake3::Hasher::new();
    hasher.update(PREFIX).update(order_id.as_bytes());
    CommandId::new(first_128_bits(&hasher))
}

/// The id of another command: the kind of its file, then the fields of its row.
pub(super) fn row_id<'a>(kind: &str, fields: impl IntoIterator<Item = &'a str>) -> CommandId {
    CommandId::new(hash_parts(kind, fields))
}

/// The customer's 128 bits: the engine need not know who it is. No customer, no bits.
pub(super) fn customer(customer_id: &str) -> u128 {
    if customer_id.is_empty() { 0 } else { hash_parts("customer", [customer_id]) }
}

fn hash_parts<'a>(kind: &str, fields: impl IntoIterator<Item = &'a str>) -> u128 {
    let mut hasher = blake3::Hasher::new();
    hasher.update(PREFIX).update(SEPARATOR).update(kind.as_bytes()).update(SEPARATOR);
    for field in fields {
        hasher.update(field.as_bytes()).update(SEPARATOR);
    }
    first_128_bits(&hasher)
}

/// The first sixteen bytes, in the order in which a UUID is written.
fn first_128_bits(hasher: &blake3::Hasher) -> u128 {
    let hash = hasher.finalize();
    let (first, _) = hash.as_bytes().split_first_chunk().expect("invariant: a hash has 32 bytes");
    u128::from_be_bytes(*first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_id_is_the_hash_of_prefix_and_text() {
        let hash = blake3::hash(b"gantry importCA-2014-103800").to_hex();
        let id = format!("{:032x}", order_id("CA-2014-103800").get());
        assert_eq!(id, hash.as_str()[..32]);
    }

    #[test]
    fn rows_of_other_kinds_or_other_fields_have_other_ids() {
        let ids = [
            row_id("sku", ["A"]),
            row_id("zone", ["A"]),
            row_id("sku", ["A", ""]),
            row_id("sku", ["", "A"]),
            order_id("A"),
        ];
        for (index, id) in ids.iter().enumerate() {
            assert!(!ids[..index].contains(id), "{index}");
        }
        assert_eq!(customer(""), 0);
    }
}
