use super::*;

fn ok(text: &str) -> Value {
    parse_json(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn values_have_connects_types() {
    let text = Value::text;
    assert_eq!(
        ok(r#" {"a":[1,2.5,null,true,"x\n\u00e9\ud83d\ude00"],"b":{}} "#),
        Value::Map(vec![
            (
                text("a"),
                Value::Array(vec![
                    Value::Int64(1),
                    Value::Float64(2.5),
                    Value::Null,
                    Value::Boolean(true),
                    text("x\né\u{1F600}"),
                ])
            ),
            (text("b"), Value::Map(Vec::new())),
        ])
    );
    assert_eq!(ok(""), Value::Null);
    assert_eq!(ok("\u{FEFF} \n"), Value::Null);
}

#[test]
fn numbers_are_what_java_makes_of_them() {
    assert_eq!(ok("18446744073709551617"), Value::Int64(1));
    assert_eq!(ok("-9223372036854775809"), Value::Int64(i64::MAX));
    assert_eq!(ok("-007"), Value::Int64(-7));
    assert_eq!(ok("1e999"), Value::Float64(f64::INFINITY));
    let sign = |text: &str| matches!(ok(text), Value::Float64(zero) if zero.is_sign_positive());
    assert!(sign("-0.0") && !sign("-0e99999999999"));
    assert!(parse_json(&"1".repeat(1_000)).is_ok() && parse_json(&"1".repeat(1_001)).is_err());
}

#[test]
fn the_last_of_equal_names_counts_in_small_and_large_objects() {
    let name = |at: usize| format!("\"k{}\":{at}", at % 30);
    for count in [1_usize, 31, 75] {
        let members: Vec<String> = (0..count).map(name).collect();
        let Value::Map(entries) = ok(&format!("{{{}}}", members.join(","))) else {
            panic!("no map");
        };
        assert_eq!(entries.len(), count.min(30));
        for (at, (key, value)) in entries.iter().enumerate() {
            let last = (0..count).rev().find(|n| n % 30 == at).unwrap();
            assert_eq!(*key, Value::text(format!("k{at}")));
            assert_eq!(*value, Value::Int64(i64::try_from(last).unwrap()));
        }
    }
}

#[test]
fn depth_is_bounded_without_recursion() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(parse_json(&nested(1_000)).is_ok());
    assert!(parse_json(&nested(1_001)).is_err());
    assert!(parse_json(&"[".repeat(1_000_000)).is_err());
}

#[test]
fn what_is_no_json_is_refused_without_showing_it() {
    for text in [
        "nul",
        "truex",
        "{",
        "[1,]",
        "{\"a\":1,}",
        "{a:1}",
        "'a'",
        "\"a",
        "\"\t\"",
        "\"\\x\"",
        "-",
        "1.",
        "1e",
        "+1",
        ".5",
        "1a",
        "[1}",
        "[1 2]",
        "{\"a\" 1}",
        "NaN",
        "\"\\u12\"",
    ] {
        assert!(parse_json(text).is_err(), "{text}");
    }
    let error = parse_json("{\"secret\": s3cret}").unwrap_err();
    assert_eq!(
        error.message,
        "Converting byte[] to Kafka Connect data failed due to serialization error: \
         unexpected character at byte 11"
    );
}

#[test]
fn what_follows_the_first_value_is_ignored() {
    assert_eq!(ok("[] x"), Value::Array(Vec::new()));
    assert_eq!(ok("\"a\"b"), Value::text("a"));
    assert_eq!(ok("true)"), Value::Boolean(true));
    assert_eq!(ok("1 x"), Value::Int64(1));
}
