//! A record that has come back, to be produced again.
//!
//! A report's record belongs to its event, which librdkafka takes back, so
//! what is to be produced again has to be copied. Invariant: nothing about
//! the record changes by its return, neither its partition nor its timestamp.

use std::ffi::CStr;
use std::{mem, ptr, slice};

use rdkafka::bindings as rdsys;
use rdkafka::error::IsError;

use super::Code;
use super::event::Report;
use super::topic::FullRecord;

/// See the module's documentation.
pub(in crate::producer) struct Returned {
    partition: Option<i32>,
    value: Option<Vec<u8>>,
    key: Option<Vec<u8>>,
    opaque: u64,
    timestamp_ms: Option<i64>,
    headers: Vec<(String, Option<Vec<u8>>)>,
}

impl Returned {
    /// Copies a report's record.
    pub(in crate::producer) fn of(report: &Report<'_>) -> Self {
        let pointer = report.message.as_ptr();
        // SAFETY: the report borrows the event, so that the message is valid;
        // nobody else has it, and its value and key have the lengths that it
        // tells.
        unsafe {
            let timestamp_ms = timestamp_ms(pointer);
            let message = &*pointer;
            Self {
                partition: (message.partition >= 0).then_some(message.partition),
                value: copy(message.payload.cast(), message.len),
                key: copy(message.key.cast(), message.key_len),
                opaque: report.opaque,
                timestamp_ms,
                headers: headers(message),
            }
        }
    }

    /// Comes back with the next report.
    pub(in crate::producer) fn opaque(&self) -> u64 {
        self.opaque
    }

    /// Bytes of key and value, as reports count them.
    pub(in crate::producer) fn reported_bytes(&self) -> usize {
        length(self.key.as_ref()) + length(self.value.as_ref())
    }

    /// Bytes in a request, as turns count them.
    pub(in crate::producer) fn request_bytes(&self) -> usize {
        let headers = self.headers.iter();
        let headers = headers.map(|(name, value)| name.len() + length(value.as_ref()));
        self.reported_bytes() + headers.sum::<usize>()
    }

    /// As it is to be produced.
    pub(in crate::producer) fn record(&self) -> FullRecord<'_> {
        FullRecord {
            partition: self.partition,
            value: self.value.as_deref(),
            key: self.key.as_deref(),
            opaque: self.opaque,
            timestamp_ms: self.timestamp_ms,
            headers: &self.headers,
        }
    }
}

impl Report<'_> {
    /// The name of the record's topic.
    pub(in crate::producer) fn topic(&self) -> String {
        // SAFETY: the message is valid and holds a reference to its topic,
        // whose name is a C string.
        let name = unsafe { CStr::from_ptr(rdsys::rd_kafka_topic_name(self.message.as_ref().rkt)) };
        name.to_string_lossy().into_owned()
    }
}

fn length(bytes: Option<&Vec<u8>>) -> usize {
    bytes.map_or(0, Vec::len)
}

/// The timestamp with which a record was produced.
///
/// # Safety
/// The message is valid, and nobody else looks at it meanwhile.
unsafe fn timestamp_ms(message: *mut rdsys::rd_kafka_message_t) -> Option<i64> {
    // SAFETY: the caller's promise. librdkafka tells no timestamp of a message
    // with an error, so that it has none for the moment.
    let timestamp_ms = unsafe {
        let error = mem::replace(&mut (*message).err, Code::RD_KAFKA_RESP_ERR_NO_ERROR);
        let timestamp_ms = rdsys::rd_kafka_message_timestamp(message, ptr::null_mut());
        (*message).err = error;
        timestamp_ms
    };
    (timestamp_ms > 0).then_some(timestamp_ms)
}

/// # Safety
/// `bytes` is null, or `count` bytes are there.
unsafe fn copy(bytes: *const u8, count: usize) -> Option<Vec<u8>> {
    // SAFETY: the caller's promise.
    (!bytes.is_null()).then(|| unsafe { slice::from_raw_parts(bytes, count) }.to_vec())
}

fn headers(message: &rdsys::rd_kafka_message_t) -> Vec<(String, Option<Vec<u8>>)> {
    let mut copied = Vec::new();
    let mut native = ptr::null_mut();
    // SAFETY: the message is valid and keeps the headers, which are only read;
    // a name is a C string, and a value has the length that is told.
    unsafe {
        if rdsys::rd_kafka_message_headers(message, &raw mut native).is_error() {
            return copied;
        }
        let (mut name, mut value, mut bytes) = (ptr::null(), ptr::null(), 0);
        while !rdsys::rd_kafka_header_get_all(
            native,
            copied.len(),
            &raw mut name,
            &raw mut value,
            &raw mut bytes,
        )
        .is_error()
        {
            let name = CStr::from_ptr(name).to_string_lossy().into_owned();
            copied.push((name, copy(value.cast(), bytes)));
        }
    }
    copied
}
