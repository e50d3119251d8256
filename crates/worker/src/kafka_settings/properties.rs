//! librdkafka's properties, among which secrets may be.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::{Deref, DerefMut};

/// librdkafka's properties of a client by their names. `Debug` shows the names
/// only: any value may be a secret.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct NativeProperties(BTreeMap<String, String>);

impl fmt::Debug for NativeProperties {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Deref for NativeProperties {
    type Target = BTreeMap<String, String>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl DerefMut for NativeProperties {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

impl From<BTreeMap<String, String>> for NativeProperties {
    fn from(properties: BTreeMap<String, String>) -> Self {
        Self(properties)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_output_shows_names_only() {
        let given = [("sasl.password".to_owned(), "hunter2".to_owned())];
        let properties = NativeProperties::from(BTreeMap::from(given));
        assert_eq!(format!("{properties:?}"), "{\"sasl.password\"}");
        assert_eq!(properties["sasl.password"], "hunter2");
    }
}
