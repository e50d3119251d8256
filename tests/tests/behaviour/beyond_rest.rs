//! What no request shows is held by tests: those that the list names are there.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use end_to_end::differential::unplayed::UNPLAYED;
use end_to_end::tools::repository;

/// The names of the tests in a Rust source: of functions with an attribute
/// that says so, or that `against_each_kafka!` makes tests of.
fn tests_of(source: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let (mut is_test, mut in_list) = (false, false);
    for line in source.lines().map(str::trim) {
        let function = line.strip_prefix("async ").unwrap_or(line);
        if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
            is_test = true;
        } else if let Some(rest) = function.strip_prefix("fn ") {
            let name = rest.split(['(', '<']).next();
            found.extend(name.filter(|_| is_test));
            is_test = false;
        }
        let list = line.strip_prefix("against_each_kafka!(");
        if in_list || list.is_some() {
            let list = list.unwrap_or(line);
            let names = list.trim_end_matches(");").split(',').map(str::trim);
            found.extend(names.filter(|name| !name.is_empty()));
            in_list = !line.ends_with(");");
        }
    }
    found
}

fn sources(folder: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(fs::read_to_string(&path).expect("a source"));
        }
    }
}

#[test]
fn what_no_request_shows_is_shown_by_the_tests_that_are_named() {
    let mut files = Vec::new();
    for folder in ["crates", "tests"] {
        sources(&repository().join(folder), &mut files);
    }
    let tests: BTreeSet<&str> = files.iter().flat_map(|file| tests_of(file)).collect();
    for known in UNPLAYED.iter().flat_map(|(_, known)| *known) {
        assert!(!known.tests.is_empty(), "no test shows: {}", known.what);
        for test in known.tests {
            assert!(tests.contains(test), "{test} of: {}", known.what);
        }
    }
}

#[test]
fn tests_are_found_by_what_makes_them_tests() {
    let source = concat!(
        "#[test]\n#[ignore = \"x\"]\nfn one() {}\n#[tokio::test(flavor = \"x\")]\nasync fn two() {}\n",
        "against_each_kafka!(\n    three,\n    four,\n);\nagainst_each_kafka!(five);\n",
        "fn three() {}\nfn helper() {}\n",
    );
    assert_eq!(tests_of(source), ["one", "two", "three", "four", "five"]);
}
