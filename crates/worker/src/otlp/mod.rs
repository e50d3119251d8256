//! Metrics to an OpenTelemetry collector (OTLP over HTTP, in protobuf), by the
//! environment variables that OpenTelemetry has for that.
//!
//! Invariants: without an endpoint in the environment nothing happens; what is
//! sent is a reading of the counters that there are anyway, so that a message
//! costs nothing more; a collector that is away holds nothing up, and is told
//! of in the log once, and once when it is back; headers are never shown.

mod settings;

use std::sync::Weak;
use std::time::SystemTime;

use prost::Message as _;
use websocket_source::settings::redact;

use crate::exposition::otlp::Messages;
use crate::herder::Herder;
use crate::http_client;
use crate::kafka_settings::SystemTrust;
use settings::Settings;

/// Begins to send, if the environment asks for it.
///
/// # Errors
/// A variable that cannot be used, and the cure.
pub(crate) fn start(herder: Weak<Herder>, instance: &str) -> Result<(), String> {
    let variable = |name: &str| std::env::var(name).ok();
    let Some(settings) = Settings::read(variable, instance)? else {
        return Ok(());
    };
    let platform = SystemTrust::platform();
    let ca_file = settings.certificate.as_deref().or(platform.file());
    let config = http_client::config(&settings.endpoint, ca_file, settings.timeout)?;
    let sender = Sender {
        agent: config.build().new_agent(),
        messages: Messages::new(&settings.resource),
        settings,
    };
    let shown = redact(&sender.settings.endpoint);
    tracing::info!(target: "Worker", "Metrics go to the OpenTelemetry collector at {shown}");
    tokio::spawn(sender.send_forever(herder));
    Ok(())
}

struct Sender {
    agent: ureq::Agent,
    messages: Messages,
    settings: Settings,
}

impl Sender {
    async fn send_forever(mut self, herder: Weak<Herder>) {
        let mut ticks = tokio::time::interval(self.settings.interval);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
        let mut failing = false;
        loop {
            ticks.tick().await;
            let Some(herder) = herder.upgrade() else {
                return;
            };
            let sent = tokio::task::spawn_blocking(move || {
                let request = self.messages.request(&herder.reading(), SystemTime::now());
                let sent = self.send(&request.encode_to_vec());
                (self, sent)
            });
            // It ends early only with the process.
            let Ok((sender, sent)) = sent.await else {
                return;
            };
            self = sender;
            if sent.is_err() != failing {
                failing = sent.is_err();
                self.tell(sent.err());
            }
        }
    }

    fn send(&self, body: &[u8]) -> Result<(), String> {
        let mut request = self.agent.post(&self.settings.endpoint);
        for (name, value) in &self.settings.headers {
            request = request.header(name, value.expose());
        }
        let request = request.header("Content-Type", "application/x-protobuf");
        let answer = request.send(body).map_err(|error| error.to_string())?;
        if answer.status().is_success() {
            Ok(())
        } else {
            Err(format!("it answers {}", answer.status()))
        }
    }

    fn tell(&self, error: Option<String>) {
        let endpoint = &self.settings.endpoint;
        let shown = redact(endpoint);
        match error {
            Some(error) => {
                let error = error.replace(endpoint, &shown);
                tracing::warn!(target: "Worker", "Metrics do not reach the OpenTelemetry collector at {shown}: {error}; they are sent again every {} ms", self.settings.interval.as_millis());
            }
            None => {
                tracing::info!(target: "Worker", "Metrics reach the OpenTelemetry collector at {shown} again");
            }
        }
    }
}
