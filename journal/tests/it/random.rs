//! Random batches, restarts, seals and tears: what was acknowledged is there again.

use gantry_journal::{PAYLOAD_BYTES_MAX, verify};
use proptest::prelude::*;
use proptest::test_runner::Config;

use crate::support::{append, folder, open, options};

/// One thing that happens to a journal.
#[derive(Clone, Debug)]
enum Event {
    Append { record_count: u32, payload_bytes: usize, fill: u8 },
    Seal,
    Crash,
    Close,
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let append = (1..500_u32, 1..45_000_usize, any::<u8>()).prop_map(
        |(record_count, payload_bytes, fill)| Event::Append { record_count, payload_bytes, fill },
    );
    let event = prop_oneof![
        8 => append,
        2 => Just(Event::Seal),
        1 => Just(Event::Crash),
        1 => Just(Event::Close),
    ];
    proptest::collection::vec(event, 1..40)
}

proptest! {
    #![proptest_config(Config { cases: 24, failure_persistence: None, ..Config::default() })]

    #[test]
    fn acknowledged_frames_come_back_in_order(events in events()) {
        let folder = folder();
        let (mut opened, _) = open(folder.path(), options());
        let mut expected = Vec::new();
        for event in events {
            match event {
                Event::Append { record_count, payload_bytes, fill } => {
                    prop_assert!(payload_bytes <= PAYLOAD_BYTES_MAX);
                    expected.push(append(&mut opened, record_count, &vec![fill; payload_bytes]));
                }
                Event::Seal => {
                    opened.journal.seal().unwrap();
                }
                Event::Crash => {
                    drop(opened);
                    let (again, found) = open(folder.path(), options());
                    prop_assert_eq!(&found, &expected);
                    opened = again;
                }
                Event::Close => {
                    opened.journal.close().unwrap();
                    let (again, found) = open(folder.path(), options());
                    prop_assert_eq!(&found, &expected);
                    prop_assert_eq!(again.recovery.cut_bytes, 0);
                    opened = again;
                }
            }
        }
        drop(opened);
        let (opened, found) = open(folder.path(), options());
        prop_assert_eq!(&found, &expected);
        prop_assert_eq!(opened.recovery.frames, expected.len() as u64);
        drop(opened);
        prop_assert_eq!(verify(folder.path()).unwrap().last_sequence,
            expected.iter().map(|frame| u64::from(frame.record_count)).sum::<u64>());
    }
}
