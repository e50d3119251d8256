//! Requests to one endpoint of a collector, and what the log says of them.

use websocket_source::settings::redact;

use super::settings::{Settings, Signal};
use crate::http_client;
use crate::kafka_settings::SystemTrust;

/// Sends one signal.
pub(super) struct Post {
    agent: ureq::Agent,
    signal: Signal,
    pub(super) settings: Settings,
    failing: bool,
}

impl Post {
    /// # Errors
    /// The certificates cannot be used.
    pub(super) fn new(signal: Signal, settings: Settings) -> Result<Self, String> {
        let platform = SystemTrust::platform();
        let ca_file = settings.certificate.as_deref().or(platform.file());
        let config = http_client::config(&settings.endpoint, ca_file, settings.timeout)?;
        let (name, shown) = (signal.name(), redact(&settings.endpoint));
        tracing::info!(target: "Worker", "OpenTelemetry {name} go to the collector at {shown}");
        Ok(Self {
            agent: config.build().new_agent(),
            signal,
            settings,
            failing: false,
        })
    }

    /// Sends a message. The log has the first failure, and the first success
    /// after it.
    pub(super) fn send(&mut self, message: &[u8]) {
        let sent = self.try_to_send(message);
        if sent.is_err() == self.failing {
            return;
        }
        self.failing = sent.is_err();
        let (name, endpoint) = (self.signal.name(), &self.settings.endpoint);
        let shown = redact(endpoint);
        match sent {
            Err(error) => {
                let error = error.replace(endpoint, &shown);
                tracing::warn!(target: "Worker", "OpenTelemetry {name} do not reach the collector at {shown}: {error}; later ones are tried every {} ms", self.settings.interval.as_millis());
            }
            Ok(()) => {
                tracing::info!(target: "Worker", "OpenTelemetry {name} reach the collector at {shown} again");
            }
        }
    }

    fn try_to_send(&self, message: &[u8]) -> Result<(), String> {
        let mut request = self.agent.post(&self.settings.endpoint);
        for (name, value) in &self.settings.headers {
            request = request.header(name, value.expose());
        }
        let request = request.header("Content-Type", "application/x-protobuf");
        let answer = request.send(message).map_err(|error| error.to_string())?;
        if answer.status().is_success() {
            Ok(())
        } else {
            Err(format!("it answers {}", answer.status()))
        }
    }
}
