//! Which connectors have the same folder for their spools: each needs one of
//! its own, and is told so when it is validated.
//!
//! Connect tells a connector nothing of the others. What can be known is which
//! connectors of this library run, and which connector's task has a folder on
//! this machine, in any process. Invariant: nothing here keeps a connector from
//! starting; the spool's lock decides who has the folder.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use websocket_source::spool::{shared_folder, spool_folder, spool_owner};

/// How long a connector that is about to end is waited for: one that was
/// deleted or renamed a moment ago.
const WAIT: Duration = Duration::from_secs(5);
/// How often it is looked whether it has ended.
const LOOK: Duration = Duration::from_millis(50);

type Config = BTreeMap<String, String>;

/// The connectors that run and have folders, by the numbers of their claims.
#[derive(Debug, Default)]
struct Claims {
    last: i64,
    claims: BTreeMap<i64, (String, PathBuf)>,
}

impl Claims {
    /// Another connector that has the folder.
    fn other(&self, own: &str, folder: &Path) -> Option<String> {
        let mut others = self.claims.values().filter(|(name, _)| name != own);
        let found = others.find(|(_, claimed)| claimed == folder);
        found.map(|(name, _)| name.clone())
    }
}

static CLAIMS: Mutex<Claims> = Mutex::new(Claims {
    last: 0,
    claims: BTreeMap::new(),
});

fn claims() -> MutexGuard<'static, Claims> {
    // It is whole at any time.
    CLAIMS.lock().unwrap_or_else(PoisonError::into_inner)
}

fn name(config: &Config) -> &str {
    config.get("name").map_or("", |name| name.trim())
}

/// States that a connector has started; the number of its claim, or 0 if it has
/// no folder.
pub(crate) fn claim(config: &Config) -> i64 {
    let Some(folder) = spool_folder(config) else {
        return 0;
    };
    let mut claims = claims();
    claims.last += 1;
    let number = claims.last;
    claims
        .claims
        .insert(number, (name(config).to_owned(), folder));
    number
}

/// States that the connector with this claim has stopped.
pub(crate) fn release(number: i64) {
    claims().claims.remove(&number);
}

/// What is wrong with a configuration's folder if another connector has it,
/// and keeps it for some seconds. Blocks for as long.
pub(crate) fn shared(config: &Config) -> Option<String> {
    let other = kept(|| other(config), WAIT)?;
    Some(shared_folder(&other))
}

fn other(config: &Config) -> Option<String> {
    let own = Some(name(config)).filter(|own| !own.is_empty())?;
    let folder = spool_folder(config)?;
    let claimed = claims().other(own, &folder);
    claimed.or_else(|| spool_owner(&folder).filter(|owner| owner != own))
}

/// What is still there after `wait`.
fn kept<T>(mut look: impl FnMut() -> Option<T>, wait: Duration) -> Option<T> {
    let by = Instant::now() + wait;
    loop {
        let found = look()?;
        if Instant::now() >= by {
            return Some(found);
        }
        thread::sleep(LOOK);
    }
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

    #[test]
    fn a_folder_is_a_connector_s_from_its_start_to_its_stop() {
        let dir = tempfile::tempdir().expect("a folder");
        let [first, second] = ["spools-1", "spools-2"].map(|name| config(name, dir.path()));
        assert_eq!((other(&first), other(&second)), (None, None));
        let claimed = claim(&first);
        // Connect may start it anew before the one before has come to its end.
        let again = claim(&first);
        release(claimed);
        assert_eq!(other(&first), None);
        assert_eq!(other(&second).as_deref(), Some("spools-1"));
        release(again);
        assert_eq!(other(&second), None);
        assert_eq!(claim(&Config::new()), 0);
    }

    #[test]
    fn a_task_s_folder_is_its_connector_s_whatever_runs_it() {
        let dir = tempfile::tempdir().expect("a folder");
        let [own, new] = ["spools-own", "spools-new"].map(|name| config(name, dir.path()));
        let parsed = settings::parse(&own).config.expect("valid");
        let settings = parsed.spool.expect("a spool");
        let spool = open_spool(&settings, Duration::ZERO, ("spools-own", 0)).expect("free");
        assert_eq!(other(&own), None);
        assert_eq!(other(&new).as_deref(), Some("spools-own"));
        let mut unnamed = new.clone();
        unnamed.remove("name");
        assert_eq!(other(&unnamed), None, "it may be the same connector");
        drop(spool);
        assert_eq!(other(&new), None);
    }

    #[test]
    fn one_that_ends_is_waited_for_and_one_that_stays_is_not_for_ever() {
        let mut looks = 0;
        let found = kept(
            || {
                looks += 1;
                (looks < 3).then_some(looks)
            },
            Duration::from_secs(60),
        );
        assert_eq!((found, looks), (None, 3));
        assert_eq!(kept(|| Some(7), LOOK), Some(7));
    }
}
