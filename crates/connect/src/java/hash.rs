//! The order in which Java's `HashMap` and `HashSet` give their entries: it
//! decides which of several errors is reported.

/// The entries of a `HashMap` that was made empty and into which these were
/// put one by one, in its order. Of entries with one key the last counts.
pub fn hash_map_order<V>(entries: impl IntoIterator<Item = (String, V)>) -> Vec<(String, V)> {
    let mut kept: Vec<(String, V)> = Vec::new();
    for (key, value) in entries {
        match kept.iter_mut().find(|(known, _)| *known == key) {
            Some((_, old)) => *old = value,
            None => kept.push((key, value)),
        }
    }
    let mut table = 16;
    while kept.len() > table * 3 / 4 {
        table *= 2;
    }
    kept.sort_by_key(|(key, _)| bucket(key, table));
    kept
}

/// The order of a `HashSet` made from a collection.
pub fn hash_set_order(keys: &[String]) -> Vec<String> {
    // The set's size is chosen by the collection's, before duplicates go.
    let wanted = (keys.len() * 4 / 3 + 1).max(16);
    let mut kept = distinct(keys);
    kept.sort_by_key(|key| bucket(key, wanted.next_power_of_two()));
    kept
}

fn distinct(keys: &[String]) -> Vec<String> {
    let mut kept: Vec<String> = Vec::with_capacity(keys.len());
    for key in keys {
        if !kept.contains(key) {
            kept.push(key.clone());
        }
    }
    kept
}

/// A key's place in a table of a size that is a power of two.
fn bucket(key: &str, table: usize) -> usize {
    let hash = string_hash(key);
    (hash ^ (hash >> 16)) as usize & (table - 1)
}

/// `String.hashCode`.
fn string_hash(text: &str) -> u32 {
    text.encode_utf16().fold(0, |hash: u32, unit| {
        hash.wrapping_mul(31).wrapping_add(u32::from(unit))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_by_bucket_and_then_as_they_were_put() {
        assert_eq!(string_hash("hello"), 99_162_322);
        let keys = ["zulu", "b", "a", "Aa", "BB", "b"].map(str::to_owned);
        // "Aa" and "BB" have the same hash.
        assert_eq!(hash_set_order(&keys), ["Aa", "BB", "a", "b", "zulu"]);
        let entries = keys.into_iter().zip(0..);
        let entry = |(key, at): (&str, i32)| (key.to_owned(), at);
        assert_eq!(
            hash_map_order(entries),
            [("Aa", 3), ("BB", 4), ("a", 2), ("b", 5), ("zulu", 0)].map(entry)
        );
    }
}
