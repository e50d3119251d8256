//! The command line: what the binary can be asked, in the words of Kafka's
//! own tools where they have some.
//!
//! Invariants: every example in a `--help` is parsed by a test; standard
//! output belongs to data (records, ledgers, findings), so commands that
//! print data log to standard error.

mod consume;
mod distributed;
mod examples;
mod health;
mod man;
mod run;
mod spool;

use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, CommandFactory, Parser, Subcommand};

use crate::log::{Console, LogFile, LogFormat, LogOptions};

pub use run::run;

/// The program's arguments.
#[derive(Debug, Parser)]
#[command(
    name = "connect-websocket",
    version,
    about = "A WebSocket stream into Apache Kafka, without a JVM",
    after_help = examples::MAIN,
    disable_help_subcommand = true
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    #[command(flatten)]
    log: LogArgs,
}

/// Where the log goes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Log")]
struct LogArgs {
    /// Write the log to this file as well; it is rotated by size
    #[arg(long, global = true, value_name = "FILE")]
    log_file: Option<PathBuf>,
    /// Begin a new log file at this size, in bytes
    #[arg(long, global = true, value_name = "BYTES", requires = "log_file", default_value_t = LogFile::DEFAULT_MAX_BYTES)]
    log_file_max_bytes: u64,
    /// Keep this many older log files (FILE.1 is the newest)
    #[arg(long, global = true, value_name = "N", requires = "log_file", default_value_t = LogFile::DEFAULT_MAX_FILES)]
    log_file_max_files: u32,
    /// Layout of a log line
    #[arg(long, global = true, value_enum, default_value_t)]
    log_format: LogFormat,
    /// error, warn, info, debug, trace or off; also per component: info,WebSocketSourceTask=debug
    #[arg(long, global = true, value_name = "LEVEL", default_value = "info")]
    log_level: String,
}

/// What the binary does.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run connectors, as connect-standalone does
    #[command(after_help = examples::STANDALONE)]
    Standalone(StandaloneArgs),
    /// Say how to run on more than one machine
    #[command(after_help = examples::DISTRIBUTED)]
    Distributed(DistributedArgs),
    /// Show it all at work: a scripted exchange, an embedded Kafka, a ledger
    #[command(after_help = examples::DEMO)]
    Demo(DemoArgs),
    /// Print a topic, as kafka-console-consumer does
    #[command(after_help = examples::CONSUME)]
    Consume(consume::ConsumeArgs),
    /// Check worker and connector files; tell all that is wrong with them
    #[command(after_help = examples::VALIDATE)]
    Validate(ValidateArgs),
    /// Connect and subscribe, print what would be produced, write nothing
    #[command(after_help = examples::PREVIEW)]
    Preview(PreviewArgs),
    /// Tell whether a worker and its connectors are well, for cron and monitoring
    #[command(after_help = examples::HEALTH)]
    Health(health::HealthArgs),
    /// Look into a disk spool, also while a task uses it
    #[command(after_help = examples::SPOOL)]
    Spool(spool::SpoolArgs),
    /// Print a completion script for a shell
    #[command(after_help = examples::COMPLETIONS)]
    Completions(CompletionsArgs),
    /// Write the manual pages into a folder
    #[command(hide = true)]
    Man(man::ManArgs),
}

/// Arguments of `standalone`.
#[derive(Debug, Args)]
pub struct StandaloneArgs {
    /// The worker's properties file
    #[arg(value_name = "WORKER.properties")]
    pub worker_file: PathBuf,
    /// Connector files, created in this order
    #[arg(value_name = "CONNECTOR.properties|.json")]
    pub connector_files: Vec<PathBuf>,
    /// Write to a Kafka inside this process instead of bootstrap.servers; it keeps 5 MiB per partition, in memory
    #[arg(long)]
    pub embedded_kafka: bool,
}

/// Arguments of `distributed`, which are those of connect-distributed.
#[derive(Debug, Args)]
pub struct DistributedArgs {
    /// Not read
    #[arg(
        value_name = "WORKER.properties",
        trailing_var_arg = true,
        allow_hyphen_values = true
    )]
    pub files: Vec<OsString>,
}

/// Arguments of `demo`.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// End after this many seconds; without it, at Ctrl-C
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub seconds: Option<u64>,
    /// Messages per second from each of the two feeds; 0 is as many as possible
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    pub rate: u64,
    /// Fill messages up to this size; 0 leaves them as they are
    #[arg(long, value_name = "BYTES", default_value_t = 0, value_parser = clap::value_parser!(u64).range(..=1_000_000))]
    pub size: u64,
    /// Print the ledger as a JSON object and nothing else
    #[arg(long)]
    pub json: bool,
    /// Port of the REST API [default: 8083, or the next free one]
    #[arg(long, value_name = "PORT")]
    pub rest_port: Option<u16>,
}

/// Arguments of `validate`.
#[derive(Debug, Args)]
pub struct ValidateArgs {
    /// Worker and connector files; a worker's counts for the connectors after it
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
}

/// Arguments of `preview`.
#[derive(Debug, Args)]
pub struct PreviewArgs {
    /// A connector's file
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// End after this many records
    #[arg(long, value_name = "N")]
    pub max_messages: Option<u64>,
    /// End after this many milliseconds; status 1 if --max-messages have not come by then
    #[arg(long, value_name = "MS")]
    pub timeout_ms: Option<u64>,
}

/// Arguments of `completions`.
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell
    pub shell: clap_complete::Shell,
}

impl Cli {
    /// What the log options say, and which standard stream is free for it.
    pub fn log_options(&self) -> LogOptions {
        let log = &self.log;
        let console = match self.command {
            Command::Standalone(_) => Console::Stdout,
            _ => Console::Stderr,
        };
        let file = log.log_file.as_ref().map(|path| LogFile {
            path: path.clone(),
            max_bytes: log.log_file_max_bytes,
            max_files: log.log_file_max_files,
        });
        // A command for people shows what is wrong, not what goes on.
        let quiet = !matches!(self.command, Command::Standalone(_)) && log.log_level == "info";
        LogOptions {
            format: log.log_format,
            console,
            file,
            level: if quiet {
                "warn".to_owned()
            } else {
                log.log_level.clone()
            },
        }
    }
}

/// Reads the program's arguments.
///
/// # Errors
/// They are wrong, or ask for `--help` or `--version`; [`refuse`] shows it.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Cli, clap::Error> {
    Cli::try_parse_from(arguments)
}

/// Shows a parse error, a help or the version. The status is 0 for the last
/// two, 1 for `standalone` without files as with connect-standalone, else 2.
pub fn refuse(error: &clap::Error) -> ExitCode {
    // Nothing can be said where nobody listens.
    let _ = error.print();
    let missing_worker = error.kind() == clap::error::ErrorKind::MissingRequiredArgument
        && error.to_string().contains("WORKER.properties");
    match error.exit_code() {
        0 => ExitCode::SUCCESS,
        _ if missing_worker => ExitCode::FAILURE,
        _ => ExitCode::from(2),
    }
}

/// A shell's completion script.
fn completion_script(shell: clap_complete::Shell) -> String {
    let mut command = Cli::command();
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, &name, &mut script);
    let script = String::from_utf8_lossy(&script);
    // For bash, clap_complete 4.6 takes the hyphen of a program's name for a
    // subcommand's in the labels of its cases, so that none of them is ever
    // reached (clap-rs/clap#6421).
    let label = |separator: &str| name.replace('-', separator);
    script.replace(&label("__subcmd__"), &label("__"))
}

/// Prints a shell's completion script; 1 if it cannot be written.
fn completions(shell: clap_complete::Shell) -> ExitCode {
    match std::io::stdout().write_all(completion_script(shell).as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("connect-websocket completions: standard output cannot be written: {error}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests;
