//! Streams in any pieces, and streams of nonsense.

use gantry_protocol::{FrameError, FrameKind, FrameReader, write_frame};
use proptest::prelude::*;

use crate::{OwnedFrame, next, put};

/// Frames that a server sends, some far longer than a new reader's buffer.
fn frames() -> impl Strategy<Value = Vec<OwnedFrame>> {
    let length = prop_oneof![4 => 0..200usize, 1 => 60_000..200_000usize];
    let frame = (any::<u64>(), 0..=1024u32, length, any::<u8>());
    let frame = frame.prop_map(|(request, item_count, payload_bytes, fill)| OwnedFrame {
        kind: FrameKind::Replies,
        request,
        item_count,
        payload: vec![fill; payload_bytes],
    });
    prop::collection::vec(frame, 0..12)
}

fn write(frames: &[OwnedFrame]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for frame in frames {
        write_frame(&mut bytes, frame.kind, frame.request, frame.item_count, &frame.payload);
    }
    bytes
}

fn drain(reader: &mut FrameReader, found: &mut Vec<Result<OwnedFrame, FrameError>>) {
    loop {
        let ready = reader.is_ready();
        match next(reader) {
            Ok(Some(frame)) => found.push(Ok(frame)),
            Ok(None) => {
                assert!(!ready);
                return;
            }
            Err(error) => {
                found.push(Err(error));
                if error.is_fatal() {
                    return;
                }
            }
        }
        assert!(ready, "what is given was announced");
    }
}

/// Reads `bytes` in pieces of these lengths, over and over.
fn read(bytes: &[u8], pieces: &[usize]) -> (Vec<Result<OwnedFrame, FrameError>>, usize) {
    let mut reader = FrameReader::for_client();
    let mut found = Vec::new();
    let mut rest = bytes;
    for piece in pieces.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (mut chunk, after) = rest.split_at((*piece).min(rest.len()));
        rest = after;
        while !chunk.is_empty() {
            let taken = reader.extend(chunk);
            assert!(taken > 0, "there is always room once the frames were taken");
            chunk = &chunk[taken..];
            drain(&mut reader, &mut found);
        }
    }
    (found, reader.buffered_bytes())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..Default::default() })]

    #[test]
    fn any_split_gives_the_same_frames(
        frames in frames(),
        pieces in prop::collection::vec(prop_oneof![1..64usize, 1..100_000usize], 1..8),
        cut in 0..32usize,
    ) {
        // A beginning of one more frame must stay in the buffer.
        let mut bytes = write(&frames);
        bytes.extend_from_slice(&write(&frames[..frames.len().min(1)])[..cut.min(frames.len() * 32)]);
        let (found, left) = read(&bytes, &pieces);
        let found: Vec<_> = found.into_iter().map(Result::unwrap).collect();
        prop_assert_eq!(found, frames.clone());
        prop_assert_eq!(left, cut.min(frames.len() * 32));
    }

    #[test]
    fn random_bytes_never_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..2000),
        pieces in prop::collection::vec(1..100usize, 1..4),
    ) {
        let (found, _) = read(&bytes, &pieces);
        prop_assert!(found.iter().all(Result::is_err));
    }

    #[test]
    fn damage_gives_errors_or_other_frames_and_never_a_changed_one(
        frames in frames(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), 1..=255u8), 1..5),
    ) {
        let mut bytes = write(&frames);
        prop_assume!(!bytes.is_empty());
        for (place, change) in &damage {
            let place = place.index(bytes.len());
            bytes[place] ^= change;
        }
        let (found, _) = read(&bytes, &[10_000]);
        for frame in found.into_iter().flatten() {
            prop_assert!(frames.contains(&frame));
        }
    }
}

#[test]
fn reading_into_the_spare_room_is_the_same_as_extending() {
    let frame = |request| OwnedFrame {
        kind: FrameKind::Replies,
        request,
        item_count: 0,
        payload: vec![1; 3000],
    };
    let frames: Vec<_> = (0..200).map(frame).collect();
    let bytes = write(&frames);
    let mut reader = FrameReader::for_client();
    let (mut rest, mut found) = (&bytes[..], Vec::new());
    while !rest.is_empty() {
        let spare = reader.spare();
        let count = spare.len().min(rest.len()).min(50_000);
        spare[..count].copy_from_slice(&rest[..count]);
        reader.advance(count);
        rest = &rest[count..];
        drain(&mut reader, &mut found);
    }
    assert_eq!(found.into_iter().map(Result::unwrap).collect::<Vec<_>>(), frames);
}

#[test]
fn the_buffer_is_bounded_by_one_longest_frame() {
    let mut reader = FrameReader::for_server();
    let mut bytes = Vec::new();
    write_frame(&mut bytes, FrameKind::Commands, 1, 0, &vec![0; 256 * 1024]);
    let mut taken = 0;
    // Nobody takes frames: the reader stops taking bytes.
    while taken < bytes.len() {
        taken += reader.extend(&bytes[taken..]);
        let _ = reader.is_ready();
    }
    assert_eq!(reader.extend(&bytes), 0);
    assert_eq!(next(&mut reader).unwrap().unwrap().payload.len(), 256 * 1024);
    assert_eq!(reader.extend(&bytes), bytes.len());
}

#[test]
fn bytes_after_a_fatal_error_are_forgotten() {
    let mut reader = FrameReader::for_server();
    put(&mut reader, &[0xff; 64]);
    for _ in 0..1000 {
        assert!(next(&mut reader).is_err());
        put(&mut reader, &[0xff; 1000]);
    }
}
