//! Every error, with its facts, and what the reader does after it.

use gantry_protocol::{
    Direction, ErrorCode, FRAME_PAYLOAD_BYTES_MAX, FrameError, FrameHeader, FrameKind, FrameReader,
    write_frame,
};

use crate::{next, put};

const REQUEST: u64 = 9;

/// A commands frame of 16 payload bytes.
fn good() -> Vec<u8> {
    let mut bytes = Vec::new();
    write_frame(&mut bytes, FrameKind::Commands, REQUEST, 1, &[5; 16]);
    bytes
}

/// Reads `bytes` and then a good frame; the error must be this one, and the reader go on or not.
fn check(bytes: &[u8], expected: FrameError) {
    let mut reader = FrameReader::for_server();
    put(&mut reader, bytes);
    assert!(reader.is_ready());
    assert_eq!(next(&mut reader), Err(expected));
    put(&mut reader, &good());
    if expected.is_fatal() {
        assert_eq!(next(&mut reader), Err(expected), "nothing can be read any more");
        assert!(reader.is_ready() && !reader.spare().is_empty(), "a caller may drain its socket");
    } else {
        assert_eq!(next(&mut reader).unwrap().unwrap().request, REQUEST);
    }
}

/// A frame whose header says this of a payload of zeroes.
fn stating(header: FrameHeader) -> Vec<u8> {
    let mut bytes = header.to_bytes().to_vec();
    bytes.resize(bytes.len() + header.payload_bytes as usize, 0);
    bytes
}

#[test]
fn bad_magic() {
    let mut bytes = good();
    bytes[..4].copy_from_slice(b"GET ");
    let expected = FrameError::BadMagic { found: *b"GET " };
    check(&bytes, expected);
    assert_eq!((expected.code(), expected.request()), (ErrorCode::BadMagic, 0));
}

#[test]
fn bad_version() {
    let mut bytes = good();
    bytes[4] = 2;
    let expected = FrameError::BadVersion { found: 2, spoken: 1 };
    check(&bytes, expected);
    assert_eq!((expected.code(), expected.request()), (ErrorCode::BadVersion, 0));
}

#[test]
fn bad_header_checksum() {
    let mut bytes = good();
    bytes[8] ^= 1;
    let mut reader = FrameReader::for_server();
    put(&mut reader, &bytes);
    let error = next(&mut reader).unwrap_err();
    let FrameError::BadHeaderChecksum { stated, computed } = error else { panic!("{error}") };
    assert_eq!(stated.to_le_bytes(), bytes[28..32]);
    assert_ne!(stated, computed);
    check(&bytes, error);
    assert_eq!((error.code(), error.request()), (ErrorCode::BadHeaderChecksum, 0));
}

#[test]
fn payload_too_long() {
    let payload_bytes_max = FRAME_PAYLOAD_BYTES_MAX;
    let payload_bytes = payload_bytes_max + 1;
    let header = FrameHeader {
        payload_bytes: u32::try_from(payload_bytes).unwrap(),
        ..FrameHeader::of(FrameKind::Commands, 3, 0, &[])
    };
    let expected = FrameError::PayloadTooLong { request: 3, payload_bytes, payload_bytes_max };
    check(&header.to_bytes(), expected);
    assert_eq!((expected.code(), expected.request()), (ErrorCode::PayloadTooLong, 3));
}

#[test]
fn a_reader_may_have_a_lower_bound_of_its_own() {
    let mut reader = FrameReader::new(Direction::ToServer, 15);
    put(&mut reader, &good());
    assert_eq!(
        next(&mut reader),
        Err(FrameError::PayloadTooLong {
            request: REQUEST,
            payload_bytes: 16,
            payload_bytes_max: 15
        })
    );
}

#[test]
fn bad_payload_checksum() {
    let mut bytes = good();
    bytes[40] ^= 0x80;
    let mut reader = FrameReader::for_server();
    put(&mut reader, &bytes);
    let error = next(&mut reader).unwrap_err();
    let FrameError::BadPayloadChecksum { request, stated, .. } = error else { panic!("{error}") };
    assert_eq!((request, stated.to_le_bytes()), (REQUEST, bytes[24..28].try_into().unwrap()));
    check(&bytes, error);
    assert_eq!((error.code(), error.request()), (ErrorCode::BadPayloadChecksum, REQUEST));
}

#[test]
fn unknown_kind_and_a_kind_that_only_servers_send() {
    for kind in [0, 9, u16::MAX, FrameKind::Replies.number(), FrameKind::Goodbye.number()] {
        let payload = [0; 24];
        let header =
            FrameHeader { kind, ..FrameHeader::of(FrameKind::Commands, 4, 5000, &payload) };
        let direction = Direction::ToServer;
        let expected = FrameError::UnknownKind { request: 4, kind, direction };
        check(&stating(header), expected);
        assert_eq!((expected.code(), expected.request()), (ErrorCode::UnknownFrameKind, 4));
    }
}

#[test]
fn too_many_items_and_items_where_none_belong() {
    for (kind, payload_bytes, items_max) in
        [(FrameKind::Commands, 16, 1024), (FrameKind::Hello, 8, 0)]
    {
        let item_count = u32::try_from(items_max).unwrap() + 1;
        let header = FrameHeader::of(kind, 4, item_count, &vec![0; payload_bytes]);
        let expected = FrameError::TooManyItems { request: 4, item_count, items_max };
        check(&stating(header), expected);
        assert_eq!((expected.code(), expected.request()), (ErrorCode::TooManyItems, 4));
    }
}

#[test]
fn a_payload_that_does_not_fit_its_kind() {
    for payload_bytes in [0, 7, 16] {
        let header = FrameHeader::of(FrameKind::Hello, 4, 0, &vec![0; payload_bytes]);
        let (payload_bytes_min, payload_bytes_max) = (8, 8);
        let expected = FrameError::UnexpectedPayload {
            request: 4,
            kind: 1,
            payload_bytes,
            payload_bytes_min,
            payload_bytes_max,
        };
        check(&stating(header), expected);
        assert_eq!((expected.code(), expected.request()), (ErrorCode::UnexpectedPayload, 4));
    }
}

#[test]
fn every_single_bit_flip_is_noticed() {
    let good = good();
    for bit in 0..good.len() * 8 {
        let mut bytes = good.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let mut reader = FrameReader::for_server();
        put(&mut reader, &bytes);
        assert!(next(&mut reader).is_err(), "bit {bit}");
    }
}

#[test]
fn a_frame_that_was_begun_and_not_finished_is_no_frame() {
    let mut bytes = Vec::new();
    drop(gantry_protocol::begin_frame(&mut bytes, FrameKind::Commands, 1));
    let mut reader = FrameReader::for_server();
    put(&mut reader, &bytes);
    assert_eq!(next(&mut reader), Err(FrameError::BadMagic { found: [0; 4] }));
}
