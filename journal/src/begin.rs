//! Where a walk begins: at the first record, behind a bookmark, or at the first segment there is.
//!
//! A walk from the first record proves the whole chain. One that begins later believes the place
//! that it was given, and proves everything from there on.

use crate::bookmark::Bookmark;
use crate::error::{Damage, Fault, JournalError};
use crate::folder::Folder;
use crate::layout::{FRAME_HEADER_BYTES, FrameHeader, KIND_DATA, PAGE_BYTES, chain_hash};
use crate::page::check_place;
use crate::position::Position;
use crate::scan::{Found, FoundFrame, NextSegment, Scanner, Stop};
use crate::segment::OpenSegment;

/// How often a segment is looked for that a trim beside this walk removes.
const TRIM_TRIES: u32 = 100;

impl Scanner {
    /// A walk from the first record, or from behind `from`.
    pub(crate) fn begin(
        folder: Folder,
        instance_id: u128,
        from: Option<&Bookmark>,
    ) -> Result<Self, JournalError> {
        let mut scanner = Self::new(folder, instance_id);
        if let Some(bookmark) = from {
            scanner.begin_behind(bookmark).map_err(|error| as_lost(error, bookmark))?;
        }
        Ok(scanner)
    }

    /// A walk from the first segment there is.
    pub(crate) fn begin_trimmed(folder: Folder, instance_id: u128) -> Result<Self, JournalError> {
        let mut scanner = Self::new(folder, instance_id);
        for _ in 0..TRIM_TRIES {
            match scanner.lowest_segment()? {
                None | Some(1) => return Ok(scanner),
                Some(number) => match scanner.look_at(number)? {
                    NextSegment::Begun(segment, header) => {
                        scanner.begin_from(Position::before(&header));
                        scanner.enter(segment, &header)?;
                        return Ok(scanner);
                    }
                    NextSegment::Unused | NextSegment::Torn => break,
                    NextSegment::None => {}
                },
            }
        }
        Err(scanner.missing(1))
    }

    /// Number of the first segment there is.
    pub(crate) fn lowest_segment(&self) -> Result<Option<u64>, JournalError> {
        Ok(self.folder.segment_numbers()?.first().copied())
    }

    /// The error for a segment that is not there although a later one is: trimmed, if nothing
    /// before it is there either.
    pub(crate) fn missing(&self, number: u64) -> JournalError {
        let damage = || {
            let path = self.folder.segment_path(number);
            self.damage_at(&path, 0, Fault::SegmentMissing { number })
        };
        let lowest = match self.lowest_segment() {
            Ok(Some(lowest)) if lowest > number => lowest,
            Ok(_) => return damage(),
            Err(error) => return error,
        };
        match self.look_at(lowest) {
            Ok(NextSegment::Begun(_, header)) => {
                JournalError::Trimmed { first_sequence: header.first_sequence.get() }
            }
            Ok(_) => damage(),
            Err(error) => error,
        }
    }

    fn begin_from(&mut self, position: Position) {
        self.first_sequence = position.next_sequence;
        self.position = position;
    }

    fn begin_behind(&mut self, bookmark: &Bookmark) -> Result<(), JournalError> {
        if bookmark.instance_id != self.position.instance_id {
            return Err(self.damage_at(&self.folder.instance_path(), 0, Fault::Foreign));
        }
        let number = bookmark.segment;
        let path = self.folder.segment_path(number);
        let segment = match self.look_at(number)? {
            NextSegment::Begun(segment, header) => {
                self.position = Position::before(&header);
                self.enter(segment, &header)?;
                self.current.take().expect("invariant: a segment was entered")
            }
            NextSegment::None => {
                return Err(self.damage_at(&path, 0, Fault::SegmentMissing { number }));
            }
            NextSegment::Unused | NextSegment::Torn => {
                return Err(self.damage_at(&path, 0, Fault::SegmentHeader));
            }
        };
        self.pass_bookmarked(segment, bookmark)
    }

    /// Reads the bookmarked frame of `segment` again and steps over it.
    fn pass_bookmarked(
        &mut self,
        mut segment: OpenSegment,
        bookmark: &Bookmark,
    ) -> Result<(), JournalError> {
        let at = |fault| self.damage_at(&segment.path, bookmark.offset, fault);
        let offset = bookmark.offset;
        let last_page = segment.segment_bytes() - PAGE_BYTES;
        if !offset.is_multiple_of(PAGE_BYTES) || offset < PAGE_BYTES || offset > last_page {
            return Err(at(Fault::Header));
        }
        let mut bytes = [0; FRAME_HEADER_BYTES];
        segment.read_at(offset, &mut bytes)?;
        let Some(header) = FrameHeader::parse(&bytes) else { return Err(at(Fault::Header)) };
        segment.offset = offset;
        self.compare(&segment, &header, bookmark).map_err(at)?;
        match self.find_frame(&segment, Box::new(header))? {
            Found::Frame(frame) => {
                segment.offset += frame.header.frame_bytes();
                self.begin_from(bookmark.position());
                self.last = Some(FoundFrame { ..frame });
                self.current = Some(segment);
                Ok(())
            }
            Found::Stop(Stop::Torn { fault, .. } | Stop::Damaged(fault)) => Err(at(fault)),
            Found::Stop(Stop::Full | Stop::Zero) | Found::Control(_) => Err(at(Fault::Header)),
        }
    }

    /// Whether the header at the bookmark's place is that of its frame.
    fn compare(
        &self,
        segment: &OpenSegment,
        header: &FrameHeader,
        bookmark: &Bookmark,
    ) -> Result<(), Fault> {
        check_place(header, &self.place(segment))?;
        if header.kind.get() != KIND_DATA || header.record_count.get() == 0 {
            return Err(Fault::Header);
        }
        let found = Bookmark::behind(header);
        if found.chain != bookmark.chain || header.chain != chain_hash(header) {
            return Err(Fault::Chain);
        }
        if found != *bookmark {
            let (frame, sequence) = (header.frame_number.get(), header.first_sequence.get());
            return Err(Fault::OutOfOrder { frame, sequence });
        }
        Ok(())
    }
}

/// What is damage to a walk is a lost bookmark to one that begins there.
fn as_lost(error: JournalError, bookmark: &Bookmark) -> JournalError {
    let JournalError::Damage(damage) = error else { return error };
    let (frame, sequence) = (bookmark.frame_number, bookmark.last_sequence);
    JournalError::BookmarkLost(Box::new(Damage { frame, sequence, ..*damage }))
}
