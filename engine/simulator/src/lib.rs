//! A universe in a seed: Gantry's own code on a simulated disk, network and clock.

#![forbid(unsafe_code)]

pub mod disk;
pub mod oracle;
pub mod random;
pub mod workload;
