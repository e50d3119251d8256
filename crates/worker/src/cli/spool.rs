//! `spool`: what is in a spool's folder, for people who have to know.
//!
//! Invariants: nothing is changed, so it may be used while a task owns the
//! spool; standard output has the data and nothing else, what is wrong with
//! the spool is on standard error unless it was asked for.

use std::fmt::Write as _;
use std::io::{self, BufWriter, ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};
use websocket_source::frames::Kind;
use websocket_source::spool::{Inspection, Message, SegmentReport, inspect};

use super::examples;

/// Arguments of `spool`.
#[derive(Debug, Args)]
pub struct SpoolArgs {
    #[command(subcommand)]
    command: SpoolCommand,
}

#[derive(Debug, Subcommand)]
enum SpoolCommand {
    /// Show what there is: segments, records, times, damage
    #[command(after_help = examples::SPOOL_INSPECT)]
    Inspect {
        /// The spool's folder
        dir: PathBuf,
        /// As a JSON object
        #[arg(long)]
        json: bool,
    },
    /// Read everything and tell what is damaged; status 1 if anything is
    #[command(after_help = examples::SPOOL_VERIFY)]
    Verify {
        /// The spool's folder
        dir: PathBuf,
    },
    /// Write the messages that are not delivered to standard output, in order
    #[command(after_help = examples::SPOOL_EXPORT)]
    Export {
        /// The spool's folder
        dir: PathBuf,
        /// Also delivered ones that are still there
        #[arg(long)]
        all: bool,
        /// What a message looks like
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
}

/// What an exported message looks like.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Format {
    /// Its bytes and a line feed
    #[default]
    Lines,
    /// A JSON object in a line
    Json,
}

impl SpoolArgs {
    /// Runs the command. The status is 1 if there is no spool that can be
    /// read, or if `verify` has found damage.
    pub(super) fn run(&self) -> ExitCode {
        let (dir, done) = match &self.command {
            SpoolCommand::Inspect { dir, json } => (dir, show(dir, *json)),
            SpoolCommand::Verify { dir } => (dir, verify(dir)),
            SpoolCommand::Export { dir, all, format } => (dir, export(dir, *all, *format)),
        };
        match done {
            Ok(code) => code,
            // Whoever reads has seen enough.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => ExitCode::SUCCESS,
            Err(error) => {
                let dir = dir.display();
                eprintln!("connect-websocket spool: {dir}: {error}");
                ExitCode::FAILURE
            }
        }
    }
}

/// Reads a folder that has to be a spool's.
fn read(
    dir: &Path,
    each: &mut dyn FnMut(&Message<'_>) -> io::Result<()>,
) -> io::Result<Inspection> {
    let found = inspect(dir, each)?;
    if found.id.is_none() && found.segments.is_empty() && found.damage.is_empty() {
        let text = "there is no spool in this folder";
        return Err(io::Error::new(ErrorKind::NotFound, text));
    }
    Ok(found)
}

fn show(dir: &Path, json: bool) -> io::Result<ExitCode> {
    let found = read(dir, &mut |_| Ok(()))?;
    let mut out = io::stdout().lock();
    if json {
        writeln!(out, "{}", as_json(&found))?;
    } else {
        out.write_all(as_text(&found).as_bytes())?;
    }
    Ok(ExitCode::SUCCESS)
}

fn verify(dir: &Path) -> io::Result<ExitCode> {
    let found = read(dir, &mut |_| Ok(()))?;
    let mut out = io::stdout().lock();
    for damage in &found.damage {
        writeln!(out, "{damage}")?;
    }
    let records: u64 = found.segments.iter().map(|segment| segment.records).sum();
    let (segments, damages) = (found.segments.len(), found.damage.len());
    writeln!(
        out,
        "{segments} segments, {records} records, {damages} damages"
    )?;
    tell_owned(&found);
    Ok(ExitCode::from(u8::from(damages > 0)))
}

fn export(dir: &Path, all: bool, format: Format) -> io::Result<ExitCode> {
    let mut out = BufWriter::new(io::stdout().lock());
    let found = read(dir, &mut |message| {
        if message.acknowledged && !all {
            return Ok(());
        }
        match format {
            Format::Lines => out.write_all(message.payload)?,
            Format::Json => write!(out, "{}", message_json(message))?,
        }
        out.write_all(b"\n")
    })?;
    out.flush()?;
    for damage in &found.damage {
        eprintln!("connect-websocket spool: {damage}");
    }
    tell_owned(&found);
    Ok(ExitCode::SUCCESS)
}

fn tell_owned(found: &Inspection) {
    if found.owned {
        eprintln!(
            "connect-websocket spool: a task has this spool: what it writes or removes meanwhile may be missing"
        );
    }
}

fn message_json(message: &Message<'_>) -> Value {
    let mut object = json!({
        "sequence": message.sequence,
        "delivered": message.acknowledged,
        "generation": message.generation,
        "received_ms": message.received_ms,
        "opcode": match message.kind {
            Kind::Text => "text",
            Kind::Binary => "binary",
        },
    });
    match std::str::from_utf8(message.payload) {
        Ok(text) if message.kind == Kind::Text => object["value"] = text.into(),
        _ => object["value_base64"] = STANDARD.encode(message.payload).into(),
    }
    object
}

fn as_json(found: &Inspection) -> Value {
    let segment = |segment: &SegmentReport| {
        json!({
            "name": segment.name,
            "base": segment.base,
            "end": segment.end,
            "records": segment.records,
            "bytes": segment.bytes,
            "first_received_ms": segment.received_ms.map(|(first, _)| first),
            "last_received_ms": segment.received_ms.map(|(_, last)| last),
        })
    };
    json!({
        "id": found.id.map(|id| id.to_string()),
        "owned": found.owned,
        "acknowledged": found.acknowledged,
        "undelivered": found.undelivered,
        "segments": found.segments.iter().map(segment).collect::<Vec<_>>(),
        "damage": found.damage.iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
}

fn as_text(found: &Inspection) -> String {
    let id = found
        .id
        .map_or_else(|| "unknown".to_owned(), |id| id.to_string());
    let owned = if found.owned { "yes" } else { "no" };
    let mut text = format!(
        "Id            {id}\nIn use        {owned}\nAcknowledged  below {}\nUndelivered   {}\n",
        found.acknowledged, found.undelivered
    );
    if !found.segments.is_empty() {
        let _ = writeln!(
            text,
            "\n{:<26} {:>10} {:>12}  RECEIVED",
            "SEGMENT", "RECORDS", "BYTES"
        );
    }
    for segment in &found.segments {
        let times = segment.received_ms.map_or_else(String::new, |(from, to)| {
            format!("{} to {}", time(from), time(to))
        });
        let line = format!(
            "{:<26} {:>10} {:>12}  {times}",
            segment.name, segment.records, segment.bytes
        );
        let _ = writeln!(text, "{}", line.trim_end());
    }
    if !found.damage.is_empty() {
        text.push_str("\nDAMAGE\n");
        for damage in &found.damage {
            let _ = writeln!(text, "{damage}");
        }
    }
    text
}

fn time(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms).map_or_else(|_| ms.to_string(), |time| time.to_string())
}
