//! Removes headers (`org.apache.kafka.connect.transforms.DropHeaders`).

use super::settings::required_list;
use crate::config::{ConfigDef, Settings};
use crate::record::{DataError, Record, Transform};

pub(super) fn config_def() -> ConfigDef {
    ConfigDef::default().define(required_list("headers", "Names of the headers to remove."))
}

/// See the module.
#[derive(Debug)]
pub(super) struct DropHeaders {
    headers: Vec<String>,
}

impl DropHeaders {
    pub(super) fn create(settings: &Settings) -> Self {
        Self {
            headers: settings.list("headers").to_vec(),
        }
    }
}

impl Transform for DropHeaders {
    fn apply(&self, mut record: Record) -> Result<Option<Record>, DataError> {
        record
            .headers
            .retain(|header| !self.headers.contains(&header.key));
        Ok(Some(record))
    }
}
