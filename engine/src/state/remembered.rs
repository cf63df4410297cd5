//! Remembered ids: what was answered once is answered the same way again.

use std::collections::VecDeque;

use gantry_journal::mark;
use gantry_model::{CommandId, OrderId, RejectReason, Sequence};

use super::fifo::Fifo;
use super::index::{IdIndex, Place};
use super::orders::Orders;
use super::supply::Fill;

/// A command other than `place_order` that was carried out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CommandRow {
    pub(crate) id: CommandId,
    pub(crate) content_hash: u64,
    pub(crate) sequence: Sequence,
}

/// A command that was rejected for want of stock or promise.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RejectionRow {
    pub(crate) id: CommandId,
    pub(crate) content_hash: u64,
    pub(crate) sequence: Sequence,
    pub(crate) reason: RejectReason,
}

/// What is known of an id that was answered before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FirstAnswer {
    /// The first record.
    pub sequence: Sequence,
    /// The hash of the first command's canonical bytes.
    pub content_hash: u64,
    /// Why it was rejected, if it was.
    pub rejected: Option<RejectReason>,
    /// The order that it placed, if it placed one.
    pub order_slot: Option<u32>,
}

/// Every id, in one index over orders, commands and rejections.
#[derive(Debug)]
pub(crate) struct Remembered {
    index: IdIndex,
    commands: Fifo<CommandRow>,
    rejections: VecDeque<RejectionRow>,
    /// Position of the oldest rejection; positions count on and wrap, rows leave at the front.
    first_rejection: u32,
}

/// Positions of rejections wrap here, far above how many are remembered.
const REJECTION_POSITIONS: u32 = 1 << 29;

impl Remembered {
    pub(crate) fn new(index_seed: u64) -> Self {
        Self {
            index: IdIndex::new(index_seed),
            commands: Fifo::new(),
            rejections: VecDeque::new(),
            first_rejection: 0,
        }
    }

    /// Lets the memory of new ids be made ready by whoever runs the maker. Other commands than
    /// orders are few: their rows are not worth it.
    pub(crate) fn supply(&mut self) -> Box<dyn Fill> {
        Box::new(self.index.supply())
    }

    /// Takes the index of rows that were brought back.
    pub(crate) fn bring_back_index(&mut self, index: IdIndex) {
        self.index = index;
    }

    pub(crate) fn touch(&self, id: CommandId) -> u64 {
        self.index.touch(self.index.hash(id.get()))
    }

    pub(crate) fn find(&self, orders: &Orders, id: CommandId) -> Option<FirstAnswer> {
        let hash = self.index.hash(id.get());
        let place = self.index.find(hash, |place| self.id_at(orders, place) == id)?;
        Some(match place {
            Place::Order(slot) => {
                let row = orders.row(slot);
                FirstAnswer {
                    sequence: row.placed,
                    content_hash: row.content_hash,
                    rejected: None,
                    order_slot: Some(slot),
                }
            }
            Place::Command(position) => {
                let row = self.commands.get(position);
                FirstAnswer {
                    sequence: row.sequence,
                    content_hash: row.content_hash,
                    rejected: None,
                    order_slot: None,
                }
            }
            Place::Rejection(position) => {
                let row = self.rejection(position);
                FirstAnswer {
                    sequence: row.sequence,
                    content_hash: row.content_hash,
                    rejected: Some(row.reason),
                    order_slot: None,
                }
            }
        })
    }

    pub(crate) fn add_order(&mut self, id: OrderId, slot: u32) {
        self.index.insert(self.index.hash(id.get()), Place::Order(slot));
    }

    /// Adds a command that the index brings back.
    pub(crate) fn bring_back_command(&mut self, row: CommandRow) -> u32 {
        self.commands.push(row)
    }

    /// Adds a rejection that the index brings back.
    pub(crate) fn bring_back_rejection(&mut self, row: RejectionRow) -> u32 {
        let count = u32::try_from(self.rejections.len()).expect("invariant: bounded by limits");
        self.rejections.push_back(row);
        (self.first_rejection + count) % REJECTION_POSITIONS
    }

    pub(crate) fn add_command(&mut self, row: CommandRow) {
        let position = self.bring_back_command(row);
        self.index.insert(self.index.hash(row.id.get()), Place::Command(position));
    }

    /// Lets go of an order that leaves memory.
    pub(crate) fn forget_order(&mut self, id: OrderId, slot: u32) {
        self.index.remove(self.index.hash(id.get()), Place::Order(slot));
    }

    /// Lets go of the oldest command.
    pub(crate) fn forget_command(&mut self) -> CommandRow {
        let (position, row) = self.commands.pop().expect("invariant: as many are remembered");
        self.index.remove(self.index.hash(row.id.get()), Place::Command(position));
        row
    }

    /// Commands in memory.
    pub(crate) const fn command_count(&self) -> u32 {
        self.commands.len()
    }

    pub(crate) fn add_rejection(&mut self, row: RejectionRow) {
        let position = self.bring_back_rejection(row);
        self.index.insert(self.index.hash(row.id.get()), Place::Rejection(position));
    }

    /// Forgets the oldest rejection while there are more than `rejections_max`.
    pub(crate) fn forget_beyond(&mut self, rejections_max: u32) -> Option<RejectionRow> {
        if self.rejections.len() <= rejections_max as usize {
            return None;
        }
        mark!("rejection forgotten");
        let row = self.rejections.pop_front()?;
        self.index.remove(self.index.hash(row.id.get()), Place::Rejection(self.first_rejection));
        self.first_rejection = (self.first_rejection + 1) % REJECTION_POSITIONS;
        Some(row)
    }

    pub(crate) fn commands(&self) -> impl Iterator<Item = &CommandRow> {
        self.commands.iter()
    }

    pub(crate) fn rejections(&self) -> impl Iterator<Item = &RejectionRow> {
        self.rejections.iter()
    }

    pub(crate) fn memory_bytes(&self) -> u64 {
        let rejections = self.rejections.capacity() * size_of::<RejectionRow>();
        self.index.memory_bytes() + self.commands.memory_bytes() + rejections as u64
    }

    fn id_at(&self, orders: &Orders, place: Place) -> CommandId {
        match place {
            Place::Order(slot) => orders.row(slot).id,
            Place::Command(position) => self.commands.get(position).id,
            Place::Rejection(position) => self.rejection(position).id,
        }
    }

    fn rejection(&self, position: u32) -> &RejectionRow {
        let offset = (position + REJECTION_POSITIONS - self.first_rejection) % REJECTION_POSITIONS;
        &self.rejections[offset as usize]
    }
}
