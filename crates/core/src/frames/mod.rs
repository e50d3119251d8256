//! RFC 6455 frames, without a socket: bytes in, messages out, and back.
//!
//! The decoder works on the receive buffer in place: an unfragmented message
//! is a range of it, so a steady stream copies nothing here. Only fragments
//! and messages larger than the buffer are put together in memory of their
//! own. Every length is checked against its limit before memory is spent.

mod decode;
mod encode;
mod header;

pub use decode::{Ahead, Decoder, FrameError, Item, Limits, Step};
pub use encode::{MAX_CONTROL_PAYLOAD_BYTES, encode_close, encode_frame};
pub use header::{Header, MAX_HEADER_BYTES, Opcode};

/// Whether a data message is text or binary (RFC 6455 section 5.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// UTF-8 text; not checked by the decoder.
    Text,
    /// Any bytes.
    Binary,
}

/// Close codes of RFC 6455 section 7.4.1 that we send or interpret.
pub mod close_code {
    /// Normal closure.
    pub const NORMAL: u16 = 1000;
    /// The endpoint goes away.
    pub const GOING_AWAY: u16 = 1001;
    /// Protocol error.
    pub const PROTOCOL_ERROR: u16 = 1002;
    /// A close frame without a code; never sent.
    pub const NO_STATUS: u16 = 1005;
    /// A text message is not UTF-8.
    pub const INVALID_PAYLOAD: u16 = 1007;
    /// The message is too big.
    pub const TOO_BIG: u16 = 1009;

    /// Whether a peer may send this code in a close frame.
    pub const fn may_be_received(code: u16) -> bool {
        matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
    }
}
