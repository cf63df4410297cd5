//! `gantry journal dump`: every record, in order of its sequence, as JSON lines or as text.

use gantry_journal::JournalReader;
use gantry_model::Records;

use crate::args::DumpArgs;
use crate::error::CliError;
use crate::names::Names;
use crate::output::Output;

use super::FolderError;
use super::json::RecordJson;
use super::text;
use super::wanted::Wanted;

/// Runs `gantry journal dump`.
pub(crate) fn dump(args: &DumpArgs, output: &mut Output) -> Result<(), CliError> {
    let mut reader = JournalReader::open(&args.directory).map_err(FolderError::from)?;
    let mut names = Names::default();
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
