//! Bytes on their way to a client, and the count of messages in them.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::frame::{self, Opcode};

/// Generation stops at this, bytes; a single message may go beyond.
const HIGH_WATER_BYTES: usize = 256 * 1024;

/// What all connections together have sent.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) connections: AtomicU64,
    pub(crate) sent_messages: AtomicU64,
    pub(crate) sent_bytes: AtomicU64,
}

/// See the module's documentation.
#[derive(Default)]
pub(crate) struct Outbox {
    bytes: Vec<u8>,
    written: usize,
    messages: u64,
    message_bytes: u64,
}

impl Outbox {
    /// Adds a text message.
    pub(crate) fn text(&mut self, payload: &[u8]) {
        self.begin_text(payload.len()).extend_from_slice(payload);
    }

    /// Adds the header of a text message, whose payload the caller appends.
    pub(crate) fn begin_text(&mut self, payload_bytes: usize) -> &mut Vec<u8> {
        frame::header(&mut self.bytes, Opcode::Text, payload_bytes);
        self.messages += 1;
        self.message_bytes += payload_bytes as u64;
        &mut self.bytes
    }

    /// Adds a control frame.
    pub(crate) fn control(&mut self, opcode: Opcode, payload: &[u8]) {
        let payload = &payload[..payload.len().min(frame::MAX_CONTROL_BYTES)];
        frame::header(&mut self.bytes, opcode, payload.len());
        self.bytes.extend_from_slice(payload);
    }

    /// What is to be written.
    pub(crate) fn pending(&self) -> &[u8] {
        &self.bytes[self.written..]
    }

    /// Whether there is no room for more messages.
    pub(crate) fn is_full(&self) -> bool {
        self.bytes.len() >= HIGH_WATER_BYTES
    }

    /// States that so many bytes were written.
    pub(crate) fn advance(&mut self, count: usize) {
        self.written += count;
        if self.written == self.bytes.len() {
            self.bytes.clear();
            self.written = 0;
        }
    }

    /// Whether all is written.
    pub(crate) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Adds what was put in since the last call to the counters.
    pub(crate) fn count(&mut self, counters: &Counters) {
        counters
            .sent_messages
            .fetch_add(std::mem::take(&mut self.messages), Relaxed);
        counters
            .sent_bytes
            .fetch_add(std::mem::take(&mut self.message_bytes), Relaxed);
    }
}
