//! One task: the owner of one socket, its session, its buffer and its sink.
//!
//! Exactly one asynchronous task owns each socket; nobody else reads, writes
//! or reconnects it, so two connections of one task can never overlap. Hosts
//! hold a [`TaskHandle`] and talk to it by commands.

mod connection;
mod handle;
mod intake;
mod patience;
mod report;
mod runner;
mod status;
mod threads;

pub use handle::{TaskHandle, TaskOptions, spawn};
pub use status::{Phase, SessionStatus, StopReport, TaskFailure};
pub use threads::TaskThreads;
