//! The WebSocket source.
