//! Closing of orders, and their way out of memory.

use gantry_model::{Retire, Sequence};

use super::archives::{ArchiveRow, ClosedRow};
use super::{State, rows};
use crate::archive::ArchiveFacts;

impl State {
    /// Whether the archive file can be the next whose rows leave: it begins where the last one
    /// ended, and all that it holds is in memory.
    pub(crate) fn may_retire(&self, file: &ArchiveFacts) -> bool {
        let archives = &self.archives;
        archives.unfinished().is_none()
            && file.number == archives.last_number() + 1
            && file.orders_before == archives.orders()
            && file.commands_before == archives.commands()
            && file.orders <= archives.closed.len()
            && file.commands <= self.remembered.command_count()
    }

    /// Notes that an order has no open units any more.
    pub(super) fn close_order(&mut self, slot: u32, closed: Sequence) {
        self.forget_open(slot);
        let row = ClosedRow { slot, closed };
        self.hash.put(self.hash_closed(&row));
        self.archives.closed.push(row);
    }

    pub(super) fn apply_retire(&mut self, retire: &Retire) {
        let (before, after) = self.archives.note(retire);
        if let Some(before) = before {
            self.hash.take(rows::archive(&before));
        }
        self.hash.put(rows::archive(&after));
        (0..retire.orders).for_each(|_| self.forget_order());
        for _ in 0..retire.commands {
            let row = self.remembered.forget_command();
            self.hash.take(rows::command(&row));
        }
    }

    /// Lets go of the order that has been closed for longest.
    fn forget_order(&mut self) {
        let (_, row) = self.archives.closed.pop().expect("invariant: as many are closed");
        self.hash.take(self.hash_closed(&row));
        self.take_order(row.slot);
        self.remembered.forget_order(self.orders.row(row.slot).id, row.slot);
        self.orders.remove(row.slot);
    }

    /// The file whose rows leave next, as it stands before: the one that is begun, or `next`.
    pub(crate) fn retiring(&self, next: Option<&ArchiveFacts>) -> Option<ArchiveRow> {
        let unfinished = self.archives.unfinished().copied();
        unfinished.or_else(|| next.filter(|file| self.may_retire(file)).map(ArchiveFacts::row))
    }
}
