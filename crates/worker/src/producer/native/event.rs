//! Events of librdkafka's main queue: delivery reports, errors, log lines.

use std::collections::BTreeMap;
use std::ffi::{CStr, c_char};
use std::marker::PhantomData;
use std::ptr::{self, NonNull};

use rdkafka::bindings as rdsys;
use rdkafka::error::IsError;

use super::Code;

/// An event, given back to librdkafka on drop.
pub(in crate::producer) struct Event(*mut rdsys::rd_kafka_event_t);

/// What became of one record.
pub(in crate::producer) struct Report<'a> {
    /// The record's opaque.
    pub(in crate::producer) opaque: u64,
    /// Bytes of its key and value.
    pub(in crate::producer) bytes: usize,
    /// Why it was not delivered, if it was not.
    pub(in crate::producer) error: Option<Code>,
    /// The record itself, which is the event's and valid as long as that.
    pub(super) message: NonNull<rdsys::rd_kafka_message_t>,
    event: PhantomData<&'a Event>,
}

/// What an event is about.
pub(in crate::producer) enum Kind<'a> {
    /// Records have met their fate.
    Delivered(Reports<'a>),
    /// Something is wrong with the client or a broker.
    Error(Code, String),
    /// A log line: syslog level and text.
    Log(i32, String),
    /// The client wants an access token; its `sasl.oauthbearer.config`.
    Token(String),
    /// The request of this number, to describe or to create topics, is done.
    Topics(u64, TopicAnswers),
    /// The request of this number for a topic's settings is done.
    Settings(u64, TopicSettings),
    /// Anything else.
    Other,
}

/// A topic's settings, or why there is no answer.
pub(in crate::producer) type TopicSettings = Result<BTreeMap<String, String>, Answer>;

/// What became of each topic of a request, by its name, with librdkafka's or
/// the broker's words; or why there is no answer to the request as a whole.
pub(in crate::producer) type TopicAnswers = Result<BTreeMap<String, Answer>, Answer>;

/// A code, which may be that of success, and its text.
pub(in crate::producer) type Answer = (Code, String);

impl Event {
    pub(super) fn new(event: *mut rdsys::rd_kafka_event_t) -> Option<Self> {
        (!event.is_null()).then_some(Self(event))
    }

    /// What the event is about.
    pub(in crate::producer) fn kind(&self) -> Kind<'_> {
        // SAFETY: the event is alive until `self` is dropped, and so is the
        // text that it owns.
        unsafe {
            match rdsys::rd_kafka_event_type(self.0) {
                rdsys::RD_KAFKA_EVENT_DR => Kind::Delivered(Reports(self)),
                rdsys::RD_KAFKA_EVENT_ERROR => Kind::Error(
                    rdsys::rd_kafka_event_error(self.0),
                    text(rdsys::rd_kafka_event_error_string(self.0)),
                ),
                rdsys::RD_KAFKA_EVENT_LOG => {
                    let (mut facility, mut line, mut level) = (ptr::null(), ptr::null(), 0);
                    rdsys::rd_kafka_event_log(
                        self.0,
                        &raw mut facility,
                        &raw mut line,
                        &raw mut level,
                    );
                    Kind::Log(level, text(line))
                }
                rdsys::RD_KAFKA_EVENT_OAUTHBEARER_TOKEN_REFRESH => {
                    Kind::Token(text(rdsys::rd_kafka_event_config_string(self.0)))
                }
                rdsys::RD_KAFKA_EVENT_DESCRIBETOPICS_RESULT
                | rdsys::RD_KAFKA_EVENT_CREATETOPICS_RESULT => {
                    let request = rdsys::rd_kafka_event_opaque(self.0).addr();
                    Kind::Topics(request as u64, self.topics())
                }
                rdsys::RD_KAFKA_EVENT_DESCRIBECONFIGS_RESULT => {
                    let request = rdsys::rd_kafka_event_opaque(self.0).addr();
                    Kind::Settings(request as u64, self.settings())
                }
                _ => Kind::Other,
            }
        }
    }

    /// # Safety
    /// The event is the result of a request for one topic's settings.
    unsafe fn settings(&self) -> TopicSettings {
        // SAFETY: the caller's promise. Arrays and texts belong to the event,
        // which is alive, and the counts are those of the arrays.
        unsafe {
            let code = rdsys::rd_kafka_event_error(self.0);
            if code.is_error() {
                return Err((code, text(rdsys::rd_kafka_event_error_string(self.0))));
            }
            let described = rdsys::rd_kafka_event_DescribeConfigs_result(self.0);
            let mut count = 0;
            let resources =
                rdsys::rd_kafka_DescribeConfigs_result_resources(described, &raw mut count);
            let mut settings = BTreeMap::new();
            for at in 0..count {
                let resource = *resources.add(at);
                let code = rdsys::rd_kafka_ConfigResource_error(resource);
                if code.is_error() {
                    let why = rdsys::rd_kafka_ConfigResource_error_string(resource);
                    return Err((code, text(why)));
                }
                let mut count = 0;
                let entries = rdsys::rd_kafka_ConfigResource_configs(resource, &raw mut count);
                settings.extend((0..count).map(|at| {
                    let entry = *entries.add(at);
                    let name = text(rdsys::rd_kafka_ConfigEntry_name(entry));
                    (name, text(rdsys::rd_kafka_ConfigEntry_value(entry)))
                }));
            }
            Ok(settings)
        }
    }

    /// # Safety
    /// The event is the result of a request about topics.
    unsafe fn topics(&self) -> TopicAnswers {
        // SAFETY: the caller's promise: one of the two results is not null.
        // Arrays and texts belong to the event, which is alive, and the count
        // is that of the array.
        unsafe {
            let code = rdsys::rd_kafka_event_error(self.0);
            if code.is_error() {
                return Err((code, text(rdsys::rd_kafka_event_error_string(self.0))));
            }
            let mut count = 0;
            let created = rdsys::rd_kafka_event_CreateTopics_result(self.0);
            if !created.is_null() {
                let topics = rdsys::rd_kafka_CreateTopics_result_topics(created, &raw mut count);
                return Ok((0..count)
                    .map(|at| {
                        let topic = *topics.add(at);
                        let code = rdsys::rd_kafka_topic_result_error(topic);
                        let why = text(rdsys::rd_kafka_topic_result_error_string(topic));
                        (text(rdsys::rd_kafka_topic_result_name(topic)), (code, why))
                    })
                    .collect());
            }
            let described = rdsys::rd_kafka_event_DescribeTopics_result(self.0);
            let topics = rdsys::rd_kafka_DescribeTopics_result_topics(described, &raw mut count);
            Ok((0..count)
                .map(|at| {
                    let topic = *topics.add(at);
                    let error = rdsys::rd_kafka_TopicDescription_error(topic);
                    let code = rdsys::rd_kafka_error_code(error);
                    let why = text(rdsys::rd_kafka_error_string(error));
                    (
                        text(rdsys::rd_kafka_TopicDescription_name(topic)),
                        (code, why),
                    )
                })
                .collect())
        }
    }
}

impl Drop for Event {
    fn drop(&mut self) {
        // SAFETY: the event is ours and not used again.
        unsafe { rdsys::rd_kafka_event_destroy(self.0) };
    }
}

/// # Safety
/// `line` is null or a C string.
unsafe fn text(line: *const c_char) -> String {
    if line.is_null() {
        return String::new();
    }
    // SAFETY: the caller's promise.
    let line = unsafe { CStr::from_ptr(line) };
    line.to_string_lossy().trim().to_owned()
}

/// The reports of one event, each given once.
pub(in crate::producer) struct Reports<'a>(&'a Event);

impl<'a> Iterator for Reports<'a> {
    type Item = Report<'a>;

    fn next(&mut self) -> Option<Report<'a>> {
        // SAFETY: the event is alive; the message is valid until the event
        // ends, and only plain values are read from it.
        let (pointer, message) = unsafe {
            let message = rdsys::rd_kafka_event_message_next(self.0.0).cast_mut();
            (NonNull::new(message)?, &*message)
        };
        Some(Report {
            opaque: message._private.addr() as u64,
            bytes: message.len + message.key_len,
            error: message.err.is_error().then_some(message.err),
            message: pointer,
            event: PhantomData,
        })
    }
}
