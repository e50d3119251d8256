//! `health`: its arguments, and where its login comes from.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use websocket_source::secret::Secret;

use crate::files::{MAX_FILE_BYTES, read_bounded};
use crate::health::{self, HealthOptions, Scope};

/// `USER:PASSWORD`, where no file is named.
const LOGIN_VARIABLE: &str = "CONNECT_WEBSOCKET_LOGIN";
/// The exit status of what is critical.
const CRITICAL: u8 = 2;

/// Arguments of `health`.
#[derive(Debug, Args)]
pub struct HealthArgs {
    /// Look at this connector only; without it, at all of the worker's
    #[arg(long, value_name = "NAME")]
    connector: Option<String>,
    /// Ask only whether the worker has completed its startup
    #[arg(long, conflicts_with_all = ["connector", "max_silence_seconds"])]
    ready: bool,
    /// Where the worker's REST API is
    #[arg(long, value_name = "URL", default_value = "http://localhost:8083")]
    url: String,
    /// Warn when no message has come for so long
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    max_silence_seconds: u64,
    /// A file with USER:PASSWORD in it, for a worker that asks for a login [or `CONNECT_WEBSOCKET_LOGIN` in the environment]
    #[arg(long, value_name = "FILE")]
    login_file: Option<PathBuf>,
    /// Trust these certificates (PEM) for https [default: the platform's, or those of `SSL_CERT_FILE`]
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// How long the worker may take for an answer; it gives up on its own health after 10 s
    #[arg(long, value_name = "MS", default_value_t = 15_000, value_parser = clap::value_parser!(u64).range(1..))]
    timeout_ms: u64,
}

fn login(file: Option<&Path>, variable: Option<String>) -> Result<Option<Secret>, String> {
    let (source, text) = match (file, variable) {
        (Some(path), _) => {
            let source = format!("--login-file {}", path.display());
            let bytes = read_bounded(path, MAX_FILE_BYTES)
                .map_err(|error| format!("{source} cannot be read: {error}"))?;
            let text = String::from_utf8_lossy(&bytes);
            (source, text.trim_end_matches(['\r', '\n']).to_owned())
        }
        (None, Some(text)) => (LOGIN_VARIABLE.to_owned(), text),
        (None, None) => return Ok(None),
    };
    if text.contains(':') && !text.contains(['\r', '\n']) {
        Ok(Some(Secret::new(text)))
    } else {
        Err(format!("{source} has no line USER:PASSWORD"))
    }
}

impl HealthArgs {
    /// Runs the command; see [`health::run`] for the exit status.
    pub(super) fn run(self) -> ExitCode {
        let variable = std::env::var(LOGIN_VARIABLE).ok();
        let login = match login(self.login_file.as_deref(), variable) {
            Ok(login) => login,
            Err(error) => {
                println!("CRITICAL: {error}");
                return ExitCode::from(CRITICAL);
            }
        };
        let scope = match self.connector {
            _ if self.ready => Scope::Worker,
            Some(name) => Scope::Connector(name),
            None => Scope::All,
        };
        health::run(&HealthOptions {
            url: self.url,
            scope,
            max_silence: Duration::from_secs(self.max_silence_seconds),
            login,
            ca_file: self.ca_file,
            timeout: Duration::from_millis(self.timeout_ms),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_is_read_from_the_file_before_the_environment() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("login");
        std::fs::write(&file, "alice:se:cret\n").expect("a file");
        let read = |file, variable: Option<&str>| {
            let found = login(file, variable.map(str::to_owned));
            found.map(|login| login.map(|login| login.expose().to_owned()))
        };
        let found = read(Some(&file), Some("bob:other")).expect("a login");
        assert_eq!(found.as_deref(), Some("alice:se:cret"));
        let found = read(None, Some("bob:other")).expect("a login");
        assert_eq!(found.as_deref(), Some("bob:other"));
        assert_eq!(read(None, None), Ok(None));
        for text in ["s3cret", "a:b\nc:s3cret\n", ""] {
            std::fs::write(&file, text).expect("a file");
            let error = read(Some(&file), None).expect_err("refused");
            assert!(error.contains("USER:PASSWORD"), "{error}");
            assert!(!error.contains("s3cret"), "{error}");
        }
        let error = read(Some(&folder.path().join("none")), None).expect_err("refused");
        assert!(error.contains("--login-file"), "{error}");
    }
}
