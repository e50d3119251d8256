//! The console in Chromium: scenarios of `tests/console`, which drive it as
//! its users do.

use serde_json::{Value, json};

use crate::{process, tools};

/// Debian's name for it.
const CHROMIUM: &str = "chromium";

/// Plays a scenario against a console at `url` with what else it needs; gives
/// its result. Panics with what the browser says if it goes wrong.
pub fn play(scenario: &str, url: &str, needs: Value) -> Value {
    let mut given = needs;
    given["scenario"] = json!(scenario);
    given["url"] = json!(url);
    given["chromium"] = json!(chromium());
    let script = tools::repository().join("tests/console/run.mjs");
    let output = process::command("node")
        .env("NODE_LIBRARIES", tools::tool("browser"))
        .arg(script)
        .arg(given.to_string())
        .output()
        .unwrap_or_else(|error| panic!("node does not start: {error}"));
    let out = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{scenario}: {errors}{out}");
    let last = out.lines().last().unwrap_or_default();
    serde_json::from_str(last).unwrap_or_else(|error| panic!("{scenario}: {error}: {out}"))
}

/// The browser's path: playwright looks for none by itself.
fn chromium() -> String {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders = std::env::split_paths(&path).map(|folder| folder.join(CHROMIUM));
    let found = folders.find(|file| file.is_file());
    let found = found.unwrap_or_else(|| panic!("{CHROMIUM} is missing: run scripts/setup test"));
    found.display().to_string()
}
