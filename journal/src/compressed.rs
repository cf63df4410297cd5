//! Segments that were compressed: reading them, making them, and making them plain again.
//!
//! A closed segment is compressed only when somebody asks for it, one segment a step. The file is a
//! standard LZ4 frame of the whole segment, so that any LZ4 tool can turn it back. The plain file
//! goes only after the compressed one was read back, compared, synced and named.

use std::fmt;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use lz4_flex::frame::{BlockSize, FrameDecoder, FrameEncoder, FrameInfo};

use crate::disk::FileStorage;
use crate::error::{Fault, JournalError};
use crate::folder::{Folder, PARTIAL};
use crate::layout::{PAGE_BYTES, length};
use crate::position::Position;
use crate::scan::{NextSegment, Scanner};
use crate::segment::OpenSegment;
use crate::storage::{Context, SegmentRead, Storage};

/// First bytes of an LZ4 frame.
const LZ4_MAGIC: [u8; 4] = 0x184d_2204_u32.to_le_bytes();
/// Flag of an LZ4 frame that says its content's length, which then stands at offset 6.
const LZ4_HAS_LENGTH: u8 = 1 << 3;
/// LZ4 shrinks by less than this, so a header cannot ask for more memory than the file warrants.
const LZ4_RATIO_MAX: u64 = 256;
/// Files are written in pieces of this size.
const PIECE_BYTES: usize = 1024 * 1024;

/// A compressed segment. It is decompressed whole, into memory, when more than its header is asked
/// for.
struct CompressedRead {
    source: Box<dyn SegmentRead>,
    plain_bytes: u64,
    plain: OnceLock<Vec<u8>>,
}

impl fmt::Debug for CompressedRead {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("CompressedRead")
            .field("source", &self.source)
            .finish_non_exhaustive()
    }
}

impl CompressedRead {
    fn open(source: Box<dyn SegmentRead>) -> io::Result<Self> {
        let plain_bytes = plain_bytes(source.slice(0, source.segment_bytes())?)?;
        Ok(Self { source, plain_bytes, plain: OnceLock::new() })
    }

    fn plain(&self) -> io::Result<&[u8]> {
        if let Some(plain) = self.plain.get() {
            return Ok(plain);
        }
        let plain = decode(self.source.slice(0, self.source.segment_bytes())?)?;
        Ok(self.plain.get_or_init(|| plain))
    }
}

impl SegmentRead for CompressedRead {
    fn segment_bytes(&self) -> u64 {
        self.plain_bytes
    }

    fn read_at(&self, offset: u64, bytes: &mut [u8]) -> io::Result<()> {
        if offset == 0 && bytes.len() as u64 <= PAGE_BYTES && self.plain.get().is_none() {
            let compressed = self.source.slice(0, self.source.segment_bytes())?;
            return FrameDecoder::new(compressed).read_exact(bytes);
        }
        let start = length(offset);
        let found = self.plain()?.get(start..start + bytes.len());
        bytes.copy_from_slice(found.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn slice(&self, offset: u64, bytes: u64) -> io::Result<&[u8]> {
        Ok(&self.plain()?[length(offset)..length(offset + bytes)])
    }
}

fn broken(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

/// Length of the content of an LZ4 frame, as its header says.
fn plain_bytes(compressed: &[u8]) -> io::Result<u64> {
    let Some((head, _)) = compressed.split_first_chunk::<14>() else {
        return Err(broken("not an LZ4 frame"));
    };
    let [m0, m1, m2, m3, flags, _, length @ ..] = *head;
    if [m0, m1, m2, m3] != LZ4_MAGIC || flags & LZ4_HAS_LENGTH == 0 {
        return Err(broken("not an LZ4 frame with the length of its content"));
    }
    let bytes = u64::from_le_bytes(length);
    if bytes > compressed.len() as u64 * LZ4_RATIO_MAX {
        return Err(broken("an LZ4 frame that says it holds more than it can"));
    }
    Ok(bytes)
}

fn decode(compressed: &[u8]) -> io::Result<Vec<u8>> {
    let mut plain = vec![0; length(plain_bytes(compressed)?)];
    let mut decoder = FrameDecoder::new(compressed);
    decoder.read_exact(&mut plain)?;
    // The checksum stands behind the content, and is checked by reading on.
    if decoder.read(&mut [0])? != 0 || !decoder.get_ref().is_empty() {
        return Err(broken("more behind an LZ4 frame than its header says"));
    }
    Ok(plain)
}

fn encode(plain: &[u8]) -> io::Result<Vec<u8>> {
    let info = FrameInfo::new()
        .content_size(Some(plain.len() as u64))
        .content_checksum(true)
        .block_size(BlockSize::Max1MB);
    let mut encoder = FrameEncoder::with_frame_info(info, Vec::new());
    encoder.write_all(plain)?;
    Ok(encoder.finish()?)
}

impl Folder {
    /// Opens a segment to read it, plain or compressed; `None` if there is none.
    pub(crate) fn open_segment(&self, number: u64) -> Result<Option<OpenSegment>, JournalError> {
        let path = self.segment_path(number);
        if let Some(bytes) = self.open_existing(&path)? {
            return Ok(Some(OpenSegment::new(number, &path, bytes)));
        }
        let path = self.compressed_path(number);
        let Some(source) = self.open_existing(&path)? else { return Ok(None) };
        let stored_bytes = source.segment_bytes();
        let bytes = CompressedRead::open(source).map_err(|source| JournalError::Read {
            path: path.clone(),
            offset: 0,
            source,
        })?;
        Ok(Some(OpenSegment::compressed(number, &path, Box::new(bytes), stored_bytes)))
    }

    fn open_existing(&self, path: &Path) -> Result<Option<Box<dyn SegmentRead>>, JournalError> {
        match self.storage.open_read(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            other => other.map(Some).context("open", path),
        }
    }

    /// Writes a file into `segments/` under a partial name, then names it.
    fn write_segment_file(
        &self,
        path: &Path,
        bytes: &[u8],
        check: impl Fn(&Path) -> Result<(), JournalError>,
    ) -> Result<(), JournalError> {
        let mut name = path.file_name().unwrap_or_default().to_os_string();
        name.push(PARTIAL);
        let partial = path.with_file_name(name);
        let mut file = self.storage.create_file(&partial).context("create", &partial)?;
        for (index, piece) in bytes.chunks(PIECE_BYTES).enumerate() {
            file.write_at((index * PIECE_BYTES) as u64, piece).context("write", &partial)?;
        }
        file.sync().context("sync", &partial)?;
        drop(file);
        check(&partial)?;
        self.storage.rename(&partial, path).context("rename", &partial)?;
        self.sync_segments()
    }

    fn remove_file(&self, path: &Path) -> Result<(), JournalError> {
        self.storage.remove(path).context("remove", path)?;
        self.sync_segments()
    }

    fn sync_segments(&self) -> Result<(), JournalError> {
        let segments = self.segments();
        self.storage.sync_directory(&segments).context("sync", &segments)
    }

    /// Makes a compressed segment plain, to be written again; nothing if it is. Returns its path.
    pub(crate) fn expand(&self, segment: &OpenSegment) -> Result<PathBuf, JournalError> {
        let path = self.segment_path(segment.number);
        if segment.is_compressed() {
            self.write_segment_file(&path, segment.rest(0)?, |_| Ok(()))?;
            self.remove_file(&segment.path)?;
        }
        Ok(path)
    }
}

/// A segment that [`compress_next`] compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CompressedSegment {
    /// Its number.
    pub number: u64,
    /// Its length.
    pub bytes: u64,
    /// Length of the compressed file.
    pub compressed_bytes: u64,
}

/// Verifies and compresses the lowest closed segment of the journal in `directory` that is not
/// compressed yet; `None` if there is none. Works also beside a running writer, whose last two
/// segments it leaves alone. Not for two callers at once.
///
/// A reader of a compressed segment takes memory for the whole of it.
///
/// # Errors
/// [`JournalError::Damage`] or [`JournalError::Read`] if the segment is not valid; it stays as it
/// is.
pub fn compress_next(directory: &Path) -> Result<Option<CompressedSegment>, JournalError> {
    compress_next_with(directory, Arc::new(FileStorage::new()))
}

/// As [`compress_next`], on another storage.
pub fn compress_next_with(
    directory: &Path,
    storage: Arc<dyn Storage>,
) -> Result<Option<CompressedSegment>, JournalError> {
    let folder = Folder::new(storage, directory);
    let instance_id = folder.require_instance_id()?;
    let scanner = Scanner::new(folder.clone(), instance_id);
    let Some(number) = folder.plain_segment_numbers()?.first().copied() else { return Ok(None) };
    match scanner.look_at(number + 2)? {
        NextSegment::Begun(..) => compress(&folder, instance_id, number).map(Some),
        _ => Ok(None),
    }
}

fn compress(
    folder: &Folder,
    instance_id: u128,
    number: u64,
) -> Result<CompressedSegment, JournalError> {
    let mut scanner = Scanner::new(folder.clone(), instance_id);
    let NextSegment::Begun(segment, header) = scanner.look_at(number)? else {
        return Err(scanner.missing(number));
    };
    scanner.position = Position::before(&header);
    scanner.enter(segment, &header)?;
    // The walk leaves a segment only if the next one goes on where it ends.
    while scanner.current.as_ref().is_some_and(|current| current.number == number) {
        match scanner.peek()? {
            Ok(frame) if frame.segment == number => scanner.step_over_frame(&frame),
            Ok(_) => {}
            Err(_) => return Err(scanner.damage(Fault::Header)),
        }
    }
    let plain_path = folder.segment_path(number);
    let Some(plain) = folder.open_segment(number)? else { return Err(scanner.missing(number)) };
    let bytes = plain.rest(0)?;
    let path = folder.compressed_path(number);
    let compressed = encode(bytes).map_err(|error| JournalError::io("compress", &path, error))?;
    folder.write_segment_file(&path, &compressed, |partial| {
        let written = folder.storage.open_read(partial).context("open", partial)?;
        let same = CompressedRead::open(written).and_then(|written| Ok(written.plain()? == bytes));
        match same {
            Ok(true) => Ok(()),
            Ok(false) => {
                let source = broken("what was written is not what is read");
                Err(JournalError::Read { path: partial.to_path_buf(), offset: 0, source })
            }
            Err(source) => {
                Err(JournalError::Read { path: partial.to_path_buf(), offset: 0, source })
            }
        }
    })?;
    folder.remove_file(&plain_path)?;
    let compressed_bytes = compressed.len() as u64;
    Ok(CompressedSegment { number, bytes: bytes.len() as u64, compressed_bytes })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_flipped_bit_of_a_compressed_file_is_noticed() {
        let plain: Vec<u8> =
            (0..20_000_u32).map(|at| u8::try_from(at / 7 % 251).unwrap()).collect();
        let compressed = encode(&plain).unwrap();
        assert_eq!(decode(&compressed).unwrap(), plain);
        for at in 0..compressed.len() {
            for bit in 0..8 {
                let mut broken = compressed.clone();
                broken[at] ^= 1 << bit;
                assert!(decode(&broken).map_or(true, |found| found == plain), "{at} {bit}");
            }
            let cut = decode(&compressed[..at]);
            assert!(cut.map_or(true, |found| found == plain), "cut at {at}");
        }
        assert!(decode(&[&compressed[..], &[0]].concat()).is_err());
    }
}
