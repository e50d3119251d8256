//! The numbered messages that the servers send, as they come out of Kafka.

use std::collections::BTreeSet;
use std::ops::Range;

use serde_json::Value;

/// The numbers of records `{"seq":N,…}`, in order; panics at any other record.
pub fn numbers(records: &[String]) -> Vec<u64> {
    let numbered = |record: &String| number(record.as_bytes());
    records.iter().map(numbered).collect()
}

/// The number of one message; panics if it has none.
pub fn number(message: &[u8]) -> u64 {
    let value: Option<Value> = serde_json::from_slice(message).ok();
    let number = value.and_then(|value| value["seq"].as_u64());
    number.unwrap_or_else(|| {
        let text = String::from_utf8_lossy(message);
        panic!("not a numbered message: {text}")
    })
}

/// What the numbers of a topic have shown.
#[derive(Debug)]
pub struct Passes {
    /// Every number that is there.
    pub distinct: BTreeSet<u64>,
    /// How many records have a number that was there before.
    pub repeats: u64,
    /// How often numbers went back.
    pub returns: u64,
}

/// Takes apart the numbers of a topic. `starts` has the first number that was
/// sent on each connection: what comes in between two connections was never
/// received. Panics if a number is missing within a connection, but for those
/// of `lost`, or if a pass is out of order.
pub fn passes(numbers: &[u64], starts: &BTreeSet<u64>, lost: &BTreeSet<u64>) -> Passes {
    let follows = |before: u64, number: u64| {
        let gone = (before + 1..number).all(|number| lost.contains(&number));
        starts.contains(&number) || (before < number && gone)
    };
    let mut found = Passes {
        distinct: BTreeSet::new(),
        repeats: 0,
        returns: 0,
    };
    let mut before: Option<u64> = None;
    for (index, &number) in numbers.iter().enumerate() {
        match before {
            Some(before) if number <= before => {
                let known = found.distinct.contains(&number);
                assert!(known, "{number} after {before}, at record {index}");
                found.returns += 1;
            }
            Some(before) => assert!(
                follows(before, number),
                "{number} follows {before}, at record {index}; connections began with {starts:?}"
            ),
            None => assert!(starts.contains(&number), "{number} is the first"),
        }
        found.repeats += u64::from(!found.distinct.insert(number));
        before = Some(number);
    }
    for (before, number) in found.distinct.iter().zip(found.distinct.iter().skip(1)) {
        assert!(follows(*before, *number), "{number} follows {before}");
    }
    found
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
