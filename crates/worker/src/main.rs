//! `connect-websocket`: the native worker. All of it is in the library.

use std::process::ExitCode;

// Records are made on one thread and freed on another, most of them by
// librdkafka: a fifth of all CPU time goes to the system's allocator there.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    connect_websocket::cli::run(std::env::args_os())
}
