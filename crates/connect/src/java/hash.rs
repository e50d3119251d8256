//! The order in which Java's `HashMap` and `HashSet` give their entries: it
//! decides which of several errors is reported.

/// The order of the keys of a `HashMap` that was made empty and filled one by
/// one. Keys that come twice are kept once.
pub fn hash_map_order(keys: &[String]) -> Vec<String> {
    let keys = distinct(keys);
    let mut table = 16;
    while keys.len() > table * 3 / 4 {
        table *= 2;
    }
    ordered(keys, table)
}

/// The order of a `HashSet` made from a collection.
pub fn hash_set_order(keys: &[String]) -> Vec<String> {
    // The set's size is chosen by the collection's, before duplicates go.
    let wanted = (keys.len() * 4 / 3 + 1).max(16);
    ordered(distinct(keys), wanted.next_power_of_two())
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

fn ordered(mut keys: Vec<String>, table: usize) -> Vec<String> {
    keys.sort_by_key(|key| {
        let hash = string_hash(key);
        (hash ^ (hash >> 16)) as usize & (table - 1)
    });
    keys
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
        assert_eq!(hash_map_order(&keys), ["Aa", "BB", "a", "b", "zulu"]);
        assert_eq!(hash_set_order(&keys), hash_map_order(&keys));
    }
}
