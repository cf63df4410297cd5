//! A disk in memory: sparse blocks of 4 KiB, cheap to copy.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

/// What a file system may hold to be written whole.
pub(super) const BLOCK_BYTES: usize = 4096;

type Block = Arc<[u8; BLOCK_BYTES]>;

/// The bytes of a disk; what was never written is zero.
#[derive(Clone, Debug)]
pub struct Disk {
    blocks: Vec<Option<Block>>,
}

impl Disk {
    /// A disk of zeros.
    #[must_use]
    pub fn new(bytes: usize) -> Self {
        assert!(bytes.is_multiple_of(BLOCK_BYTES), "disks are whole blocks");
        Self { blocks: vec![None; bytes / BLOCK_BYTES] }
    }

    /// Its length.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.blocks.len() * BLOCK_BYTES
    }

    /// Copies bytes out, as far as the disk goes.
    #[must_use]
    pub fn read(&self, offset: usize, bytes: usize) -> Vec<u8> {
        let end = (offset + bytes).min(self.bytes());
        let mut out = vec![0; end.saturating_sub(offset)];
        let mut at = offset;
        while at < end {
            let within = at % BLOCK_BYTES;
            let length = (BLOCK_BYTES - within).min(end - at);
            if let Some(block) = &self.blocks[at / BLOCK_BYTES] {
                out[at - offset..][..length].copy_from_slice(&block[within..][..length]);
            }
            at += length;
        }
        out
    }

    /// Writes bytes.
    pub fn write(&mut self, offset: usize, bytes: &[u8]) {
        let mut at = offset;
        while at < offset + bytes.len() {
            let within = at % BLOCK_BYTES;
            let length = (BLOCK_BYTES - within).min(offset + bytes.len() - at);
            let piece = &bytes[at - offset..][..length];
            let block = &mut self.blocks[at / BLOCK_BYTES];
            if block.is_some() || piece.iter().any(|byte| *byte != 0) {
                let block = block.get_or_insert_with(|| Arc::new([0; BLOCK_BYTES]));
                Arc::make_mut(block)[within..][..length].copy_from_slice(piece);
            }
            at += length;
        }
    }

    /// Writes the disk into a sparse file.
    pub fn store(&self, path: &Path) -> io::Result<()> {
        let file = File::create(path)?;
        file.set_len(self.bytes() as u64)?;
        for (index, block) in self.blocks.iter().enumerate() {
            if let Some(block) = block {
                file.write_all_at(&block[..], (index * BLOCK_BYTES) as u64)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_the_rest_is_zero() {
        let mut disk = Disk::new(4 * BLOCK_BYTES);
        disk.write(4000, &[7; 5000]);
        assert_eq!(disk.read(3999, 3), [0, 7, 7]);
        assert_eq!(disk.read(8998, 4), [7, 7, 0, 0]);
        let copy = disk.clone();
        disk.write(4000, &[0; 5000]);
        assert_eq!(disk.read(0, usize::MAX / 2), vec![0; 4 * BLOCK_BYTES]);
        assert_eq!(copy.read(4000, 1), [7]);
    }
}
