//! The fixed bodies: hello, welcome, busy and error.

use zerocopy::little_endian::{U16, U32, U128};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use gantry_model::Actor;

use crate::{ErrorCode, FrameKind, begin_frame};

/// Length of a hello's payload.
pub const HELLO_BYTES: usize = 8;
/// Length of a welcome's payload.
pub const WELCOME_BYTES: usize = 32;
/// Length of a busy's payload.
pub const BUSY_BYTES: usize = 8;
/// Length of an error's payload before its text.
pub const ERROR_HEAD_BYTES: usize = 4;
/// The longest text of an error, in bytes of UTF-8.
pub const ERROR_TEXT_BYTES_MAX: usize = 508;

/// An error's payload is padded to a multiple of this.
const ERROR_ALIGNMENT_BYTES: usize = 8;

/// Why a fixed body cannot be read. A server answers [`ErrorCode::UnexpectedPayload`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// Not as long as its kind is.
    #[error("body of {have} bytes, needs {need}")]
    BadLength {
        /// Bytes found.
        have: usize,
        /// Bytes that it has by its kind.
        need: usize,
    },
    /// Reserved bytes or padding are not zero.
    #[error("field {field} is not zero")]
    NotZero {
        /// The field's name in the byte table.
        field: &'static str,
    },
    /// No error has this number.
    #[error("unknown error code {number}")]
    UnknownCode {
        /// The number found.
        number: u16,
    },
    /// The text is not UTF-8.
    #[error("error text is not UTF-8")]
    NotUtf8,
}

/// The client's first word: who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hello {
    /// Who asks, from now on and on this connection.
    pub actor: Actor,
}

#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
struct HelloFixed {
    actor: U32,
    reserved: [u8; 4],
}
const _: () = assert!(size_of::<HelloFixed>() == HELLO_BYTES);

impl Hello {
    /// Reads a hello's payload.
    pub fn parse(payload: &[u8]) -> Result<Self, BodyError> {
        let body: &HelloFixed = fixed(payload)?;
        zero("reserved", &body.reserved)?;
        Ok(Self { actor: Actor::new(body.actor.get()) })
    }

    /// Appends the whole frame.
    pub fn write(self, out: &mut Vec<u8>) {
        let body = HelloFixed { actor: self.actor.get().into(), reserved: [0; 4] };
        put(out, FrameKind::Hello, 0, &body);
    }
}

/// The server's answer to a hello: which instance, and what it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Welcome {
    /// The instance that the handles belong to. Another id: resolve codes anew.
    pub instance: u128,
    /// The longest payload that the server takes, in bytes.
    pub frame_payload_bytes_max: u32,
    /// The most items that one frame may hold.
    pub items_per_frame_max: u32,
    /// The most requests that may wait for an answer on this connection.
    pub requests_in_flight_max: u32,
    /// The most lines that an order may have.
    pub lines_per_order_max: u32,
}

#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
struct WelcomeFixed {
    instance: U128,
    frame_payload_bytes_max: U32,
    items_per_frame_max: U32,
    requests_in_flight_max: U32,
    lines_per_order_max: U32,
}
const _: () = assert!(size_of::<WelcomeFixed>() == WELCOME_BYTES);

impl Welcome {
    /// Reads a welcome's payload.
    pub fn parse(payload: &[u8]) -> Result<Self, BodyError> {
        let body: &WelcomeFixed = fixed(payload)?;
        Ok(Self {
            instance: body.instance.get(),
            frame_payload_bytes_max: body.frame_payload_bytes_max.get(),
            items_per_frame_max: body.items_per_frame_max.get(),
            requests_in_flight_max: body.requests_in_flight_max.get(),
            lines_per_order_max: body.lines_per_order_max.get(),
        })
    }

    /// Appends the whole frame, in answer to the hello with this request id.
    pub fn write(self, request: u64, out: &mut Vec<u8>) {
        let body = WelcomeFixed {
            instance: self.instance.into(),
            frame_payload_bytes_max: self.frame_payload_bytes_max.into(),
            items_per_frame_max: self.items_per_frame_max.into(),
            requests_in_flight_max: self.requests_in_flight_max.into(),
            lines_per_order_max: self.lines_per_order_max.into(),
        };
        put(out, FrameKind::Welcome, request, &body);
    }
}

/// Nothing of the request was carried out, for want of room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Busy {
    /// Ask again not before this many microseconds.
    pub retry_after_us: u32,
}

#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
struct BusyFixed {
    retry_after_us: U32,
    reserved: [u8; 4],
}
const _: () = assert!(size_of::<BusyFixed>() == BUSY_BYTES);

impl Busy {
    /// Reads a busy's payload.
    pub fn parse(payload: &[u8]) -> Result<Self, BodyError> {
        let body: &BusyFixed = fixed(payload)?;
        zero("reserved", &body.reserved)?;
        Ok(Self { retry_after_us: body.retry_after_us.get() })
    }

    /// Appends the whole frame, in answer to this request.
    pub fn write(self, request: u64, out: &mut Vec<u8>) {
        let body = BusyFixed { retry_after_us: self.retry_after_us.into(), reserved: [0; 4] };
        put(out, FrameKind::Busy, request, &body);
    }
}

/// Why a request, or the connection, was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ErrorBody<'a> {
    /// What to branch on.
    pub code: ErrorCode,
    /// For people; at most [`ERROR_TEXT_BYTES_MAX`] bytes, longer ones are cut when written.
    pub text: &'a str,
}

#[derive(FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
struct ErrorHead {
    code: U16,
    text_bytes: U16,
}
const _: () = assert!(size_of::<ErrorHead>() == ERROR_HEAD_BYTES);

impl<'a> ErrorBody<'a> {
    /// Reads an error's payload.
    pub fn parse(payload: &'a [u8]) -> Result<Self, BodyError> {
        let have = payload.len();
        let (head, rest) = ErrorHead::ref_from_prefix(payload)
            .map_err(|_| BodyError::BadLength { have, need: ERROR_HEAD_BYTES })?;
        let text_bytes = usize::from(head.text_bytes.get());
        let need = (ERROR_HEAD_BYTES + text_bytes).next_multiple_of(ERROR_ALIGNMENT_BYTES);
        if have != need {
            return Err(BodyError::BadLength { have, need });
        }
        let (text, padding) =
            rest.split_at_checked(text_bytes).ok_or(BodyError::BadLength { have, need })?;
        zero("padding", padding)?;
        let number = head.code.get();
        let code = ErrorCode::from_number(number).ok_or(BodyError::UnknownCode { number })?;
        let text = std::str::from_utf8(text).map_err(|_| BodyError::NotUtf8)?;
        Ok(Self { code, text })
    }

    /// Appends the whole frame, in answer to this request; 0 where none is known.
    pub fn write(self, request: u64, out: &mut Vec<u8>) {
        let text = cut(self.text);
        let text_bytes = u16::try_from(text.len()).expect("invariant: the text was cut to fit");
        let head = ErrorHead { code: self.code.number().into(), text_bytes: text_bytes.into() };
        let mut frame = begin_frame(out, FrameKind::Error, request);
        let payload = frame.payload();
        payload.extend_from_slice(head.as_bytes());
        payload.extend_from_slice(text.as_bytes());
        let length = ERROR_HEAD_BYTES + text.len();
        let padding = length.next_multiple_of(ERROR_ALIGNMENT_BYTES) - length;
        payload.extend(std::iter::repeat_n(0, padding));
        frame.finish(0);
    }
}

/// The longest beginning of `text` that fits and ends between two characters.
fn cut(text: &str) -> &str {
    let end = text.floor_char_boundary(ERROR_TEXT_BYTES_MAX);
    text.get(..end).expect("invariant: a character boundary within the text")
}

fn put<T: IntoBytes + Immutable>(out: &mut Vec<u8>, kind: FrameKind, request: u64, body: &T) {
    let mut frame = begin_frame(out, kind, request);
    frame.payload().extend_from_slice(body.as_bytes());
    frame.finish(0);
}

fn fixed<T: FromBytes + KnownLayout + Immutable + Unaligned>(
    payload: &[u8],
) -> Result<&T, BodyError> {
    T::ref_from_bytes(payload)
        .map_err(|_| BodyError::BadLength { have: payload.len(), need: size_of::<T>() })
}

/// Reserved bytes must be zero, so that they can mean something one day.
fn zero(field: &'static str, bytes: &[u8]) -> Result<(), BodyError> {
    if bytes.iter().all(|byte| *byte == 0) { Ok(()) } else { Err(BodyError::NotZero { field }) }
}
