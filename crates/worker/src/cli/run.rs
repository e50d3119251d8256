//! From arguments to a running command.

use std::ffi::OsString;
use std::future::Future;
use std::process::ExitCode;
use std::time::Duration;

use super::{Cli, Command, completions, distributed, parse, refuse};
use crate::demo::{self, DemoOptions};
use crate::standalone::{self, StandaloneOptions};
use crate::{log, preview, validate};

/// Runs the program with its arguments, the first being its name.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match parse(arguments) {
        Ok(cli) => cli,
        Err(error) => return refuse(&error),
    };
    // Kept until the end, when it flushes the log.
    let _log = match log::init(&cli.log_options()) {
        Ok(guard) => guard,
        Err(error) => {
            eprintln!("connect-websocket: {error}");
            return ExitCode::from(2);
        }
    };
    crate::open_files::raise_limit();
    dispatch(cli)
}

fn dispatch(cli: Cli) -> ExitCode {
    match cli.command {
        Command::Standalone(args) => block_on(async move {
            let options = StandaloneOptions {
                worker_file: args.worker_file,
                connector_files: args.connector_files,
                embedded_kafka: args.embedded_kafka,
            };
            standalone::run(&options).await
        }),
        Command::Demo(args) => block_on(demo::run(DemoOptions {
            seconds: args.seconds,
            rate: args.rate,
            size_bytes: usize::try_from(args.size).unwrap_or(usize::MAX),
            json: args.json,
            rest_port: args.rest_port,
        })),
        Command::Preview(args) => block_on(async move {
            let timeout = args.timeout_ms.map(Duration::from_millis);
            preview::run(&args.file, args.max_messages, timeout).await
        }),
        Command::Consume(args) => args.run(),
        Command::Validate(args) => validate::run(&args.files),
        Command::Health(args) => args.run(),
        Command::Spool(args) => args.run(),
        Command::Distributed(_) => distributed::run(),
        Command::Completions(args) => completions(args.shell),
        Command::Man(args) => args.run(),
    }
}

fn block_on(work: impl Future<Output = ExitCode>) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    match runtime {
        Ok(runtime) => {
            let status = runtime.block_on(work);
            // A task that is still waiting for the network holds nothing up.
            runtime.shutdown_timeout(Duration::ZERO);
            status
        }
        Err(error) => {
            eprintln!("connect-websocket: the system gives no threads: {error}");
            ExitCode::FAILURE
        }
    }
}
