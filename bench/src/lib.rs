//! What the benchmarks share: a seeded shop, a journal with its preparer, a folder on the disk
//! that is measured, and the facts of the machine.
//!
//! Nothing of the product depends on this crate. The micro-benchmarks are in `benches/`, the sync
//! floor in `src/bin/floor`, the repository's own rules in `tests/it`.

mod machine;
mod percentiles;
mod random;
mod rig;
mod scratch;
mod shop;
mod sourcing_shop;

pub use machine::machine_facts;
pub use percentiles::Latencies;
pub use random::Random;
pub use rig::JournalRig;
pub use scratch::scratch_folder;
pub use shop::{OrderStream, Shop, ShopPlan};
pub use sourcing_shop::{OrderClass, SourcingOrder, SourcingShop};
