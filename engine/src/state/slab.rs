//! Tables whose rows leave again: runs of rows, and what was given back kept by length.
//!
//! A run that is given back is handed out again to the next of its length, so a table is as large
//! as it ever had to be at once. The first row of such a run says where the next of its length
//! lies: giving back and taking again touch one row and no other memory.

use super::chunked::Chunked;
use super::supply::Maker;

/// No position.
const NONE: u32 = u32::MAX;

/// A row that can stand for a free run.
pub(crate) trait FreeRow: Clone + Send + 'static {
    /// The first row of a free run; `next` is the next free run of its length.
    fn free(next: u32) -> Self;
    /// What [`FreeRow::free`] was given.
    fn next_free(&self) -> u32;
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Slab<T> {
    rows: Chunked<T>,
    /// By length: the free run to hand out next.
    free: Vec<u32>,
}

impl<T: FreeRow> Slab<T> {
    /// An empty table of runs of at most `run_rows_max` rows.
    pub(crate) fn new(run_rows_max: usize) -> Self {
        Self { rows: Chunked::new(), free: vec![NONE; run_rows_max + 1] }
    }

    /// See [`Chunked::supply`].
    pub(crate) fn supply(&mut self, blank: T) -> Maker<Vec<T>> {
        self.rows.supply(blank)
    }

    /// Puts rows in one piece; returns the position of the first.
    pub(crate) fn put_run(&mut self, rows: impl ExactSizeIterator<Item = T>) -> u32 {
        let count = rows.len();
        if count == 0 {
            return 0;
        }
        let Some(position) = self.take_free(count) else { return self.rows.push_run(rows) };
        for (free, row) in self.rows.run_mut(position, run_length(count)).iter_mut().zip(rows) {
            *free = row;
        }
        position
    }

    /// A run of `count` rows that was given back, if there is one.
    fn take_free(&mut self, count: usize) -> Option<u32> {
        let position = self.free[count];
        if position == NONE {
            return None;
        }
        self.free[count] = self.rows.get(position).next_free();
        Some(position)
    }

    /// Gives back the `count` rows from `position`, which were put as one run.
    pub(crate) fn remove_run(&mut self, position: u32, count: u16) {
        if count == 0 {
            return;
        }
        let next = std::mem::replace(&mut self.free[usize::from(count)], position);
        *self.rows.get_mut(position) = T::free(next);
    }

    pub(crate) fn get(&self, position: u32) -> &T {
        self.rows.get(position)
    }

    pub(crate) fn get_mut(&mut self, position: u32) -> &mut T {
        self.rows.get_mut(position)
    }

    pub(crate) fn run(&self, position: u32, count: u16) -> &[T] {
        self.rows.run(position, count)
    }

    pub(crate) fn run_mut(&mut self, position: u32, count: u16) -> &mut [T] {
        self.rows.run_mut(position, count)
    }

    pub(crate) fn has_room(&self) -> bool {
        self.rows.has_room()
    }

    /// Every row, in order of position: those in use, and what free runs hold.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.rows.iter()
    }

    pub(crate) fn memory_bytes(&self) -> u64 {
        self.rows.memory_bytes() + size_of_val(self.free.as_slice()) as u64
    }
}

fn run_length(count: usize) -> u16 {
    u16::try_from(count).expect("invariant: runs are bounded by the limits on an order")
}

/// Eight bytes of a text.
impl FreeRow for [u8; 8] {
    fn free(next: u32) -> Self {
        u64::from(next).to_le_bytes()
    }

    fn next_free(&self) -> u32 {
        let [first, second, third, fourth, ..] = *self;
        u32::from_le_bytes([first, second, third, fourth])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(slab: &mut Slab<[u8; 8]>, byte: u8, count: usize) -> u32 {
        slab.put_run(std::iter::repeat_n([byte; 8], count))
    }

    #[test]
    fn what_is_given_back_is_handed_out_again_by_length() {
        let mut slab = Slab::new(3);
        let [one, two, other] = [put(&mut slab, 1, 1), put(&mut slab, 2, 2), put(&mut slab, 3, 2)];
        slab.remove_run(two, 2);
        slab.remove_run(other, 2);
        assert_eq!(put(&mut slab, 4, 1), 5, "no free run is that short");
        assert_eq!(put(&mut slab, 5, 2), other, "last back, first out");
        assert_eq!(put(&mut slab, 6, 2), two);
        assert_eq!(put(&mut slab, 7, 2), 6);
        assert_eq!(slab.run(one, 1), [[1; 8]]);
        assert_eq!(slab.run(two, 2), [[6; 8], [6; 8]]);
        assert_eq!(slab.run(other, 2), [[5; 8], [5; 8]]);
        assert_eq!(put(&mut slab, 8, 0), 0, "an empty run needs no place");
        slab.remove_run(0, 0);
        assert_eq!(slab.run(one, 1), [[1; 8]]);
    }
}
