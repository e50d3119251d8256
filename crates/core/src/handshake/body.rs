//! The body of a refusal, as much of it as may be shown (RFC 9112 sections 6
//! and 7.1).
//!
//! Invariant: neither what is read nor what is kept grows beyond its bound,
//! however the server frames it.

/// As much of a body as is kept: enough that whatever is cut off there is far
/// from what is shown.
const MAX_BODY_BYTES: usize = 4 * 1024;
/// As much as is read, since chunks may be smaller than their framing.
const MAX_RAW_BYTES: usize = 4 * MAX_BODY_BYTES;

/// How a body's end is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyEnd {
    /// After so many bytes.
    After(usize),
    /// With the last chunk of `Transfer-Encoding: chunked`.
    LastChunk,
    /// With the connection.
    Close,
}

/// What has arrived of a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body {
    /// The beginning of its bytes, without framing.
    pub bytes: Vec<u8>,
    /// Whether nothing more of it is to be read.
    pub complete: bool,
}

impl BodyEnd {
    /// The body whose first `raw` bytes have arrived. A malformed chunk ends
    /// it.
    pub fn read(self, raw: &[u8]) -> Body {
        let (mut bytes, ended) = match self {
            Self::After(length) => (raw[..raw.len().min(length)].to_vec(), raw.len() >= length),
            Self::LastChunk => unchunk(raw),
            Self::Close => (raw.to_vec(), false),
        };
        let complete = ended || bytes.len() >= MAX_BODY_BYTES || raw.len() >= MAX_RAW_BYTES;
        bytes.truncate(MAX_BODY_BYTES);
        Body { bytes, complete }
    }
}

/// The data of the chunks in `raw`, and whether no more can come.
fn unchunk(mut raw: &[u8]) -> (Vec<u8>, bool) {
    let mut data = Vec::new();
    loop {
        let (line_bytes, size) = match httparse::parse_chunk_size(raw) {
            Ok(httparse::Status::Complete(chunk)) => chunk,
            Ok(httparse::Status::Partial) => return (data, false),
            Err(_) => return (data, true),
        };
        if size == 0 {
            return (data, true);
        }
        raw = &raw[line_bytes..];
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        data.extend_from_slice(&raw[..raw.len().min(size)]);
        match raw.get(size..) {
            Some([b'\r', b'\n', rest @ ..]) => raw = rest,
            None | Some([] | [b'\r']) => return (data, false),
            Some(_) => return (data, true),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn chunks_of_any_size_make_the_body_that_was_cut_into_them(
            chunks in prop::collection::vec("[a-z\r\n]{1,40}", 0..20),
        ) {
            let framed = chunks
                .iter()
                .flat_map(|chunk| [format!("{:x}", chunk.len()), chunk.clone()])
                .chain(["0".to_owned(), "\r\n".to_owned()]);
            let raw = framed.collect::<Vec<_>>().join("\r\n");
            let whole = chunks.concat();
            let body = BodyEnd::LastChunk.read(raw.as_bytes());
            prop_assert_eq!(&body.bytes, whole.as_bytes());
            prop_assert!(body.complete);
            for end in 0..raw.len() - 4 {
                let begun = BodyEnd::LastChunk.read(&raw.as_bytes()[..end]);
                prop_assert!(!begun.complete && whole.as_bytes().starts_with(&begun.bytes));
            }
        }

        #[test]
        fn no_bytes_make_reading_panic_or_grow(raw in prop::collection::vec(any::<u8>(), 0..300)) {
            for end in [BodyEnd::LastChunk, BodyEnd::Close, BodyEnd::After(7)] {
                prop_assert!(end.read(&raw).bytes.len() <= raw.len());
            }
        }
    }
}
