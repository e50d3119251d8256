//! The native worker.
fn main() {}
