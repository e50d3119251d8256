//! Whose a spool's folder is: one task has it at a time, and says of which
//! connector it is, so that another can be told before it waits in vain.
//!
//! Invariant: only the lock decides; the name beside it is for people.

use std::collections::BTreeMap;
use std::fs::{File, TryLockError};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf, absolute};

use crate::settings::{SPOOL_DIR, SPOOL_MODE};

/// The file that is locked, with the owner's name.
pub(super) const LOCK: &str = "lock";

/// Longer names are cut off.
const NAME_BYTES: u64 = 64 * 1024;

/// The folder that a configuration asks for, in one spelling; `None` if it
/// asks for none. Other settings do not matter, valid or not.
pub fn spool_folder(config: &BTreeMap<String, String>) -> Option<PathBuf> {
    let setting = |name| config.get(name).map(|value: &String| value.trim());
    let mode = setting(SPOOL_MODE)?;
    let dir = setting(SPOOL_DIR).filter(|_| !mode.eq_ignore_ascii_case("off"))?;
    Some(real_folder(Path::new(dir)))
}

/// A path without links, as far as it is there.
pub fn real_folder(path: &Path) -> PathBuf {
    let whole = absolute(path).unwrap_or_else(|_| path.to_owned());
    for above in whole.ancestors() {
        if let (Ok(real), Ok(rest)) = (above.canonicalize(), whole.strip_prefix(above)) {
            return real.join(rest);
        }
    }
    whole
}

/// What is wrong with a folder that another connector has.
pub fn shared_folder(other: &str) -> String {
    format!(
        "Invalid value for configuration {SPOOL_DIR}: the connector {other} has this folder; each \
         connector needs one of its own"
    )
}

/// The connector whose task has the spool in `dir`, in any process of this
/// machine; `None` if nobody has it, or that cannot be told.
pub fn spool_owner(dir: &Path) -> Option<String> {
    is_owned(dir).ok().filter(|owned| *owned)?;
    owner_s_name(File::open(dir.join(LOCK)).ok()?)
}

/// What the owner of a locked file has called itself.
pub(super) fn owner_s_name(lock: impl io::Read) -> Option<String> {
    let mut name = Vec::new();
    lock.take(NAME_BYTES).read_to_end(&mut name).ok()?;
    let name = String::from_utf8_lossy(&name).trim().to_owned();
    Some(name).filter(|name| !name.is_empty())
}

/// Whether a task has the lock. It is asked for a moment only: a task that
/// starts just then tries again.
pub(super) fn is_owned(dir: &Path) -> io::Result<bool> {
    let lock = match File::open(dir.join(LOCK)) {
        Ok(lock) => lock,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    match lock.try_lock_shared() {
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_one_whatever_it_is_called_and_whether_it_is_there() {
        let dir = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(dir.path().join("a")).expect("made");
        std::os::unix::fs::symlink(dir.path().join("a"), dir.path().join("b")).expect("linked");
        let at = |name: &str| real_folder(&dir.path().join(name));
        assert_eq!(at("a/spool"), at("b/./spool/"));
        assert_ne!(at("a/spool"), at("a/other"));
        let here = absolute("x").expect("a path");
        assert_eq!(real_folder(Path::new("x")), real_folder(&here));
    }

    #[test]
    fn without_a_spool_there_is_no_folder() {
        let of = |mode: &str| {
            let config = [("websocket.spool.mode", mode), (SPOOL_DIR, "/x")];
            spool_folder(
                &config
                    .map(|(key, value)| (key.to_owned(), value.to_owned()))
                    .into(),
            )
        };
        assert_eq!(of("off"), None);
        assert_eq!(of(" durable "), Some(PathBuf::from("/x")));
    }
}
