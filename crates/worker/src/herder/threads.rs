//! The threads that tasks run on: one for each core, each with a runtime of
//! its own.
//!
//! A runtime that shares its work among threads wakes a second one for every
//! read of the first, and a task that moves from core to core leaves its
//! buffers behind: a seventh of the CPU time per message. So a task stays on
//! the thread that had the fewest when it started. Their number does not grow
//! with the tasks.

use std::io;
use std::sync::Arc;
use std::thread;

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;
use websocket_source::task::{TaskHandle, TaskOptions, spawn};

/// See the module's documentation. The threads end with it, and what still
/// runs on them.
#[derive(Debug)]
pub struct TaskThreads(Vec<TaskThread>);

#[derive(Debug)]
struct TaskThread {
    runtime: Handle,
    /// Each task on the thread has one as well.
    counted: Arc<()>,
    /// Its end is the thread's.
    _running: oneshot::Sender<()>,
}

/// A task's place on a thread, free again on drop.
#[derive(Debug)]
pub(super) struct Place {
    runtime: Handle,
    _counted: Arc<()>,
}

impl TaskThreads {
    /// Starts a thread for each core this process may use.
    ///
    /// # Errors
    /// The system gives no threads.
    pub fn start() -> io::Result<Self> {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        (0..cores)
            .map(TaskThread::start)
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Starts a task on the thread with the fewest; it counts there until its
    /// place is dropped.
    pub(super) fn spawn(&self, options: TaskOptions) -> (TaskHandle, Place) {
        let place = self.place();
        let entered = place.runtime.enter();
        let handle = spawn(options);
        drop(entered);
        (handle, place)
    }

    fn place(&self) -> Place {
        let tasks = |at: &usize| Arc::strong_count(&self.0[*at].counted);
        // There is a first: a machine has a core.
        let fewest = (0..self.0.len()).min_by_key(tasks).unwrap_or(0);
        let thread = &self.0[fewest];
        Place {
            runtime: thread.runtime.clone(),
            _counted: Arc::clone(&thread.counted),
        }
    }
}

impl TaskThread {
    fn start(number: usize) -> io::Result<Self> {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .thread_name(format!("task-{number}-blocking"))
            .build()?;
        let handle = runtime.handle().clone();
        let (running, ended) = oneshot::channel::<()>();
        thread::Builder::new()
            .name(format!("task-{number}"))
            .spawn(move || {
                // An error is the end of the sender, as intended.
                let _ = runtime.block_on(ended);
                // A name that is still being looked up holds nothing up.
                runtime.shutdown_background();
            })?;
        Ok(Self {
            runtime: handle,
            counted: Arc::default(),
            _running: running,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loads(threads: &TaskThreads) -> Vec<usize> {
        let load = |thread: &TaskThread| Arc::strong_count(&thread.counted) - 1;
        threads.0.iter().map(load).collect()
    }

    #[test]
    fn a_task_gets_a_place_where_the_fewest_are() {
        let threads = (0..3).map(TaskThread::start).collect::<Result<_, _>>();
        let threads = TaskThreads(threads.expect("threads"));
        let mut places: Vec<_> = (0..5).map(|_| threads.place()).collect();
        assert_eq!(loads(&threads), [2, 2, 1]);
        places.remove(0);
        assert_eq!(loads(&threads), [1, 2, 1]);
        places.push(threads.place());
        assert_eq!(loads(&threads), [2, 2, 1]);
    }

    #[test]
    fn what_is_spawned_in_a_place_runs_on_its_thread_alone() {
        let threads = TaskThreads::start().expect("threads");
        let place = threads.place();
        let (told, heard) = std::sync::mpsc::channel();
        let guard = place.runtime.enter();
        tokio::spawn(async move {
            for _ in 0..3 {
                tokio::task::yield_now().await;
                let _ = told.send(thread::current().name().map(str::to_owned));
            }
        });
        drop(guard);
        let names: Vec<_> = heard.iter().flatten().collect();
        assert_eq!(names, ["task-0"; 3]);
    }

    #[test]
    fn threads_end_with_what_they_belong_to() {
        let threads = TaskThreads::start().expect("threads");
        let (told, heard) = oneshot::channel::<()>();
        {
            let place = threads.place();
            let _guard = place.runtime.enter();
            tokio::spawn(async move {
                let _told = told;
                std::future::pending::<()>().await;
            });
        }
        drop(threads);
        assert!(heard.blocking_recv().is_err(), "the task is gone");
    }
}
