//! Items that are not of a known form, or that no client may send.

use gantry_model::{
    Command, EngineSecond, EngineTime, ExpireHolds, GiveUp, Match, MatchEnd, Promise, Retire,
    Sequence, Sweep, WaitKey,
};

use super::{Made, Workload};

impl Workload {
    /// An item with something wrong: it may still be of a known form, with another meaning.
    pub(super) fn malformed(&mut self, out: &mut Vec<u8>) -> Made {
        let start = out.len();
        self.repeat(out);
        let is_query = self.dice.one_in(4);
        if is_query {
            out.truncate(start);
            self.read(super::Act::Quote, out);
        }
        let length = out.len() - start;
        match self.dice.below(6) {
            // Any byte behind the length.
            0..3 => {
                let at = start + 8 + self.dice.index(length - 8);
                out[at] ^= 1 << self.dice.below(8);
            }
            // A kind or schema that there is not.
            3 => {
                let at = start + self.dice.index(4);
                out[at] = out[at].wrapping_add(5);
            }
            // Eight bytes too many or too few, which the length admits.
            4 => {
                let is_longer = self.dice.one_in(2) || length <= 32;
                let length = if is_longer { length + 8 } else { length - 8 };
                out.resize(start + length, 0);
                let length = u32::try_from(length).unwrap_or(8);
                out[start + 4..start + 8].copy_from_slice(&length.to_le_bytes());
            }
            // A length that is none: nothing behind it can be found.
            _ => {
                let wrong = self.dice.pick(&[0, 7, 9, 1 << 16, u32::MAX]);
                out[start + 4..start + 8].copy_from_slice(&wrong.to_le_bytes());
            }
        }
        // A query's bytes may come among commands, too.
        if is_query && !self.dice.one_in(4) { Made::Query } else { Made::Command }
    }

    /// A command that is the engine's own.
    pub(super) fn own(&mut self, out: &mut Vec<u8>) {
        if self.dice.one_in(4) {
            let (last_expires, last_placed) = (EngineTime::new(1), Sequence::new(1));
            let expired = ExpireHolds { last_expires, last_placed, holds: 1 };
            return Command::ExpireHolds(expired).write(out);
        }
        if self.dice.one_in(4) {
            let end = self.dice.pick(&[MatchEnd::Over, MatchEnd::GoesOn]);
            let key = WaitKey { promised: EngineSecond::NONE, ..self.wait_key() };
            let last = self.dice.pick(&[WaitKey::FIRST, key]);
            return Command::Promise(Promise { sku: self.sku(), last, end }).write(out);
        }
        if self.dice.one_in(4) {
            let (order, cancel_at) = (self.asked().0, self.second());
            return Command::GiveUp(GiveUp { order, cancel_at }).write(out);
        }
        if self.dice.one_in(4) {
            let (from, last) = (self.sku(), self.sku());
            return Command::Sweep(Sweep { from, last, end: MatchEnd::Over }).write(out);
        }
        if self.dice.one_in(3) {
            let (sku, last) = (self.sku(), self.wait_key());
            return Command::Match(Match { sku, last, end: MatchEnd::Over }).write(out);
        }
        if self.dice.one_in(2) {
            return Command::Mark { state_hash: self.dice.wide(), hash_version: 3 }.write(out);
        }
        let retire = Retire {
            archive: 1,
            archive_hash: [0; 16],
            orders_total: 1,
            commands_total: 1,
            orders: 1,
            commands: 1,
        };
        Command::Retire(retire).write(out);
    }
}
