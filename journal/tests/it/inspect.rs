//! What a journal looks like, and what trimming takes from it.

use gantry_journal::{FrameBuffer, FrameFacts, JournalReader, inspect, trim};

use crate::support::{
    FRAMES_PER_SEGMENT, Finish, SEGMENT_BYTES, append, append_small, build, contents, folder, open,
    options, prepare, segment,
};

#[test]
fn segments_batches_and_syncs_are_counted() {
    let folder = folder();
    let (mut opened, _) = open(folder.path(), options());
    append_small(&mut opened, FRAMES_PER_SEGMENT);
    opened.journal.seal().unwrap();
    append(&mut opened, 20, &[1; 9000]);
    prepare(&mut opened.preparer).unwrap();
    for previous_sync_us in [0, 130, 140, 5000] {
        let mut buffer = FrameBuffer::new(10);
        buffer.extend_from_slice(b"timed");
        let first_sequence = opened.journal.last_sequence() + 1;
        let facts =
            FrameFacts { first_sequence, record_count: 1, time_ns: 90_000, previous_sync_us };
        opened.journal.append(&mut buffer, facts).unwrap();
    }
    opened.journal.close().unwrap();
    let found = inspect(folder.path()).unwrap();
    let [first, second] = found.segments[..] else { panic!("{found:?}") };
    assert_eq!((first.number, first.bytes, first.frames), (1, SEGMENT_BYTES, FRAMES_PER_SEGMENT));
    assert_eq!((first.first_sequence, first.last_sequence), (1, FRAMES_PER_SEGMENT));
    assert_eq!((first.first_time_ns, first.last_time_ns), (1000, 1000 * FRAMES_PER_SEGMENT));
    assert_eq!((first.seals, first.used_bytes), (1, SEGMENT_BYTES - 4096));
    let last = FRAMES_PER_SEGMENT + 24;
    assert_eq!((second.frames, second.records, second.last_sequence), (5, 24, last));
    assert_eq!((second.seals, second.term, second.last_time_ns), (1, 1, 90_000));
    assert_eq!((found.frame_records.count, found.frame_records.max), (FRAMES_PER_SEGMENT + 5, 20));
    assert_eq!(found.frame_bytes.max, 12_288);
    assert_eq!((found.sync_us.count, found.sync_us.sum, found.sync_us.max), (3, 5270, 5000));
    let classes = found.sync_us.classes();
    assert_eq!((classes[0].from, classes[0].to, classes[0].count), (128, 255, 2));
    assert!(found.tail.clean_stop);
}

#[test]
fn trimming_deletes_what_lies_wholly_before_the_bookmark() {
    let folder = folder();
    build(folder.path(), 3 * FRAMES_PER_SEGMENT + 2, Finish::Crash);
    let before = contents(folder.path());
    let mut reader = JournalReader::open(folder.path()).unwrap();
    while reader.next_frame().unwrap().unwrap().number < 2 * FRAMES_PER_SEGMENT + 1 {}
    let bookmark = reader.bookmark().unwrap();
    let report = trim(folder.path(), &bookmark).unwrap();
    assert_eq!((report.segments, report.bytes), (2, 2 * SEGMENT_BYTES));
    assert!(contents(folder.path()) == before[2..], "only the first two went");
    assert_eq!(trim(folder.path(), &bookmark).unwrap().segments, 0);
    let kept = inspect(folder.path()).unwrap().segments;
    assert_eq!(kept[0].first_sequence, 2 * FRAMES_PER_SEGMENT + 1);
}

#[test]
fn trimming_beside_a_writer_disturbs_nothing() {
    let folder = folder();
    let (mut opened, _) = open(folder.path(), options());
    append_small(&mut opened, 2 * FRAMES_PER_SEGMENT + 2);
    let mut reader = JournalReader::open(folder.path()).unwrap();
    while reader.next_frame().unwrap().is_some() {}
    let bookmark = reader.bookmark().unwrap();
    assert_eq!(trim(folder.path(), &bookmark).unwrap().segments, 2);
    append_small(&mut opened, FRAMES_PER_SEGMENT);
    assert_eq!(reader.next_frame().unwrap().unwrap().number, 2 * FRAMES_PER_SEGMENT + 2);
}

#[test]
fn nothing_is_trimmed_by_a_bookmark_that_is_lost() {
    let folder = folder();
    build(folder.path(), 2 * FRAMES_PER_SEGMENT, Finish::Crash);
    let mut reader = JournalReader::open(folder.path()).unwrap();
    while reader.next_frame().unwrap().is_some() {}
    let bookmark = reader.bookmark().unwrap();
    let wrong = gantry_journal::Bookmark { chain: [1; 16], ..bookmark };
    trim(folder.path(), &wrong).unwrap_err();
    assert!(segment(folder.path(), 1).exists());
}
