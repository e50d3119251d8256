//! One task: the owner of one socket, its session, its buffer and its sink.
//!
//! Exactly one asynchronous task owns each socket; nobody else reads, writes
//! or reconnects it, so two connections of one task can never overlap. Hosts
//! hold a [`TaskHandle`] and talk to it by commands.

mod backlog;
mod connection;
mod handle;
mod intake;
mod outlet;
mod patience;
mod report;
mod runner;
mod runs;
mod spooling;
mod status;
mod store;
mod threads;

pub use handle::{TaskHandle, TaskOptions, spawn};
pub use spooling::{begin_spool, open_spool};
pub use status::{Phase, SessionStatus, SpoolStatus, StopReport, TaskFailure};
pub use threads::TaskThreads;
