//! Power cuts on a real file system.
//!
//! A driver runs in ext4 or xfs on a disk that is a file of our own: a **recorder** serves it over
//! FUSE and notes every block write and flush, in order, with the acknowledgements between them. A
//! power cut then leaves everything before some flush and any part of what came after it. Such an
//! **image** is mounted, recovered and judged; or it becomes the disk of another recording, so that
//! the second cut falls into the recovery from the first.
//!
//! Needs root, `/dev/fuse`, loop devices and the tools of the file system. Whoever runs this should
//! be in a mount namespace of its own (`unshare --mount`), so that no mount outlives it.

mod disk;
mod image;
mod machine;
mod recorder;
mod session;

pub use disk::Disk;
pub use image::{Cut, crash};
pub(crate) use machine::Recorded;
pub use machine::{FileSystem, why_not};
pub use session::{Session, Trouble};

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::driver::Io;
use crate::instance::{self, Making, Makings};
use crate::judge::{Case, Violation};
use crate::programs::{Drive, Driver};

/// Images that are taken of a recording and of the recovery from one of its cuts.
const IMAGES_PER_SESSION: u64 = 50;

/// What a number of power cuts found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cuts {
    /// Images that were judged.
    pub images: u64,
    /// Recordings that they were taken of.
    pub sessions: u64,
    /// Of these, recordings of a recovery from an earlier cut.
    pub recoveries: u64,
    /// Images of an instance that made snapshots and archive files.
    pub instances: u64,
    /// Of the recordings, those in which the disk refused a write.
    pub refusals: u64,
    /// Images that the file system could not be mounted from.
    pub unmountable: u64,
    /// Images in which a torn frame was cut.
    pub torn: u64,
    /// Images that held records which had not been acknowledged.
    pub ahead: u64,
}

/// Cuts the power `images` times, with everything drawn from `seed`, and counts in `cuts`.
pub fn cut_power(
    file_system: FileSystem,
    driver: &Driver,
    seed: u64,
    images: u64,
    cuts: &mut Cuts,
) -> Result<(), Violation> {
    let images = cuts.images + images;
    let blank = file_system.blank_disk();
    for round in 0.. {
        if cuts.images >= images {
            break;
        }
        let wanted = IMAGES_PER_SESSION.min(images - cuts.images);
        let seed = seed.wrapping_mul(1_000_003).wrapping_add(round);
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let drive = random_drive(&mut random, seed, round);
        let named = |violation| Violation(format!("{file_system:?}, seed {seed}: {violation}"));
        // Every third recording is of a disk that refuses one write, which nobody may shrug off.
        let trouble = (round % 3 == 2).then(|| Trouble::RefusesWrite(random.random_range(1..400)));
        let first = Session::record(file_system, blank.clone(), driver, &drive, 0, trouble);
        cuts.refusals += u64::from(trouble.is_some());
        judge_images(&first, &mut random, wanted / 2, cuts).map_err(named)?;
        let cut = Cut::random(&first, &mut random);
        let (disk, acknowledged) = crash(&first, &cut, &mut random);
        let second = Session::record(file_system, disk, driver, &drive, acknowledged, None);
        cuts.recoveries += 1;
        cuts.sessions += 2;
        judge_images(&second, &mut random, wanted - wanted / 2, cuts).map_err(named)?;
    }
    Ok(())
}

/// Frames that mean nothing; or, in every second pair of rounds, an instance that makes snapshots
/// and archive files meanwhile.
fn random_drive(random: &mut ChaCha8Rng, seed: u64, round: u64) -> Drive {
    if round % 4 >= 2 {
        return random_instance(random, seed, round);
    }
    let io = Io::ALL[usize::from(!round.is_multiple_of(2))];
    Drive {
        case: Case {
            segments_spare: random.random_range(1..=2),
            ..Case::new(seed, io.write_path())
        },
        frames: random.random_range(10..40),
        seal_every: random.random_bool(0.5).then(|| random.random_range(1..=6)),
        close: random.random_bool(0.3),
        instance: None,
    }
}

fn random_instance(random: &mut ChaCha8Rng, seed: u64, round: u64) -> Drive {
    let io = Io::ALL[usize::from(!round.is_multiple_of(2))];
    let kinds = (0..4).map(|_| Making::ALL[random.random_range(0..Making::ALL.len())]).collect();
    Drive {
        case: Case {
            segments_spare: random.random_range(1..=2),
            ..instance::case(seed, io.write_path())
        },
        frames: random.random_range(12..30),
        seal_every: None,
        close: random.random_bool(0.3),
        instance: Some(Makings { kinds, every: random.random_range(2..=6) }),
    }
}

/// Judges that many images of a recording, on two threads.
fn judge_images(
    session: &Session,
    random: &mut ChaCha8Rng,
    count: u64,
    cuts: &mut Cuts,
) -> Result<(), Violation> {
    let seeds: Vec<u64> = (0..count).map(|_| random.random()).collect();
    let next = AtomicU64::new(0);
    let shared = Mutex::new(*cuts);
    let work = || -> Result<(), Violation> {
        let bench = machine::Bench::new(session.file_system);
        loop {
            let index = usize::try_from(next.fetch_add(1, Ordering::Relaxed)).unwrap();
            let Some(seed) = seeds.get(index) else { return Ok(()) };
            let mut random = ChaCha8Rng::seed_from_u64(*seed);
            let cut = Cut::random(session, &mut random);
            let (disk, acknowledged) = crash(session, &cut, &mut random);
            let found = bench.judge(&disk, &session.drive, acknowledged).map_err(|violation| {
                Violation(format!("{:?}, image {seed}, {cut:?}: {violation}", session.drive))
            });
            let mut cuts = shared.lock().unwrap();
            cuts.images += 1;
            cuts.instances += u64::from(session.drive.instance.is_some());
            let found = found?;
            match found {
                None => cuts.unmountable += 1,
                Some(survived) => {
                    cuts.torn += u64::from(survived.cut_bytes > 0);
                    cuts.ahead += u64::from(survived.last_sequence > acknowledged);
                }
            }
        }
    };
    let judged = std::thread::scope(|scope| {
        let running = [scope.spawn(work), scope.spawn(work)];
        running.map(|thread| thread.join().unwrap()).into_iter().collect()
    });
    *cuts = shared.into_inner().unwrap();
    judged
}
