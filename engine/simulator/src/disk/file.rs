//! The content of one file: what is latest, and what a power cut may bring back.

use std::collections::BTreeMap;
use std::ops::Range;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::page::{Outage, PAGE_BYTES, PAGE_LENGTH, Page, bytes_of, length};

/// How a write to a page stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// Not synced: any version may be on the device.
    Dirty,
    /// Its sync failed. The page counts as clean, so no later sync takes it along, and any version
    /// may be on the device.
    Lied,
    /// It never reached the device, which said it did.
    Lost,
}

/// What a page was before a write that may still be taken back.
#[derive(Debug)]
struct Before {
    page: usize,
    content: Page,
    standing: Standing,
}

/// See the module. A write keeps what was there before, by whole pages, until a sync forgets it: a
/// sync costs next to nothing, and only a power cut looks at sectors.
#[derive(Debug, Default)]
pub(super) struct File {
    bytes: u64,
    pages: Vec<Page>,
    /// Since the last sync, in order.
    before: Vec<Before>,
    /// Lengths since the last sync, in order.
    lengths: Vec<u64>,
    /// What misdirected writes left on the device where nobody looks yet.
    strays: Vec<(usize, Page)>,
    /// What the device cannot read until it is written.
    unreadable: Vec<Range<u64>>,
    /// Rises with every change.
    changes: u64,
    /// The last change of each page.
    changed: Vec<u64>,
    /// Whether a name leads to it, so that its length counts.
    pub(super) is_named: bool,
}

impl File {
    /// A file of zeros, whose length is not synced.
    pub(super) fn of_zeros(bytes: u64) -> Self {
        let mut file = Self { is_named: true, ..Self::default() };
        file.set_length(bytes);
        file
    }

    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Room that it takes.
    pub(super) fn room_bytes(&self) -> u64 {
        self.bytes.next_multiple_of(PAGE_BYTES)
    }

    pub(super) fn changes(&self) -> u64 {
        self.changes
    }

    /// Whether a range is what it was after so many changes.
    pub(super) fn is_as_after(&self, changes: u64, offset: u64, bytes: u64) -> bool {
        self.changed[Self::pages_of(offset, bytes)].iter().all(|changed| *changed <= changes)
    }

    /// Pages of a range of bytes.
    fn pages_of(offset: u64, bytes: u64) -> Range<usize> {
        length(offset / PAGE_BYTES)..length((offset + bytes).div_ceil(PAGE_BYTES))
    }

    fn set_length(&mut self, bytes: u64) {
        if bytes != self.bytes {
            self.lengths.push(self.bytes);
            self.bytes = bytes;
            self.pages.resize(length(bytes.div_ceil(PAGE_BYTES)), None);
            self.changed.resize(self.pages.len(), self.changes);
        }
    }

    /// Whatever somebody was shown is out of date.
    fn change_all(&mut self) {
        self.changes += 1;
        self.changed.clear();
        self.changed.resize(self.pages.len(), self.changes);
    }

    /// Empties it; not synced.
    pub(super) fn truncate(&mut self) {
        for page in 0..self.pages.len() {
            self.replace(page, None);
        }
        self.set_length(0);
        self.change_all();
    }

    /// Puts a page and keeps what was there.
    fn replace(&mut self, page: usize, content: Page) {
        if self.pages[page].is_none() && content.is_none() {
            return;
        }
        let content = std::mem::replace(&mut self.pages[page], content);
        self.before.push(Before { page, content, standing: Standing::Dirty });
    }

    /// Writes into the page cache; the file grows as needed.
    pub(super) fn write(&mut self, offset: u64, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        let end = offset + bytes.len() as u64;
        self.set_length(self.bytes.max(end));
        self.touch(offset, end);
        let mut left = bytes;
        let mut at = length(offset);
        while !left.is_empty() {
            let (page, start) = (at / PAGE_LENGTH, at % PAGE_LENGTH);
            let (piece, rest) = left.split_at(left.len().min(PAGE_LENGTH - start));
            let mut content = match piece.len() {
                PAGE_LENGTH => Box::new([0; PAGE_LENGTH]),
                _ => Box::new(*bytes_of(&self.pages[page])),
            };
            content[start..start + piece.len()].copy_from_slice(piece);
            self.replace(page, Some(content));
            (left, at) = (rest, at + piece.len());
        }
    }

    /// Writes whole pages of zeros.
    pub(super) fn write_zeros(&mut self, offset: u64, bytes: u64) {
        self.set_length(self.bytes.max(offset + bytes));
        self.touch(offset, offset + bytes);
        for page in Self::pages_of(offset, bytes) {
            self.replace(page, None);
        }
    }

    /// A write is coming: the pages become dirty again, and a device puts another sector where it
    /// could not read.
    fn touch(&mut self, offset: u64, end: u64) {
        self.changes += 1;
        if !self.unreadable.is_empty() {
            self.unreadable.retain(|broken| broken.start < offset || end < broken.end);
        }
        let pages = Self::pages_of(offset, end - offset);
        self.changed[pages.clone()].fill(self.changes);
        for before in self.before.iter_mut().filter(|before| before.standing != Standing::Dirty) {
            if pages.contains(&before.page) {
                before.standing = Standing::Dirty;
            }
        }
    }

    /// The device loses the last write to the page at `offset`, and says nothing. If it put it over
    /// another page, that one is named. Whether it makes any difference.
    pub(super) fn lose(&mut self, offset: u64, other: Option<u64>) -> bool {
        let page = length(offset / PAGE_BYTES);
        let last = self.before.iter_mut().rev().find(|before| before.page == page);
        let Some(last) = last else { return false };
        last.standing = Standing::Lost;
        if let Some(other) = other {
            self.strays.push((length(other / PAGE_BYTES), self.pages[page].clone()));
        }
        true
    }

    /// Makes the latest content of a range durable.
    pub(super) fn sync_range(&mut self, offset: u64, bytes: u64) {
        let pages = Self::pages_of(offset, bytes);
        if !self.strays.is_empty() {
            let dirty = |page| self.before.iter().any(|before| before.is_dirty(page));
            self.strays.retain(|(page, _)| !(pages.contains(page) && dirty(*page)));
        }
        let synced = |before: &Before| before.standing == Standing::Dirty;
        self.before.retain(|before| !(synced(before) && pages.contains(&before.page)));
    }

    /// Makes everything durable.
    pub(super) fn sync(&mut self) {
        self.sync_range(0, (self.pages.len() as u64) * PAGE_BYTES);
        // Behind the end of a file that was cut there is nothing to sync any more.
        let pages = self.pages.len();
        self.before.retain(|before| before.page < pages);
        self.lengths.clear();
    }

    /// A sync fails: the pages count as clean from now on.
    pub(super) fn fail_sync(&mut self, offset: u64, bytes: u64) {
        let pages = Self::pages_of(offset, bytes);
        for before in self.before.iter_mut().filter(|before| pages.contains(&before.page)) {
            if before.standing == Standing::Dirty {
                before.standing = Standing::Lied;
            }
        }
    }

    /// Makes a range unreadable until it is written.
    pub(super) fn break_range(&mut self, range: Range<u64>) {
        self.unreadable.push(range);
    }

    pub(super) fn mend(&mut self) {
        self.unreadable.clear();
    }

    /// Whether the device can read these bytes.
    pub(super) fn is_readable(&self, offset: u64, bytes: u64) -> bool {
        let end = offset + bytes;
        !self.unreadable.iter().any(|broken| broken.start < end && offset < broken.end)
    }

    /// Copies bytes out; false behind the end.
    pub(super) fn read(&self, offset: u64, bytes: &mut [u8]) -> bool {
        if offset + bytes.len() as u64 > self.bytes {
            return false;
        }
        let mut at = length(offset);
        let mut left = bytes;
        while !left.is_empty() {
            let (page, start) = (at / PAGE_LENGTH, at % PAGE_LENGTH);
            let (piece, rest) = {
                let count = left.len().min(PAGE_LENGTH - start);
                left.split_at_mut(count)
            };
            piece.copy_from_slice(&bytes_of(&self.pages[page])[start..start + piece.len()]);
            at += piece.len();
            left = rest;
        }
        true
    }

    /// A copy of `bytes` from `offset` on, and of what was written behind them, up to `most` in all.
    pub(super) fn read_ahead(&self, offset: u64, bytes: u64, most: u64) -> Box<[u8]> {
        let asked = offset + bytes;
        let longest = asked.max(offset + most).min(self.bytes);
        let behind = length(asked.div_ceil(PAGE_BYTES))..length(longest.div_ceil(PAGE_BYTES));
        let written = self.pages[behind.clone()].iter().take_while(|page| page.is_some()).count();
        let end = longest.min((behind.start + written) as u64 * PAGE_BYTES);
        let mut copy = Vec::with_capacity(length(end - offset));
        let mut at = offset;
        while at < end {
            let next = (at - at % PAGE_BYTES + PAGE_BYTES).min(end);
            let start = length(at % PAGE_BYTES);
            let page = bytes_of(&self.pages[length(at / PAGE_BYTES)]);
            copy.extend_from_slice(&page[start..start + length(next - at)]);
            at = next;
        }
        copy.into_boxed_slice()
    }

    /// Whether a range was never written, or with zeros only.
    pub(super) fn is_untouched(&self, offset: u64, bytes: u64) -> bool {
        self.pages[Self::pages_of(offset, bytes)].iter().all(Option::is_none)
    }

    /// Flips one bit where nothing waits for a sync; whether there was such a place.
    pub(super) fn rot(&mut self, offset: u64, bit: u8) -> bool {
        let page = length(offset / PAGE_BYTES);
        if offset >= self.bytes || self.before.iter().any(|before| before.page == page) {
            return false;
        }
        let content = self.pages[page].get_or_insert_with(|| Box::new([0; PAGE_LENGTH]));
        content[length(offset % PAGE_BYTES)] ^= 1 << bit;
        self.changes += 1;
        self.changed[page] = self.changes;
        true
    }

    /// The power went: says what is there now. Returns the sectors that are not the latest.
    pub(super) fn lose_power(&mut self, random: &mut ChaCha8Rng, outage: Outage) -> u64 {
        let written = std::mem::take(&mut self.before);
        let mut taken_back = 0;
        for (page, befores) in by_page(&written) {
            let latest = self.pages.get(page).cloned().flatten();
            let mut versions: Vec<_> = befores.iter().map(|before| &before.content).collect();
            let is_lost = befores.last().is_some_and(|last| last.standing == Standing::Lost);
            if !is_lost {
                versions.push(&latest);
            }
            let (content, sectors) = outage.settle(random, &versions);
            taken_back += sectors;
            self.put(page, content);
        }
        for (page, content) in std::mem::take(&mut self.strays) {
            self.put(page, content);
        }
        self.lengths.push(self.bytes);
        let lengths = std::mem::take(&mut self.lengths);
        let bytes = lengths[outage.version(random, lengths.len())];
        self.cut_to(bytes);
        self.change_all();
        taken_back
    }

    /// The process died: what its last sync did not write may be gone from the cache by the time
    /// that somebody looks.
    pub(super) fn evict(&mut self, random: &mut ChaCha8Rng) {
        let is_lied = |before: &Before| before.standing == Standing::Lied;
        if !self.before.iter().any(is_lied) || random.random_bool(0.5) {
            return;
        }
        let (lied, rest): (Vec<_>, _) =
            std::mem::take(&mut self.before).into_iter().partition(is_lied);
        self.before = rest;
        let outage = Outage::draw(random);
        for (page, befores) in by_page(&lied) {
            let latest = self.pages.get(page).cloned().flatten();
            let versions: Vec<_> = befores.iter().map(|before| &before.content).collect();
            let (content, _) = outage.settle(random, &[&versions[..], &[&latest]].concat());
            self.put(page, content);
        }
        self.change_all();
    }

    fn put(&mut self, page: usize, content: Page) {
        if page >= self.pages.len() {
            self.pages.resize(page + 1, None);
        }
        self.pages[page] = content;
    }

    /// Ends the file there; what a longer one would show is zeros.
    fn cut_to(&mut self, bytes: u64) {
        self.bytes = bytes;
        self.pages.resize(length(bytes.div_ceil(PAGE_BYTES)), None);
        let used = length(bytes % PAGE_BYTES);
        if used > 0
            && let Some(Some(last)) = self.pages.last_mut()
        {
            last[used..].fill(0);
        }
    }

    /// Feeds all that a reader could see to `take`.
    pub(super) fn for_each_page(&self, mut take: impl FnMut(&[u8; PAGE_LENGTH])) {
        self.pages.iter().for_each(|page| take(bytes_of(page)));
    }
}

impl Before {
    fn is_dirty(&self, page: usize) -> bool {
        self.page == page && self.standing == Standing::Dirty
    }
}

fn by_page(befores: &[Before]) -> BTreeMap<usize, Vec<&Before>> {
    let mut pages: BTreeMap<usize, Vec<&Before>> = BTreeMap::new();
    for before in befores {
        pages.entry(before.page).or_default().push(before);
    }
    pages
}
