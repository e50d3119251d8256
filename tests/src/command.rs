//! The binary's commands for people: what one prints, and how it ends.

use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;

use crate::process::{self, Process};
use crate::{tools, wait};

/// A command that runs; it ends with this value.
#[derive(Debug)]
pub struct Running {
    process: Process,
    out: PathBuf,
    errors: PathBuf,
    _folder: TempDir,
}

/// A command that has ended.
#[derive(Debug)]
pub struct Ended {
    /// The exit code.
    pub code: i32,
    /// The standard output.
    pub out: String,
    /// The standard error.
    pub errors: String,
}

/// Starts the binary with these arguments.
pub fn start(arguments: &[&str]) -> Running {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (out, errors) = (folder.path().join("out"), folder.path().join("errors"));
    let mut command = process::command(tools::worker_binary());
    command.args(arguments);
    let name = format!("connect-websocket {}", arguments.join(" "));
    Running {
        process: Process::spawn_apart(&name, &mut command, &out, &errors),
        out,
        errors,
        _folder: folder,
    }
}

/// Runs the binary with these arguments to its end.
pub fn run(arguments: &[&str]) -> Ended {
    start(arguments).end()
}

impl Ended {
    /// The standard output of a command that must have succeeded.
    pub fn succeeded(self) -> String {
        let Self { code, out, errors } = self;
        assert_eq!(code, 0, "{errors}{out}");
        out
    }
}

impl Running {
    /// What it has printed to the standard output so far.
    pub fn out(&self) -> String {
        fs::read_to_string(&self.out).unwrap_or_default()
    }

    /// What it has printed to the standard error so far.
    pub fn errors(&self) -> String {
        fs::read_to_string(&self.errors).unwrap_or_default()
    }

    /// Waits for a line of the standard error that contains `text`.
    pub fn wait_for_error(&self, text: &str) -> String {
        wait::until(&format!("an error line with: {text}"), || {
            let errors = self.errors();
            let line = errors.lines().find(|line| line.contains(text));
            line.map(str::to_owned)
        })
    }

    /// Sends a signal, by its name as in `kill -NAME`.
    pub fn signal(&self, name: &str) {
        self.process.signal(name);
    }

    /// Waits for its end.
    pub fn end(mut self) -> Ended {
        let code = self.process.exit_code();
        Ended {
            code,
            out: fs::read_to_string(&self.out).expect("UTF-8 on the standard output"),
            errors: self.errors(),
        }
    }
}
