//! A topic to produce to, and librdkafka's batch call.

use std::ffi::{CStr, CString, c_void};
use std::ptr;
use std::sync::Arc;

use rdkafka::bindings as rdsys;
use rdkafka::error::IsError;

use super::partitions::{self, PARTITION_UA, Partitions};
use super::{Code, Native, describe, pointer};

/// A topic to produce to.
pub(in crate::producer) struct Topic {
    topic: *mut rdsys::rd_kafka_topic_t,
    native: Arc<Native>,
    partitions: Arc<Partitions>,
    messages: Vec<rdsys::rd_kafka_message_t>,
}

// SAFETY: the handle may be used by any thread; the pointers in `messages`
// are only looked at during a call of `produce`.
unsafe impl Send for Topic {}

/// One record with all that a record may have.
pub(in crate::producer) struct FullRecord<'a> {
    /// The partition; `None` leaves it to the partitioner.
    pub(in crate::producer) partition: Option<i32>,
    /// The record's value; `None` is a tombstone.
    pub(in crate::producer) value: Option<&'a [u8]>,
    /// The record's key.
    pub(in crate::producer) key: Option<&'a [u8]>,
    /// Comes back with the delivery report.
    pub(in crate::producer) opaque: u64,
    /// Milliseconds since the epoch; `None` is the time of the hand-over.
    pub(in crate::producer) timestamp_ms: Option<i64>,
    /// Names and values in order.
    pub(in crate::producer) headers: &'a [(String, Option<Vec<u8>>)],
}

/// One record as it is handed over.
pub(in crate::producer) struct Record<'a> {
    /// The record's value.
    pub(in crate::producer) value: &'a [u8],
    /// The record's key.
    pub(in crate::producer) key: Option<&'a [u8]>,
    /// Comes back with the delivery report.
    pub(in crate::producer) opaque: u64,
}

impl Topic {
    /// A handle on a topic, which need not exist yet.
    ///
    /// # Errors
    /// The name is not a topic's.
    pub(in crate::producer) fn new(native: &Arc<Native>, name: &str) -> Result<Self, String> {
        let partitions = native.partitions(name);
        let name = CString::new(name).map_err(|_| "the name contains a zero byte".to_owned())?;
        let client = native.client.native_ptr();
        // SAFETY: the client is alive and the name a C string. The
        // configuration is a copy that `rd_kafka_topic_new` takes over, also
        // when it fails. The partitioner's state outlives the topic: the
        // client has a reference to it and is dropped before that.
        let topic = unsafe {
            let config = rdsys::rd_kafka_default_topic_conf_dup(client);
            rdsys::rd_kafka_topic_conf_set_partitioner_cb(config, Some(partitions::choose));
            rdsys::rd_kafka_topic_conf_set_opaque(config, partitions.opaque());
            rdsys::rd_kafka_topic_new(client, name.as_ptr(), config)
        };
        if topic.is_null() {
            // SAFETY: plain thread-local read of librdkafka's last error.
            return Err(describe(unsafe { rdsys::rd_kafka_last_error() }).1);
        }
        Ok(Self {
            topic,
            native: Arc::clone(native),
            partitions,
            messages: Vec::new(),
        })
    }

    /// Its name.
    pub(in crate::producer) fn name(&self) -> String {
        // SAFETY: the handle is alive, and its name a C string that lives as
        // long.
        let name = unsafe { CStr::from_ptr(rdsys::rd_kafka_topic_name(self.topic)) };
        name.to_string_lossy().into_owned()
    }

    /// Hands records over in order, in one call. Returns how many were taken
    /// and why the next one was not.
    pub(in crate::producer) fn produce<'a>(
        &mut self,
        records: impl Iterator<Item = Record<'a>>,
    ) -> (usize, Option<Code>) {
        let (mut bytes, mut keyed) = (0, false);
        self.messages.clear();
        self.messages.extend(records.map(|record| {
            bytes += record.value.len();
            keyed |= record.key.is_some();
            message(&record)
        }));
        let partition = self.partitions.for_batch(bytes, keyed);
        let count = i32::try_from(self.messages.len()).unwrap_or(i32::MAX);
        // SAFETY: `messages` holds `count` initialized messages whose values
        // and keys are borrowed for 'a, which outlasts this call.
        let taken = unsafe {
            rdsys::rd_kafka_produce_batch(
                self.topic,
                partition,
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

    /// Hands one record over with what the batch call cannot carry.
    ///
    /// # Errors
    /// librdkafka's reason for not taking it.
    pub(in crate::producer) fn produce_full(&self, record: &FullRecord<'_>) -> Result<(), Code> {
        use rdsys::rd_kafka_vtype_t as Tag;
        let ((value, value_bytes), (key, key_bytes)) = (part(record.value), part(record.key));
        let partition = record
            .partition
            .unwrap_or_else(|| self.partitions.for_batch(value_bytes, record.key.is_some()));
        let headers = native_headers(record.headers);
        // SAFETY: the argument list is `rd_kafka_producev`'s: each tag is
        // followed by values of the types it asks for, END comes last; value
        // and key are copied during the call, and the headers are taken over
        // if it succeeds.
        let code = unsafe {
            rdsys::rd_kafka_producev(
                self.native.client.native_ptr(),
                Tag::RD_KAFKA_VTYPE_RKT,
                self.topic,
                Tag::RD_KAFKA_VTYPE_PARTITION,
                partition,
                Tag::RD_KAFKA_VTYPE_MSGFLAGS,
                rdsys::RD_KAFKA_MSG_F_COPY,
                Tag::RD_KAFKA_VTYPE_VALUE,
                value,
                value_bytes,
                Tag::RD_KAFKA_VTYPE_KEY,
                key,
                key_bytes,
                Tag::RD_KAFKA_VTYPE_OPAQUE,
                pointer(record.opaque),
                Tag::RD_KAFKA_VTYPE_TIMESTAMP,
                record.timestamp_ms.unwrap_or(0),
                Tag::RD_KAFKA_VTYPE_HEADERS,
                headers,
                Tag::RD_KAFKA_VTYPE_END,
            )
        };
        if !code.is_error() {
            return Ok(());
        }
        if !headers.is_null() {
            // SAFETY: the failed call has left them to us.
            unsafe { rdsys::rd_kafka_headers_destroy(headers) };
        }
        Err(code)
    }
}

/// A record's headers in librdkafka's form; null for none.
fn native_headers(headers: &[(String, Option<Vec<u8>>)]) -> *mut rdsys::rd_kafka_headers_t {
    if headers.is_empty() {
        return ptr::null_mut();
    }
    let length = |bytes: usize| isize::try_from(bytes).unwrap_or(isize::MAX);
    // SAFETY: names and values are copied during each call and have the
    // lengths that are told; a null value is Kafka's null.
    unsafe {
        let native = rdsys::rd_kafka_headers_new(headers.len());
        for (name, value) in headers {
            let (bytes, count) = value.as_deref().map_or((ptr::null(), 0), |value| {
                (value.as_ptr().cast(), length(value.len()))
            });
            rdsys::rd_kafka_header_add(
                native,
                name.as_ptr().cast(),
                length(name.len()),
                bytes,
                count,
            );
        }
        native
    }
}

impl Drop for Topic {
    fn drop(&mut self) {
        // SAFETY: the handle is ours and its client is still alive.
        unsafe { rdsys::rd_kafka_topic_destroy(self.topic) };
    }
}

/// Bytes as librdkafka takes them; null is Kafka's null.
fn part(bytes: Option<&[u8]>) -> (*mut c_void, usize) {
    bytes.map_or((ptr::null_mut(), 0), |bytes| {
        (bytes.as_ptr().cast::<c_void>().cast_mut(), bytes.len())
    })
}

fn message(record: &Record<'_>) -> rdsys::rd_kafka_message_t {
    let ((payload, len), (key, key_len)) = (part(Some(record.value)), part(record.key));
    rdsys::rd_kafka_message_t {
        err: Code::RD_KAFKA_RESP_ERR_NO_ERROR,
        rkt: ptr::null_mut(),
        partition: PARTITION_UA,
        payload,
        len,
        key,
        key_len,
        offset: 0,
        _private: pointer(record.opaque),
    }
}
