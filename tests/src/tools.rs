//! Where `scripts/test-tools` has put what the tests run.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;

/// The folder that `scripts/cache-dir` prints.
pub fn cache() -> &'static Path {
    static CACHE: OnceLock<PathBuf> = OnceLock::new();
    CACHE.get_or_init(|| {
        let script = repository().join("scripts/cache-dir");
        let output = Command::new(&script)
            .output()
            .expect("scripts/cache-dir runs");
        PathBuf::from(String::from_utf8(output.stdout).expect("a path").trim())
    })
}

/// The root of the checkout.
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the package is below the root")
}

/// A tool in the cache; panics with advice if it is not there.
pub fn tool(name: &str) -> PathBuf {
    let path = cache().join(name);
    assert!(
        path.exists(),
        "{} is missing: run scripts/test-tools",
        path.display()
    );
    path
}

/// A file of YAML, read by a library of Python's.
pub fn read_yaml(file: &Path) -> Value {
    let mut command = Command::new(tool("monitor/bin/python"));
    command
        .arg("-B")
        .arg(repository().join("tests/monitor/read.py"))
        .arg("yaml")
        .arg(file);
    let output = command.output().expect("Python runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{}: {error}: {errors}", file.display()))
}

/// The worker's binary: `CONNECT_WEBSOCKET_BIN`, else the one built beside
/// the running test.
pub fn worker_binary() -> PathBuf {
    if let Some(path) = std::env::var_os("CONNECT_WEBSOCKET_BIN") {
        return PathBuf::from(path);
    }
    let test = std::env::current_exe().expect("the test's own path");
    // target/debug/deps/TEST
    let folder = test
        .parent()
        .and_then(Path::parent)
        .expect("a target folder");
    let path = folder.join("connect-websocket");
    assert!(
        path.exists(),
        "{} is missing: cargo build -p connect-websocket",
        path.display()
    );
    path
}
