//! Faults that really happen, done to Gantry on purpose.
//!
//! A **driver** is a small program that appends to a real journal and says what it acknowledged. A
//! **rig** does something terrible to it, or to its files. The **judge** then recovers what is left
//! and holds it against what the seed issued: an exact prefix, with every acknowledged record in
//! it, none twice. Anything else is a violation, which names its seed and case.
//!
//! What belongs to a simulation (no real files, no real kernel) is not here.

#![expect(clippy::unwrap_used, reason = "a rig that cannot go on should panic, as a test does")]

pub mod bit_rot;
pub mod campaign;
pub mod driver;
pub mod full_disk;
pub mod history;
pub mod instance;
pub mod judge;
pub mod large_rot;
pub mod memory;
pub mod mix_up;
pub mod power;
pub mod product;
pub mod programs;
#[cfg(feature = "sabotage")]
pub mod sabotage;
pub mod scenario;
pub mod steps;
pub mod system_calls;
pub mod tools;
