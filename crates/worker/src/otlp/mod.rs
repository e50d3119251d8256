//! Metrics and traces to an OpenTelemetry collector (OTLP over HTTP, in
//! protobuf), by the environment variables that OpenTelemetry has for that.
//!
//! Invariants: without an endpoint in the environment nothing happens; what is
//! sent are readings of counters and states that there are anyway, so that a
//! message costs nothing more; a collector that is away holds nothing up, and
//! is told of in the log once, and once when it is back; headers are never
//! shown.

mod post;
mod settings;
mod traces;

use std::collections::BTreeMap;
use std::sync::Weak;
use std::time::SystemTime;

use opentelemetry_proto::tonic::resource::v1::Resource;
use prost::Message as _;

use crate::exposition::otlp::{Messages, attribute};
use crate::herder::Herder;
use post::Post;
use settings::{Settings, Signal};

pub(crate) use traces::follow;

/// Begins to send, if the environment asks for it.
///
/// # Errors
/// A variable that cannot be used, and the cure.
pub(crate) fn start(herder: Weak<Herder>, instance: &str) -> Result<(), String> {
    let variable = |name: &str| std::env::var(name).ok();
    if let Some(settings) = Settings::read(Signal::Metrics, variable, instance)? {
        let messages = Messages::new(resource(&settings.resource));
        let post = Post::new(Signal::Metrics, settings)?;
        tokio::spawn(send_metrics(post, messages, herder));
    }
    if let Some(settings) = Settings::read(Signal::Traces, variable, instance)? {
        let resource = resource(&settings.resource);
        traces::start(Post::new(Signal::Traces, settings)?, resource);
    }
    Ok(())
}

async fn send_metrics(mut post: Post, mut messages: Messages, herder: Weak<Herder>) {
    let mut ticks = tokio::time::interval(post.settings.interval);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    loop {
        ticks.tick().await;
        let Some(herder) = herder.upgrade() else {
            return;
        };
        let sent = tokio::task::spawn_blocking(move || {
            let request = messages.request(&herder.reading(), SystemTime::now());
            post.send(&request.encode_to_vec());
            (post, messages)
        });
        // It ends early only with the process.
        let Ok(kept) = sent.await else {
            return;
        };
        (post, messages) = kept;
    }
}

fn resource(attributes: &BTreeMap<String, String>) -> Resource {
    let attributes = attributes.iter().map(|(key, value)| attribute(key, value));
    Resource {
        attributes: attributes.collect(),
        ..Resource::default()
    }
}
