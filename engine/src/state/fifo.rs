//! A queue whose rows keep their position until they leave at the front, in bounded pieces.

use std::collections::VecDeque;

/// Rows of a piece.
const PIECE: u32 = 1 << 14;
const PIECE_ROWS: usize = PIECE as usize;
/// Positions count on and wrap here, far above how many rows there can be at once.
const POSITIONS: u32 = 1 << 29;

const _: () = assert!(POSITIONS.is_multiple_of(PIECE));

/// See the module.
#[derive(Debug)]
pub(crate) struct Fifo<T> {
    pieces: VecDeque<Vec<T>>,
    /// The last piece that was worked off, to be filled again.
    spare: Option<Vec<T>>,
    /// Position of the oldest row.
    first: u32,
    length: u32,
}

impl<T: Copy> Fifo<T> {
    pub(crate) const fn new() -> Self {
        Self { pieces: VecDeque::new(), spare: None, first: 0, length: 0 }
    }

    pub(crate) const fn len(&self) -> u32 {
        self.length
    }

    /// Appends a row; returns its position.
    pub(crate) fn push(&mut self, row: T) -> u32 {
        assert!(self.length < POSITIONS - 1, "a queue is over {POSITIONS} rows");
        if self.pieces.back().is_none_or(|piece| piece.len() == PIECE_ROWS) {
            let spare = self.spare.take();
            self.pieces.push_back(spare.unwrap_or_else(|| Vec::with_capacity(PIECE_ROWS)));
        }
        self.pieces.back_mut().expect("invariant: a piece was just made").push(row);
        self.length += 1;
        (self.first + self.length - 1) % POSITIONS
    }

    /// The row at a position that has not left.
    pub(crate) fn get(&self, position: u32) -> &T {
        let offset = (position + POSITIONS - self.first) % POSITIONS;
        assert!(offset < self.length, "a row that is there");
        let index = self.first as usize % PIECE_ROWS + offset as usize;
        &self.pieces[index / PIECE_ROWS][index % PIECE_ROWS]
    }

    /// Takes the oldest row and its position.
    pub(crate) fn pop(&mut self) -> Option<(u32, T)> {
        if self.length == 0 {
            return None;
        }
        let (position, row) = (self.first, *self.get(self.first));
        self.first = (self.first + 1) % POSITIONS;
        self.length -= 1;
        if self.first.is_multiple_of(PIECE) {
            let mut piece = self.pieces.pop_front().expect("invariant: its last row just left");
            piece.clear();
            self.spare = Some(piece);
        }
        Some((position, row))
    }

    /// Every row, the oldest first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.pieces.iter().flatten().skip(self.first as usize % PIECE_ROWS)
    }

    pub(crate) fn memory_bytes(&self) -> u64 {
        let pieces = self.pieces.len() + usize::from(self.spare.is_some());
        (pieces * PIECE_ROWS * size_of::<T>()) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_keep_their_positions_and_pieces_are_filled_again() {
        let mut queue = Fifo::new();
        let rows = 3 * PIECE + 5;
        for row in 0..rows {
            assert_eq!(queue.push(row), row);
        }
        let bytes = queue.memory_bytes();
        for round in 0..20 * PIECE {
            assert_eq!(queue.pop(), Some((round, round)));
            assert_eq!(queue.push(rows + round), rows + round);
            assert_eq!(*queue.get(round + 1), round + 1);
        }
        assert!(queue.memory_bytes() <= bytes + (PIECE_ROWS * size_of::<u32>()) as u64);
        assert_eq!((queue.len(), queue.iter().count()), (rows, rows as usize));
        assert_eq!(queue.iter().next(), Some(&(20 * PIECE)));
        assert_eq!(queue.iter().last(), Some(&(rows + 20 * PIECE - 1)));
        while queue.pop().is_some() {}
        assert_eq!((queue.len(), queue.iter().count(), queue.pop()), (0, 0, None));
    }

    #[test]
    fn positions_wrap() {
        let mut queue = Fifo::new();
        queue.first = POSITIONS - PIECE;
        for row in 0..2 * PIECE {
            let position = queue.push(row);
            assert_eq!(*queue.get(position), row);
        }
        assert_eq!(queue.push(0), PIECE);
        for row in 0..2 * PIECE {
            assert_eq!(queue.pop().unwrap().1, row);
        }
        assert_eq!(queue.first, PIECE);
    }
}
