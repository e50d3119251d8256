//! The frame header of RFC 6455 section 5.2, as a server sends it.

use super::decode::FrameError;

/// The longest header a server may send: 2 bytes and a 64-bit length (servers
/// do not mask).
pub const MAX_HEADER_BYTES: usize = 10;

/// What a frame is (RFC 6455 section 5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opcode {
    /// Continues a fragmented message.
    Continuation,
    /// Begins a text message.
    Text,
    /// Begins a binary message.
    Binary,
    /// Closes the connection.
    Close,
    /// Asks for a pong.
    Ping,
    /// Answers a ping, or comes unasked.
    Pong,
}

impl Opcode {
    /// The four bits on the wire.
    pub const fn bits(self) -> u8 {
        match self {
            Self::Continuation => 0x0,
            Self::Text => 0x1,
            Self::Binary => 0x2,
            Self::Close => 0x8,
            Self::Ping => 0x9,
            Self::Pong => 0xA,
        }
    }

    const fn from_bits(bits: u8) -> Option<Self> {
        Some(match bits {
            0x0 => Self::Continuation,
            0x1 => Self::Text,
            0x2 => Self::Binary,
            0x8 => Self::Close,
            0x9 => Self::Ping,
            0xA => Self::Pong,
            _ => return None,
        })
    }

    /// Whether it is a control frame, which may come between fragments.
    pub const fn is_control(self) -> bool {
        matches!(self, Self::Close | Self::Ping | Self::Pong)
    }
}

/// A parsed header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Whether this is the last fragment.
    pub fin: bool,
    /// What the frame is.
    pub opcode: Opcode,
    /// Length of the header itself in bytes.
    pub header_bytes: usize,
    /// Length of the payload in bytes.
    pub payload_bytes: u64,
}

impl Header {
    /// Parses the header at the front of `input`; `None` when bytes are
    /// missing.
    ///
    /// # Errors
    /// What RFC 6455 section 5.2 and 5.5 forbid: reserved bits or opcodes, a
    /// mask from a server, long or fragmented control frames, a length with
    /// its top bit set or longer than it need be.
    #[inline]
    pub fn parse(input: &[u8]) -> Result<Option<Self>, FrameError> {
        let [first, second, rest @ ..] = input else {
            return Ok(None);
        };
        if first & 0x70 != 0 {
            return Err(FrameError::ReservedBits);
        }
        if second & 0x80 != 0 {
            return Err(FrameError::MaskedByServer);
        }
        let opcode =
            Opcode::from_bits(first & 0x0F).ok_or(FrameError::ReservedOpcode(first & 0x0F))?;
        let fin = first & 0x80 != 0;
        let Some((length_bytes, payload_bytes)) = payload_length(second & 0x7F, rest)? else {
            return Ok(None);
        };
        if opcode.is_control() && (!fin || payload_bytes > 125) {
            return Err(FrameError::BadControlFrame);
        }
        Ok(Some(Self {
            fin,
            opcode,
            header_bytes: 2 + length_bytes,
            payload_bytes,
        }))
    }
}

fn payload_length(short: u8, rest: &[u8]) -> Result<Option<(usize, u64)>, FrameError> {
    match short {
        126 => {
            let Some(bytes) = rest.first_chunk::<2>() else {
                return Ok(None);
            };
            let length = u16::from_be_bytes(*bytes);
            if length < 126 {
                return Err(FrameError::BadLength);
            }
            Ok(Some((2, u64::from(length))))
        }
        127 => {
            let Some(bytes) = rest.first_chunk::<8>() else {
                return Ok(None);
            };
            let length = u64::from_be_bytes(*bytes);
            if length >> 63 != 0 || u16::try_from(length).is_ok() {
                return Err(FrameError::BadLength);
            }
            Ok(Some((8, length)))
        }
        short => Ok(Some((0, u64::from(short)))),
    }
}
