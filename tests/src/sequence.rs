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

/// Asserts that exactly the numbers of `expected` are there, in order, but for
/// repeats: a broker that goes away may have written a request whose answer
/// is lost, and a producer without idempotence then sends all of it again.
pub fn assert_complete_with_repeats(records: &[String], expected: Range<u64>) {
    let mut next = expected.start;
    for (index, number) in numbers(records).into_iter().enumerate() {
        assert!(
            number <= next,
            "{number} in the place of {next}, at record {index}"
        );
        next = next.max(number + 1);
    }
    assert_eq!(next, expected.end, "the last number and one");
}

/// Asserts that no number comes twice or after a larger one.
pub fn assert_increasing(records: &[String]) {
    let numbers = numbers(records);
    for pair in numbers.windows(2) {
        assert!(pair[0] < pair[1], "{} comes before {}", pair[0], pair[1]);
    }
}
