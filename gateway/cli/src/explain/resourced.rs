//! Where an order's units came to be when it was sourced again, from the records alone. The names are
//! a format that other programs read.

use std::path::Path;

use gantry_journal::JournalReader;
use gantry_model::{Command, Movement, MovementKind, Proof, Record, Records, Sequence};
use serde::Serialize;

use super::swapped::SwappedReport;
use crate::journal::FolderError;
use crate::names::Names;
use crate::output::{Table, grouped, utc_time};

/// A record that moved units of the order.
#[derive(Debug, Serialize)]
pub(super) struct SourcedAgainReport {
    sequence: u64,
    time_ns: u64,
    parcels: u16,
    cost_minor: i64,
    proof: Option<&'static str>,
    left: Vec<PlaceReport>,
    came: Vec<PlaceReport>,
}

#[derive(Debug, Serialize)]
struct PlaceReport {
    line: u16,
    sku: String,
    warehouse: String,
    units: u32,
}

/// How the order that the record `placed` placed was sourced again, and swapped units with others;
/// nothing, where that moved nothing.
pub(super) fn follow_sourcing(
    directory: &Path,
    placed: Sequence,
) -> Result<(Vec<SourcedAgainReport>, Vec<SwappedReport>), FolderError> {
    let mut reader = JournalReader::open(directory)?;
    let mut names = Names::default();
    let (mut reports, mut swapped) = (Vec::new(), Vec::new());
    while let Some(frame) = reader.next_frame()? {
        for record in Records::new(frame.payload) {
            let record = record?;
            names.learn(&record);
            let is_of_order = |movement: &Movement| movement.order() == placed;
            if !record.movements.iter().any(is_of_order) {
                continue;
            }
            match &record.command {
                Command::ResourceOrder(_) => {
                    reports.push(SourcedAgainReport::new(&record, &names));
                }
                Command::SwapUnits(swap) => {
                    swapped.push(SwappedReport::new(&record, swap, placed, &names));
                }
                _ => {}
            }
        }
    }
    Ok((reports, swapped))
}

impl SourcedAgainReport {
    fn new(record: &Record<'_>, names: &Names) -> Self {
        let places = |kind: MovementKind| -> Vec<PlaceReport> {
            let of_kind = record.movements.iter().filter(|it| it.kind() == kind);
            let place = |movement: &Movement| PlaceReport {
                line: movement.line(),
                sku: names.sku(movement.sku()).to_string(),
                warehouse: warehouse(names, movement),
                units: movement.quantity().unsigned_abs(),
            };
            of_kind.map(place).collect()
        };
        let head = record.outcome.head;
        Self {
            sequence: record.sequence.get(),
            time_ns: record.time.get(),
            parcels: head.parcels(),
            cost_minor: head.cost_minor(),
            proof: head.proof().map(Proof::name),
            left: places(MovementKind::Released),
            came: places(MovementKind::Allocated),
        }
    }
}

fn warehouse(names: &Names, movement: &Movement) -> String {
    let name = names.warehouse(movement.warehouse());
    name.map(|name| name.to_string()).unwrap_or_default()
}

/// The records as people read them.
pub(super) fn sourced_again(reports: &[SourcedAgainReport]) -> Table {
    let mut table = Table::new(&[">record", "time", ">parcels", ">cost", "left", "came"]);
    for report in reports {
        let text = |places: &[PlaceReport]| {
            let places = places.iter();
            let places =
                places.map(|it| format!("{} x {} {}", grouped(it.units), it.sku, it.warehouse));
            places.collect::<Vec<_>>().join(", ")
        };
        table.row([
            grouped(report.sequence),
            utc_time(report.time_ns),
            report.parcels.to_string(),
            grouped(report.cost_minor),
            text(&report.left),
            text(&report.came),
        ]);
    }
    table
}
