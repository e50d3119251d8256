//! Every error text of the program has its row in the runbook, and every row
//! is about one.

use std::sync::LazyLock;

use super::exclusions::{NO_ERRORS, NO_TEXTS};
use super::literals::{self, Literal};
use super::{OF_THE_REFERENCE, page};

/// The rows of errors, each as its texts, those in the parts that are always
/// the same.
fn rows(runbook: &str) -> Vec<Vec<String>> {
    let (_, errors) = runbook.split_once("\n## Errors\n").expect("the errors");
    let (errors, _) = errors.split_once(OF_THE_REFERENCE).expect("their end");
    let rows = errors.lines().filter_map(|line| line.strip_prefix("| `"));
    let texts = rows.flat_map(|row| {
        let (texts, _) = row.split_once("` |").expect("a row begins with its texts");
        texts.split("`, `")
    });
    let parts = |text: &str| {
        let parts = text.split('…').filter(|part| part.trim().len() > 3);
        parts.map(|part| part.replace('"', "'")).collect()
    };
    texts.map(parts).collect()
}

/// Those of Rust and of Java.
static LITERALS: LazyLock<Vec<Literal>> = LazyLock::new(|| {
    [literals::rust(), literals::java()]
        .into_iter()
        .flatten()
        .collect()
});

/// Whether it is in such a file and an argument of such a call.
fn is_at(literal: &Literal, file: &str, calls: &[&str]) -> bool {
    literal.file.starts_with(file) && (calls.is_empty() || literal.is_in(calls))
}

fn is_no_error(literal: &Literal) -> bool {
    let mut places = NO_ERRORS.iter();
    let mut texts = NO_TEXTS.iter().flat_map(|(texts, _)| *texts);
    places.any(|(file, calls, _)| is_at(literal, file, calls))
        || texts.any(|text| literal.text == *text)
}

#[test]
fn every_error_text_has_its_row() {
    let rows = rows(&page("docs/runbook.md"));
    let errors = LITERALS
        .iter()
        .filter(|literal| literal.is_sentence() && !is_no_error(literal));
    let (mut seen, mut missing) = (0, Vec::new());
    for Literal {
        file, line, text, ..
    } in errors
    {
        seen += 1;
        let is_of = |parts: &Vec<String>| parts.iter().all(|part| text.contains(part));
        if !rows.iter().any(is_of) {
            missing.push(format!("{file}:{line}: no row for {text:?}"));
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
    assert!(seen > 600, "{seen}");
}

#[test]
fn every_row_is_about_a_text_of_ours() {
    let rows = rows(&page("docs/runbook.md"));
    assert!(rows.len() > 400, "{}", rows.len());
    for parts in rows {
        assert!(!parts.is_empty(), "a row with no text of its own");
        for part in parts {
            let is_there = LITERALS.iter().any(|literal| literal.text.contains(&part));
            assert!(is_there, "{part:?} is nowhere");
        }
    }
}

#[test]
fn nothing_is_left_out_that_is_not_there() {
    let mut unused = Vec::new();
    for (file, calls, _) in NO_ERRORS {
        let is_there = |calls: &[&str]| LITERALS.iter().any(|found| is_at(found, file, calls));
        let mut each = calls.chunks(1);
        if !is_there(&[]) || !each.all(is_there) {
            unused.push(format!("{file:?}: {calls:?}"));
        }
    }
    for text in NO_TEXTS.iter().flat_map(|(texts, _)| *texts) {
        if !LITERALS.iter().any(|literal| literal.text == *text) {
            unused.push(format!("{text:?}"));
        }
    }
    assert!(unused.is_empty(), "{unused:?}");
}
