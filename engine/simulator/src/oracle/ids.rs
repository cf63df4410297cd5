//! What is known of ids that were answered before. Looked up several times for each command, and
//! never walked: in what order a table holds them is nobody's business.

use std::hash::{BuildHasherDefault, Hasher};

use super::book::Known;

#[expect(clippy::disallowed_types, reason = "it is never walked, and its hasher has no chance")]
type Table = std::collections::HashMap<u128, Known, BuildHasherDefault<Folded>>;

#[derive(Debug, Default)]
pub(super) struct Ids(Table);

impl Ids {
    pub(super) fn get(&self, id: u128) -> Option<&Known> {
        self.0.get(&id)
    }

    pub(super) fn insert(&mut self, id: u128, known: Known) {
        self.0.insert(id, known);
    }

    pub(super) fn remove(&mut self, id: u128) {
        self.0.remove(&id);
    }
}

/// The halves of an id, multiplied and folded.
#[derive(Default)]
struct Folded(u64);

#[expect(clippy::cast_possible_truncation, reason = "halves are what it wants")]
impl Hasher for Folded {
    fn write_u128(&mut self, id: u128) {
        let half = |shift: u32, salt: u64| u128::from((id >> shift) as u64 ^ salt);
        let wide = half(0, 0x9e37_79b9_7f4a_7c15) * half(64, 0xc2b2_ae3d_27d4_eb4f);
        self.0 = (wide ^ wide >> 64) as u64;
    }

    fn write(&mut self, _bytes: &[u8]) {
        unreachable!("ids are written whole");
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
