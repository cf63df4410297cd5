//! The bytes of every schema, as the first version wrote them. They never change: a new field is
//! a new schema with golden bytes of its own.

use gantry_model::{Command, CommandKind, Item};

use crate::samples;

/// Kind and whole item in hexadecimal, one line a kind, in order of the kinds' numbers.
const SCHEMA_1: &str = include_str!("golden_schema_1.txt");

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn every_kind_is_written_as_in_the_first_version() {
    let mut written = String::new();
    samples::each(|command| {
        let bytes = hex(&samples::written(&command));
        written += &format!("{} {bytes}\n", command.kind().name());
    });
    assert_eq!(written, SCHEMA_1);
    assert_eq!(SCHEMA_1.lines().count(), CommandKind::ALL.len());
}

#[test]
fn every_kind_reads_back_as_it_was_written() {
    samples::each(|command| {
        let bytes = samples::written(&command);
        let (item, rest) = Item::split(&bytes, bytes.len()).unwrap();
        assert!(rest.is_empty());
        let read = Command::parse(&item).unwrap();
        assert_eq!(format!("{read:?}"), format!("{command:?}"));
        assert_eq!(read.id(), command.id());
        assert_eq!(samples::written(&read), bytes, "one meaning has one form");
    });
}
