//! Messages of one exact size that begin with their number, as fast as they
//! can be made: only the digits differ from one to the next.

use crate::Flow;
use crate::outbox::Outbox;

/// Digits of the number at the start of each message.
const DIGITS: usize = 12;
const DEFAULT_SIZE_BYTES: usize = 200;

/// See the module's documentation.
pub(crate) struct Flood {
    payload: Vec<u8>,
    sent: u64,
    count: u64,
}

impl Flood {
    pub(super) fn new(flow: &Flow) -> Self {
        let size = if flow.size_bytes == 0 {
            DEFAULT_SIZE_BYTES
        } else {
            flow.size_bytes
        };
        let mut payload = vec![b'0'; DIGITS];
        payload.extend((b'a'..=b'z').cycle().take(size.saturating_sub(DIGITS)));
        Self {
            payload,
            sent: 0,
            count: flow.count.unwrap_or(u64::MAX),
        }
    }

    pub(super) fn is_live(&self) -> bool {
        self.sent < self.count
    }

    pub(super) fn produce(&mut self, due: u64, out: &mut Outbox) -> u64 {
        let end = self.sent.saturating_add(due).min(self.count);
        let begin = self.sent;
        while self.sent < end && !out.is_full() {
            out.begin_text(self.payload.len())
                .extend_from_slice(&self.payload);
            self.sent += 1;
            self.increment();
        }
        self.sent - begin
    }

    /// Adds one to the decimal number at the start.
    fn increment(&mut self) {
        for digit in self.payload[..DIGITS].iter_mut().rev() {
            if *digit < b'9' {
                *digit += 1;
                return;
            }
            *digit = b'0';
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_numbered_and_end_at_the_count() {
        let flow = Flow {
            size_bytes: 20,
            count: Some(101),
            ..Flow::default()
        };
        let mut flood = Flood::new(&flow);
        let mut out = Outbox::default();
        assert_eq!(flood.produce(u64::MAX, &mut out), 101);
        assert!(!flood.is_live());
        let frames: Vec<_> = out.pending().chunks(22).collect();
        assert_eq!(frames[0], b"\x81\x14000000000000abcdefgh");
        assert_eq!(frames[100], b"\x81\x14000000000100abcdefgh");
    }
}
