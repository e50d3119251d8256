//! TCP ports that stay ours while the server behind them is down.
//!
//! They are taken from below the range that systems give to outgoing
//! connections: nothing else takes one of those while a test has its server
//! stopped to start it again at the same address.

use std::net::TcpListener;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU16, Ordering};

const FIRST: u16 = 12_000;
const COUNT: u16 = 18_000;

static NEXT: AtomicU16 = AtomicU16::new(0);

/// A port of 127.0.0.1 on which nothing listens.
pub fn free() -> u16 {
    // Test runs at the same time begin at different places.
    let start = std::process::id().wrapping_mul(97) % u32::from(COUNT);
    for _ in 0..COUNT {
        let step = u32::from(NEXT.fetch_add(1, Ordering::Relaxed));
        let offset = (start + step) % u32::from(COUNT);
        let port = FIRST + u16::try_from(offset).expect("less than COUNT");
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
    panic!("no free port from {FIRST} on");
}

/// Kafka Connect's own port.
pub const CONNECT: u16 = 8083;

/// Makes [`CONNECT`] one that nobody can have: it is ours until the end of
/// this process, or someone else's already.
pub fn occupy_connect() {
    static OCCUPIED: OnceLock<Option<TcpListener>> = OnceLock::new();
    OCCUPIED.get_or_init(|| TcpListener::bind(("127.0.0.1", CONNECT)).ok());
}
