//! `gantry backup`, `restore`, `journal inspect`, `compress` and `repair`, on the folder of a shop.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::process::{Run, Server, run};
use crate::shop::Shop;

fn gantry(words: &[&str], folders: &[&Path]) -> Run {
    let words = words.iter().map(|word| word.as_ref());
    run(words.chain(folders.iter().map(|folder| folder.as_os_str())))
}

fn done(words: &[&str], folders: &[&Path]) -> Value {
    let run = gantry(&[words, &["--json"]].concat(), folders);
    assert_eq!(run.code, Some(0), "{run:?}");
    run.json()
}

fn state_hash(folder: &Path) -> Value {
    done(&["replay"], &[folder])["state_hash"].clone()
}

fn first_segment(folder: &Path) -> PathBuf {
    folder.join("segments/00000000000000000001.segment")
}

/// Flips a bit of the payload of the last frame that begins before `offset`.
fn damage(folder: &Path, offset: u64) {
    let file = OpenOptions::new().read(true).write(true).open(first_segment(folder)).unwrap();
    let mut byte = [0];
    file.read_exact_at(&mut byte, offset).unwrap();
    file.write_all_at(&[byte[0] ^ 1], offset).unwrap();
}

#[test]
fn a_backup_of_a_running_server_comes_back_with_the_same_state() {
    let shop = Shop::sample();
    shop.report(&[]);
    let folder = shop.data();
    let (copy, again) = (folder.with_extension("copy"), folder.with_extension("again"));
    let server = Server::start(&folder, &[]);
    let made = done(&["backup"], &[&folder, &copy]);
    server.kill();
    let restored = done(&["restore"], &[&copy, &again]);
    assert_eq!(made["last_sequence"], restored["last_sequence"]);
    assert!(restored["term"].as_u64() > made["term"].as_u64(), "{made} {restored}");
    assert_eq!(state_hash(&again), state_hash(&folder));
    done(&["journal", "verify"], &[&again]);
    Server::start(&again, &[]).kill();
    let refused = gantry(&["restore"], &[&copy, &again]);
    assert_eq!(refused.code, Some(1));
    assert!(refused.stderr.contains("is not empty"), "{refused:?}");
}

#[test]
fn a_damaged_backup_is_refused_and_nothing_is_published() {
    let shop = Shop::tiny();
    shop.report(&[]);
    let folder = shop.data();
    let (copy, again) = (folder.with_extension("copy"), folder.with_extension("again"));
    done(&["backup"], &[&folder, &copy]);
    damage(&copy, 4096 + 300);
    let refused = gantry(&["restore"], &[&copy, &again]);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.stderr.contains("offset 4096"), "{refused:?}");
    assert!(!again.exists());
}

#[test]
fn a_repair_gives_up_what_verify_names_and_keeps_a_copy() {
    let shop = Shop::tiny();
    shop.report(&[]);
    let folder = shop.data();
    // Two starts, so that there is more than one frame.
    let server = Server::start(&folder, &[]);
    server.json(&["stock", "receive", "MUG", "BER", "3"]);
    server.json(&["stock", "receive", "MUG", "BER", "4"]);
    server.kill();
    let inspected = done(&["journal", "inspect"], &[&folder]);
    let frames = inspected["frame_records"]["count"].as_u64().unwrap();
    let last = inspected["segments"][0]["last_sequence"].as_u64().unwrap();
    assert!(frames >= 3, "{inspected}");
    let before = fs::read(first_segment(&folder)).unwrap();
    let used = inspected["segments"][0]["used_bytes"].as_u64().unwrap();
    // Every frame of the server is one page, so the one before the last begins here.
    let second_last = used - 2 * 4096 - 4096 * inspected_seals(&inspected);
    damage(&folder, second_last + 300);
    let refused = gantry(&["journal", "verify"], &[&folder]);
    let named = refused.stderr.split("records from sequence ").nth(1).unwrap();
    let named: u64 = named.split(')').next().unwrap().parse().unwrap();
    let wrong = gantry(&["journal", "repair", "--accept-loss-from", &last.to_string()], &[&folder]);
    assert_eq!(wrong.code, Some(1), "{wrong:?}");
    let words = ["journal", "repair", "--accept-loss-from", &named.to_string()];
    let repaired = done(&words, &[&folder]);
    assert_eq!(repaired["last_sequence"].as_u64(), Some(named - 1));
    let lost = repaired["lost"].as_str().unwrap();
    let kept = fs::read(Path::new(lost).join("segments/00000000000000000001.segment")).unwrap();
    assert_eq!(kept.len(), before.len());
    done(&["journal", "verify"], &[&folder]);
    Server::start(&folder, &[]).kill();
}

/// Pages behind the last frame of the one segment.
fn inspected_seals(inspected: &Value) -> u64 {
    let clean_imports = 1;
    inspected["segments"][0]["seals"].as_u64().unwrap().saturating_sub(clean_imports)
}

#[test]
fn a_journal_is_inspected_for_people_too() {
    let shop = Shop::tiny();
    shop.report(&[]);
    let shown = gantry(&["journal", "inspect"], &[&shop.data()]);
    assert_eq!(shown.code, Some(0), "{shown:?}");
    for title in ["segment", "records of a batch", "bytes of a batch", "term"] {
        assert!(shown.stdout.contains(title), "{title}: {shown:?}");
    }
}

#[test]
fn a_compressed_journal_gives_the_same_state() {
    let shop = Shop::tiny();
    let head = "order_id,service,customer_id,channel,postal_code,sku,quantity,unit_price_cents\n";
    let order = |number| format!("B-{number},Same Day,C-1,web,12345,MUG,1,899\n");
    shop.write("orders.csv", &(head.to_owned() + &(0..25_000).map(order).collect::<String>()));
    shop.report(&[]);
    let folder = shop.data();
    let before = state_hash(&folder);
    let segments = done(&["journal", "inspect"], &[&folder])["segments"].as_array().unwrap().len();
    let compressed = done(&["journal", "compress"], &[&folder]);
    assert!(segments > 2, "{segments}");
    assert_eq!(compressed["segments"].as_u64(), Some(segments as u64 - 2));
    assert!(compressed["bytes_after"].as_u64() < compressed["bytes_before"].as_u64());
    assert_eq!(state_hash(&folder), before);
    done(&["journal", "verify"], &[&folder]);
    Server::start(&folder, &[]).kill();
}
