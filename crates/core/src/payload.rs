//! What becomes of a message's bytes before they are a record's value.
//!
//! Invariant: a text message that is not UTF-8 never becomes a record (RFC
//! 6455 section 8.1 has the connection failed); any other message becomes one
//! unless `websocket.binary=drop` says otherwise. A record's value is text if
//! the message was, or if its policy makes text of a binary one; what its bytes
//! look like says nothing.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::buffer::Rows;
use crate::frames::{Ahead, FrameError, Kind};
use crate::settings::{BinaryPolicy, SourceConfig, ValueFormat};

/// The rule for one task, compiled from its settings.
#[derive(Clone, Copy, Debug)]
pub struct Payload {
    binary: BinaryPolicy,
}

impl Payload {
    /// The rule that `config` asks for.
    pub fn new(config: &SourceConfig) -> Self {
        Self {
            binary: match config.value_format {
                ValueFormat::String | ValueFormat::Json => config.binary,
                ValueFormat::Bytes => BinaryPolicy::Bytes,
            },
        }
    }

    /// As many bytes as the value of a message can have at the most.
    #[inline]
    pub fn value_bytes(&self, message: Ahead) -> usize {
        let bytes = message.bytes;
        match (message.kind, self.binary) {
            (Some(Kind::Binary), BinaryPolicy::Drop) => 0,
            (Some(Kind::Binary), BinaryPolicy::Base64) => {
                base64::encoded_len(bytes, true).unwrap_or(usize::MAX)
            }
            // Every byte may become a U+FFFD.
            (Some(Kind::Binary), BinaryPolicy::Text) => bytes.saturating_mul(3),
            _ => bytes,
        }
    }

    /// Adds the message at `start..start + len` of `slab` to `rows`; `false`
    /// if it is one to drop.
    ///
    /// # Errors
    /// [`FrameError::InvalidUtf8`].
    #[inline]
    pub fn admit(
        &self,
        kind: Kind,
        slab: &[u8],
        start: usize,
        len: usize,
        rows: &mut Rows,
    ) -> Result<bool, FrameError> {
        let bytes = &slab[start..start + len];
        match kind {
            Kind::Text => {
                if simdutf8::basic::from_utf8(bytes).is_err() {
                    return Err(FrameError::InvalidUtf8);
                }
                rows.push_read(start, len, Kind::Text);
            }
            Kind::Binary => return Ok(self.admit_binary(bytes, start, rows)),
        }
        Ok(true)
    }

    fn admit_binary(self, bytes: &[u8], start: usize, rows: &mut Rows) -> bool {
        match self.binary {
            BinaryPolicy::Drop => return false,
            BinaryPolicy::Bytes => rows.push_read(start, bytes.len(), Kind::Binary),
            BinaryPolicy::Base64 => rows.push_own(Kind::Text, |own| {
                own.extend_from_slice(STANDARD.encode(bytes).as_bytes());
            }),
            BinaryPolicy::Text => match String::from_utf8_lossy(bytes) {
                Cow::Borrowed(_) => rows.push_read(start, bytes.len(), Kind::Text),
                Cow::Owned(text) => {
                    rows.push_own(Kind::Text, |own| own.extend_from_slice(text.as_bytes()));
                }
            },
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::buffer::Received;

    fn admit(
        binary: BinaryPolicy,
        kind: Kind,
        message: &[u8],
    ) -> Result<Option<(Kind, Vec<u8>)>, FrameError> {
        let mut rows = Rows::default();
        let slab = [b"..", message].concat();
        let kept = Payload { binary }.admit(kind, &slab, 2, message.len(), &mut rows)?;
        let batch = rows.batch(&slab, Received::now());
        assert_eq!(batch.len(), usize::from(kept));
        Ok(kept.then(|| (batch.kind(0), batch.value(0).to_vec())))
    }

    #[test]
    fn text_passes_and_must_be_utf8() {
        let text = "grün".as_bytes();
        assert_eq!(
            admit(BinaryPolicy::Drop, Kind::Text, text),
            Ok(Some((Kind::Text, text.to_vec())))
        );
        let broken = admit(BinaryPolicy::Bytes, Kind::Text, b"\xff");
        assert_eq!(broken, Err(FrameError::InvalidUtf8));
    }

    type Value<'a> = (Kind, &'a [u8]);

    #[test]
    fn binary_follows_its_policy() {
        let cases: [(BinaryPolicy, &[u8], Option<Value<'_>>); 6] = [
            (BinaryPolicy::Drop, b"a", None),
            (
                BinaryPolicy::Bytes,
                b"a\xffb",
                Some((Kind::Binary, b"a\xffb")),
            ),
            // It would be UTF-8.
            (BinaryPolicy::Bytes, b"a", Some((Kind::Binary, b"a"))),
            (BinaryPolicy::Base64, b"a\xffb", Some((Kind::Text, b"Yf9i"))),
            (BinaryPolicy::Text, b"a", Some((Kind::Text, b"a"))),
            (
                BinaryPolicy::Text,
                b"a\xffb",
                Some((Kind::Text, "a\u{fffd}b".as_bytes())),
            ),
        ];
        for (policy, message, expected) in cases {
            let value = admit(policy, Kind::Binary, message);
            let expected = expected.map(|(kind, value)| (kind, value.to_vec()));
            assert_eq!(value, Ok(expected), "{policy:?}");
        }
    }

    #[test]
    fn no_value_is_larger_than_was_said() {
        let worst = |policy| {
            Payload { binary: policy }.value_bytes(Ahead {
                kind: Some(Kind::Binary),
                bytes: 4,
            })
        };
        let cases: [(BinaryPolicy, usize); 4] = [
            (BinaryPolicy::Drop, 0),
            (BinaryPolicy::Bytes, 4),
            (BinaryPolicy::Base64, 8),
            (BinaryPolicy::Text, 12),
        ];
        for (policy, bytes) in cases {
            assert_eq!(worst(policy), bytes, "{policy:?}");
            let value = admit(policy, Kind::Binary, &[0xff; 4]).expect("valid");
            assert_eq!(
                value.map_or(0, |(_, value)| value.len()),
                bytes,
                "{policy:?}"
            );
            let text = Ahead {
                kind: Some(Kind::Text),
                bytes: 4,
            };
            assert_eq!(Payload { binary: policy }.value_bytes(text), 4);
        }
        let endless = Ahead {
            kind: Some(Kind::Binary),
            bytes: usize::MAX,
        };
        for binary in [BinaryPolicy::Base64, BinaryPolicy::Text] {
            assert_eq!(Payload { binary }.value_bytes(endless), usize::MAX);
        }
    }
}
