//! Golden bytes: a change of any of them is a new format version.

use std::fs;
use std::path::Path;

use crate::support::{INSTANCE, append, folder, open, options, segment};

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Offset, expected bytes in hex, field.
fn check(bytes: &[u8], rows: &[(usize, &str, &str)]) {
    for (offset, expected, field) in rows {
        let found = hex(&bytes[*offset..*offset + expected.len() / 2]);
        assert_eq!(found, *expected, "{field} at {offset}");
    }
}

fn build(path: &Path) -> Vec<u8> {
    let (mut opened, _) = open(path, options());
    append(&mut opened, 2, b"first frame");
    append(&mut opened, 3, b"second frame");
    opened.journal.close().unwrap();
    fs::read(segment(path, 1)).unwrap()
}

#[test]
fn the_instance_file_has_golden_bytes() {
    let folder = folder();
    drop(open(folder.path(), options()));
    let bytes = fs::read(folder.path().join("gantry.instance")).unwrap();
    assert_eq!(bytes.len(), 64);
    check(
        &bytes,
        &[
            (0, "67616e74727920696e7374616e63650a", "magic"),
            (16, "0100", "format"),
            (18, "0000000000000000000000000000", "reserved"),
            (32, "efcdab8967452301efcdab8967452301", "instance id"),
            (48, INSTANCE_HASH, "hash"),
        ],
    );
}

#[test]
fn the_segment_header_has_golden_bytes() {
    let folder = folder();
    let bytes = build(folder.path());
    assert_eq!(INSTANCE.to_le_bytes(), bytes[16..32]);
    check(
        &bytes,
        &[
            (0, "474e545259534547", "magic"),
            (8, "01000000", "format, reserved"),
            (12, "00010000", "header bytes"),
            (16, "efcdab8967452301efcdab8967452301", "instance id"),
            (32, "0100000000000000", "term"),
            (40, "0000000000000000", "shard, reserved"),
            (48, "0100000000000000", "segment number"),
            (56, "0100000000000000", "first frame"),
            (64, "0100000000000000", "first sequence"),
            (72, "0000010000000000", "segment bytes"),
            (80, "00000000000000000000000000000000", "chain"),
            (240, SEGMENT_HASH, "header hash"),
        ],
    );
    assert!(bytes[96..240].iter().all(|byte| *byte == 0));
    assert!(bytes[256..4096].iter().all(|byte| *byte == 0));
}

#[test]
fn the_frame_header_has_golden_bytes() {
    let folder = folder();
    let bytes = build(folder.path());
    check(
        &bytes[8192..],
        &[
            (0, "474e54525946524d", "magic"),
            (8, "0100", "format"),
            (10, "0100", "kind"),
            (12, "00010000", "header bytes"),
            (16, "efcdab8967452301efcdab8967452301", "instance id"),
            (32, "0100000000000000", "term"),
            (40, "00000000", "shard"),
            (44, "03000000", "record count"),
            (48, "0200000000000000", "frame number"),
            (56, "0300000000000000", "first sequence"),
            (64, "b80b000000000000", "time"),
            (72, "0100000000000000", "segment number"),
            (80, "0020000000000000", "offset"),
            (88, "0100000000000000", "durable frame"),
            (96, "0c000000", "payload bytes"),
            (100, "000000000000000000000000", "reserved"),
            (112, PAYLOAD_HASH, "payload hash"),
            (128, PREVIOUS_CHAIN, "previous chain"),
            (144, CHAIN, "chain"),
            (240, FRAME_HASH, "header hash"),
            (256, "7365636f6e64206672616d6500", "payload and padding"),
        ],
    );
    assert!(bytes[8192 + 160..8192 + 240].iter().all(|byte| *byte == 0));
}

#[test]
fn the_clean_stop_has_golden_bytes() {
    let folder = folder();
    let bytes = build(folder.path());
    check(
        &bytes[12288..],
        &[
            (0, "474e54525946524d", "magic"),
            (10, "0300", "kind"),
            (44, "00000000", "record count"),
            (48, "0000000000000000", "frame number"),
            (56, "0600000000000000", "next sequence"),
            (80, "0030000000000000", "offset"),
            (88, "0200000000000000", "durable frame"),
            (96, "00000000", "payload bytes"),
            (128, CHAIN, "previous chain"),
            (144, CHAIN, "chain"),
        ],
    );
    assert!(bytes[12288 + 256..].iter().all(|byte| *byte == 0));
}

const INSTANCE_HASH: &str = "db80ad7914775b77ec58e79a423a268d";
const SEGMENT_HASH: &str = "b8fe0031b5cf2ff976df530210a6a2af";
const PAYLOAD_HASH: &str = "00c01db90cdcf3dc770d4ced1a6f9339";
const PREVIOUS_CHAIN: &str = "1bc34fd656130783e5d133e707706600";
const CHAIN: &str = "6a52109b40da910a47ac69b747a681b3";
const FRAME_HASH: &str = "a25ee537d862fa38e5b791e33b70a8ed";

/// The formulas of the document, computed here from the bytes alone.
#[test]
fn the_hashes_follow_the_documented_formulas() {
    let folder = folder();
    let bytes = build(folder.path());
    let short = |content: &[u8]| blake3::hash(content).as_bytes()[..16].to_vec();
    assert_eq!(bytes[240..256], short(&bytes[..240]));
    for start in [4096, 8192] {
        let frame = &bytes[start..start + 4096];
        let payload_bytes = usize::from(frame[96]);
        assert_eq!(frame[112..128], short(&frame[256..256 + payload_bytes]), "payload hash");
        let link = [
            b"gantry chain".as_slice(),
            &frame[128..144],
            &frame[16..32],
            &frame[32..40],
            &frame[48..56],
            &frame[56..64],
            &frame[44..48],
            &frame[64..72],
            &frame[112..128],
        ];
        assert_eq!(frame[144..160], short(&link.concat()), "chain hash");
        assert_eq!(frame[240..256], short(&frame[..240]), "header hash");
    }
    assert_eq!(bytes[4096 + 128..4096 + 144], [0; 16], "the chain starts with zeros");
    assert_eq!(bytes[8192 + 128..8192 + 144], bytes[4096 + 144..4096 + 160]);
}
