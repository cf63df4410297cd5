//! The id index: every id that was ever answered, and where it is kept.
//!
//! Extendible hashing (Fagin, Nievergelt, Pippenger, Strong, 1979) over segments of 64 KiB: a
//! look-up reads the directory, which stays in cache, and then one cache line. A segment that
//! fills splits in two, which takes some tens of microseconds; nothing is ever rehashed as a whole,
//! so growth makes no pause.
//!
//! An entry keeps 32 bits of the id's hash and where the row is; the row itself confirms the id.

use super::supply::{Fill, Maker, Piece, Spares};

/// Slots of a bucket; with the overflow mark they fill one cache line.
const BUCKET_SLOTS: usize = 7;
/// Buckets of a segment: 64 KiB.
const SEGMENT_BUCKETS: usize = 1 << 10;
/// Entries after which a segment splits: 70 %, where one bucket in eight has overflowed.
const SEGMENT_ENTRIES_MAX: usize = SEGMENT_BUCKETS * BUCKET_SLOTS * 7 / 10;
/// Bits of the directory at most: 2²⁰ segments, some five thousand million ids.
const DIRECTORY_BITS_MAX: u32 = 20;

/// Segments that stand ready. They fill at about the same time, so splits come in bursts.
const SEGMENTS_SPARE_MAX: usize = 64;

/// Rows that an entry can point at.
pub(crate) const POSITION_MAX: u32 = (1 << 30) - 2;

/// Where a remembered id is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// The order that it placed.
    Order(u32),
    /// Another command that was carried out.
    Command(u32),
    /// A command that was rejected for want of stock or promise.
    Rejection(u32),
}

impl Place {
    /// Two bits of kind over thirty of position; never zero, because zero is the empty slot.
    fn encode(self) -> u32 {
        let (kind, position) = match self {
            Self::Order(position) => (0, position),
            Self::Command(position) => (1, position),
            Self::Rejection(position) => (2, position),
        };
        assert!(position <= POSITION_MAX, "a table is over {POSITION_MAX} rows");
        (kind << 30) | (position + 1)
    }

    fn decode(bits: u32) -> Self {
        let position = (bits & (u32::MAX >> 2)) - 1;
        match bits >> 30 {
            0 => Self::Order(position),
            1 => Self::Command(position),
            _ => Self::Rejection(position),
        }
    }
}

#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
struct Bucket {
    /// `hash bits << 32 | place`, 0 where empty.
    slots: [u64; BUCKET_SLOTS],
    /// At least the number of entries that found this bucket full and went on to the next. Not
    /// zero: a look-up goes on too.
    overflowed: u64,
}

const _: () = assert!(size_of::<Bucket>() == 64);

const EMPTY_BUCKET: Bucket = Bucket { slots: [0; BUCKET_SLOTS], overflowed: 0 };

#[derive(Debug)]
struct Segment {
    /// Leading hash bits that all its entries share.
    bits: u32,
    entries: usize,
    buckets: Box<[Bucket]>,
}

/// The buckets of an empty segment, every one written to.
fn empty_buckets() -> Box<[Bucket]> {
    vec![EMPTY_BUCKET; SEGMENT_BUCKETS].into_boxed_slice()
}

/// A segment's buckets are one slice: empty is what they are filled with.
impl Piece for Box<[Bucket]> {
    type Blank = ();

    fn begin() -> Self {
        empty_buckets()
    }

    fn touch(&mut self, (): &()) -> bool {
        true
    }

    fn finish(&mut self) {}
}

/// See the module.
#[derive(Debug)]
pub(crate) struct IdIndex {
    seed: u64,
    directory_bits: u32,
    directory: Vec<u32>,
    segments: Vec<Segment>,
    spares: Spares<Box<[Bucket]>>,
}

impl IdIndex {
    /// An empty index. The seed keeps a client from choosing ids that collide; it shapes where
    /// entries lie, never what is answered.
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            seed,
            directory_bits: 0,
            directory: vec![0],
            segments: vec![Segment { bits: 0, entries: 0, buckets: empty_buckets() }],
            spares: Spares::none(),
        }
    }

    /// Lets segments be made by whoever runs the maker.
    pub(crate) fn supply(&mut self) -> impl Fill + use<> {
        let (maker, spares) = Maker::new(SEGMENTS_SPARE_MAX, ());
        self.spares = spares;
        maker
    }

    /// Makes room for this many entries, if there are none yet: segments that are two thirds as
    /// full as they may be.
    pub(crate) fn expect(&mut self, entries: u64) {
        if self.segments.iter().any(|segment| segment.entries > 0) {
            return;
        }
        let filled = SEGMENT_ENTRIES_MAX as u64 * 2 / 3;
        let bits = entries.div_ceil(filled).max(1).next_power_of_two().trailing_zeros();
        let bits = bits.min(DIRECTORY_BITS_MAX);
        self.directory_bits = bits;
        self.directory = (0..1 << bits).collect();
        self.segments = (0..1 << bits)
            .map(|_: u32| Segment { bits, entries: 0, buckets: empty_buckets() })
            .collect();
    }

    pub(crate) fn hash(&self, id: u128) -> u64 {
        twox_hash::XxHash3_64::oneshot_with_seed(self.seed, &id.to_le_bytes())
    }

    /// Reads the cache line that a look-up will need; see `State::touch`.
    pub(crate) fn touch(&self, hash: u64) -> u64 {
        self.segments[self.segment_of(hash)].buckets[home_bucket(hash)].overflowed
    }

    /// The place whose row `is_it`.
    pub(crate) fn find(&self, hash: u64, is_it: impl Fn(Place) -> bool) -> Option<Place> {
        let buckets = &self.segments[self.segment_of(hash)].buckets;
        probe(hash).map(|at| &buckets[at]).find_map_until_end(|bucket| {
            bucket
                .slots
                .iter()
                .filter(|slot| **slot != 0 && slot_tag(**slot) == tag(hash))
                .map(|slot| Place::decode(slot_place(*slot)))
                .find(|place| is_it(*place))
        })
    }

    /// Adds an id that is not there yet.
    pub(crate) fn insert(&mut self, hash: u64, place: Place) {
        while self.segments[self.segment_of(hash)].entries >= SEGMENT_ENTRIES_MAX {
            self.split(self.segment_of(hash));
        }
        let segment_index = self.segment_of(hash);
        let segment = &mut self.segments[segment_index];
        segment.entries += 1;
        let slot = (u64::from(tag(hash)) << 32) | u64::from(place.encode());
        for at in probe(hash) {
            let bucket = &mut segment.buckets[at];
            if let Some(free) = bucket.slots.iter_mut().find(|slot| **slot == 0) {
                *free = slot;
                return;
            }
            bucket.overflowed += 1;
        }
        unreachable!("a segment that is not full has a free slot");
    }

    /// Forgets the id at `place`, which must be there.
    pub(crate) fn remove(&mut self, hash: u64, place: Place) {
        let segment_index = self.segment_of(hash);
        let segment = &mut self.segments[segment_index];
        let slot = (u64::from(tag(hash)) << 32) | u64::from(place.encode());
        for at in probe(hash) {
            let bucket = &mut segment.buckets[at];
            if let Some(found) = bucket.slots.iter_mut().find(|candidate| **candidate == slot) {
                *found = 0;
                segment.entries -= 1;
                return;
            }
            bucket.overflowed = bucket
                .overflowed
                .checked_sub(1)
                .expect("invariant: a remembered id is in the index");
        }
        unreachable!("a remembered id is in the index");
    }

    pub(crate) fn memory_bytes(&self) -> u64 {
        (self.segments.len() * SEGMENT_BUCKETS * size_of::<Bucket>()) as u64
    }

    fn segment_of(&self, hash: u64) -> usize {
        let index = (u64::from(tag(hash)) << self.directory_bits) >> 32;
        self.directory[usize::try_from(index).expect("invariant: at most 20 bits")] as usize
    }

    /// Moves the entries whose next hash bit is set to a new segment. Entries keep their bucket,
    /// because a bucket is chosen by other bits; overflow counts are kept on both sides, where they
    /// are at least the truth.
    fn split(&mut self, segment_index: usize) {
        let bits = self.segments[segment_index].bits;
        if bits == self.directory_bits {
            self.double_directory();
        }
        let buckets = self.spares.take_or(empty_buckets);
        let mut new = Segment { bits: bits + 1, entries: 0, buckets };
        let old = &mut self.segments[segment_index];
        old.bits = bits + 1;
        let moves = |slot: u64| slot != 0 && slot_tag(slot) & (1 << (31 - bits)) != 0;
        for (old_bucket, new_bucket) in old.buckets.iter_mut().zip(&mut new.buckets) {
            new_bucket.overflowed = old_bucket.overflowed;
            for (from, to) in old_bucket.slots.iter_mut().zip(&mut new_bucket.slots) {
                if moves(*from) {
                    *to = std::mem::take(from);
                    new.entries += 1;
                }
            }
        }
        old.entries -= new.entries;
        let new_index = u32::try_from(self.segments.len()).expect("invariant: at most 2^20");
        self.segments.push(new);
        let directory_bit = 1 << (self.directory_bits - bits - 1);
        for (position, entry) in self.directory.iter_mut().enumerate() {
            if *entry as usize == segment_index && position & directory_bit != 0 {
                *entry = new_index;
            }
        }
    }

    fn double_directory(&mut self) {
        assert!(self.directory_bits < DIRECTORY_BITS_MAX, "the id index is full");
        self.directory_bits += 1;
        self.directory = self.directory.iter().flat_map(|entry| [*entry, *entry]).collect();
    }
}

/// Hash bits that an entry keeps: the upper half. The lower half chooses the bucket.
fn tag(hash: u64) -> u32 {
    u32::try_from(hash >> 32).expect("invariant: 32 bits are left")
}

fn slot_tag(slot: u64) -> u32 {
    tag(slot)
}

fn slot_place(slot: u64) -> u32 {
    u32::try_from(slot & u64::from(u32::MAX)).expect("invariant: masked to 32 bits")
}

fn home_bucket(hash: u64) -> usize {
    usize::try_from(hash & (SEGMENT_BUCKETS as u64 - 1)).expect("invariant: masked to 10 bits")
}

/// Buckets to look at, from the home bucket on.
fn probe(hash: u64) -> impl Iterator<Item = usize> {
    let home = home_bucket(hash);
    (0..SEGMENT_BUCKETS).map(move |step| (home + step) % SEGMENT_BUCKETS)
}

/// Walks buckets until one yields something or did not overflow.
trait FindUntilEnd<'a>: Iterator<Item = &'a Bucket> + Sized {
    fn find_map_until_end<T>(self, mut found: impl FnMut(&Bucket) -> Option<T>) -> Option<T> {
        for bucket in self {
            let result = found(bucket);
            if result.is_some() || bucket.overflowed == 0 {
                return result;
            }
        }
        None
    }
}

impl<'a, I: Iterator<Item = &'a Bucket>> FindUntilEnd<'a> for I {}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(index: &IdIndex, id: u32) -> Option<Place> {
        index.find(index.hash(id.into()), |place| place == Place::Command(id))
    }

    #[test]
    fn a_hundred_thousand_ids_are_found_and_others_are_not() {
        let mut index = IdIndex::new(1);
        for id in 0..100_000 {
            index.insert(index.hash(id.into()), Place::Command(id));
        }
        assert!(index.segments.len() > 8, "the index has split");
        for id in 0..100_000 {
            assert_eq!(find(&index, id), Some(Place::Command(id)));
        }
        for id in 100_000..200_000 {
            assert_eq!(find(&index, id), None);
        }
    }

    #[test]
    fn removed_ids_are_gone_and_their_neighbours_stay() {
        let mut index = IdIndex::new(2);
        for id in 0..20_000 {
            index.insert(index.hash(id.into()), Place::Command(id));
        }
        for id in (0..20_000).step_by(2) {
            index.remove(index.hash(id.into()), Place::Command(id));
        }
        for id in 0..20_000 {
            assert_eq!(find(&index, id).is_some(), id % 2 == 1, "id {id}");
        }
    }

    #[test]
    fn buckets_are_overflowed_only_while_entries_lie_elsewhere() {
        let mut index = IdIndex::new(3);
        let marked = |index: &IdIndex| {
            let buckets = index.segments.iter().flat_map(|segment| &segment.buckets);
            buckets.filter(|bucket| bucket.overflowed > 0).count()
        };
        for id in 0..4_000 {
            index.insert(index.hash(id.into()), Place::Command(id));
        }
        assert!(marked(&index) > 0, "some buckets are full");
        for id in 0..4_000 {
            index.remove(index.hash(id.into()), Place::Command(id));
        }
        assert_eq!(marked(&index), 0);
    }

    #[test]
    fn places_keep_their_kind() {
        for place in [Place::Order(0), Place::Command(POSITION_MAX), Place::Rejection(7)] {
            assert_eq!(Place::decode(place.encode()), place);
            assert_ne!(place.encode(), 0);
        }
    }
}
