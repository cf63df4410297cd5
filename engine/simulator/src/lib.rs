//! A universe in a seed: Gantry's own code on a simulated disk, network and clock, judged by a
//! second implementation of its rules.

#![forbid(unsafe_code)]

pub mod campaign;
pub mod client;
pub mod clock;
pub mod damage;
pub mod disk;
pub mod history;
pub mod machine;
pub mod marks;
pub mod memory;
pub mod net;
pub mod objection;
pub mod oracle;
pub mod random;
pub mod real;
pub mod scenario;
pub mod shrink;
pub mod universe;
pub mod workload;
pub mod written;
