//! Dead letters: what the headers of a message say that went to a topic of its
//! own, and how much of one that was too large fits beside them.
//!
//! Both hosts write them, and whoever reads such a topic finds the same in it.
//! The names are Kafka Connect's (`DeadLetterQueueReporter`).

/// A header's name and text.
pub type Header = (&'static str, String);

/// Where a letter goes.
pub const TOPIC: &str = "errors.deadletterqueue.topic.name";

/// Why `websocket.oversize=dlq` is refused without [`TOPIC`].
pub const NO_TOPIC: &str = "Invalid value dlq for configuration websocket.oversize: it needs a topic, \
                            errors.deadletterqueue.topic.name";

/// What Kafka's format adds to a header at the most.
const HEADER_BYTES: usize = 10;
/// What it adds to a record and its batch, with a reserve for what a converter
/// puts around a value.
const RECORD_BYTES: usize = 256;

/// What went wrong with a message, and where.
#[derive(Clone, Copy, Debug)]
pub struct Cause<'a> {
    /// The topic that it was for.
    pub topic: &'a str,
    /// The connector's name.
    pub connector: &'a str,
    /// The task's number.
    pub task: u32,
    /// The name of Connect's `Stage`.
    pub stage: &'a str,
    /// The Java class that was at work.
    pub class: &'a str,
    /// The Java class of the exception.
    pub exception: &'a str,
    /// The exception's message.
    pub message: &'a str,
}

impl<'a> Cause<'a> {
    /// That the producer may not send a message for its size.
    pub fn too_large((connector, task): (&'a str, u32), topic: &'a str, message: &'a str) -> Self {
        Self {
            topic,
            connector,
            task,
            stage: "KAFKA_PRODUCE",
            class: "org.apache.kafka.connect.runtime.WorkerSourceTask",
            exception: "org.apache.kafka.common.errors.RecordTooLargeException",
            message,
        }
    }

    /// The headers that say so, in Connect's order.
    pub fn headers(&self) -> Vec<Header> {
        vec![
            ("__connect.errors.topic", self.topic.to_owned()),
            ("__connect.errors.connector.name", self.connector.to_owned()),
            ("__connect.errors.task.id", self.task.to_string()),
            ("__connect.errors.stage", self.stage.to_owned()),
            ("__connect.errors.class.name", self.class.to_owned()),
            (
                "__connect.errors.exception.class.name",
                self.exception.to_owned(),
            ),
            (
                "__connect.errors.exception.message",
                self.message.to_owned(),
            ),
        ]
    }

    /// The same, with an exception's text and frames.
    pub fn headers_with_trace(&self, trace: String) -> Vec<Header> {
        let mut headers = self.headers();
        headers.push(("__connect.errors.exception.stacktrace", trace));
        headers
    }

    /// The same of a message that had so many bytes.
    pub fn headers_with_size(&self, bytes: usize) -> Vec<Header> {
        let mut headers = self.headers();
        headers.push(("websocket.oversize.bytes", bytes.to_string()));
        headers
    }
}

/// How many bytes of a value fit beside these headers into a request of
/// `limit` bytes; `None` if not even they do.
pub fn room(headers: &[Header], limit: usize) -> Option<usize> {
    let used = headers.iter();
    let used = used.map(|(name, text)| name.len() + text.len() + HEADER_BYTES);
    limit.checked_sub(used.sum::<usize>() + RECORD_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_say_what_went_wrong_where_and_with_how_much() {
        let cause = Cause::too_large(("c", 3), "t", "why");
        let headers = cause.headers_with_size(5_000);
        let of = |name: &str| {
            let found = headers.iter().find(|(known, _)| *known == name);
            found.map(|(_, text)| text.as_str())
        };
        assert_eq!(of("__connect.errors.topic"), Some("t"));
        assert_eq!(of("__connect.errors.connector.name"), Some("c"));
        assert_eq!(of("__connect.errors.task.id"), Some("3"));
        assert_eq!(of("__connect.errors.exception.message"), Some("why"));
        assert_eq!(of("websocket.oversize.bytes"), Some("5000"));
        assert_eq!(headers.len(), cause.headers().len() + 1);
    }

    #[test]
    fn the_room_for_a_value_is_what_headers_and_format_leave() {
        let headers = [("name", "text".to_owned())];
        let used = 4 + 4 + HEADER_BYTES + RECORD_BYTES;
        assert_eq!(room(&headers, used + 7), Some(7));
        assert_eq!(room(&headers, used), Some(0));
        assert_eq!(room(&headers, used - 1), None);
    }
}
