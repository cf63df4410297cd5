//! Backups of journals in use, and what a restore makes of them.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use gantry_journal::{
    DiskCall, DiskError, DiskWhen, FaultStorage, Faults, JournalError, backup, backup_with,
    restore, restore_with, trim, verify,
};

use crate::support::{
    FRAMES_PER_SEGMENT, Finish, append_small, build, contents, copy_folder, each_write_path,
    flip_bit, folder, open, open_from, options, page, segment, try_open,
};

const COUNT: u64 = 2 * FRAMES_PER_SEGMENT + 5;

#[test]
fn a_restored_backup_is_the_journal_in_a_higher_term() {
    each_write_path(|options| {
        for finish in [Finish::Crash, Finish::Seal, Finish::Close] {
            let folder = folder();
            let (live, copy, again) = (
                folder.path().join("live"),
                folder.path().join("copy"),
                folder.path().join("again"),
            );
            let frames = build(&live, COUNT, finish);
            let report = backup(&live, &copy).unwrap();
            assert_eq!((report.last_sequence, report.frames, report.segments), (COUNT, COUNT, 3));
            let restored = restore(&copy, &again).unwrap();
            assert_eq!((report.term, restored.term), (1, 2));
            let (mut opened, found) = open(&again, options.clone());
            assert_eq!((found, opened.journal.term()), (frames, 2));
            assert_eq!(
                (opened.recovery.instance_id, opened.recovery.cut_bytes),
                (report.instance_id, 0)
            );
            append_small(&mut opened, FRAMES_PER_SEGMENT);
            assert!(!folder.path().join("again.partial").exists());
            assert!(!folder.path().join("copy.partial").exists());
        }
    });
}

#[test]
fn closed_segments_are_copied_byte_for_byte_and_the_last_up_to_its_last_page() {
    let folder = folder();
    let (live, copy) = (folder.path().join("live"), folder.path().join("copy"));
    build(&live, COUNT, Finish::Close);
    backup(&live, &copy).unwrap();
    for number in [1, 2, 3] {
        let same =
            fs::read(segment(&live, number)).unwrap() == fs::read(segment(&copy, number)).unwrap();
        assert!(same, "segment {number}");
    }
    assert!(!segment(&copy, 4).exists(), "a prepared segment is nothing to keep");
}

#[test]
fn a_backup_beside_a_writer_holds_what_is_durable() {
    let folder = folder();
    let (live, copy, again) =
        (folder.path().join("live"), folder.path().join("copy"), folder.path().join("again"));
    let (mut opened, _) = open(&live, options());
    let frames = append_small(&mut opened, COUNT);
    let report = backup(&live, &copy).unwrap();
    assert_eq!(report.last_sequence, COUNT - 1, "nothing says yet that the last frame is durable");
    let more = append_small(&mut opened, FRAMES_PER_SEGMENT);
    restore(&copy, &again).unwrap();
    let kept = usize::try_from(COUNT - 1).unwrap();
    assert_eq!(open(&again, options()).1, frames[..kept]);
    drop(opened);
    assert_eq!(open(&live, options()).1, [frames, more].concat());
}

#[test]
fn an_empty_journal_and_a_trimmed_one_come_back() {
    let folder = folder();
    let at = |name: &str| folder.path().join(name);
    drop(open(&at("empty"), options()));
    assert_eq!(backup(&at("empty"), &at("empty copy")).unwrap().frames, 0);
    assert_eq!(restore(&at("empty copy"), &at("empty again")).unwrap().term, 2);
    assert_eq!(open(&at("empty again"), options()).0.journal.term(), 2);
    let frames = build(&at("live"), COUNT, Finish::Crash);
    let mut reader = gantry_journal::JournalReader::open(&at("live")).unwrap();
    let kept = FRAMES_PER_SEGMENT + 3;
    while reader.next_frame().unwrap().unwrap().number < kept {}
    let bookmark = reader.bookmark().unwrap();
    trim(&at("live"), &bookmark).unwrap();
    let report = backup(&at("live"), &at("copy")).unwrap();
    assert_eq!(report.first_sequence, FRAMES_PER_SEGMENT + 1);
    restore(&at("copy"), &at("again")).unwrap();
    let (_, found) = open_from(&at("again"), options(), Some(&bookmark));
    assert_eq!(found, frames[usize::try_from(kept).unwrap()..]);
}

#[test]
fn a_raised_term_without_frames_is_carried_along() {
    let folder = folder();
    let (live, copy, again) =
        (folder.path().join("live"), folder.path().join("copy"), folder.path().join("again"));
    build(&live, 3, Finish::Close);
    drop(open(&live, gantry_journal::JournalOptions { term: Some(8), ..options() }));
    backup(&live, &copy).unwrap();
    assert_eq!(restore(&copy, &again).unwrap().term, 9);
}

fn with_files(live: &Path) {
    for (name, content) in [
        ("snapshots/00000000000000000003.snapshot", "three"),
        ("snapshots/00000000000000000005.partial", "half"),
        ("archive/00000000000000000001.archive", "one"),
    ] {
        fs::create_dir_all(live.join(name).parent().unwrap()).unwrap();
        fs::write(live.join(name), content).unwrap();
    }
}

#[test]
fn snapshots_and_archives_are_copied_as_they_are() {
    let folder = folder();
    let (live, copy, again) =
        (folder.path().join("live"), folder.path().join("copy"), folder.path().join("again"));
    build(&live, 4, Finish::Crash);
    with_files(&live);
    assert_eq!(backup(&live, &copy).unwrap().files, 2);
    assert_eq!(restore(&copy, &again).unwrap().files, 2);
    let read = |name: &str| fs::read_to_string(again.join(name)).unwrap();
    assert_eq!(read("snapshots/00000000000000000003.snapshot"), "three");
    assert_eq!(read("archive/00000000000000000001.archive"), "one");
    assert!(!again.join("snapshots/00000000000000000005.partial").exists());
    assert!(!again.join("gantry.backup").exists());
}

#[test]
fn a_damaged_backup_is_not_published() {
    let folder = folder();
    let (live, copy) = (folder.path().join("live"), folder.path().join("copy"));
    build(&live, COUNT, Finish::Crash);
    with_files(&live);
    backup(&live, &copy).unwrap();
    let again = folder.path().join("again");
    let refused = |what: &str, damage: &dyn Fn(&Path)| {
        let broken = folder.path().join("broken");
        copy_folder(&copy, &broken);
        damage(&broken);
        let refused = restore(&broken, &again).map(|_| ());
        let told = matches!(
            refused,
            Err(JournalError::Damage(_)
                | JournalError::BackupDamaged { .. }
                | JournalError::NotABackup { .. }
                | JournalError::Trimmed { .. })
        );
        assert!(told, "{what}: {refused:?}");
        assert!(!again.exists(), "{what}: published");
        fs::remove_dir_all(&broken).unwrap();
    };
    refused("bit rot within", &|path| flip_bit(&segment(path, 2), page(3) + 300, 0));
    refused("bit rot in the last frame", &|path| flip_bit(&segment(path, 3), page(4) + 300, 0));
    refused("last frame gone", &|path| {
        crate::support::write_at(&segment(path, 3), page(4), &[0; 4096]);
    });
    refused("last segment gone", &|path| fs::remove_file(segment(path, 3)).unwrap());
    refused("first segment gone", &|path| fs::remove_file(segment(path, 1)).unwrap());
    refused("manifest gone", &|path| fs::remove_file(path.join("gantry.backup")).unwrap());
    refused("manifest damaged", &|path| flip_bit(&path.join("gantry.backup"), 70, 0));
    let snapshot = "snapshots/00000000000000000003.snapshot";
    refused("snapshot damaged", &|path| flip_bit(&path.join(snapshot), 1, 0));
    refused("snapshot gone", &|path| fs::remove_file(path.join(snapshot)).unwrap());
    assert_eq!(restore(&copy, &again).unwrap().last_sequence, COUNT, "leftovers do no harm");
}

#[test]
fn nothing_is_overwritten() {
    let folder = folder();
    let (live, copy) = (folder.path().join("live"), folder.path().join("copy"));
    build(&live, 3, Finish::Crash);
    backup(&live, &copy).unwrap();
    for refused in [backup(&live, &copy), restore(&copy, &live)] {
        assert!(matches!(refused, Err(JournalError::NotEmpty { .. })), "{refused:?}");
    }
    fs::create_dir(folder.path().join("empty")).unwrap();
    restore(&copy, &folder.path().join("empty")).unwrap();
    let refused = restore(&live, &folder.path().join("new"));
    assert!(matches!(refused, Err(JournalError::NotABackup { .. })));
    assert!(try_open(&live, options()).is_ok());
}

#[test]
fn an_interrupted_copy_has_no_name_and_can_be_begun_again() {
    let folder = folder();
    let (live, copy, again) =
        (folder.path().join("live"), folder.path().join("copy"), folder.path().join("again"));
    build(&live, FRAMES_PER_SEGMENT + 1, Finish::Crash);
    with_files(&live);
    let before = contents(&live);
    let calls = [DiskCall::File, DiskCall::Folder, DiskCall::Read, DiskCall::Open];
    let failing = |nth| {
        let faults = Faults::new();
        faults.fail(&calls, DiskWhen::From(nth), DiskError::Full);
        Arc::new(FaultStorage::new(&faults))
    };
    // The last call syncs the name, which the next one finds there.
    let tries = (1..).find(|nth| {
        let done = backup_with(&live, &copy, failing(*nth));
        assert!(done.is_err() || copy.exists());
        copy.exists()
    });
    assert!(tries > Some(30), "{tries:?}");
    assert!(contents(&live) == before);
    let tries = (1..).find(|nth| {
        let done = restore_with(&copy, &again, failing(*nth));
        assert!(done.is_err() || again.exists());
        again.exists()
    });
    assert!(tries > Some(30), "{tries:?}");
    assert_eq!(verify(&again).unwrap().records, FRAMES_PER_SEGMENT + 1);
}
