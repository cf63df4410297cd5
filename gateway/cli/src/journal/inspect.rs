//! `gantry journal inspect`: what a journal looks like from outside.

use gantry_journal::{Histogram, Inspection, SegmentFacts};
use serde::Serialize;

use crate::args::InspectArgs;
use crate::error::CliError;
use crate::names::Id;
use crate::output::{Answer, Output, Page, Table, grouped, percent, utc_time};

use super::{FolderError, note_tail};

#[derive(Debug, Serialize)]
struct Inspected {
    instance_id: Id,
    term: u64,
    segments: Vec<Segment>,
    frame_records: Sizes,
    frame_bytes: Sizes,
    sync_us: Sizes,
}

#[derive(Debug, Serialize)]
struct Segment {
    segment: u64,
    bytes: u64,
    stored_bytes: u64,
    used_bytes: u64,
    frames: u64,
    records: u64,
    first_sequence: u64,
    last_sequence: u64,
    first_time_ns: u64,
    last_time_ns: u64,
    seals: u64,
    term: u64,
}

/// A histogram, its classes from the smallest to the largest value.
#[derive(Debug, Serialize)]
struct Sizes {
    count: u64,
    mean: u64,
    max: u64,
    classes: Vec<Class>,
}

#[derive(Debug, Serialize)]
struct Class {
    from: u64,
    to: u64,
    count: u64,
}

/// Runs `gantry journal inspect`.
pub(crate) fn inspect(args: &InspectArgs, output: &mut Output) -> Result<(), CliError> {
    let found = gantry_journal::inspect(&args.directory).map_err(FolderError::from)?;
    output.answer(args.format.json, &Inspected::from(&found))?;
    note_tail(&found.tail);
    Ok(())
}

impl From<&Inspection> for Inspected {
    fn from(found: &Inspection) -> Self {
        Self {
            instance_id: Id(found.instance_id),
            term: found.term,
            segments: found.segments.iter().map(Segment::from).collect(),
            frame_records: Sizes::from(&found.frame_records),
            frame_bytes: Sizes::from(&found.frame_bytes),
            sync_us: Sizes::from(&found.sync_us),
        }
    }
}

impl From<&SegmentFacts> for Segment {
    fn from(facts: &SegmentFacts) -> Self {
        Self {
            segment: facts.number,
            bytes: facts.bytes,
            stored_bytes: facts.stored_bytes,
            used_bytes: facts.used_bytes,
            frames: facts.frames,
            records: facts.records,
            first_sequence: facts.first_sequence,
            last_sequence: facts.last_sequence,
            first_time_ns: facts.first_time_ns,
            last_time_ns: facts.last_time_ns,
            seals: facts.seals,
            term: facts.term,
        }
    }
}

impl From<&Histogram> for Sizes {
    fn from(histogram: &Histogram) -> Self {
        let classes = histogram.classes().into_iter();
        let class = |class: gantry_journal::HistogramClass| Class {
            from: class.from,
            to: class.to,
            count: class.count,
        };
        Self {
            count: histogram.count,
            mean: histogram.sum.checked_div(histogram.count).unwrap_or(0),
            max: histogram.max,
            classes: classes.map(class).collect(),
        }
    }
}

impl Answer for Inspected {
    fn page(&self) -> Page {
        let mut segments = Table::new(&[
            ">segment", ">bytes", ">used", ">frames", ">records", ">first", ">last", "from", "to",
            ">seals", ">term",
        ]);
        for segment in &self.segments {
            let time = |time_ns| if time_ns == 0 { String::new() } else { utc_time(time_ns) };
            segments.row([
                segment.segment.to_string(),
                grouped(segment.stored_bytes),
                percent(segment.used_bytes, segment.bytes),
                grouped(segment.frames),
                grouped(segment.records),
                grouped(segment.first_sequence),
                grouped(segment.last_sequence),
                time(segment.first_time_ns),
                time(segment.last_time_ns),
                grouped(segment.seals),
                segment.term.to_string(),
            ]);
        }
        let page = Page::new()
            .facts([("instance", self.instance_id.to_string()), ("term", self.term.to_string())])
            .table(segments);
        let page = self.frame_records.add_to(page, "records of a batch");
        let page = self.frame_bytes.add_to(page, "bytes of a batch");
        self.sync_us.add_to(page, "microseconds of a sync")
    }
}

impl Sizes {
    fn add_to(&self, page: Page, title: &str) -> Page {
        let mut table = Table::new(&[&format!(">{title}"), ">count", ">share"]);
        for class in &self.classes {
            table.row([
                format!("{} to {}", grouped(class.from), grouped(class.to)),
                grouped(class.count),
                percent(class.count, self.count),
            ]);
        }
        page.table(table)
    }
}
