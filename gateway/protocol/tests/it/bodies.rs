//! The fixed bodies: what they carry comes back, what they cannot carry is refused.

use gantry_model::Actor;
use gantry_protocol::{
    BodyError, Busy, ERROR_TEXT_BYTES_MAX, ErrorBody, ErrorCode, FRAME_HEADER_BYTES, Hello, Welcome,
};

fn payload(write: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut bytes = Vec::new();
    write(&mut bytes);
    bytes.split_off(FRAME_HEADER_BYTES)
}

#[test]
fn bodies_come_back() {
    let hello = Hello { actor: Actor::new(1 << 20) };
    assert_eq!(Hello::parse(&payload(|out| hello.write(out))), Ok(hello));
    let welcome = Welcome {
        instance: u128::MAX - 1,
        frame_payload_bytes_max: 1,
        items_per_frame_max: 2,
        requests_in_flight_max: 3,
        lines_per_order_max: 4,
    };
    assert_eq!(Welcome::parse(&payload(|out| welcome.write(1, out))), Ok(welcome));
    let busy = Busy { retry_after_us: u32::MAX };
    assert_eq!(Busy::parse(&payload(|out| busy.write(1, out))), Ok(busy));
    for code in ErrorCode::ALL {
        for text in ["", "four", "thirteen char", "ünïcödé"] {
            let error = ErrorBody { code: *code, text };
            let payload = payload(|out| error.write(1, out));
            assert!(payload.len().is_multiple_of(8));
            assert_eq!(ErrorBody::parse(&payload), Ok(error));
        }
    }
}

#[test]
fn a_long_text_is_cut_between_two_characters() {
    for extra in ["", "x", "xx", "xxx"] {
        let text = format!("{extra}{}", "€".repeat(400));
        let bytes =
            payload(|out| ErrorBody { code: ErrorCode::SlowReader, text: &text }.write(1, out));
        let cut = ErrorBody::parse(&bytes).unwrap().text;
        assert!(text.starts_with(cut));
        assert!(cut.len() <= ERROR_TEXT_BYTES_MAX && cut.len() > ERROR_TEXT_BYTES_MAX - 3);
    }
}

#[test]
fn other_lengths_are_refused() {
    for have in [0, 7, 9, 31, 33] {
        let bytes = vec![0; have];
        assert_eq!(Hello::parse(&bytes), Err(BodyError::BadLength { have, need: 8 }));
        assert_eq!(Busy::parse(&bytes), Err(BodyError::BadLength { have, need: 8 }));
        assert_eq!(Welcome::parse(&bytes), Err(BodyError::BadLength { have, need: 32 }));
    }
    assert_eq!(ErrorBody::parse(&[1, 0]), Err(BodyError::BadLength { have: 2, need: 4 }));
    let longer_than_told = [1, 0, 3, 0, b'a', b'b', b'c', 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let refused = Err(BodyError::BadLength { have: 16, need: 8 });
    assert_eq!(ErrorBody::parse(&longer_than_told), refused);
}

#[test]
fn reserved_bytes_codes_and_texts_are_looked_at() {
    assert_eq!(
        Hello::parse(&[1, 0, 0, 0, 0, 0, 0, 1]),
        Err(BodyError::NotZero { field: "reserved" })
    );
    assert_eq!(
        Busy::parse(&[1, 0, 0, 0, 9, 0, 0, 0]),
        Err(BodyError::NotZero { field: "reserved" })
    );
    assert_eq!(
        ErrorBody::parse(&[1, 0, 3, 0, b'a', b'b', b'c', 7]),
        Err(BodyError::NotZero { field: "padding" })
    );
    assert_eq!(
        ErrorBody::parse(&[99, 0, 0, 0, 0, 0, 0, 0]),
        Err(BodyError::UnknownCode { number: 99 })
    );
    assert_eq!(ErrorBody::parse(&[1, 0, 1, 0, 0xff, 0, 0, 0]), Err(BodyError::NotUtf8));
}
