//! The bytes of every layout, as the version that brought it wrote them. A line of a golden file
//! never changes: a new field is a new schema with a line of its own.
//!
//! Every line promises to be read as what it meant. A line in the newest schema of its kind
//! promises besides that this version still writes it so, byte for byte.

use std::collections::BTreeSet;

use gantry_model::{
    Command, CommandKind, Item, MovementKind, Proof, Query, QueryKind, Record, Reply,
};

use crate::samples::{self, Sample, Version};

/// A sort of thing with bytes: what each version wrote of it, one line each, name and hexadecimal.
struct Sort {
    files: [(Version, &'static str); 4],
    samples: fn(Version) -> Vec<Sample>,
    read: fn(&[u8]) -> String,
    /// Where the schema stands.
    schema_at: usize,
}

const COMMANDS: Sort = Sort {
    files: [
        (Version::First, include_str!("golden/first/commands.txt")),
        (Version::Second, include_str!("golden/second/commands.txt")),
        (Version::Third, include_str!("golden/third/commands.txt")),
        (Version::Fourth, include_str!("golden/fourth/commands.txt")),
    ],
    samples: samples::commands,
    read: |bytes| format!("{:?}", Command::parse(&item(bytes)).unwrap()),
    schema_at: 2,
};
const QUERIES: Sort = Sort {
    files: [
        (Version::First, include_str!("golden/first/queries.txt")),
        (Version::Second, include_str!("golden/second/queries.txt")),
        (Version::Third, include_str!("golden/third/queries.txt")),
        (Version::Fourth, include_str!("golden/fourth/queries.txt")),
    ],
    samples: samples::queries,
    read: |bytes| format!("{:?}", Query::parse(&item(bytes)).unwrap()),
    schema_at: 2,
};
const REPLIES: Sort = Sort {
    files: [
        (Version::First, include_str!("golden/first/replies.txt")),
        (Version::Second, include_str!("golden/second/replies.txt")),
        (Version::Third, include_str!("golden/third/replies.txt")),
        (Version::Fourth, include_str!("golden/fourth/replies.txt")),
    ],
    samples: samples::replies,
    read: |bytes| format!("{:?}", Reply::parse(&item(bytes)).unwrap()),
    schema_at: 2,
};
const RECORDS: Sort = Sort {
    files: [
        (Version::First, include_str!("golden/first/records.txt")),
        (Version::Second, include_str!("golden/second/records.txt")),
        (Version::Third, include_str!("golden/third/records.txt")),
        (Version::Fourth, include_str!("golden/fourth/records.txt")),
    ],
    samples: samples::records,
    read: |bytes| {
        let (record, rest) = Record::split(bytes).unwrap();
        assert!(rest.is_empty());
        format!("{record:?}")
    },
    schema_at: 4,
};
const SORTS: [Sort; 4] = [COMMANDS, QUERIES, REPLIES, RECORDS];

/// A line of a golden file beside what it was written from.
struct Line {
    sample: Sample,
    bytes: Vec<u8>,
}

impl Sort {
    fn lines(&self) -> Vec<Line> {
        self.files.iter().flat_map(|(version, file)| self.lines_of(*version, file)).collect()
    }

    fn lines_of(&self, version: Version, file: &str) -> Vec<Line> {
        let samples = (self.samples)(version);
        let names: Vec<_> = samples.iter().map(|sample| sample.name.clone()).collect();
        let lines: Vec<_> = file.lines().map(|line| line.split_once(' ').unwrap()).collect();
        assert_eq!(lines.iter().map(|(name, _)| *name).collect::<Vec<_>>(), names, "{version:?}");
        let bytes = lines.iter().map(|(_, digits)| unhex(digits));
        samples.into_iter().zip(bytes).map(|(sample, bytes)| Line { sample, bytes }).collect()
    }

    fn schema(&self, bytes: &[u8]) -> u16 {
        u16::from_le_bytes([bytes[self.schema_at], bytes[self.schema_at + 1]])
    }

    fn is_newest(&self, line: &Line) -> bool {
        self.schema(&line.bytes) == self.schema(&line.sample.written)
    }
}

fn item(bytes: &[u8]) -> Item<'_> {
    let (item, rest) = Item::split(bytes, bytes.len()).unwrap();
    assert!(rest.is_empty());
    item
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(digits: &str) -> Vec<u8> {
    let byte = |at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
    (0..digits.len()).step_by(2).map(byte).collect()
}

/// Kind and schema of items.
fn kinds(lines: &[Line], sort: &Sort) -> BTreeSet<(u16, u16)> {
    let kind = |line: &Line| item(&line.bytes).kind;
    lines.iter().map(|line| (kind(line), sort.schema(&line.bytes))).collect()
}

#[test]
fn every_line_is_read_as_what_it_meant() {
    for sort in SORTS {
        for Line { sample, bytes } in sort.lines() {
            assert_eq!((sort.read)(&bytes), sample.meaning, "{}", sample.name);
        }
    }
}

#[test]
fn every_line_in_a_newest_schema_is_still_written_so() {
    for sort in SORTS {
        for line in sort.lines() {
            if sort.is_newest(&line) {
                assert_eq!(hex(&line.sample.written), hex(&line.bytes), "{}", line.sample.name);
            }
        }
    }
}

#[test]
fn every_schema_of_every_kind_has_a_line() {
    let of_kind =
        |kind: CommandKind| kind.schemas().iter().map(move |schema| (kind.number(), *schema));
    let commands: BTreeSet<_> = CommandKind::ALL.into_iter().flat_map(of_kind).collect();
    assert_eq!(kinds(&COMMANDS.lines(), &COMMANDS), commands);
    let of_query = |kind: &QueryKind| {
        // A quote is laid out as the order that it asks about, a place in a book may have a date.
        let last = if [QueryKind::Quote, QueryKind::ReadBook].contains(kind) { 2 } else { 1 };
        let number = kind.number();
        (1..=last).map(move |schema| (number, schema))
    };
    let queries: BTreeSet<_> = QueryKind::ALL.iter().flat_map(of_query).collect();
    assert_eq!(kinds(&QUERIES.lines(), &QUERIES), queries);
}

#[test]
fn the_newest_reply_to_every_kind_has_a_line() {
    let mut lines = REPLIES.lines();
    lines.retain(|line| REPLIES.is_newest(line));
    let replied: BTreeSet<_> = kinds(&lines, &REPLIES).into_iter().map(|(kind, _)| kind).collect();
    let commands = CommandKind::ALL.iter().map(|kind| kind.number());
    let queries = QueryKind::ALL.iter().map(|kind| kind.number());
    let unknown = 0;
    assert_eq!(replied, commands.chain(queries).chain([unknown]).collect());
}

#[test]
fn every_movement_and_every_proof_has_a_line() {
    let mut lines = RECORDS.lines();
    lines.retain(|line| RECORDS.is_newest(line));
    let (mut moved, mut proven) = (BTreeSet::new(), BTreeSet::new());
    for line in &lines {
        let (record, _) = Record::split(&line.bytes).unwrap();
        moved.extend(record.movements.iter().map(|movement| movement.kind()));
        proven.extend(record.outcome.head.proof());
    }
    assert!(moved.iter().eq(MovementKind::ALL));
    assert!(proven.iter().eq(Proof::ALL));
}

#[test]
fn nothing_was_proven_in_the_first_version() {
    let (version, file) = RECORDS.files[0];
    for line in RECORDS.lines_of(version, file) {
        let (record, _) = Record::split(&line.bytes).unwrap();
        assert_eq!(record.outcome.head.proof(), None, "{}", line.sample.name);
        assert_eq!(record.outcome.head.gap(), 0, "{}", line.sample.name);
    }
}

#[test]
fn what_is_written_and_read_is_written_the_same_again() {
    samples::newest_commands(|command| {
        let bytes = samples::written(&command);
        let item = item(&bytes);
        let read = Command::parse(&item).unwrap();
        assert_eq!(read.id(), command.id());
        assert_eq!(samples::written(&read), bytes, "one meaning has one form");
    });
}
