//! `connect-websocket health`: is the worker well, do its connectors run, do
//! messages come. For cron, Nagios and the like, and for probes.
//!
//! [`judgement`] says what answers come to, [`client`] gets them. Invariants:
//! standard output has one line for each finding, and the exit status is the
//! worst of them; whatever goes wrong is critical and says its cure; the login
//! is never shown.

mod client;
mod judgement;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use serde_json::Value;
use websocket_source::secret::Secret;

use client::{Answer, Client};
use judgement::{Finding, Level, judge};

/// What `health` is asked.
#[derive(Debug)]
pub struct HealthOptions {
    /// Where the REST API is.
    pub url: String,
    /// Which connectors are looked at.
    pub scope: Scope,
    /// A connector whose last message is older is a warning.
    pub max_silence: Duration,
    /// `USER:PASSWORD`, if the worker asks for a login.
    pub login: Option<Secret>,
    /// PEM certificates that https trusts instead of the platform's.
    pub ca_file: Option<PathBuf>,
    /// How long one answer may take.
    pub timeout: Duration,
}

/// Which connectors `health` looks at.
#[derive(Debug)]
pub enum Scope {
    /// None: whether the worker's start is done.
    Worker,
    /// One.
    Connector(String),
    /// All that there are.
    All,
}

/// Prints what is found; the status is 0, 1 or 2 for OK, WARNING, CRITICAL.
pub fn run(options: &HealthOptions) -> ExitCode {
    let found = look(options).unwrap_or_else(|error| vec![Finding::critical(error)]);
    let mut worst = Level::Ok;
    for finding in &found {
        println!("{finding}");
        worst = worst.max(finding.level);
    }
    ExitCode::from(worst.exit_code())
}

/// # Errors
/// The worker cannot be asked, in words for the user.
fn look(options: &HealthOptions) -> Result<Vec<Finding>, String> {
    let client = Client::new(options)?;
    match &options.scope {
        Scope::Worker => Ok(vec![stage(&client.get("/ready")?)]),
        Scope::Connector(name) => Ok(vec![one(&client, name, options.max_silence)?]),
        Scope::All => all(&client, options.max_silence),
    }
}

/// What `/ready` or `/health` says.
fn stage(answer: &Answer) -> Finding {
    let text = answer.json["message"].as_str();
    let text = text.map_or_else(
        || format!("Worker answers {}", answer.status),
        |text| text.trim_end_matches('.').to_owned(),
    );
    let level = if answer.status == 200 {
        Level::Ok
    } else {
        Level::Critical
    };
    Finding { level, text }
}

fn one(client: &Client, name: &str, max_silence: Duration) -> Result<Finding, String> {
    let path = client::connector_path(name, "status");
    let answer = client.get(&path)?;
    match answer.status {
        200 => examine(client, name, &answer.json, max_silence),
        404 => Ok(not_ready(client)?.unwrap_or_else(|| judgement::unknown(name))),
        _ => Ok(stage(&answer)),
    }
}

/// What a worker is doing that is not ready: `/ready` says it at once, where
/// `/health` waits. Workers of others have no such resource.
fn not_ready(client: &Client) -> Result<Option<Finding>, String> {
    let answer = client.get("/ready")?;
    Ok((answer.status != 200 && answer.status != 404).then(|| stage(&answer)))
}

fn all(client: &Client, max_silence: Duration) -> Result<Vec<Finding>, String> {
    if let Some(finding) = not_ready(client)? {
        return Ok(vec![finding]);
    }
    let health = client.get("/health")?;
    // Workers before 3.9 have no such resource.
    if health.status != 200 && health.status != 404 {
        return Ok(vec![stage(&health)]);
    }
    let answer = client.get("/connectors?expand=status")?;
    let Some(connectors) = answer.json.as_object().filter(|_| answer.status == 200) else {
        return Err(client.is_no_worker(answer.status));
    };
    if connectors.is_empty() {
        let text = "Worker is ready, and has no connectors".to_owned();
        let level = Level::Ok;
        return Ok(vec![Finding { level, text }]);
    }
    let examined = connectors.iter().map(|(name, shown)| {
        let found = examine(client, name, &shown["status"], max_silence)?;
        Ok(found.of(name))
    });
    examined.collect()
}

fn examine(
    client: &Client,
    name: &str,
    status: &Value,
    max_silence: Duration,
) -> Result<Finding, String> {
    let session = client.get(&client::connector_path(name, "session"))?;
    let session = (session.status == 200).then_some(&session.json["tasks"][0]);
    Ok(judge(status, session, max_silence))
}
