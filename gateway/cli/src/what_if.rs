//! `gantry what-if`: a recorded journal decided again under other policies.
//!
//! What is mapped and what is counted is the engine's affair (`gantry_engine::WhatIf`); here a
//! folder is read once, and the columns are shown.

mod page;
mod report;

use std::path::Path;

use gantry_engine::{WhatIf, WhatIfPolicy, WhatIfPrice};
use gantry_journal::JournalReader;
use gantry_model::{EngineTime, Records};

use crate::args::{WhatIfArgs, range};
use crate::error::CliError;
use crate::journal::{FolderError, note_tail};
use crate::output::{Output, Progress, note};
use crate::policy::PolicyFile;
use report::WhatIfReport;

/// Runs `gantry what-if`.
pub(crate) fn run(args: &WhatIfArgs, output: &mut Output) -> Result<(), CliError> {
    let policies = args.policies.iter().map(|argument| PolicyFile::read(argument));
    let policies = policies.collect::<Result<Vec<_>, _>>()?;
    let mut what_if = WhatIf::new(gantry_gateway::index_seed(), args.promised_days);
    let (from, until) = range(args.from, args.until)?;
    what_if.begin_at(from);
    for policy in &policies {
        if policy.channels.is_some() {
            let source = &policy.source;
            note(format_args!("{source}: its channels are left out; it decides every order here"));
        }
        what_if.add(column_policy(policy));
    }
    read(&args.directory, until, &mut what_if)?;
    let report = WhatIfReport::new(args, &what_if, &policies);
    report.note_undefined_codes();
    output.answer(args.format.json, &report)
}

/// Feeds the records of a folder, up to a moment.
fn read(directory: &Path, until: EngineTime, what_if: &mut WhatIf) -> Result<(), CliError> {
    let mut reader = JournalReader::open(directory).map_err(FolderError::from)?;
    let mut progress = Progress::new("deciding again", None);
    while let Some(frame) = reader.next_frame().map_err(FolderError::from)? {
        for record in Records::new(frame.payload) {
            let record = record.map_err(FolderError::from)?;
            if record.time >= until {
                return Ok(());
            }
            what_if.feed(&record)?;
        }
        progress.set(frame.last_sequence());
    }
    drop(progress);
    note_tail(&reader.tail());
    Ok(())
}

/// The policy of a file, for every order.
fn column_policy(file: &PolicyFile) -> WhatIfPolicy {
    let prices = file.prices.iter().flatten().map(|row| WhatIfPrice {
        sku: row.sku,
        warehouse: row.warehouse,
        price: row.price_minor,
    });
    WhatIfPolicy {
        code: file.name,
        objective: file.objective,
        soft: file.soft,
        parcels_max: file.parcels_max,
        days_max: file.days_max,
        split_value_min: file.split_value_min_minor,
        warehouses: file.warehouses.clone(),
        no_split_skus: file.no_split_skus.clone(),
        prices: prices.collect(),
    }
}
