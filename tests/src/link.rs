//! The network between a worker and a broker: it can be cut, stalled and
//! slowed down, which a broker by itself never shows.
//!
//! Invariants: bytes pass unchanged and in order, or their connection ends;
//! what was read before a cut or a stall may not have been passed on.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, Weak};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::ports;

const PIECE_BYTES: usize = 4096;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Open,
    Cut,
    Stalled,
    Slow { bytes_per_s: u32 },
    Ended,
}

#[derive(Debug)]
struct Inner {
    state: State,
    streams: Vec<Weak<TcpStream>>,
}

#[derive(Debug)]
struct Shared {
    inner: Mutex<Inner>,
    changed: Condvar,
}

impl Shared {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().expect("a lock")
    }

    fn set(&self, state: State) {
        let mut inner = self.inner();
        inner.state = state;
        if matches!(state, State::Cut | State::Ended) {
            for stream in inner.streams.drain(..).filter_map(|weak| weak.upgrade()) {
                // It may have ended by itself.
                let _ = stream.shutdown(Shutdown::Both);
            }
        }
        self.changed.notify_all();
    }

    /// Waits until so many bytes may pass; false if they never may.
    fn may_pass(&self, bytes: usize) -> bool {
        let begun = Instant::now();
        let mut inner = self.inner();
        loop {
            let wait = match inner.state {
                State::Open => return true,
                State::Cut | State::Ended => return false,
                State::Stalled => Duration::MAX,
                State::Slow { bytes_per_s } => {
                    let takes = bytes as f64 / f64::from(bytes_per_s);
                    Duration::from_secs_f64(takes).saturating_sub(begun.elapsed())
                }
            };
            if wait.is_zero() {
                return true;
            }
            // Longer waits overflow the system's clock.
            let wait = wait.min(Duration::from_secs(3600));
            (inner, _) = self.changed.wait_timeout(inner, wait).expect("a lock");
        }
    }

    /// Joins a client to the broker; the client is hung up on if that fails.
    fn join(self: &Arc<Self>, client: TcpStream, broker: u16) {
        let mut inner = self.inner();
        if matches!(inner.state, State::Cut | State::Ended) {
            return;
        }
        let Ok(server) = TcpStream::connect(("127.0.0.1", broker)) else {
            return;
        };
        let (client, server) = (Arc::new(client), Arc::new(server));
        inner.streams.retain(|stream| stream.strong_count() > 0);
        inner
            .streams
            .extend([Arc::downgrade(&client), Arc::downgrade(&server)]);
        drop(inner);
        for (from, to) in [(&client, &server), (&server, &client)] {
            let (from, to) = (Arc::clone(from), Arc::clone(to));
            let shared = Arc::clone(self);
            thread::spawn(move || shared.pump(&from, &to));
        }
    }

    fn pump(&self, mut from: &TcpStream, mut to: &TcpStream) {
        let mut piece = [0; PIECE_BYTES];
        loop {
            let bytes = from.read(&mut piece).unwrap_or(0);
            if bytes == 0 || !self.may_pass(bytes) || to.write_all(&piece[..bytes]).is_err() {
                break;
            }
        }
        // The other direction ends by it too.
        let _ = from.shutdown(Shutdown::Both);
        let _ = to.shutdown(Shutdown::Both);
    }
}

/// See the module's documentation.
#[derive(Debug)]
pub struct Link {
    port: u16,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Link {
    /// One that leads to a port of 127.0.0.1.
    pub fn to(broker: u16) -> Self {
        let port = ports::free();
        let listener = TcpListener::bind(("127.0.0.1", port)).expect("a free port");
        let inner = Inner {
            state: State::Open,
            streams: Vec::new(),
        };
        let shared = Arc::new(Shared {
            inner: Mutex::new(inner),
            changed: Condvar::new(),
        });
        let joined = Arc::clone(&shared);
        let thread = thread::spawn(move || {
            for client in listener.incoming() {
                if joined.inner().state == State::Ended {
                    break;
                }
                if let Ok(client) = client {
                    joined.join(client, broker);
                }
            }
        });
        Self {
            port,
            shared,
            thread: Some(thread),
        }
    }

    /// Its own port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Ends all connections, and each new one at once.
    pub fn cut(&self) {
        self.shared.set(State::Cut);
    }

    /// Keeps all connections, and lets nothing pass.
    pub fn stall(&self) {
        self.shared.set(State::Stalled);
    }

    /// Lets so many bytes a second pass on each connection and direction.
    pub fn slow_down(&self, bytes_per_s: u32) {
        self.shared.set(State::Slow { bytes_per_s });
    }

    /// Is as it was at first.
    pub fn restore(&self) {
        self.shared.set(State::Open);
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.shared.set(State::Ended);
        // Wakes the thread that waits for clients.
        let woken = TcpStream::connect(("127.0.0.1", self.port));
        if let (Ok(_), Some(thread)) = (woken, self.thread.take()) {
            let _ = thread.join();
        }
    }
}
