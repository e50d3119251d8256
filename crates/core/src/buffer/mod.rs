//! Messages between the socket and the sink.
//!
//! While the sink keeps up, rows go to it straight from the receive buffer
//! ([`batch`]); only what it does not take is copied and kept ([`queue`]).

pub mod batch;
pub mod queue;

pub use batch::{Batch, Received, Row, Rows};
pub use queue::{Buffer, Dropped};
