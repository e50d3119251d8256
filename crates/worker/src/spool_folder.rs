//! Which connectors have the same folder for their spools: each needs one of
//! its own.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf, absolute};

use crate::providers::Providers;

/// The setting.
pub(crate) const SETTING: &str = "websocket.spool.dir";

/// The folder that a configuration asks for, in one spelling; `None` if it asks
/// for none, or its variables cannot be looked up.
pub(crate) fn of(config: &BTreeMap<String, String>, providers: &Providers) -> Option<PathBuf> {
    let setting = |config: &BTreeMap<String, String>, name| {
        let value: Option<&String> = config.get(name);
        value.map(|value| value.trim().to_owned())
    };
    setting(config, SETTING)?;
    let config = providers.resolve(config).ok()?;
    let mode = setting(&config, "websocket.spool.mode")?;
    let dir = setting(&config, SETTING).filter(|_| !mode.eq_ignore_ascii_case("off"))?;
    Some(real(Path::new(&dir)))
}

/// A path without links, as far as it is there.
pub(crate) fn real(path: &Path) -> PathBuf {
    let whole = absolute(path).unwrap_or_else(|_| path.to_owned());
    for above in whole.ancestors() {
        if let (Ok(real), Ok(rest)) = (above.canonicalize(), whole.strip_prefix(above)) {
            return real.join(rest);
        }
    }
    whole
}

/// What is wrong with a folder that another connector has.
pub(crate) fn shared(other: &str) -> String {
    format!(
        "Invalid value for configuration {SETTING}: the connector {other} has this folder; each \
         connector needs one of its own"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_map::map;

    #[test]
    fn a_folder_is_one_whatever_it_is_called_and_whether_it_is_there() {
        let dir = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(dir.path().join("a")).expect("made");
        std::os::unix::fs::symlink(dir.path().join("a"), dir.path().join("b")).expect("linked");
        let at = |name: &str| real(&dir.path().join(name));
        assert_eq!(at("a/spool"), at("b/./spool/"));
        assert_ne!(at("a/spool"), at("a/other"));
        assert_eq!(real(Path::new("x")), real(&absolute("x").expect("a path")));
    }

    #[test]
    fn without_a_spool_there_is_no_folder() {
        let of = |mode: &str| {
            let config = map(&[("websocket.spool.mode", mode), (SETTING, "/x")]);
            super::of(&config, &Providers::default())
        };
        assert_eq!(of("off"), None);
        assert!(of(" durable ").is_some());
    }
}
