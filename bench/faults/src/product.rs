//! The whole product under fault: the real binary, real clients, real folders.

mod kills;
mod ledger;
mod rot;
mod server;
mod shop;

pub use kills::{Kills, torment};
pub use rot::rot;
pub use server::{Product, Ran, Server};
