//! The systemd unit, judged by systemd's own tools.

use std::fs;
use std::path::Path;
use std::process::Command;

use end_to_end::tools;

use crate::tool::{fails, file, succeeds};

/// The unit as it is, but for the binary, which is where it was built.
fn unit(folder: &Path) -> String {
    let unit = file("deploy/systemd/connect-websocket.service");
    let text = fs::read_to_string(unit).expect("a file");
    let binary = tools::worker_binary().display().to_string();
    let changed = text.replace("/usr/bin/connect-websocket", &binary);
    assert_ne!(changed, text);
    let path = folder.join("connect-websocket.service");
    fs::write(&path, changed).expect("a file");
    path.display().to_string()
}

fn analyze(arguments: &[&str]) -> Command {
    let mut analyze = Command::new("systemd-analyze");
    analyze.args(arguments).env("SYSTEMD_LOG_LEVEL", "warning");
    analyze
}

#[test]
fn systemd_finds_nothing_wrong_with_the_unit() {
    let folder = tempfile::tempdir().expect("a folder");
    let unit = unit(folder.path());
    let verify = ["verify", "--man=no", "--recursive-errors=no", &unit];
    assert_eq!(succeeds(&mut analyze(&verify)), "");
    let text = fs::read_to_string(&unit).expect("a file");
    fs::write(&unit, text.replace("Type=notify", "Type=notifying")).expect("a file");
    fails(&mut analyze(&verify));
}

#[test]
fn the_unit_s_exposure_is_at_most_one_and_a_half_of_ten() {
    let folder = tempfile::tempdir().expect("a folder");
    let unit = unit(folder.path());
    let bound = [
        "security",
        "--offline=true",
        "--no-pager",
        "--threshold=15",
        &unit,
    ];
    let said = succeeds(&mut analyze(&bound));
    assert!(said.contains("Overall exposure level"), "{said}");
}
