//! `connect-websocket`: the native worker. All of it is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    connect_websocket::cli::run(std::env::args_os())
}
