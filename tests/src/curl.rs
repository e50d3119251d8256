//! `curl`, with which users talk to the REST API where TLS, logins or odd
//! requests are concerned.

use std::process::Command;

use crate::rest::Answer;

/// Runs curl with these arguments, whatever the user's own settings are; the
/// status is 0 if there was no answer.
pub fn curl(arguments: &[&str]) -> Answer {
    let output = Command::new("curl")
        // Only as the first one does it keep ~/.curlrc from being read.
        .arg("--disable")
        .args(["--noproxy", "*", "--max-time", "30"])
        .args(["--silent", "--include", "--path-as-is"])
        .args(arguments)
        .output()
        .expect("curl runs");
    Answer::parse(&String::from_utf8_lossy(&output.stdout))
}
