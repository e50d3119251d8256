//! The parts of the native worker, as a library so that the binary, the tests
//! and the benches use the same code.

pub mod consume;
pub mod embedded;
pub mod exposition;
pub mod log;
pub mod producer;
