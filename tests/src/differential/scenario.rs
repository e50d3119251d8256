//! Requests as text, in the `.http` format that editors know.
//!
//! ```text
//! ### what this shows
//! # @until /tasks/0/state "RUNNING"
//! PUT /connectors/a/config
//! Header: value
//!
//! {"body": "until the next ###"}
//! ```
//!
//! A body is sent as `application/json` unless a `Content-Type` is given; an
//! empty `Content-Type:` sends none. `{{name}}` stands for a variable. A request
//! with `@until` is repeated until its answer's body has this value at that
//! JSON pointer (`*` is any value, `-` is none, `#N` is a status code). Before
//! a request with `@file PATH` that file has the rest of the line, or is gone
//! if there is none.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::rest::{Answer, Request};

/// What the answer to a repeated request must be.
#[derive(Clone, Debug, PartialEq)]
pub enum Until {
    /// A value at a JSON pointer.
    Is(String, Value),
    /// Something that is not null at a JSON pointer.
    Any(String),
    /// Nothing at a JSON pointer.
    Missing(String),
    /// A status code.
    Status(u16),
}

impl Until {
    fn parse(text: &str) -> Result<Self, String> {
        let (pointer, wanted) = text.trim().split_once(' ').unwrap_or((text.trim(), "*"));
        if let Some(status) = pointer.strip_prefix('#') {
            return status
                .parse()
                .map(Self::Status)
                .map_err(|error| format!("{status}: {error}"));
        }
        match wanted.trim() {
            "*" => Ok(Self::Any(pointer.to_owned())),
            "-" => Ok(Self::Missing(pointer.to_owned())),
            json => serde_json::from_str(json)
                .map(|value| Self::Is(pointer.to_owned(), value))
                .map_err(|error| format!("{json}: {error}")),
        }
    }

    /// Whether an answer is as wanted.
    pub fn holds(&self, answer: &Answer) -> bool {
        if let Self::Status(status) = self {
            return answer.status == *status;
        }
        let Ok(body) = serde_json::from_str::<Value>(&answer.body) else {
            return false;
        };
        match self {
            Self::Is(pointer, wanted) => body.pointer(pointer) == Some(wanted),
            Self::Any(pointer) => body.pointer(pointer).is_some_and(|value| !value.is_null()),
            Self::Missing(pointer) => body.pointer(pointer).is_none(),
            Self::Status(_) => true,
        }
    }
}

/// What becomes of a file that both workers read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileChange {
    path: PathBuf,
    /// What it has; `None` if it is gone.
    text: Option<String>,
}

impl FileChange {
    fn parse(words: &str) -> Self {
        let (path, text) = match words.trim().split_once(' ') {
            None => (words.trim(), None),
            Some((path, text)) => (path, Some(text.to_owned())),
        };
        Self {
            path: path.into(),
            text,
        }
    }

    /// Makes it so.
    pub fn make(&self) {
        match &self.text {
            Some(text) => fs::write(&self.path, text).expect("a file"),
            None => fs::remove_file(&self.path).expect("a file that is there"),
        }
    }
}

/// A request of the scenario.
#[derive(Clone, Debug)]
pub struct Step {
    /// What it shows; no two have the same.
    pub title: String,
    /// File and line.
    pub place: String,
    /// What is done before.
    pub file: Option<FileChange>,
    /// What is sent.
    pub request: Request,
    /// All of these must hold, or it is sent again.
    pub until: Vec<Until>,
}

/// Reads all `.http` files of a folder, in the order of their names.
///
/// # Panics
/// A file cannot be read, or a text is no request: the scenario is part of
/// the test.
pub fn read(folder: &Path, variables: &[(&str, String)]) -> Vec<Step> {
    let entries = fs::read_dir(folder).expect("the scenario's folder");
    let mut files: Vec<_> = entries
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.retain(|file| file.extension().is_some_and(|ending| ending == "http"));
    files.sort();
    let mut steps: Vec<Step> = Vec::new();
    for file in files {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let text = fs::read_to_string(&file).expect("a file of the scenario");
        steps.extend(parse(&name, &text, variables).unwrap_or_else(|error| panic!("{error}")));
    }
    for (index, step) in steps.iter().enumerate() {
        let again = steps[..index].iter().any(|other| other.title == step.title);
        assert!(!again, "{}: the title is there before", step.place);
    }
    steps
}

/// Reads one file's text.
///
/// # Errors
/// What is not as it should be, with its place.
pub fn parse(file: &str, text: &str, variables: &[(&str, String)]) -> Result<Vec<Step>, String> {
    let mut text = text.to_owned();
    for (name, value) in variables {
        text = text.replace(&format!("{{{{{name}}}}}"), value);
    }
    let lines: Vec<&str> = text.lines().collect();
    let starts: Vec<usize> = (0..lines.len())
        .filter(|line| lines[*line].starts_with("###"))
        .collect();
    let mut steps = Vec::new();
    for (index, start) in starts.iter().enumerate() {
        let end = starts.get(index + 1).copied().unwrap_or(lines.len());
        let place = format!("{file}:{}", start + 1);
        let step = step(&place, &lines[*start..end]);
        steps.push(step.map_err(|error| format!("{place}: {error}"))?);
    }
    Ok(steps)
}

fn step(place: &str, lines: &[&str]) -> Result<Step, String> {
    let title = lines[0].trim_start_matches('#').trim().to_owned();
    let (mut until, mut file) = (Vec::new(), None);
    let mut head = Vec::new();
    let mut rest = lines[1..].iter();
    for line in rest.by_ref() {
        if let Some(comment) = line.strip_prefix('#').map(str::trim) {
            if let Some(wanted) = comment.strip_prefix("@until ") {
                until.push(Until::parse(wanted)?);
            } else if let Some(words) = comment.strip_prefix("@file ") {
                file = Some(FileChange::parse(words));
            }
        } else if !line.trim().is_empty() {
            head.push(*line);
        } else if !head.is_empty() {
            break;
        }
    }
    let body: Vec<&str> = rest.copied().collect();
    let body = body.join("\n").trim().to_owned();
    let (method, target) = head
        .first()
        .and_then(|line| line.split_once(' '))
        .ok_or("no METHOD and path")?;
    let mut headers = Vec::new();
    for line in &head[1..] {
        let (name, value) = line.split_once(':').ok_or("a header has a colon")?;
        headers.push((name.trim().to_owned(), value.trim().to_owned()));
    }
    let is_type = |(name, _): &(String, String)| name.eq_ignore_ascii_case("content-type");
    if !body.is_empty() && !headers.iter().any(is_type) {
        headers.push(("Content-Type".to_owned(), "application/json".to_owned()));
    }
    headers.retain(|(_, value)| !value.is_empty());
    Ok(Step {
        title,
        place: place.to_owned(),
        file,
        request: Request {
            method: method.to_owned(),
            target: target.trim().to_owned(),
            headers,
            body: (!body.is_empty()).then_some(body),
        },
        until,
    })
}
