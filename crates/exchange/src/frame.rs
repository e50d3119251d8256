//! Frames of RFC 6455, as a server writes and reads them.

/// Largest frame accepted from a client, bytes: subscriptions are small.
const MAX_INBOUND_BYTES: usize = 1 << 20;

const FIN: u8 = 0x80;
const MASK: u8 = 0x80;
/// Largest payload of a control frame (section 5.5).
pub(crate) const MAX_CONTROL_BYTES: usize = 125;

/// The kinds of frames (section 5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Opcode {
    Text = 1,
    Binary = 2,
    Close = 8,
    Ping = 9,
    Pong = 10,
}

/// A client broke the protocol.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Violation;

/// Writes the header of an unfragmented, unmasked frame.
pub(crate) fn header(out: &mut Vec<u8>, opcode: Opcode, payload_bytes: usize) {
    out.push(FIN | opcode as u8);
    if let Ok(short) = u8::try_from(payload_bytes)
        && short < 126
    {
        out.push(short);
    } else if let Ok(medium) = u16::try_from(payload_bytes) {
        out.push(126);
        out.extend(medium.to_be_bytes());
    } else {
        out.push(127);
        out.extend((payload_bytes as u64).to_be_bytes());
    }
}

/// The first frame in `input`, unmasked, and its length in bytes there;
/// `None` if it is not complete yet.
pub(crate) fn decode(input: &[u8]) -> Result<Option<(Opcode, Vec<u8>, usize)>, Violation> {
    let [first, second, rest @ ..] = input else {
        return Ok(None);
    };
    let opcode = match first & 0x0f {
        1 => Opcode::Text,
        2 => Opcode::Binary,
        8 => Opcode::Close,
        9 => Opcode::Ping,
        10 => Opcode::Pong,
        // Subscriptions are small: nobody fragments them.
        _ => return Err(Violation),
    };
    if first & FIN == 0 || first & 0x70 != 0 || second & MASK == 0 {
        return Err(Violation);
    }
    let (length, rest) = match (second & 0x7f, rest) {
        (126, [a, b, rest @ ..]) => (u64::from(u16::from_be_bytes([*a, *b])), rest),
        (127, rest) => match rest.split_first_chunk() {
            Some((length, rest)) => (u64::from_be_bytes(*length), rest),
            None => return Ok(None),
        },
        (126, _) => return Ok(None),
        (short, rest) => (u64::from(short), rest),
    };
    let length = usize::try_from(length).map_err(|_| Violation)?;
    let too_long =
        matches!(opcode, Opcode::Close | Opcode::Ping | Opcode::Pong) && length > MAX_CONTROL_BYTES;
    if length > MAX_INBOUND_BYTES || too_long {
        return Err(Violation);
    }
    let Some((mask, payload)) = rest.split_at_checked(4) else {
        return Ok(None);
    };
    let Some(payload) = payload.get(..length) else {
        return Ok(None);
    };
    let unmasked = payload
        .iter()
        .zip(mask.iter().cycle())
        .map(|(byte, mask)| byte ^ mask);
    let consumed = input.len() - rest.len() + 4 + length;
    Ok(Some((opcode, unmasked.collect(), consumed)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A client's frame.
    fn masked(opcode: Opcode, payload: &[u8], mask: [u8; 4]) -> Vec<u8> {
        let mut frame = Vec::new();
        header(&mut frame, opcode, payload.len());
        frame[1] |= MASK;
        frame.extend(mask);
        frame.extend(
            payload
                .iter()
                .zip(mask.iter().cycle())
                .map(|(byte, mask)| byte ^ mask),
        );
        frame
    }

    #[test]
    fn the_example_of_the_rfc_is_read() {
        // Section 5.7: a masked "Hello".
        let frame = [
            0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58,
        ];
        assert_eq!(
            decode(&frame),
            Ok(Some((Opcode::Text, b"Hello".to_vec(), frame.len())))
        );
    }

    #[test]
    fn what_a_client_must_not_send_is_refused() {
        for frame in [
            &[0x81, 0x05, b'H', b'e', b'l', b'l', b'o'][..], // not masked
            &[0x01, 0x80, 0, 0, 0, 0],                       // fragmented
            &[0xc1, 0x80, 0, 0, 0, 0],                       // a reserved bit
            &[0x83, 0x80, 0, 0, 0, 0],                       // a reserved opcode
            &[0x89, 0xfe, 0x01, 0x00],                       // a long ping
            &[0x81, 0xff, 0, 0, 0, 0, 0x7f, 0, 0, 0],        // 2 GiB
        ] {
            assert_eq!(decode(frame), Err(Violation), "{frame:x?}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn frames_of_any_size_come_back(
            payload in prop::collection::vec(any::<u8>(), 0..70_000),
            mask in any::<[u8; 4]>(),
            cut in any::<prop::sample::Index>(),
        ) {
            let frame = masked(Opcode::Binary, &payload, mask);
            let partial = cut.index(frame.len());
            prop_assert_eq!(decode(&frame[..partial]), Ok(None));
            let length = frame.len();
            prop_assert_eq!(decode(&frame), Ok(Some((Opcode::Binary, payload, length))));
        }
    }
}
