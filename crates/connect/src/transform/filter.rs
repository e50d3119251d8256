//! Drops every record; a predicate says which ones come here
//! (`org.apache.kafka.connect.transforms.Filter`).

use crate::config::ConfigDef;
use crate::record::{DataError, Record, Transform};

pub(super) fn config_def() -> ConfigDef {
    ConfigDef::default()
}

/// See the module.
#[derive(Debug)]
pub(super) struct Filter;

impl Transform for Filter {
    fn apply(&self, _: Record) -> Result<Option<Record>, DataError> {
        Ok(None)
    }
}
