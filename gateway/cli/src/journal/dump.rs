//! `gantry journal dump`: every record, in order of its sequence, as JSON lines or as text.

use std::sync::Arc;

use gantry_engine::{Start, State};
use gantry_gateway::index_seed;
use gantry_journal::{FileStorage, Storage};
use gantry_model::Records;

use crate::args::DumpArgs;
use crate::error::CliError;
use crate::names::Names;
use crate::output::Output;

use super::balances::{self, BalancesLine};
use super::json::RecordJson;
use super::text;
use super::wanted::Wanted;
use super::{FolderError, note_start};

/// Says what the records before the first one there is came to.
fn open_trimmed(
    args: &DumpArgs,
    state: &State,
    names: &Names,
    output: &mut Output,
) -> Result<(), CliError> {
    if args.format.json {
        output.json(&BalancesLine::new(state, names))
    } else {
        output.line(balances::text(state))
    }
}

/// Runs `gantry journal dump`.
pub(crate) fn dump(args: &DumpArgs, output: &mut Output) -> Result<(), CliError> {
    let storage: Arc<dyn Storage> = Arc::new(FileStorage::new());
    let start = Start::for_reading(&storage, &args.directory, index_seed())?;
    note_start(&start);
    let mut reader = start.reader(&storage, &args.directory).map_err(FolderError::from)?;
    let mut names = Names::of_state(start.engine.state());
    if start.snapshot.is_some() {
        open_trimmed(args, start.engine.state(), &names, output)?;
    }
    drop(start);
    let mut wanted = Wanted::new(args.order.as_deref(), args.sku.as_deref());
    let until = args.until.unwrap_or(u64::MAX);
    if !args.format.json {
        output.line(text::HEAD)?;
    }
    while let Some(frame) = reader.next_frame().map_err(FolderError::from)? {
        for record in Records::new(frame.payload) {
            let record = record.map_err(FolderError::from)?;
            let sequence = record.sequence.get();
            if sequence > until {
                return Ok(());
            }
            names.learn(&record);
            // Asked of every record: an order's later records are known by its first.
            let is_wanted = wanted.takes(&record, &names);
            if sequence < args.from || !is_wanted {
                continue;
            }
            if args.format.json {
                output.json(&RecordJson::new(&record, &names))?;
            } else {
                output.line(text::RecordText { record: &record, names: &names })?;
            }
        }
    }
    Ok(())
}
