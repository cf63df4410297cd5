//! The whole product under fault: the real binary, real clients, real folders.

mod kills;
mod ledger;
mod no_memory;
mod rot;
mod server;
mod shop;
mod stuck_disk;

pub use kills::{Kills, torment};
pub use no_memory::{Starved, start_starved, starve};
pub use rot::rot;
pub use server::{Product, Ran, Server};
pub use stuck_disk::{Hangs, hang};
