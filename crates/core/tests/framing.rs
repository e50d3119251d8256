//! The decoder against another implementation of RFC 6455: whatever a server
//! sends, right or wrong, tungstenite and we see the same messages and give
//! up at the same place.

use std::io::{self, Cursor, Read, Write};

use proptest::prelude::*;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message, WebSocket};
use websocket_source::frames::{Decoder, Item, Kind, Limits};

const MAX_MESSAGE_BYTES: usize = 4_000;

/// What one side has made of the bytes.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    messages: Vec<(bool, Vec<u8>)>,
    pings: usize,
    refused: bool,
}

/// Gives its bytes, takes whatever is written.
struct Wire(Cursor<Vec<u8>>);

impl Read for Wire {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl Write for Wire {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        Ok(buffer.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn theirs(wire: &[u8]) -> Seen {
    let config = WebSocketConfig::default()
        .max_message_size(Some(MAX_MESSAGE_BYTES))
        .max_frame_size(Some(MAX_MESSAGE_BYTES));
    let stream = Wire(Cursor::new(wire.to_vec()));
    let mut socket = WebSocket::from_raw_socket(stream, Role::Client, Some(config));
    let (mut messages, mut pings) = (Vec::new(), 0);
    let refused = loop {
        match socket.read() {
            Ok(Message::Text(text)) => messages.push((true, text.as_bytes().to_vec())),
            Ok(Message::Binary(bytes)) => messages.push((false, bytes.to_vec())),
            Ok(Message::Ping(_)) => pings += 1,
            Ok(_) => {}
            // The end of the bytes.
            Err(Error::Io(_) | Error::ConnectionClosed) => break false,
            Err(Error::Protocol(error)) if error.to_string().contains("closing handshake") => {
                break false;
            }
            Err(_) => break true,
        }
    };
    Seen {
        messages,
        pings,
        refused,
    }
}

fn ours(wire: &[u8]) -> Seen {
    let mut decoder = Decoder::new(Limits {
        max_message_bytes: MAX_MESSAGE_BYTES,
        max_empty_fragments: u32::MAX,
        stream_above_bytes: 1_000,
    });
    let (mut messages, mut pings, mut from) = (Vec::new(), 0, 0);
    let refused = loop {
        let input = &wire[from..];
        let Ok(step) = decoder.next(input) else {
            break true;
        };
        let whole = match step.item {
            None if step.consumed == 0 => break false,
            Some(Item::Message(kind, range)) => Some((kind, input[range].to_vec())),
            Some(Item::Assembled(kind)) => Some((kind, decoder.assembled().to_vec())),
            Some(Item::Ping(_)) => {
                pings += 1;
                None
            }
            None | Some(Item::Pong | Item::Close(..)) => None,
        };
        if let Some((kind, bytes)) = whole {
            decoder.release();
            let text = kind == Kind::Text;
            if text && std::str::from_utf8(&bytes).is_err() {
                break true;
            }
            messages.push((text, bytes));
        }
        from += step.consumed;
    };
    Seen {
        messages,
        pings,
        refused,
    }
}

fn frame(first: u8, masked: bool, payload: &[u8]) -> Vec<u8> {
    let mask = if masked { 0x80 } else { 0 };
    let mut out = vec![first];
    if let Ok(short) = u8::try_from(payload.len())
        && short < 126
    {
        out.push(mask | short);
    } else {
        out.push(mask | 0x7E);
        let length = u16::try_from(payload.len()).unwrap_or(u16::MAX);
        out.extend_from_slice(&length.to_be_bytes());
    }
    if masked {
        out.extend_from_slice(&[0; 4]);
    }
    out.extend_from_slice(payload);
    out
}

/// Mostly right, now and then wrong: reserved bits and opcodes, masks, long
/// control frames, text that is not UTF-8, fragments out of place. Fragments
/// are UTF-8 each: they give up at the fragment that is not, we at the end.
fn any_frame() -> impl Strategy<Value = Vec<u8>> {
    let text = || {
        prop_oneof![
            8 => "[a-zé€𝄞]{0,60}".prop_map(String::into_bytes),
            1 => "[a-z]{900,2200}".prop_map(String::into_bytes),
        ]
    };
    let bytes = prop::collection::vec(any::<u8>(), 0..200);
    let whole = prop_oneof![Just(0x81_u8), Just(0x82), Just(0x89), Just(0x8A)];
    let fragment = prop_oneof![Just(0x00_u8), Just(0x80), Just(0x01), Just(0x02)];
    let wild = any::<u8>().prop_filter("closes differ in their answers", |byte| byte & 0x0F != 8);
    let head_and_payload = prop_oneof![
        8 => (whole.clone(), text()),
        2 => (whole, bytes),
        8 => (fragment, text()),
        1 => (wild, text()),
    ];
    (head_and_payload, prop::bool::weighted(0.02))
        .prop_map(|((first, payload), masked)| frame(first, masked, &payload))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]
    #[test]
    fn another_implementation_sees_the_same(frames in prop::collection::vec(any_frame(), 0..12)) {
        let wire = frames.concat();
        let (theirs, ours) = (theirs(&wire), ours(&wire));
        prop_assert_eq!(&ours.messages, &theirs.messages);
        prop_assert_eq!(ours.pings, theirs.pings);
        prop_assert_eq!(ours.refused, theirs.refused);
    }
}
