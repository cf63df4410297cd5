//! Pages, sectors, and how many of them a power cut takes.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

/// What the page cache holds or does not hold.
pub(super) const PAGE_LENGTH: usize = 4096;
pub(super) const PAGE_BYTES: u64 = PAGE_LENGTH as u64;
/// What a device writes whole or not at all.
pub(super) const SECTOR_LENGTH: usize = 512;
/// Shares are counted in millionths.
pub(super) const MILLION: u32 = 1_000_000;

/// A page's bytes; `None` is zeros, which take no memory.
pub(super) type Page = Option<Box<[u8; PAGE_LENGTH]>>;

static ZERO_PAGE: [u8; PAGE_LENGTH] = [0; PAGE_LENGTH];

/// The bytes of a page.
pub(super) fn bytes_of(page: &Page) -> &[u8; PAGE_LENGTH] {
    page.as_deref().unwrap_or(&ZERO_PAGE)
}

/// A length or an offset of a file in memory.
pub(super) fn length(bytes: u64) -> usize {
    usize::try_from(bytes).expect("invariant: simulated files fit into memory")
}

/// Whether a share of a million is met.
pub(super) fn is_met(random: &mut ChaCha8Rng, share: u32) -> bool {
    share > 0 && random.random_range(0..MILLION) < share
}

/// How one power cut treats what was not synced. Drawn anew for each, and widely: a cut that keeps
/// or loses everything finds other faults than one that mixes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Outage {
    /// Share of what is kept as it was last.
    kept: u32,
    /// Share of pages whose sectors are drawn one by one.
    torn: u32,
    /// What is not kept falls back to what was durable, and to nothing in between.
    is_plain: bool,
}

impl Outage {
    pub(super) fn draw(random: &mut ChaCha8Rng) -> Self {
        let kept = match random.random_range(0..8_u32) {
            0 => MILLION,
            1 => 0,
            _ => random.random_range(0..=MILLION),
        };
        let torn = random.random_range(0..=MILLION);
        Self { kept, torn, is_plain: random.random_bool(0.25) }
    }

    /// Whether something that was not synced is there nevertheless.
    pub(super) fn keeps(self, random: &mut ChaCha8Rng) -> bool {
        is_met(random, self.kept)
    }

    /// Which of `versions`, from the durable one to the latest, is there afterwards.
    pub(super) fn version(self, random: &mut ChaCha8Rng, versions: usize) -> usize {
        if versions == 1 || self.keeps(random) {
            versions - 1
        } else if self.is_plain {
            0
        } else {
            random.random_range(0..versions - 1)
        }
    }

    /// What a page with these versions is afterwards, and how many of its sectors are not the last
    /// of them.
    pub(super) fn settle(self, random: &mut ChaCha8Rng, versions: &[&Page]) -> (Page, u64) {
        let last = versions.len() - 1;
        if !is_met(random, self.torn) {
            let chosen = self.version(random, versions.len());
            let sectors = (PAGE_LENGTH / SECTOR_LENGTH) as u64;
            return (versions[chosen].clone(), if chosen == last { 0 } else { sectors });
        }
        let (mut page, mut taken_back) = (Box::new([0; PAGE_LENGTH]), 0);
        for (sector, bytes) in page.chunks_exact_mut(SECTOR_LENGTH).enumerate() {
            let chosen = self.version(random, versions.len());
            let source = &bytes_of(versions[chosen])[sector * SECTOR_LENGTH..];
            bytes.copy_from_slice(&source[..SECTOR_LENGTH]);
            taken_back += u64::from(chosen != last);
        }
        (Some(page), taken_back)
    }
}
