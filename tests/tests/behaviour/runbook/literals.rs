//! The texts in the program's sources, each with the calls that it is an
//! argument of.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use end_to_end::tools;
use regex::Regex;

/// A string literal. What varies in it is three points, and its quotes are
/// single ones.
#[derive(Debug)]
pub(super) struct Literal {
    /// From the folder `crates` on.
    pub(super) file: String,
    pub(super) line: usize,
    pub(super) text: String,
    /// The names before the brackets around it, the innermost last; a block's is
    /// its bracket, and of what is in none of both `const`.
    pub(super) within: Vec<String>,
}

impl Literal {
    /// Whether it is worth being looked up: words, and not a name or a format.
    pub(super) fn is_sentence(&self) -> bool {
        let is_word = |word: &&str| {
            let letters = word.trim_matches(|c: char| !c.is_alphabetic());
            letters.len() > 1
                && letters
                    .chars()
                    .all(|c| c.is_alphabetic() || "-'/".contains(c))
        };
        let words: Vec<&str> = self.text.split_whitespace().filter(is_word).collect();
        words.len() > 1 && words.concat().len() > 9 || self.is_in(&["error"]) && !words.is_empty()
    }

    pub(super) fn is_in(&self, calls: &[&str]) -> bool {
        self.within.iter().any(|call| calls.contains(&&call[..]))
    }
}

/// Those of the Rust sources, without what is compiled for tests only.
pub(super) fn rust() -> Vec<Literal> {
    let crates = tools::repository().join("crates");
    let mut files = Vec::new();
    for part in ["connect", "core", "exchange", "plugin", "worker"] {
        list(&crates.join(part).join("src"), "rs", &mut files);
    }
    let of_tests: HashSet<PathBuf> = files.iter().flat_map(|file| test_modules(file)).collect();
    let is_of_tests = |path: &Path| {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        stem.ends_with("_tests") || of_tests.contains(path)
    };
    files.retain(|file| !file.ancestors().any(is_of_tests));
    let all = files.iter().flat_map(|path| {
        let file = path.strip_prefix(&crates).expect("below crates");
        read(
            &file.display().to_string(),
            &fs::read_to_string(path).expect("a source"),
        )
    });
    all.collect()
}

/// Those of the plugin's Java: what a statement joins is one text.
pub(super) fn java() -> Vec<Literal> {
    let repository = tools::repository();
    let mut files = Vec::new();
    list(&repository.join("plugin/src/main/java"), "java", &mut files);
    let joint = Regex::new(r#""\s*\+\s*""#).expect("a pattern");
    let varying = Regex::new(r#"" \+ [^";]*?\+\s+""#).expect("a pattern");
    let mut all = Vec::new();
    for path in files {
        let source = fs::read_to_string(&path).expect("a source");
        let source = varying.replace_all(&source, "…");
        let source = joint.replace_all(&source, "");
        let name = path.file_name().expect("a name").to_string_lossy();
        all.extend(read(&name, &source));
    }
    all
}

fn list(folder: &Path, end: &str, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            list(&path, end, files);
        } else if path.extension().is_some_and(|found| found == end) {
            files.push(path);
        }
    }
}

/// The files, or folders of them, of the modules that a file has for tests.
fn test_modules(file: &Path) -> Vec<PathBuf> {
    let module = Regex::new(
        r#"#\[cfg\(test\)\]\s*(?:#\[path = "(?<path>[^"]+)"\]\s*)?(?:pub(?:\(\w+\))? )?mod (?<name>\w+);"#,
    )
    .expect("a pattern");
    let source = fs::read_to_string(file).expect("a source");
    let stem = file.file_stem().expect("a name");
    let beside = file.parent().expect("a folder");
    let below = if ["mod", "lib", "main"].iter().any(|name| stem == *name) {
        beside.to_owned()
    } else {
        beside.join(stem)
    };
    let files = module.captures_iter(&source).flat_map(|found| {
        let name = &found["name"];
        let file = found.name("path").map(|path| beside.join(path.as_str()));
        let file = file.unwrap_or_else(|| below.join(format!("{name}.rs")));
        [file, below.join(name)]
    });
    files.collect()
}

/// What literals are among. Comments and characters are known too, since there
/// may be quotes and brackets in them.
static TOKENS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r##"(?s)//[^\n]*|/\*.*?\*/|#\[cfg\(test\)\]|b?r#"(?<fenced>.*?)"#|b?r"(?<raw>[^"]*)"|b?"(?<text>(?:\\.|[^"\\])*)"|'(?:\\.[^']*|[^'\\])'|(?<name>[A-Za-z_][A-Za-z0-9_:]*!?)|[(\[{]|[)\]}]|[;,]"##).expect("a pattern")
});

/// The literals of one source.
fn read(file: &str, source: &str) -> Vec<Literal> {
    let mut all = Vec::new();
    let mut within: Vec<String> = Vec::new();
    let mut name = ("", 0);
    // The depth of an item that is for tests only, until its end.
    let mut skipped: Option<usize> = None;
    for found in TOKENS.captures_iter(source) {
        let whole = found.get(0).expect("a token");
        match whole.as_str() {
            "#[cfg(test)]" => skipped = skipped.or(Some(within.len())),
            "(" | "[" | "{" => {
                let is_call = name.1 == whole.start();
                let unnamed = if whole.as_str() == "{" { "{" } else { "" };
                within.push(if is_call { name.0 } else { unnamed }.to_owned());
            }
            end @ (")" | "]" | "}" | ";" | ",") => {
                if end.len() == 1 && ")]}".contains(end) {
                    within.pop();
                }
                let ends = matches!(end, "}" | ";" | ",");
                skipped = skipped.filter(|depth| !(ends && within.len() <= *depth));
            }
            _ => {
                if let Some(found) = found.name("name") {
                    name = (found.as_str(), found.end());
                }
                let literal = ["text", "raw", "fenced"]
                    .iter()
                    .find_map(|kind| found.name(kind));
                if let Some(literal) = literal.filter(|_| skipped.is_none()) {
                    all.push(Literal {
                        file: file.to_owned(),
                        line: 1 + source[..whole.start()].matches('\n').count(),
                        text: plain(literal.as_str()),
                        within: if within.iter().all(String::is_empty) {
                            vec!["const".to_owned()]
                        } else {
                            within.clone()
                        },
                    });
                }
            }
        }
    }
    all
}

/// What goes on in the next line of a source.
static JOINT: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\\\r?\n\s*").expect("a pattern"));
static VARYING: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\{[^{}]*\}").expect("a pattern"));

/// A literal as the runbook writes texts.
fn plain(literal: &str) -> String {
    let text = JOINT.replace_all(literal, "");
    let text = text.replace("{{", "\u{1}").replace("}}", "\u{2}");
    VARYING
        .replace_all(&text, "…")
        .replace('\u{1}', "{")
        .replace('\u{2}', "}")
        .replace("\\\"", "'")
        .replace('"', "'")
        .replace("\\n", "\n")
        .replace("\\\\", "\\")
}
