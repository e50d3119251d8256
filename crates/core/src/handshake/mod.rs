//! The opening handshake of RFC 6455 section 4, the client's side.
//!
//! It is ours, over `httparse`, because a refusal's status, `Retry-After`,
//! `Location` and body decide what the session does next, because header
//! bytes are capped, and because bytes that arrive in the same segment as the
//! answer belong to the frames. Without a socket: the dial layer moves the
//! bytes. Redirects, credentials across origins and time limits are the dial
//! layer's and the session's.

mod body;
mod request;
mod response;
mod retry_after;

pub use body::{Body, BodyEnd};
pub use request::{Request, accept_for};
pub use response::{
    Accepted, MAX_RESPONSE_HEAD_BYTES, MAX_RESPONSE_HEADERS, Refusal, Response, ResponseError,
    parse,
};
pub use retry_after::parse as parse_retry_after;
