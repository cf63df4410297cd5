//! The problems that the orders of a journal met.

use std::error::Error;
use std::io;
use std::path::Path;

use gantry_engine::{Engine, ExplainedPass, RecordedOrder, visit_orders};

use crate::case::Case;

/// Takes every recorded decision about an order again, on the state as it was, and has each of its
/// passes written. Fails where a decision is not the recorded one. Says what it has seen.
pub(crate) fn visit(
    folder: &Path,
    write: &mut dyn FnMut(&Case) -> io::Result<()>,
) -> Result<String, Box<dyn Error>> {
    let (mut orders, mut stopped_by) = (0_u64, None);
    // The seed lays an index out and changes no answer.
    visit_orders(folder, 0, &mut |engine, record| {
        orders += 1;
        stopped_by = visit_order(engine, record, write).err();
        stopped_by.is_none()
    })?;
    match stopped_by {
        Some(error) => Err(error),
        None => Ok(format!("{orders} decisions about orders, each as recorded\n")),
    }
}

fn visit_order(
    engine: &Engine,
    record: &RecordedOrder<'_>,
    write: &mut dyn FnMut(&Case) -> io::Result<()>,
) -> Result<(), Box<dyn Error>> {
    let explanation = engine.explain(&record.order, record.time);
    let sequence = record.sequence.get();
    if explanation.head != record.head {
        let (again, recorded) = (explanation.head, record.head);
        return Err(format!("record {sequence}: {recorded:?}, but again: {again:?}").into());
    }
    for (number, pass) in (1..).zip(explanation.passes) {
        let ExplainedPass { problem, best: plan, best_measure: measure, .. } = pass;
        let id = format!("record-{sequence}-pass-{number}");
        write(&Case { id, problem, plan, measure })?;
    }
    Ok(())
}
