//! Makes an idempotent producer ready at once.
//!
//! librdkafka looks for a broker to give it a producer id as soon as the first
//! one has told it of the others. None of those is connected by then, and it
//! looks again after half a second, which the first records wait for. It also
//! looks whenever a broker answers a metadata request (`rd_kafka_parse_Metadata`),
//! so a few of those in the first moments save the wait. Invariant: bounded in
//! number and time; without it everything works, later.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::native::Native;
use super::reports::Shared;

/// Answers to ask for: the id is there after the second or third.
const ANSWERS: u32 = 6;
/// Requests in all, with those that nobody answers.
const REQUESTS: u32 = 20;
/// Longest wait for an answer.
const WAIT: Duration = Duration::from_millis(100);
/// Between two requests: long enough for a connection to be made.
const PAUSE: Duration = Duration::from_millis(10);

/// Asks on a thread of its own; returns at once.
pub(super) fn hurry(native: &Arc<Native>, shared: &Arc<Shared>) {
    let (native, shared) = (Arc::clone(native), Arc::clone(shared));
    let asking = std::thread::Builder::new()
        .name("producer-start".to_owned())
        .spawn(move || {
            let mut answers = 0;
            for _ in 0..REQUESTS {
                if shared.stop.load(Ordering::Acquire) || answers == ANSWERS {
                    return;
                }
                answers += u32::from(native.refresh_metadata(WAIT));
                std::thread::sleep(PAUSE);
            }
        });
    if let Err(error) = asking {
        tracing::debug!(target: "Producer", "no thread to hurry the start: {error}");
    }
}
