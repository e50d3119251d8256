//! Which connectors have the same folder for their spools: each needs one of
//! its own.
//!
//! Connect tells a connector nothing of the others. What can be known is which
//! connectors run in this JVM, and which connector's task has a folder on this
//! machine, in any process. Invariant: a connector has a folder here from its
//! start to its stop, and no two of this JVM have the same.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use websocket_source::spool::{shared_folder, spool_folder, spool_owner};

use crate::host::HostError;

/// How long a connector that is about to end is waited for: one that was
/// deleted or renamed a moment ago.
const WAIT: Duration = Duration::from_secs(5);
/// How often it is looked whether it has ended.
const LOOK: Duration = Duration::from_millis(50);

type Config = BTreeMap<String, String>;

/// The folders by the connectors' names.
static CLAIMS: Mutex<BTreeMap<String, PathBuf>> = Mutex::new(BTreeMap::new());

// Each change is a single call.
fn claims() -> MutexGuard<'static, BTreeMap<String, PathBuf>> {
    CLAIMS.lock().unwrap_or_else(PoisonError::into_inner)
}

fn name(config: &Config) -> &str {
    config.get("name").map_or("", |name| name.trim())
}

/// Another connector of this JVM that has the folder.
fn claimant(claims: &BTreeMap<String, PathBuf>, own: &str, folder: &Path) -> Option<String> {
    let mut others = claims.iter().filter(|(name, _)| *name != own);
    others
        .find(|(_, claimed)| *claimed == folder)
        .map(|(name, _)| name.clone())
}

/// What is wrong with a configuration's folder if another connector has it,
/// and keeps it for some seconds. Blocks for as long.
pub(crate) fn shared(config: &Config) -> Option<String> {
    shared_after(config, WAIT)
}

fn shared_after(config: &Config, wait: Duration) -> Option<String> {
    let own = Some(name(config)).filter(|own| !own.is_empty())?;
    let folder = spool_folder(config)?;
    let by = Instant::now() + wait;
    loop {
        let other = claimant(&claims(), own, &folder)
            .or_else(|| spool_owner(&folder).filter(|owner| owner != own))?;
        if Instant::now() >= by {
            return Some(shared_folder(&other));
        }
        thread::sleep(LOOK);
    }
}

/// Has a connector that starts have its folder.
///
/// # Errors
/// Another connector of this JVM has it.
pub(crate) fn claim(config: &Config) -> Result<(), HostError> {
    let own = name(config);
    let Some(folder) = spool_folder(config) else {
        return Ok(());
    };
    let mut claims = claims();
    if let Some(other) = claimant(&claims, own, &folder) {
        return Err(HostError::Settings(shared_folder(&other)));
    }
    claims.insert(own.to_owned(), folder);
    Ok(())
}

/// Lets go of what a connector has that stops.
pub(crate) fn release(connector: &str) {
    claims().remove(connector.trim());
}

#[cfg(test)]
mod tests {
    use websocket_source::settings;
    use websocket_source::task::open_spool;

    use super::*;

    fn config(name: &str, dir: &Path) -> Config {
        [
            ("name", name),
            ("websocket.url", "ws://h/"),
            ("kafka.topic", "t"),
            ("websocket.spool.mode", "durable"),
            ("websocket.spool.dir", dir.to_str().expect("UTF-8")),
        ]
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .into()
    }

    fn found(config: &Config) -> Option<String> {
        shared_after(config, Duration::ZERO)
    }

    #[test]
    fn a_folder_is_a_connector_s_from_its_start_to_its_stop() {
        let dir = tempfile::tempdir().expect("a folder");
        let [first, second] = ["spools-1", "spools-2"].map(|name| config(name, dir.path()));
        assert_eq!((found(&first), found(&second)), (None, None));
        claim(&first).expect("free");
        claim(&first).expect("its own");
        let told = shared_folder("spools-1");
        assert_eq!((found(&first), found(&second)), (None, Some(told.clone())));
        let refused = claim(&second).expect_err("it is another's");
        assert_eq!(refused.to_string(), told);
        // A stop of what has not started.
        release("spools-2");
        assert_eq!(found(&second), Some(told));
        release("spools-1");
        claim(&second).expect("free again");
        release("spools-2");
    }

    #[test]
    fn a_task_s_folder_is_its_connector_s_whatever_runs_it() {
        let dir = tempfile::tempdir().expect("a folder");
        let [own, other] = ["spools-own", "spools-other"].map(|name| config(name, dir.path()));
        let parsed = settings::parse(&own).config.expect("valid");
        let settings = parsed.spool.expect("a spool");
        let spool = open_spool(&settings, Duration::ZERO, ("spools-own", 0)).expect("free");
        assert_eq!(found(&own), None);
        assert_eq!(found(&other), Some(shared_folder("spools-own")));
        let mut unnamed = other.clone();
        unnamed.remove("name");
        assert_eq!(found(&unnamed), None, "it may be the same connector");
        drop(spool);
        assert_eq!(found(&other), None);
    }

    #[test]
    fn one_that_ends_is_waited_for() {
        let dir = tempfile::tempdir().expect("a folder");
        let [old, new] = ["spools-old", "spools-new"].map(|name| config(name, dir.path()));
        claim(&old).expect("free");
        let waiting = thread::spawn(move || shared_after(&new, Duration::from_secs(60)));
        release("spools-old");
        assert_eq!(waiting.join().expect("no panic"), None);
    }
}
