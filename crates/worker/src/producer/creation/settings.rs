//! What a topic is set to.
//!
//! A client of its own asks, and is gone afterwards: it is asked once for each
//! start of a task that writes exactly once.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use rdkafka::config::RDKafkaLogLevel;

use super::failure::is_passing;
use crate::kafka_settings::NativeProperties;
use crate::producer::client::{Client, give_token};
use crate::producer::ending::destroy;
use crate::producer::native::event::{Answer, Kind, TopicSettings};
use crate::producer::native::{Code, Native, describe};

/// Longest single request.
const REQUEST: Duration = Duration::from_secs(10);
/// Longest wait for an event, so that a stop is noticed.
const SLICE: Duration = Duration::from_millis(100);

/// Why a topic's setting is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unread {
    /// The brokers do not tell, or not to this user.
    Refused(String),
    /// They have not answered in time.
    Unanswered(String),
}

/// The value of one of a topic's settings. Blocks, for `wait` at most, and ends
/// soon after `is_stopped`.
///
/// # Errors
/// It cannot be read.
pub fn topic_setting(
    properties: &NativeProperties,
    (topic, setting): (&str, &str),
    wait: Duration,
    is_stopped: &dyn Fn() -> bool,
) -> Result<String, Unread> {
    let mut config = ClientConfig::new();
    for (name, value) in properties.iter() {
        config.set(name, value);
    }
    config.set("allow.auto.create.topics", "false");
    config.set_log_level(RDKafkaLogLevel::Info);
    let native = Native::new(&config).map_err(|error| Unread::Refused(error.to_string()))?;
    let native = Arc::new(native);
    let begun = Instant::now();
    let mut request = 0;
    let read = loop {
        request += 1;
        let (code, why) = match ask(&native, topic, request, is_stopped) {
            Some(Ok(mut settings)) => {
                let value = settings.remove(setting);
                break value.ok_or_else(|| Unread::Refused(format!("there is no {setting}")));
            }
            Some(Err(answer)) => answer,
            None => (Code::RD_KAFKA_RESP_ERR__TIMED_OUT, "no answer".to_owned()),
        };
        let why = format!("{}: {why}", describe(code).0);
        // One that was created a moment ago is not known to all brokers.
        let passes = is_passing(code) || code == Code::RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
        if !passes {
            break Err(Unread::Refused(why));
        }
        if begun.elapsed() >= wait || is_stopped() {
            break Err(Unread::Unanswered(why));
        }
        std::thread::sleep(SLICE);
    };
    destroy(native);
    read
}

/// One request; `None` if there was no answer.
fn ask(
    native: &Arc<Native>,
    topic: &str,
    request: u64,
    is_stopped: &dyn Fn() -> bool,
) -> Option<TopicSettings> {
    if let Err(why) = native.describe_settings(topic, REQUEST, request) {
        let refused: Answer = (Code::RD_KAFKA_RESP_ERR__INVALID_ARG, why);
        return Some(Err(refused));
    }
    let begun = Instant::now();
    // librdkafka ends every request in time; the rest is a reserve.
    while begun.elapsed() < REQUEST * 2 && !is_stopped() {
        let Some(event) = native.poll(SLICE) else {
            continue;
        };
        match event.kind() {
            Kind::Settings(answered, settings) if answered == request => return Some(settings),
            Kind::Error(code, text) => {
                Client::TopicAdmin.warn(&format!("{}: {text}", describe(code).0));
            }
            Kind::Log(level, text) => Client::TopicAdmin.log(level, &text),
            Kind::Token(config) => give_token(native, config, Client::TopicAdmin),
            _ => {}
        }
    }
    None
}
