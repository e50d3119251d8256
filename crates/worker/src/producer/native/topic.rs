//! A topic to produce to, and librdkafka's batch call.

use std::ffi::{CString, c_void};
use std::ptr;
use std::sync::Arc;

use rdkafka::bindings as rdsys;
use rdkafka::error::IsError;

use super::partitions::{self, PARTITION_UA, Partitions};
use super::{Code, Native, describe};

// The opaque of a record is a number in the place of a pointer.
const _: () = assert!(size_of::<usize>() == size_of::<u64>());

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

    /// Hands one record over with its own timestamp, milliseconds since the
    /// epoch, which the batch call cannot carry.
    ///
    /// # Errors
    /// librdkafka's reason for not taking it.
    pub(in crate::producer) fn produce_at(
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
