//! librdkafka's handles: the client, its topics and the raw batch call.
//!
//! This module and [`event`] hold the only `unsafe` code of the worker:
//! rdkafka has no safe form of `rd_kafka_produce_batch`, and its delivery
//! callbacks cost an atomic reference count per message. Invariants: a
//! [`Topic`] keeps its client alive; the client's queue ends before it;
//! librdkafka copies every value during the call (`RD_KAFKA_MSG_F_COPY`), so
//! no pointer into our memory outlives a call.

// `unsafe` is allowed here and nowhere else; each block says why it holds.
#![allow(unsafe_code)]

pub(super) mod event;

use std::ffi::{CStr, CString, c_void};
use std::ptr;
use std::sync::Arc;
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::bindings as rdsys;
use rdkafka::client::{Client, DefaultClientContext, OAuthToken};
use rdkafka::error::{IsError, KafkaError, RDKafkaErrorCode};
use rdkafka::types::RDKafkaType;

use event::Event;

/// librdkafka's error codes.
pub(super) use rdsys::rd_kafka_resp_err_t as Code;

/// `RD_KAFKA_PARTITION_UA`, a macro that has no binding: the partitioner
/// decides.
const PARTITION_UA: i32 = -1;
/// Room for librdkafka's words about an error.
const ERROR_CHARS: usize = 512;
/// Longest wait that librdkafka's calls take, milliseconds.
const MAX_WAIT_MS: i32 = i32::MAX;

fn wait_ms(wait: Duration) -> i32 {
    i32::try_from(wait.as_millis()).unwrap_or(MAX_WAIT_MS)
}

/// A producing client.
pub(super) struct Native {
    client: Client<DefaultClientContext>,
    queue: *mut rdsys::rd_kafka_queue_t,
}

// SAFETY: librdkafka's client and queue handles may be used by any thread at
// the same time (librdkafka's introduction, "Threads and callbacks").
unsafe impl Send for Native {}
// SAFETY: as above.
unsafe impl Sync for Native {}

impl Native {
    /// Makes a client; it connects in the background.
    ///
    /// # Errors
    /// A property that librdkafka does not accept.
    pub(super) fn new(config: &ClientConfig) -> Result<Self, KafkaError> {
        let native_config = config.create_native_config()?;
        // SAFETY: the configuration is valid until `Client::new` takes it.
        unsafe {
            rdsys::rd_kafka_conf_set_events(
                native_config.ptr(),
                rdsys::RD_KAFKA_EVENT_DR
                    | rdsys::RD_KAFKA_EVENT_ERROR
                    | rdsys::RD_KAFKA_EVENT_LOG
                    | rdsys::RD_KAFKA_EVENT_OAUTHBEARER_TOKEN_REFRESH,
            );
        }
        let kind = RDKafkaType::RD_KAFKA_PRODUCER;
        let client = Client::new(config, native_config, kind, DefaultClientContext)?;
        // SAFETY: the client is alive; the reference is given back on drop.
        let queue = unsafe { rdsys::rd_kafka_queue_get_main(client.native_ptr()) };
        Ok(Self { client, queue })
    }

    /// The next event of the main queue, if one comes within `wait`.
    pub(super) fn poll(&self, wait: Duration) -> Option<Event> {
        // SAFETY: the queue lives as long as `self`.
        let event = unsafe { rdsys::rd_kafka_queue_poll(self.queue, wait_ms(wait)) };
        Event::new(event)
    }

    /// Sends what lingers and waits until nothing is on its way.
    pub(super) fn flush(&self, wait: Duration) {
        // SAFETY: the client is alive. A timeout is the caller's to notice:
        // it counts acknowledgements.
        unsafe { rdsys::rd_kafka_flush(self.client.native_ptr(), wait_ms(wait)) };
    }

    /// Gives the client the token that it has asked for by an event.
    ///
    /// # Errors
    /// The client does not take it; it has been told so and asks again.
    pub(super) fn set_token(&self, token: &OAuthToken) -> Result<(), String> {
        let strings = (
            CString::new(token.token.as_str()),
            CString::new(token.principal_name.as_str()),
        );
        let (Ok(value), Ok(principal)) = strings else {
            return Err("the token contains a zero byte".to_owned());
        };
        let mut why = [0; ERROR_CHARS];
        // SAFETY: the client is alive, the strings are C strings, and the
        // buffer has the length that is told. There are no extensions.
        let code = unsafe {
            rdsys::rd_kafka_oauthbearer_set_token(
                self.client.native_ptr(),
                value.as_ptr(),
                token.lifetime_ms,
                principal.as_ptr(),
                ptr::null_mut(),
                0,
                why.as_mut_ptr(),
                why.len(),
            )
        };
        if code.is_error() {
            // SAFETY: librdkafka ends what it writes there with a zero.
            let why = unsafe { CStr::from_ptr(why.as_ptr()) };
            return Err(why.to_string_lossy().into_owned());
        }
        Ok(())
    }

    /// Tells the client that there is no token, so that it asks again.
    pub(super) fn refuse_token(&self, why: &str) {
        let why = CString::new(why.replace('\0', " ")).unwrap_or_default();
        // SAFETY: the client is alive and the text a C string, copied during
        // the call. Its own error is of no use: there is nobody else to tell.
        unsafe {
            rdsys::rd_kafka_oauthbearer_set_token_failure(self.client.native_ptr(), why.as_ptr());
        }
    }
}

impl Drop for Native {
    fn drop(&mut self) {
        let flags = rdsys::RD_KAFKA_PURGE_F_QUEUE | rdsys::RD_KAFKA_PURGE_F_INFLIGHT;
        // SAFETY: client and queue are alive here for the last time. Without
        // the purge, destroying would wait for what cannot be delivered.
        unsafe {
            rdsys::rd_kafka_purge(self.client.native_ptr(), flags);
            rdsys::rd_kafka_queue_destroy(self.queue);
        }
    }
}

/// A topic to produce to.
pub(super) struct Topic {
    topic: *mut rdsys::rd_kafka_topic_t,
    native: Arc<Native>,
    messages: Vec<rdsys::rd_kafka_message_t>,
}

// SAFETY: the handle may be used by any thread; the pointers in `messages`
// are only looked at during a call of `produce`.
unsafe impl Send for Topic {}

/// One record as it is handed over.
pub(super) struct Record<'a> {
    /// The record's value.
    pub(super) value: &'a [u8],
    /// The record's key.
    pub(super) key: Option<&'a [u8]>,
    /// Comes back with the delivery report.
    pub(super) opaque: u64,
}

impl Topic {
    /// A handle on a topic, which need not exist yet.
    ///
    /// # Errors
    /// The name is not a topic's.
    pub(super) fn new(native: &Arc<Native>, name: &str) -> Result<Self, String> {
        let name = CString::new(name).map_err(|_| "the name contains a zero byte".to_owned())?;
        // SAFETY: the client is alive and the name is a C string; without a
        // configuration the client's default topic configuration is taken.
        let topic = unsafe {
            rdsys::rd_kafka_topic_new(native.client.native_ptr(), name.as_ptr(), ptr::null_mut())
        };
        if topic.is_null() {
            // SAFETY: plain thread-local read of librdkafka's last error.
            return Err(describe(unsafe { rdsys::rd_kafka_last_error() }).1);
        }
        Ok(Self {
            topic,
            native: Arc::clone(native),
            messages: Vec::new(),
        })
    }

    /// Hands records over in order, in one call. Returns how many were taken
    /// and why the next one was not.
    pub(super) fn produce<'a>(
        &mut self,
        records: impl Iterator<Item = Record<'a>>,
    ) -> (usize, Option<Code>) {
        self.messages.clear();
        self.messages.extend(records.map(|record| message(&record)));
        let count = i32::try_from(self.messages.len()).unwrap_or(i32::MAX);
        // SAFETY: `messages` holds `count` initialized messages whose values
        // and keys are borrowed for 'a, which outlasts this call.
        let taken = unsafe {
            rdsys::rd_kafka_produce_batch(
                self.topic,
                PARTITION_UA,
                rdsys::RD_KAFKA_MSG_F_COPY,
                self.messages.as_mut_ptr(),
                count,
            )
        };
        if taken == count {
            return (self.messages.len(), None);
        }
        let refused = self
            .messages
            .iter()
            .position(|message| message.err.is_error());
        let taken = refused.unwrap_or(self.messages.len());
        (taken, refused.map(|at| self.messages[at].err))
    }

    /// Hands one record over with its own timestamp, milliseconds since the
    /// epoch, which the batch call cannot carry.
    ///
    /// # Errors
    /// librdkafka's reason for not taking it.
    pub(super) fn produce_at(
        &mut self,
        record: &Record<'_>,
        timestamp_ms: i64,
    ) -> Result<(), Code> {
        use rdsys::rd_kafka_vtype_t as Tag;
        let message = message(record);
        // SAFETY: the argument list is `rd_kafka_producev`'s: each tag is
        // followed by values of the types it asks for, END comes last; value
        // and key are copied during the call.
        let code = unsafe {
            rdsys::rd_kafka_producev(
                self.native.client.native_ptr(),
                Tag::RD_KAFKA_VTYPE_RKT,
                self.topic,
                Tag::RD_KAFKA_VTYPE_PARTITION,
                PARTITION_UA,
                Tag::RD_KAFKA_VTYPE_MSGFLAGS,
                rdsys::RD_KAFKA_MSG_F_COPY,
                Tag::RD_KAFKA_VTYPE_VALUE,
                message.payload,
                message.len,
                Tag::RD_KAFKA_VTYPE_KEY,
                message.key,
                message.key_len,
                Tag::RD_KAFKA_VTYPE_OPAQUE,
                message._private,
                Tag::RD_KAFKA_VTYPE_TIMESTAMP,
                timestamp_ms,
                Tag::RD_KAFKA_VTYPE_END,
            )
        };
        if code.is_error() { Err(code) } else { Ok(()) }
    }
}

impl Drop for Topic {
    fn drop(&mut self) {
        // SAFETY: the handle is ours and its client is still alive.
        unsafe { rdsys::rd_kafka_topic_destroy(self.topic) };
    }
}

fn message(record: &Record<'_>) -> rdsys::rd_kafka_message_t {
    rdsys::rd_kafka_message_t {
        err: Code::RD_KAFKA_RESP_ERR_NO_ERROR,
        rkt: ptr::null_mut(),
        partition: PARTITION_UA,
        payload: record.value.as_ptr().cast::<c_void>().cast_mut(),
        len: record.value.len(),
        key: record.key.map_or(ptr::null_mut(), |key| {
            key.as_ptr().cast::<c_void>().cast_mut()
        }),
        key_len: record.key.map_or(0, <[u8]>::len),
        offset: 0,
        _private: ptr::without_provenance_mut(usize::try_from(record.opaque).unwrap_or(usize::MAX)),
    }
}

/// librdkafka's name and text of an error code, such as
/// `_MSG_TIMED_OUT`, `Local: Message timed out`.
pub(super) fn describe(code: Code) -> (String, String) {
    // SAFETY: librdkafka returns static strings for any code.
    let name = unsafe { CStr::from_ptr(rdsys::rd_kafka_err2name(code)) };
    (
        name.to_string_lossy().into_owned(),
        RDKafkaErrorCode::from(code).to_string(),
    )
}

// The opaque of a record is a number in the place of a pointer.
const _: () = assert!(size_of::<usize>() == size_of::<u64>());
