//! librdkafka's handles: the client, its topics and the raw batch call.
//!
//! This module and those in it hold the only `unsafe` code of the worker:
//! rdkafka has no safe form of `rd_kafka_produce_batch`, and its delivery
//! callbacks cost an atomic reference count per message. Invariants: a
//! [`Topic`] keeps its client alive; the client's queue ends before it;
//! librdkafka copies every value during the call (`RD_KAFKA_MSG_F_COPY`), so
//! no pointer into our memory outlives a call.

// `unsafe` is allowed here and nowhere else; each block says why it holds.
#![allow(unsafe_code)]

mod admin;
pub(super) mod event;
mod partitions;
mod returned;
mod topic;
pub(super) mod transactions;

use std::collections::HashMap;
use std::ffi::{CStr, CString, c_void};
use std::ptr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::bindings as rdsys;
use rdkafka::client::{Client, DefaultClientContext, OAuthToken};
use rdkafka::error::{IsError, KafkaError, RDKafkaErrorCode};
use rdkafka::types::RDKafkaType;

pub(super) use admin::NewTopic;
use event::Event;
use partitions::Partitions;
pub(super) use returned::Returned;
pub(super) use topic::{FullRecord, Record, Topic};

/// librdkafka's error codes.
pub(super) use rdsys::rd_kafka_resp_err_t as Code;

/// Room for librdkafka's words about an error.
const ERROR_CHARS: usize = 512;
/// Longest wait that librdkafka's calls take, milliseconds.
const MAX_WAIT_MS: i32 = i32::MAX;

// An opaque is a number in the place of a pointer.
const _: () = assert!(size_of::<usize>() == size_of::<u64>());

fn pointer(opaque: u64) -> *mut c_void {
    ptr::without_provenance_mut(usize::try_from(opaque).unwrap_or(usize::MAX))
}

fn wait_ms(wait: Duration) -> i32 {
    i32::try_from(wait.as_millis()).unwrap_or(MAX_WAIT_MS)
}

/// A producing client.
pub(super) struct Native {
    client: Client<DefaultClientContext>,
    queue: *mut rdsys::rd_kafka_queue_t,
    /// What the partitioner keeps of each topic. librdkafka has their
    /// addresses, so they stay until the client is gone: fields are dropped in
    /// the order of their declaration.
    partitions: Mutex<HashMap<String, Arc<Partitions>>>,
    /// The thread that has destroyed the client.
    #[cfg(test)]
    dropped_on: Arc<std::sync::OnceLock<String>>,
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
        Ok(Self {
            client,
            queue,
            partitions: Mutex::default(),
            #[cfg(test)]
            dropped_on: Arc::default(),
        })
    }

    /// What the partitioner keeps of a topic.
    fn partitions(&self, topic: &str) -> Arc<Partitions> {
        let mut known = self
            .partitions
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let partitions = known.entry(topic.to_owned()).or_default();
        Arc::clone(partitions)
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

    /// Asks a broker for what it knows of the client's topics; whether one
    /// answered within `wait`.
    pub(super) fn refresh_metadata(&self, wait: Duration) -> bool {
        let mut metadata = ptr::null();
        // SAFETY: the client is alive; on success the pointer is ours to give
        // back, and nothing is read from it.
        unsafe {
            let code = rdsys::rd_kafka_metadata(
                self.client.native_ptr(),
                0,
                ptr::null_mut(),
                &raw mut metadata,
                wait_ms(wait),
            );
            if code.is_error() {
                return false;
            }
            rdsys::rd_kafka_metadata_destroy(metadata);
        }
        true
    }

    /// What has made the client unusable for good, in librdkafka's name and
    /// text, if something has.
    pub(super) fn fatal_error(&self) -> Option<(String, String)> {
        let mut why = [0; ERROR_CHARS];
        // SAFETY: the client is alive and the buffer has the length told.
        let code = unsafe {
            rdsys::rd_kafka_fatal_error(self.client.native_ptr(), why.as_mut_ptr(), why.len())
        };
        if !code.is_error() {
            return None;
        }
        // SAFETY: librdkafka ends what it writes there with a zero.
        let why = unsafe { CStr::from_ptr(why.as_ptr()) };
        Some((describe(code).0, why.to_string_lossy().into_owned()))
    }

    /// Has the client fail for good with this code, as a broker's answer may.
    #[cfg(test)]
    pub(super) fn fail(&self, code: Code) {
        // SAFETY: the client is alive and the text a C string.
        unsafe {
            rdsys::rd_kafka_test_fatal_error(self.client.native_ptr(), code, c"a test".as_ptr());
        }
    }

    /// The value of a setting as the client has it.
    #[cfg(test)]
    pub(super) fn setting(&self, name: &str) -> Option<String> {
        let name = CString::new(name).ok()?;
        let mut value = [0; ERROR_CHARS];
        let mut bytes = value.len();
        // SAFETY: the client and with it its configuration are alive, the name
        // is a C string, and the buffer has the length told.
        let found = unsafe {
            rdsys::rd_kafka_conf_get(
                rdsys::rd_kafka_conf(self.client.native_ptr()),
                name.as_ptr(),
                value.as_mut_ptr(),
                &raw mut bytes,
            )
        };
        if found.is_error() {
            return None;
        }
        // SAFETY: librdkafka ends what it writes there with a zero.
        let value = unsafe { CStr::from_ptr(value.as_ptr()) };
        Some(value.to_string_lossy().into_owned())
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
        #[cfg(test)]
        {
            let thread = std::thread::current();
            // It is dropped once.
            let _ = self
                .dropped_on
                .set(thread.name().unwrap_or_default().to_owned());
        }
    }
}

/// Where the name of the thread will be that destroys the client.
#[cfg(test)]
pub(super) fn dropped_on(native: &Native) -> Arc<std::sync::OnceLock<String>> {
    Arc::clone(&native.dropped_on)
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
