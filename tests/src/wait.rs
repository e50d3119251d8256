//! Waiting for a condition, with a deadline.

use std::thread::sleep;
use std::time::{Duration, Instant};

/// Enough for anything that works, on a busy machine too.
pub const LIMIT: Duration = Duration::from_secs(60);

const INTERVAL: Duration = Duration::from_millis(20);

/// Asks `probe` until it gives a value, at most for `limit`.
///
/// # Errors
/// `what` did not happen in time; the text says so.
pub fn try_until<T>(
    what: &str,
    limit: Duration,
    mut probe: impl FnMut() -> Option<T>,
) -> Result<T, String> {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(value) = probe() {
            return Ok(value);
        }
        if Instant::now() >= deadline {
            return Err(format!("not within {} s: {what}", limit.as_secs_f64()));
        }
        sleep(INTERVAL);
    }
}

/// Asks `probe` until it gives a value; panics after [`LIMIT`].
pub fn until<T>(what: &str, probe: impl FnMut() -> Option<T>) -> T {
    try_until(what, LIMIT, probe).unwrap_or_else(|error| panic!("{error}"))
}

/// Waits until `probe` holds; panics after [`LIMIT`].
pub fn until_true(what: &str, mut probe: impl FnMut() -> bool) {
    until(what, || probe().then_some(()));
}
