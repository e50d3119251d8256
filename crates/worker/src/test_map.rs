//! Settings as tests write them.

use std::collections::BTreeMap;

/// Pairs of names and values as files and requests have them.
pub(crate) fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    pairs.iter().map(owned).collect()
}
