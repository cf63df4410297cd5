//! Closed orders on their way out of memory, and the archive files that hold those that left.

use gantry_model::{Retire, Sequence};

use super::fifo::Fifo;

/// An order without open units. It does not open again.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ClosedRow {
    pub(crate) slot: u32,
    /// The record that closed it.
    pub(crate) closed: Sequence,
}

/// An archive file whose rows leave memory, or have left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArchiveRow {
    /// Its number, dense from 1.
    pub number: u64,
    /// The hash that the file bears.
    pub hash: [u8; 16],
    /// Orders that it holds.
    pub orders_total: u32,
    /// Commands that it holds.
    pub commands_total: u32,
    /// Orders that have left memory.
    pub orders_retired: u32,
    /// Commands that have left memory.
    pub commands_retired: u32,
}

impl ArchiveRow {
    /// Whether all that the file holds has left memory.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        self.orders_retired == self.orders_total && self.commands_retired == self.commands_total
    }
}

/// See the module.
#[derive(Debug)]
pub struct Archives {
    /// Closed orders in memory, in the order in which they were closed.
    pub(crate) closed: Fifo<ClosedRow>,
    rows: Vec<ArchiveRow>,
    orders: u64,
    commands: u64,
}

impl Archives {
    pub(crate) const fn new() -> Self {
        Self { closed: Fifo::new(), rows: Vec::new(), orders: 0, commands: 0 }
    }

    /// Adds an archive file as it was kept; files come by number.
    pub(crate) fn bring_back(&mut self, row: ArchiveRow) {
        self.orders += u64::from(row.orders_retired);
        self.commands += u64::from(row.commands_retired);
        self.rows.push(row);
    }

    /// The archive files, by number. All but the last are complete.
    #[must_use]
    pub fn rows(&self) -> &[ArchiveRow] {
        &self.rows
    }

    /// The number of the last file whose rows have begun to leave; 0 before the first.
    #[must_use]
    pub fn last_number(&self) -> u64 {
        self.rows.last().map_or(0, |row| row.number)
    }

    /// The file whose rows are leaving.
    #[must_use]
    pub fn unfinished(&self) -> Option<&ArchiveRow> {
        self.rows.last().filter(|row| !row.is_complete())
    }

    /// Orders that left memory, over all files.
    #[must_use]
    pub const fn orders(&self) -> u64 {
        self.orders
    }

    /// Commands that left memory, over all files.
    #[must_use]
    pub const fn commands(&self) -> u64 {
        self.commands
    }

    /// Closed orders in memory.
    #[must_use]
    pub const fn closed_orders(&self) -> u32 {
        self.closed.len()
    }

    /// Notes what leaves with a record; returns the file's row as it was, if it had one, and as it
    /// is now.
    pub(crate) fn note(&mut self, retire: &Retire) -> (Option<ArchiveRow>, ArchiveRow) {
        let before = self.unfinished().copied();
        let mut row = before.unwrap_or(ArchiveRow {
            number: self.last_number() + 1,
            hash: retire.archive_hash,
            orders_total: retire.orders_total,
            commands_total: retire.commands_total,
            orders_retired: 0,
            commands_retired: 0,
        });
        let is_named = row.number == retire.archive && row.hash == retire.archive_hash;
        assert!(is_named, "one archive file is worked off before the next");
        row.orders_retired += retire.orders;
        row.commands_retired += retire.commands;
        let fits =
            row.orders_retired <= row.orders_total && row.commands_retired <= row.commands_total;
        assert!(fits, "no more leaves than the archive file holds");
        self.orders += u64::from(retire.orders);
        self.commands += u64::from(retire.commands);
        if before.is_some() {
            self.rows.pop();
        }
        self.rows.push(row);
        (before, row)
    }
}
