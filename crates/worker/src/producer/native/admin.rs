//! librdkafka's requests of admin clients about topics. rdkafka's own
//! `AdminClient` has them too, but leaves out a broker's words about what is
//! wrong, and serves no logins.

use std::collections::BTreeMap;
use std::ffi::{CString, c_char};
use std::ptr;
use std::time::Duration;

use rdkafka::bindings as rdsys;
use rdsys::rd_kafka_admin_op_t as Operation;

use super::{Native, describe, pointer, wait_ms};

/// A topic that is to be created.
pub(in crate::producer) struct NewTopic<'a> {
    /// Its name.
    pub(in crate::producer) name: &'a str,
    /// -1 is the broker's default.
    pub(in crate::producer) partitions: i32,
    /// -1 is the broker's default.
    pub(in crate::producer) replication_factor: i32,
    /// Its settings.
    pub(in crate::producer) configs: &'a BTreeMap<String, String>,
}

impl NewTopic<'_> {
    /// Whether librdkafka would ask for it.
    ///
    /// # Errors
    /// What is out of its bounds, in words.
    pub(in crate::producer) fn check(&self) -> Result<(), String> {
        NewTopics(Vec::new()).add(self)
    }
}

/// Options of a request, given back on drop.
struct Options(*mut rdsys::rd_kafka_AdminOptions_t);

impl Drop for Options {
    fn drop(&mut self) {
        // SAFETY: they are ours and not used again.
        unsafe { rdsys::rd_kafka_AdminOptions_destroy(self.0) };
    }
}

/// Topics of a request, given back on drop.
struct NewTopics(Vec<*mut rdsys::rd_kafka_NewTopic_t>);

impl Drop for NewTopics {
    fn drop(&mut self) {
        for topic in &self.0 {
            // SAFETY: it is ours and not used again.
            unsafe { rdsys::rd_kafka_NewTopic_destroy(*topic) };
        }
    }
}

/// `what` names it in the error, which must not show it: it may be a secret.
fn c_string(text: &str, what: &str) -> Result<CString, String> {
    CString::new(text).map_err(|_| format!("{what} contains a zero byte"))
}

impl NewTopics {
    /// # Errors
    /// What is out of bounds, in words.
    fn add(&mut self, topic: &NewTopic<'_>) -> Result<(), String> {
        let name = c_string(topic.name, "the topic's name")?;
        // SAFETY: the name is a C string, copied during the call; a null
        // buffer for the error's text has no size.
        let native = unsafe {
            rdsys::rd_kafka_NewTopic_new(
                name.as_ptr(),
                topic.partitions,
                topic.replication_factor,
                ptr::null_mut(),
                0,
            )
        };
        if native.is_null() {
            return Err(format!(
                "{} partitions with a replication factor of {} are more than a topic can have",
                topic.partitions, topic.replication_factor
            ));
        }
        self.0.push(native);
        for (name, value) in topic.configs {
            let value = c_string(value, &format!("the value of {name}"))?;
            let name = c_string(name, "the name of a setting")?;
            // SAFETY: both are C strings, copied during the call. It refuses
            // empty names only, and those the broker refuses as well.
            unsafe { rdsys::rd_kafka_NewTopic_set_config(native, name.as_ptr(), value.as_ptr()) };
        }
        Ok(())
    }
}

impl Native {
    fn options(
        &self,
        operation: Operation,
        timeout: Duration,
        request: u64,
    ) -> Result<Options, String> {
        // SAFETY: the client is alive; a null buffer for an error's text has
        // no size.
        unsafe {
            let options = rdsys::rd_kafka_AdminOptions_new(self.client.native_ptr(), operation);
            if options.is_null() {
                return Err("librdkafka has no such request".to_owned());
            }
            let options = Options(options);
            let set = rdsys::rd_kafka_AdminOptions_set_request_timeout;
            let code = set(options.0, wait_ms(timeout), ptr::null_mut(), 0);
            if code != super::Code::RD_KAFKA_RESP_ERR_NO_ERROR {
                return Err(describe(code).1);
            }
            rdsys::rd_kafka_AdminOptions_set_opaque(options.0, pointer(request));
            Ok(options)
        }
    }

    /// Asks for descriptions of topics; the answer comes as an event with the
    /// number `request` within `timeout`.
    ///
    /// # Errors
    /// The request cannot be made.
    pub(in crate::producer) fn describe_topics(
        &self,
        names: &[&str],
        timeout: Duration,
        request: u64,
    ) -> Result<(), String> {
        let names: Vec<CString> = names
            .iter()
            .map(|name| c_string(name, "a topic's name"))
            .collect::<Result<_, _>>()?;
        let mut pointers: Vec<*const c_char> = names.iter().map(|name| name.as_ptr()).collect();
        let options = self.options(
            Operation::RD_KAFKA_ADMIN_OP_DESCRIBETOPICS,
            timeout,
            request,
        )?;
        // SAFETY: client and queue are alive; the names are as many C strings
        // as is told; all is copied during the call.
        unsafe {
            let topics = rdsys::rd_kafka_TopicCollection_of_topic_names(
                pointers.as_mut_ptr(),
                pointers.len(),
            );
            rdsys::rd_kafka_DescribeTopics(self.client.native_ptr(), topics, options.0, self.queue);
            rdsys::rd_kafka_TopicCollection_destroy(topics);
        }
        Ok(())
    }

    /// Asks for a topic's settings; the answer comes as an event with the
    /// number `request` within `timeout`.
    ///
    /// # Errors
    /// The request cannot be made.
    pub(in crate::producer) fn describe_settings(
        &self,
        topic: &str,
        timeout: Duration,
        request: u64,
    ) -> Result<(), String> {
        let topic = c_string(topic, "the topic's name")?;
        let options = self.options(
            Operation::RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS,
            timeout,
            request,
        )?;
        let kind = rdsys::rd_kafka_ResourceType_t::RD_KAFKA_RESOURCE_TOPIC;
        // SAFETY: client and queue are alive; the name is a C string; what is
        // asked for is one resource, and all is copied during the call.
        unsafe {
            let mut resource = rdsys::rd_kafka_ConfigResource_new(kind, topic.as_ptr());
            if resource.is_null() {
                return Err("the topic has no name".to_owned());
            }
            rdsys::rd_kafka_DescribeConfigs(
                self.client.native_ptr(),
                &raw mut resource,
                1,
                options.0,
                self.queue,
            );
            rdsys::rd_kafka_ConfigResource_destroy(resource);
        }
        Ok(())
    }

    /// Has topics created, each name once; the answer comes as an event with
    /// the number `request` within `timeout`.
    ///
    /// # Errors
    /// The request cannot be made.
    pub(in crate::producer) fn create_topics(
        &self,
        topics: &[NewTopic<'_>],
        timeout: Duration,
        request: u64,
    ) -> Result<(), String> {
        let mut native = NewTopics(Vec::with_capacity(topics.len()));
        for topic in topics {
            native.add(topic)?;
        }
        let options = self.options(Operation::RD_KAFKA_ADMIN_OP_CREATETOPICS, timeout, request)?;
        // SAFETY: client and queue are alive, the topics are as many as is
        // told, and all is copied during the call.
        unsafe {
            let set = rdsys::rd_kafka_AdminOptions_set_operation_timeout;
            // Brokers wait with the answer until the topics can be used.
            set(options.0, wait_ms(timeout), ptr::null_mut(), 0);
            rdsys::rd_kafka_CreateTopics(
                self.client.native_ptr(),
                native.0.as_mut_ptr(),
                native.0.len(),
                options.0,
                self.queue,
            );
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_asked_for_is_known_before() {
        let config = |value: &str| BTreeMap::from([("retention.ms".to_owned(), value.to_owned())]);
        let check = |partitions, replication_factor, value: &str| {
            let topic = NewTopic {
                name: "t",
                partitions,
                replication_factor,
                configs: &config(value),
            };
            topic.check()
        };
        assert_eq!(check(-1, -1, "1"), Ok(()));
        assert_eq!(check(100, 3, ""), Ok(()));
        let error = check(i32::MAX, 1, "1").expect_err("too many");
        assert!(error.starts_with("2147483647 partitions"), "{error}");
        let error = check(1, 1, "s3\0cret").expect_err("no C string");
        assert_eq!(error, "the value of retention.ms contains a zero byte");
    }
}
