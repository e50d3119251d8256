//! Frames to messages. See RFC 6455 sections 5.4 (fragmentation) and 5.5
//! (control frames).
//!
//! Invariants: `next` never looks at a byte twice once it has said that it is
//! consumed; a message is given out whole or not at all; memory never exceeds
//! `max_message_bytes` plus one receive buffer.

use std::ops::Range;

use super::header::{Header, Opcode};
use super::{Kind, close_code};

/// What the decoder refuses.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Largest message, over all its fragments.
    pub max_message_bytes: usize,
    /// Empty fragments in a row; more are a flood (RFC 6455 allows any
    /// number, and a server could keep us busy with them for ever).
    pub max_empty_fragments: u32,
    /// Frames with more payload than this are taken from the receive buffer
    /// piece by piece; must be below its size.
    pub stream_above_bytes: usize,
}

/// Why a connection must be failed (RFC 6455 section 7.1.7).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// RSV1–3 without an extension that defines them.
    #[error("reserved bits are set, but no extension was negotiated")]
    ReservedBits,
    /// An opcode that RFC 6455 does not define.
    #[error("reserved opcode 0x{0:X}")]
    ReservedOpcode(u8),
    /// A masked frame from the server.
    #[error("the server masked a frame")]
    MaskedByServer,
    /// A control frame that is fragmented or longer than 125 bytes.
    #[error("a control frame is fragmented or too long")]
    BadControlFrame,
    /// A length that is not minimal, or above 2^63.
    #[error("a frame length is not encoded in its shortest form")]
    BadLength,
    /// A continuation without a beginning.
    #[error("a continuation frame without a message to continue")]
    UnexpectedContinuation,
    /// A new message inside a fragmented one.
    #[error("a new message began inside a fragmented one")]
    ExpectedContinuation,
    /// A close frame with one byte, a forbidden code or a reason that is not
    /// UTF-8.
    #[error("a malformed close frame")]
    BadClose,
    /// More empty fragments in a row than allowed.
    #[error("more than {0} empty fragments in a row")]
    TooManyEmptyFragments(u32),
    /// A message above the limit.
    #[error(
        "a message of at least {bytes} bytes is larger than websocket.message.max.bytes ({limit})"
    )]
    TooBig {
        /// What is known of its size.
        bytes: u64,
        /// The limit.
        limit: usize,
    },
    /// A text message that is not UTF-8.
    #[error("a text message is not valid UTF-8")]
    InvalidUtf8,
}

impl FrameError {
    /// The close code to fail the connection with.
    pub const fn close_code(&self) -> u16 {
        match self {
            Self::TooBig { .. } => close_code::TOO_BIG,
            Self::InvalidUtf8 => close_code::INVALID_PAYLOAD,
            _ => close_code::PROTOCOL_ERROR,
        }
    }
}

/// Something complete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// A message that lies in the input at this range.
    Message(Kind, Range<usize>),
    /// A message that was put together; fetch it with [`Decoder::assembled`].
    Assembled(Kind),
    /// A ping with its payload's range.
    Ping(Range<usize>),
    /// A pong.
    Pong,
    /// A close frame: its code if it has one, and its reason's range.
    Close(Option<u16>, Range<usize>),
}

/// One step of decoding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Bytes of the input that are done with; ranges in `item` refer to the
    /// input before it is shortened by them.
    pub consumed: usize,
    /// What became complete. `None` with nothing consumed: more input is
    /// needed; otherwise the next step may find something.
    pub item: Option<Item>,
}

/// A message that is not decoded yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ahead {
    /// Its kind, if its beginning is there.
    pub kind: Option<Kind>,
    /// Bytes that it will have at least.
    pub bytes: usize,
}

#[derive(Debug)]
struct Assembly {
    kind: Kind,
    empty_fragments: u32,
}

/// A frame whose payload is taken piece by piece.
#[derive(Debug)]
struct Streaming {
    remaining: usize,
    fin: bool,
}

/// The decoder of one connection.
#[derive(Debug)]
pub struct Decoder {
    limits: Limits,
    assembly: Option<Assembly>,
    streaming: Option<Streaming>,
    bytes: Vec<u8>,
}

/// Above this, the memory of one large message is given back after use.
const KEEP_ASSEMBLY_BYTES: usize = 1 << 20;
/// Memory is claimed as bytes arrive, not as a header promises: at most this
/// much ahead.
const RESERVE_BYTES: usize = 1 << 16;

impl Decoder {
    /// A decoder at the start of a connection's frames.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            assembly: None,
            streaming: None,
            bytes: Vec::new(),
        }
    }

    /// The message that the last [`Item::Assembled`] announced.
    pub fn assembled(&self) -> &[u8] {
        &self.bytes
    }

    /// Frees the assembled message's memory for the next.
    pub fn release(&mut self) {
        if self.bytes.capacity() > KEEP_ASSEMBLY_BYTES {
            self.bytes = Vec::new();
        } else {
            self.bytes.clear();
        }
    }

    /// What is known of the next message in `input` before it is decoded: lets
    /// a caller that is short of room stop before the message instead of after
    /// it.
    pub fn peek(&self, input: &[u8]) -> Ahead {
        let mut kind = self.assembly.as_ref().map(|assembly| assembly.kind);
        let ahead = if let Some(streaming) = &self.streaming {
            // The input is payload; a header that it seems to have is none.
            streaming.remaining
        } else {
            match Header::parse(input) {
                Ok(Some(header)) if !header.opcode.is_control() => {
                    kind = match header.opcode {
                        Opcode::Text => Some(Kind::Text),
                        Opcode::Binary => Some(Kind::Binary),
                        _ => kind,
                    };
                    usize::try_from(header.payload_bytes).unwrap_or(usize::MAX)
                }
                _ => 0,
            }
        };
        Ahead {
            kind,
            bytes: self.bytes.len().saturating_add(ahead),
        }
    }

    /// Decodes the next thing in `input`.
    ///
    /// # Errors
    /// What the server may not send; the connection must be failed with
    /// [`FrameError::close_code`].
    #[inline]
    pub fn next(&mut self, input: &[u8]) -> Result<Step, FrameError> {
        if self.streaming.is_some() {
            return Ok(self.stream(input));
        }
        let Some(header) = Header::parse(input)? else {
            return Ok(Step {
                consumed: 0,
                item: None,
            });
        };
        let start = header.header_bytes;
        if header.opcode.is_control() {
            return control(&header, input);
        }
        let payload_bytes = self.admit(&header)?;
        let kind = match header.opcode {
            Opcode::Text => Kind::Text,
            Opcode::Binary => Kind::Binary,
            _ => return self.begin(header, payload_bytes, None, input),
        };
        if !header.fin || payload_bytes > self.limits.stream_above_bytes {
            return self.begin(header, payload_bytes, Some(kind), input);
        }
        let end = start + payload_bytes;
        if input.len() < end {
            return Ok(Step {
                consumed: 0,
                item: None,
            });
        }
        Ok(Step {
            consumed: end,
            item: Some(Item::Message(kind, start..end)),
        })
    }

    /// Checks a data frame's place and size before any memory is spent on it.
    #[inline]
    fn admit(&self, header: &Header) -> Result<usize, FrameError> {
        match (header.opcode, self.assembly.is_some()) {
            (Opcode::Continuation, false) => return Err(FrameError::UnexpectedContinuation),
            (Opcode::Text | Opcode::Binary, true) => return Err(FrameError::ExpectedContinuation),
            _ => {}
        }
        let limit = self.limits.max_message_bytes;
        let total = header.payload_bytes.saturating_add(self.bytes.len() as u64);
        usize::try_from(header.payload_bytes)
            .ok()
            .filter(|_| total <= limit as u64)
            .ok_or(FrameError::TooBig {
                bytes: total,
                limit,
            })
    }

    /// Begins to take a frame into the assembly.
    fn begin(
        &mut self,
        header: Header,
        payload_bytes: usize,
        kind: Option<Kind>,
        input: &[u8],
    ) -> Result<Step, FrameError> {
        if let Some(kind) = kind {
            self.bytes.clear();
            self.assembly = Some(Assembly {
                kind,
                empty_fragments: 0,
            });
        }
        let limit = self.limits.max_empty_fragments;
        if let Some(assembly) = &mut self.assembly {
            if payload_bytes == 0 && !header.fin {
                assembly.empty_fragments += 1;
                if assembly.empty_fragments > limit {
                    return Err(FrameError::TooManyEmptyFragments(limit));
                }
            } else {
                assembly.empty_fragments = 0;
            }
        }
        self.streaming = Some(Streaming {
            remaining: payload_bytes,
            fin: header.fin,
        });
        let step = self.stream(&input[header.header_bytes..]);
        Ok(Step {
            consumed: header.header_bytes + step.consumed,
            ..step
        })
    }

    /// Takes what is there of the frame in hand.
    fn stream(&mut self, input: &[u8]) -> Step {
        let Some(streaming) = &mut self.streaming else {
            return Step {
                consumed: 0,
                item: None,
            };
        };
        let taken = streaming.remaining.min(input.len());
        streaming.remaining -= taken;
        let (done, fin) = (streaming.remaining == 0, streaming.fin);
        if self.bytes.capacity() - self.bytes.len() < taken {
            self.bytes.reserve(taken.max(RESERVE_BYTES));
        }
        self.bytes.extend_from_slice(&input[..taken]);
        if !done {
            return Step {
                consumed: taken,
                item: None,
            };
        }
        self.streaming = None;
        let item = if fin { self.assembly.take() } else { None };
        Step {
            consumed: taken,
            item: item.map(|assembly| Item::Assembled(assembly.kind)),
        }
    }
}

fn control(header: &Header, input: &[u8]) -> Result<Step, FrameError> {
    let start = header.header_bytes;
    let end =
        usize::try_from(header.payload_bytes).map_err(|_| FrameError::BadControlFrame)? + start;
    let Some(payload) = input.get(start..end) else {
        return Ok(Step {
            consumed: 0,
            item: None,
        });
    };
    let item = match header.opcode {
        Opcode::Ping => Item::Ping(start..end),
        Opcode::Close => close(payload, start)?,
        _ => Item::Pong,
    };
    Ok(Step {
        consumed: end,
        item: Some(item),
    })
}

fn close(payload: &[u8], start: usize) -> Result<Item, FrameError> {
    match payload {
        [] => Ok(Item::Close(None, start..start)),
        [_] => Err(FrameError::BadClose),
        [high, low, reason @ ..] => {
            let code = u16::from_be_bytes([*high, *low]);
            if !close_code::may_be_received(code) || simdutf8::basic::from_utf8(reason).is_err() {
                return Err(FrameError::BadClose);
            }
            Ok(Item::Close(Some(code), start + 2..start + payload.len()))
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIMITS: Limits = Limits {
        max_message_bytes: 1000,
        max_empty_fragments: 3,
        stream_above_bytes: 300,
    };

    #[derive(Clone, Debug, PartialEq, Eq)]
    enum Seen {
        Message(Kind, Vec<u8>),
        Ping(Vec<u8>),
        Pong,
        Close(Option<u16>, Vec<u8>),
    }

    fn frame(fin: bool, opcode: Opcode, payload: &[u8]) -> Vec<u8> {
        let mut out = vec![if fin { 0x80 } else { 0 } | opcode.bits()];
        match payload.len() {
            short @ 0..126 => out.push(u8::try_from(short).unwrap()),
            medium @ 126..65_536 => {
                out.push(126);
                out.extend_from_slice(&u16::try_from(medium).unwrap().to_be_bytes());
            }
            long => {
                out.push(127);
                out.extend_from_slice(&(long as u64).to_be_bytes());
            }
        }
        out.extend_from_slice(payload);
        out
    }

    /// Feeds `wire` in pieces through a receive buffer as the task does.
    fn run(wire: &[u8], pieces: &[usize], limits: Limits) -> Result<Vec<Seen>, FrameError> {
        let mut decoder = Decoder::new(limits);
        let (mut buffer, mut seen) = (Vec::new(), Vec::new());
        let (mut at, mut piece) = (0, 0);
        while at < wire.len() {
            let take = pieces.get(piece).copied().unwrap_or(usize::MAX).max(1);
            let end = wire.len().min(at.saturating_add(take));
            buffer.extend_from_slice(&wire[at..end]);
            (at, piece) = (end, piece + 1);
            let mut from = 0;
            loop {
                let input = &buffer[from..];
                let step = decoder.next(input)?;
                match step.item {
                    None if step.consumed == 0 => break,
                    None => {}
                    Some(Item::Message(kind, range)) => {
                        seen.push(Seen::Message(kind, input[range].to_vec()));
                    }
                    Some(Item::Assembled(kind)) => {
                        seen.push(Seen::Message(kind, decoder.assembled().to_vec()));
                        decoder.release();
                    }
                    Some(Item::Ping(range)) => seen.push(Seen::Ping(input[range].to_vec())),
                    Some(Item::Pong) => seen.push(Seen::Pong),
                    Some(Item::Close(code, range)) => {
                        seen.push(Seen::Close(code, input[range].to_vec()));
                    }
                }
                from += step.consumed;
            }
            buffer.drain(..from);
        }
        Ok(seen)
    }

    fn refused(wire: &[u8]) -> FrameError {
        run(wire, &[], LIMITS).expect_err("must be refused")
    }

    #[test]
    fn fragments_become_one_message_with_pings_between() {
        let wire = [
            frame(false, Opcode::Text, b"Hel"),
            frame(true, Opcode::Ping, b"p"),
            frame(false, Opcode::Continuation, b""),
            frame(true, Opcode::Continuation, b"lo"),
            frame(true, Opcode::Close, b"\x03\xe8bye"),
        ]
        .concat();
        let expected = [
            Seen::Ping(b"p".to_vec()),
            Seen::Message(Kind::Text, b"Hello".to_vec()),
            Seen::Close(Some(1000), b"bye".to_vec()),
        ];
        assert_eq!(run(&wire, &[], LIMITS).unwrap(), expected);
        assert_eq!(run(&wire, &[1; 100], LIMITS).unwrap(), expected);
    }

    #[test]
    fn what_rfc_6455_forbids_is_refused() {
        assert_eq!(refused(&[0xC1, 0]), FrameError::ReservedBits);
        assert_eq!(refused(&[0x83, 0]), FrameError::ReservedOpcode(3));
        assert_eq!(refused(&[0x81, 0x80]), FrameError::MaskedByServer);
        assert_eq!(refused(&[0x89, 126, 0, 126]), FrameError::BadControlFrame);
        assert_eq!(refused(&[0x09, 0]), FrameError::BadControlFrame);
        assert_eq!(refused(&[0x81, 126, 0, 125]), FrameError::BadLength);
        let long = [0x81, 127, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF];
        assert_eq!(refused(&long), FrameError::BadLength);
        assert_eq!(refused(&[0x80, 0]), FrameError::UnexpectedContinuation);
        assert_eq!(
            refused(&[0x01, 0, 0x81, 0]),
            FrameError::ExpectedContinuation
        );
        assert_eq!(refused(&[0x88, 1, 3]), FrameError::BadClose);
        assert_eq!(refused(&[0x88, 2, 0x03, 0xED]), FrameError::BadClose);
        assert_eq!(refused(&[0x88, 3, 0x03, 0xE8, 0xFF]), FrameError::BadClose);
    }

    #[test]
    fn an_oversized_message_is_refused_at_its_header() {
        let declared = [0x82, 127, 0, 0, 0, 0, 0x40, 0, 0, 0];
        let error = refused(&declared);
        assert_eq!(
            error,
            FrameError::TooBig {
                bytes: 1 << 30,
                limit: 1000
            }
        );
        assert_eq!(error.close_code(), 1009);
        let fragments = [
            frame(false, Opcode::Binary, &[0; 600]),
            frame(true, Opcode::Continuation, &[0; 401]),
        ]
        .concat();
        assert_eq!(
            refused(&fragments),
            FrameError::TooBig {
                bytes: 1001,
                limit: 1000
            }
        );
    }

    #[test]
    fn what_comes_is_known_as_far_as_its_header_is_there() {
        let ahead = |kind, bytes| Ahead { kind, bytes };
        let mut decoder = Decoder::new(LIMITS);
        let large = frame(false, Opcode::Binary, &[0xff; 400]);
        assert_eq!(decoder.peek(&large[..1]), ahead(None, 0));
        assert_eq!(decoder.peek(&large[..4]), ahead(Some(Kind::Binary), 400));
        let step = decoder.next(&large[..104]).unwrap();
        assert_eq!(step.consumed, 104);
        // Payload that would be an endless text frame as a header.
        let payload = [0x81, 0x7f, 0x7f, 0, 0, 0, 0, 0, 0, 0];
        for input in [&payload[..], &[]] {
            assert_eq!(decoder.peek(input), ahead(Some(Kind::Binary), 400));
        }
        decoder.next(&large[104..]).unwrap();
        let ping = frame(true, Opcode::Ping, b"p");
        assert_eq!(decoder.peek(&ping), ahead(Some(Kind::Binary), 400));
        let rest = frame(true, Opcode::Continuation, &[0; 9]);
        assert_eq!(decoder.peek(&rest), ahead(Some(Kind::Binary), 409));
    }

    #[test]
    fn a_flood_of_empty_fragments_is_refused() {
        let mut wire = frame(false, Opcode::Text, b"a");
        for _ in 0..4 {
            wire.extend(frame(false, Opcode::Continuation, b""));
        }
        assert_eq!(refused(&wire), FrameError::TooManyEmptyFragments(3));
    }

    #[test]
    fn many_small_fragments_need_no_stack() {
        let mut wire = frame(false, Opcode::Text, b"a");
        for _ in 0..900 {
            wire.extend(frame(false, Opcode::Continuation, b"b"));
        }
        wire.extend(frame(true, Opcode::Continuation, b"c"));
        assert_eq!(run(&wire, &[], LIMITS).unwrap().len(), 1);
    }

    fn message() -> impl Strategy<Value = (Kind, Vec<Vec<u8>>, bool)> {
        let kind = prop_oneof![Just(Kind::Text), Just(Kind::Binary)];
        let parts = prop::collection::vec(prop::collection::vec(any::<u8>(), 0..320), 1..3);
        (kind, parts, any::<bool>())
    }

    proptest! {
        #[test]
        fn any_cut_of_the_wire_gives_the_same_messages(
            messages in prop::collection::vec(message(), 0..12),
            pieces in prop::collection::vec(1_usize..400, 0..60),
        ) {
            let (mut wire, mut expected) = (Vec::new(), Vec::new());
            for (kind, parts, ping) in messages {
                let last = parts.len() - 1;
                for (index, part) in parts.iter().enumerate() {
                    let opcode = match (index, kind) {
                        (0, Kind::Text) => Opcode::Text,
                        (0, Kind::Binary) => Opcode::Binary,
                        _ => Opcode::Continuation,
                    };
                    wire.extend(frame(index == last, opcode, part));
                    if ping && index != last {
                        wire.extend(frame(true, Opcode::Ping, b"x"));
                        expected.push(Seen::Ping(b"x".to_vec()));
                    }
                }
                expected.push(Seen::Message(kind, parts.concat()));
            }
            prop_assert_eq!(run(&wire, &pieces, LIMITS).unwrap(), expected);
        }

        #[test]
        fn garbage_never_panics(wire in prop::collection::vec(any::<u8>(), 0..600), piece in 1_usize..50) {
            let _ = run(&wire, &vec![piece; 600], LIMITS);
        }
    }
}
