//! Clients end on threads of their own.
//!
//! To destroy a client waits for librdkafka's threads, while a sink is dropped
//! on its task's thread, which serves other tasks as well. Invariants: a drop
//! only tells the client's own thread to stop; that thread has the last
//! reference; only a pool, which goes when no task is left, waits for the
//! threads, so that none of them runs while the process ends.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::native::Native;

/// Longest wait for all threads together.
const WAIT: Duration = Duration::from_secs(5);
/// How often a thread is looked at meanwhile.
const PAUSE: Duration = Duration::from_millis(1);

/// A client's thread and the flag that it ends by.
#[derive(Debug)]
pub(super) struct ClientThread {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl ClientThread {
    pub(super) fn new(stop: &Arc<AtomicBool>, thread: JoinHandle<()>) -> Self {
        let stop = Arc::clone(stop);
        Self { stop, thread }
    }

    fn is_ending(&self) -> bool {
        self.stop.load(Ordering::Acquire) && !self.thread.is_finished()
    }
}

/// The threads of a pool's clients. On drop it waits, within bounds, for those
/// that were told to stop.
#[derive(Debug, Default)]
pub(super) struct ClientThreads(Mutex<Vec<ClientThread>>);

impl ClientThreads {
    /// Takes a thread to be waited for.
    pub(super) fn add(&self, thread: ClientThread) {
        let mut threads = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        threads.retain(|known| !known.thread.is_finished());
        threads.push(thread);
    }
}

impl Drop for ClientThreads {
    fn drop(&mut self) {
        let threads = self.0.get_mut().unwrap_or_else(PoisonError::into_inner);
        let end = Instant::now() + WAIT;
        while threads.iter().any(ClientThread::is_ending) && Instant::now() < end {
            std::thread::sleep(PAUSE);
        }
    }
}

/// Destroys a client on its own thread, when nobody else has it any more. What
/// may still have it is a thread that fetches a token, which ends in time.
pub(super) fn destroy(native: Arc<Native>) {
    while Arc::strong_count(&native) > 1 {
        std::thread::sleep(PAUSE);
    }
    drop(native);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_told_to_stop_is_waited_for() {
        let [ending, in_use] = [true, false].map(|stop| Arc::new(AtomicBool::new(stop)));
        let threads = ClientThreads::default();
        let (done, is_done) = (Arc::new(AtomicBool::new(false)), ending);
        let finished = Arc::clone(&done);
        let work = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(20));
            finished.store(true, Ordering::Release);
        });
        threads.add(ClientThread::new(&is_done, work));
        let (release, released) = std::sync::mpsc::channel::<()>();
        let idle = std::thread::spawn(move || assert!(released.recv().is_err()));
        threads.add(ClientThread::new(&in_use, idle));
        drop(threads);
        assert!(done.load(Ordering::Acquire), "its end was not waited for");
        drop(release);
    }
}
