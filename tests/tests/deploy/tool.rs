//! Running a tool to its end, and reading what it was given.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use end_to_end::tools;
use serde_json::Value;

/// A file of the repository.
pub(crate) fn file(path: &str) -> PathBuf {
    let file = tools::repository().join(path);
    assert!(file.exists(), "{path} is missing");
    file
}

/// One of the Python tools that check what is deployed.
pub(crate) fn python(name: &str) -> Command {
    Command::new(tools::tool("deploy-python").join("bin").join(name))
}

fn outputs(output: &Output) -> String {
    let texts = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes));
    texts.concat()
}

/// The standard output of a tool that must succeed.
pub(crate) fn succeeds(command: &mut Command) -> String {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let all = outputs(&output);
    assert!(
        output.status.success(),
        "{command:?}: {}\n{all}",
        output.status
    );
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// All that a tool prints which must fail.
pub(crate) fn fails(command: &mut Command) -> String {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let all = outputs(&output);
    assert!(!output.status.success(), "{command:?} succeeds\n{all}");
    all
}

/// The documents of a YAML file.
pub(crate) fn yaml(file: &Path) -> Vec<Value> {
    const PROGRAM: &str = "import json, sys, yaml\n\
                           print(json.dumps(list(yaml.safe_load_all(open(sys.argv[1])))))";
    let json = succeeds(python("python3").args(["-c", PROGRAM]).arg(file));
    let documents: Vec<Value> = serde_json::from_str(&json).expect("JSON");
    documents
        .into_iter()
        .filter(|document| !document.is_null())
        .collect()
}
