//! The numbered messages that the servers send, as they come out of Kafka.

use std::ops::Range;

use serde_json::Value;

/// The numbers of records `{"seq":N,…}`, in order; panics at any other record.
pub fn numbers(records: &[String]) -> Vec<u64> {
    let number = |record: &String| {
        let value: Value = serde_json::from_str(record).ok()?;
        value["seq"].as_u64()
    };
    records
        .iter()
        .map(|record| number(record).unwrap_or_else(|| panic!("not a numbered message: {record}")))
        .collect()
}

/// Asserts that exactly the numbers of `expected` are there, in order.
pub fn assert_complete(records: &[String], expected: Range<u64>) {
    let numbers = numbers(records);
    for (index, (number, wanted)) in numbers.iter().zip(expected.clone()).enumerate() {
        assert_eq!(*number, wanted, "at record {index}");
    }
    let wanted = expected.end - expected.start;
    assert_eq!(numbers.len() as u64, wanted, "number of records");
}

/// Asserts that no number comes twice or after a larger one.
pub fn assert_increasing(records: &[String]) {
    let numbers = numbers(records);
    for pair in numbers.windows(2) {
        assert!(pair[0] < pair[1], "{} comes before {}", pair[0], pair[1]);
    }
}
