//! Tables that grow without moving: rows live in chunks that are never reallocated, so growth is
//! one bounded allocation and never a pause.

use super::supply::{Maker, Piece, Spares};

/// Rows of a chunk; also the longest run that can lie in one piece.
const CHUNK_ROWS: usize = 1 << 16;
/// Chunks that stand ready for one table: a quarter of a million rows.
const CHUNKS_SPARE_MAX: usize = 4;

/// A growing table of rows addressed by 32-bit positions.
#[derive(Debug)]
pub(crate) struct Chunked<T> {
    chunks: Vec<Vec<T>>,
    spares: Spares<Vec<T>>,
}

/// Rows of a chunk that are touched at once.
const SLICE_ROWS: usize = 1 << 10;

impl<T: Clone + Send + 'static> Piece for Vec<T> {
    type Blank = T;

    fn begin() -> Self {
        Self::with_capacity(CHUNK_ROWS)
    }

    fn touch(&mut self, blank: &T) -> bool {
        self.resize(self.len() + SLICE_ROWS, blank.clone());
        self.len() == CHUNK_ROWS
    }

    fn finish(&mut self) {
        self.clear();
    }
}

const _: () = assert!(CHUNK_ROWS.is_multiple_of(SLICE_ROWS));

impl<T: Clone + Send + 'static> Chunked<T> {
    /// Lets chunks be made by whoever runs the maker. Making one writes `blank` all over it, so
    /// that its memory is there before the first row is.
    pub(crate) fn supply(&mut self, blank: T) -> Maker<Vec<T>> {
        let (maker, spares) = Maker::new(CHUNKS_SPARE_MAX, blank);
        self.spares = spares;
        maker
    }
}

impl<T> Chunked<T> {
    pub(crate) const fn new() -> Self {
        Self { chunks: Vec::new(), spares: Spares::none() }
    }

    /// Appends a row; returns its position.
    pub(crate) fn push(&mut self, row: T) -> u32 {
        self.push_run(std::iter::once(row))
    }

    /// Appends rows that lie in one piece; returns the position of the first.
    pub(crate) fn push_run(&mut self, rows: impl ExactSizeIterator<Item = T>) -> u32 {
        let count = rows.len();
        assert!(count <= CHUNK_ROWS, "a run of {count} rows is longer than a chunk");
        let has_room = self.chunks.last().is_some_and(|chunk| CHUNK_ROWS - chunk.len() >= count);
        if !has_room {
            let chunk = self.spares.take_or(|| Vec::with_capacity(CHUNK_ROWS));
            self.chunks.push(chunk);
        }
        let chunk_index = self.chunks.len() - 1;
        let chunk = &mut self.chunks[chunk_index];
        let position = chunk_index * CHUNK_ROWS + chunk.len();
        chunk.extend(rows);
        u32::try_from(position).expect("invariant: tables stay below 2^32 rows")
    }

    pub(crate) fn get(&self, position: u32) -> &T {
        let position = position as usize;
        &self.chunks[position / CHUNK_ROWS][position % CHUNK_ROWS]
    }

    pub(crate) fn get_mut(&mut self, position: u32) -> &mut T {
        let position = position as usize;
        &mut self.chunks[position / CHUNK_ROWS][position % CHUNK_ROWS]
    }

    /// `count` rows from `position`, pushed as one run.
    pub(crate) fn run(&self, position: u32, count: u16) -> &[T] {
        if count == 0 {
            return &[];
        }
        let start = position as usize % CHUNK_ROWS;
        &self.chunks[position as usize / CHUNK_ROWS][start..start + usize::from(count)]
    }

    /// `count` rows from `position`, to change.
    pub(crate) fn run_mut(&mut self, position: u32, count: u16) -> &mut [T] {
        if count == 0 {
            return &mut [];
        }
        let start = position as usize % CHUNK_ROWS;
        &mut self.chunks[position as usize / CHUNK_ROWS][start..start + usize::from(count)]
    }

    /// Whether positions last for another chunk, whatever run comes next.
    pub(crate) fn has_room(&self) -> bool {
        self.chunks.len() + 1 < (1 << 32) / CHUNK_ROWS
    }

    /// Every row, in order of position.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.chunks.iter().flatten()
    }

    /// Bytes taken from memory.
    pub(crate) fn memory_bytes(&self) -> u64 {
        (self.chunks.len() * CHUNK_ROWS * size_of::<T>()) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_lie_in_one_piece_across_chunk_ends() {
        let mut table = Chunked::new();
        for value in 0..CHUNK_ROWS - 1 {
            table.push(value);
        }
        let run = table.push_run([7, 8, 9].into_iter());
        assert_eq!(table.run(run, 3), [7, 8, 9]);
        assert_eq!(run as usize, CHUNK_ROWS, "the run skipped the last row of the first chunk");
        assert_eq!(*table.get(5), 5);
        table.run_mut(run, 3)[1] = 80;
        assert_eq!(table.run(run, 3), [7, 80, 9]);
    }
}
