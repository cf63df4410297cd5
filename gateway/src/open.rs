//! Opening the folder: the newest good snapshot, then the journal behind it.

use std::sync::Arc;

use gantry_engine::{Instance, InstanceError, Start};
use gantry_journal::Storage;

use crate::options::ServerOptions;
use crate::seed::index_seed;

/// Opens or creates the instance of `options`.
pub(crate) fn open(
    options: &ServerOptions,
    storage: &Arc<dyn Storage>,
) -> Result<Instance, InstanceError> {
    let directory = &options.directory;
    let start = if options.full_replay {
        Start::without_snapshot(index_seed())
    } else {
        Start::from_newest(&**storage, directory, index_seed())?
    };
    for error in &start.passed_over {
        tracing::warn!(%error, "A SNAPSHOT CANNOT BE USED: the start falls back to what is older");
    }
    let storage = Box::new(Arc::clone(storage));
    Instance::open_from(start, directory, options.journal.clone(), storage)
}
