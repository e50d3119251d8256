//! The threads that tasks run on: one for each core, each with a runtime of
//! its own.
//!
//! A runtime that shares its work among threads wakes a second one for every
//! read of the first, and a task that moves from core to core leaves its
//! buffers behind: a seventh of the CPU time per message. So a task stays on
//! the thread where the fewest ran when it started. Their number does not grow
//! with the tasks.

use std::io;
use std::thread;
use std::time::Duration;

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

use super::handle::{TaskHandle, TaskOptions, spawn};

/// Names that are looked up at the same time on one thread: each lookup
/// blocks a thread of its own.
const MAX_LOOKUPS: usize = 32;
/// How long a thread for lookups waits for the next.
const LOOKUP_KEEP_ALIVE: Duration = Duration::from_secs(1);

/// See the module's documentation. The threads end with it, and what still
/// runs on them.
#[derive(Debug)]
pub struct TaskThreads(Vec<TaskThread>);

#[derive(Debug)]
struct TaskThread {
    runtime: Handle,
    /// Its end is the thread's.
    _running: oneshot::Sender<()>,
}

impl TaskThreads {
    /// Starts a thread for each core this process may use, called `name` and
    /// its number.
    ///
    /// # Errors
    /// The system gives no threads.
    pub fn start(name: &str) -> io::Result<Self> {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        (0..cores)
            .map(|number| TaskThread::start(name, number))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Starts a task on the thread where the fewest run.
    pub fn spawn(&self, options: TaskOptions) -> TaskHandle {
        let _entered = self.least_loaded().map(Handle::enter);
        spawn(options)
    }

    /// The runtime's own count is asked, so that a task that has ended or
    /// failed counts no more, whatever is still known of it.
    fn least_loaded(&self) -> Option<&Handle> {
        let runtimes = self.0.iter().map(|thread| &thread.runtime);
        runtimes.min_by_key(|runtime| runtime.metrics().num_alive_tasks())
    }
}

impl TaskThread {
    fn start(name: &str, number: usize) -> io::Result<Self> {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .thread_name(format!("{name}-{number}-blocking"))
            .max_blocking_threads(MAX_LOOKUPS)
            .thread_keep_alive(LOOKUP_KEEP_ALIVE)
            .build()?;
        let handle = runtime.handle().clone();
        let (running, ended) = oneshot::channel::<()>();
        thread::Builder::new()
            .name(format!("{name}-{number}"))
            .spawn(move || {
                // An error is the end of the sender, as intended.
                let _ = runtime.block_on(ended);
                // A name that is still being looked up holds nothing up.
                runtime.shutdown_background();
            })?;
        Ok(Self {
            runtime: handle,
            _running: running,
        })
    }
}

#[cfg(test)]
mod tests {
    use tokio::task::JoinHandle;

    use super::*;

    fn loads(threads: &TaskThreads) -> Vec<usize> {
        let load = |thread: &TaskThread| thread.runtime.metrics().num_alive_tasks();
        threads.0.iter().map(load).collect()
    }

    /// Something that runs until its sender is gone, where the fewest run.
    fn run(threads: &TaskThreads) -> (oneshot::Sender<()>, JoinHandle<()>) {
        let (running, ended) = oneshot::channel::<()>();
        let runtime = threads.least_loaded().expect("a thread");
        let task = runtime.spawn(async move {
            let _ = ended.await;
        });
        (running, task)
    }

    #[test]
    fn a_task_runs_where_the_fewest_run_and_what_has_ended_is_not_counted() {
        let threads = (0..3)
            .map(|number| TaskThread::start("task", number))
            .collect::<Result<_, _>>();
        let threads = TaskThreads(threads.expect("threads"));
        let mut tasks: Vec<_> = (0..5).map(|_| run(&threads)).collect();
        assert_eq!(loads(&threads), [2, 2, 1]);
        // Its handle is kept, as that of a task that has failed is.
        let (running, _failed) = tasks.remove(0);
        drop(running);
        while loads(&threads) != [1, 2, 1] {
            thread::yield_now();
        }
        tasks.push(run(&threads));
        assert_eq!(loads(&threads), [2, 2, 1]);
    }

    #[test]
    fn what_is_spawned_on_a_thread_runs_on_it_alone() {
        let threads = TaskThreads::start("task").expect("threads");
        let (told, heard) = std::sync::mpsc::channel();
        let guard = threads.least_loaded().expect("a thread").enter();
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
        let threads = TaskThreads::start("task").expect("threads");
        let (told, heard) = oneshot::channel::<()>();
        threads.least_loaded().expect("a thread").spawn(async move {
            let _told = told;
            std::future::pending::<()>().await;
        });
        drop(threads);
        assert!(heard.blocking_recv().is_err(), "the task is gone");
    }
}
