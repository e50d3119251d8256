//! Schemas that a transform made of others, so that records of one schema go
//! on sharing one (`SynchronizedCache` of an `LRUCache`).
//!
//! Invariant: at most [`SIZE`] are kept, those that were used last.

use std::sync::{Arc, Mutex, PoisonError};

use crate::data::Schema;
use crate::record::DataError;

/// As many as Kafka's transforms keep.
const SIZE: usize = 16;

/// Pairs of a schema and what was made of it, the one used last at the end.
#[derive(Debug, Default)]
pub(super) struct SchemaCache {
    pairs: Mutex<Vec<(Arc<Schema>, Arc<Schema>)>>,
}

impl SchemaCache {
    /// What was made of `source`, made now if it is not known.
    pub(super) fn get(
        &self,
        source: &Arc<Schema>,
        create: impl FnOnce(&Schema) -> Result<Arc<Schema>, DataError>,
    ) -> Result<Arc<Schema>, DataError> {
        let mut pairs = self.pairs.lock().unwrap_or_else(PoisonError::into_inner);
        let same = |(known, _): &(Arc<Schema>, Arc<Schema>)| Arc::ptr_eq(known, source);
        // Records of one source share a schema, so contents are rarely compared.
        let at = pairs.iter().rposition(same);
        let at = at.or_else(|| pairs.iter().rposition(|(known, _)| known == source));
        if let Some(at) = at {
            let pair = pairs.remove(at);
            let made = pair.1.clone();
            pairs.push(pair);
            return Ok(made);
        }
        let made = create(source)?;
        if pairs.len() == SIZE {
            pairs.remove(0);
        }
        pairs.push((source.clone(), made.clone()));
        Ok(made)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Kind;

    #[test]
    fn what_was_used_last_is_kept() {
        let cache = SchemaCache::default();
        let named = |name: &str| {
            let mut schema = Schema::new(Kind::Int8);
            schema.name = Some(name.to_owned());
            Arc::new(schema)
        };
        let get = |name: &str| cache.get(&named(name), |_| Ok(named(name))).unwrap();
        let first = get("0");
        for n in 1..16 {
            get(&n.to_string());
        }
        assert!(Arc::ptr_eq(&first, &get("0")));
        let second = get("1");
        get("16");
        assert!(Arc::ptr_eq(&second, &get("1")));
        let failed = cache.get(&named("x"), |_| Err(DataError::data("no")));
        assert!(failed.is_err());
        assert_eq!(cache.pairs.lock().unwrap().len(), SIZE);
    }
}
