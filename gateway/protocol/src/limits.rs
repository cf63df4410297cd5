//! The numbers that shape the protocol. Changing one is a new protocol version.

/// The first four bytes of every frame: `GTRY`.
pub const FRAME_MAGIC: [u8; 4] = *b"GTRY";
/// The version that this crate speaks.
pub const PROTOCOL_VERSION: u16 = 1;
/// Size of a frame's header.
pub const FRAME_HEADER_BYTES: usize = 32;
/// The longest payload that a client may send: 256 KiB.
pub const FRAME_PAYLOAD_BYTES_MAX: usize = 256 * 1024;
/// The longest payload that a server may send: 4 MiB.
pub const REPLY_PAYLOAD_BYTES_MAX: usize = 4 * 1024 * 1024;
/// The most items that one frame may hold.
pub const ITEMS_PER_FRAME_MAX: usize = 1024;

// The longest single command always fits a frame, so every command can be sent.
const _: () = assert!(gantry_model::COMMAND_BYTES_MAX < FRAME_PAYLOAD_BYTES_MAX);
