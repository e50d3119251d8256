//! The spools of the worker's tasks: each is one connector's.

use std::fs;
use std::path::Path;
use std::time::Duration;

use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::task::block_in_place;
use websocket_source::settings::SpoolSettings;
use websocket_source::spool::Spool;
use websocket_source::task::open_spool;

use super::{Herder, HerderError, Plan};

/// How long an owner that is about to end is waited for: the worker before
/// this one, say.
const WAIT: Duration = Duration::from_secs(5);

/// Opens the spool that the settings ask for.
///
/// # Errors
/// Somebody else keeps it, or the system does not let it be used; in words.
pub(super) fn open(settings: &SpoolSettings, connector: &str) -> Result<Spool, String> {
    let opened = || open_spool(settings, WAIT, (connector, 0));
    // The wait is not to keep other requests of the thread waiting.
    let several = Handle::try_current()
        .is_ok_and(|runtime| runtime.runtime_flavor() == RuntimeFlavor::MultiThread);
    let opened = if several {
        block_in_place(opened)
    } else {
        opened()
    };
    opened.map_err(|error| format!("websocket.spool.dir: {error}"))
}

/// What is wrong with a folder that another connector has.
pub(super) fn shared(other: &str) -> String {
    format!(
        "Invalid value for configuration websocket.spool.dir: the connector {other} has this folder; each \
         connector needs one of its own"
    )
}

impl Herder {
    /// The name of another connector with the same spool, if there is one.
    pub(super) fn spool_neighbour(&self, plan: &Plan) -> Option<String> {
        let same = |path: &Path| {
            let own = &plan.source.spool.as_ref()?.dir;
            let real = |path: &Path| fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
            Some(real(path) == real(own))
        };
        plan.source.spool.as_ref()?;
        let connectors = self.connectors();
        let mut others = connectors.iter().filter(|(name, _)| **name != plan.name);
        others.find_map(|(name, connector)| {
            let setting = |name: &str| connector.config.get(name).map(|value| value.trim());
            let spools = setting("websocket.spool.mode")
                .is_some_and(|mode| !mode.eq_ignore_ascii_case("off"));
            let dir = setting("websocket.spool.dir").filter(|_| spools)?;
            same(Path::new(dir))?.then(|| name.clone())
        })
    }

    /// Refuses a spool that another connector has.
    ///
    /// # Errors
    /// It has one.
    pub(super) fn check_spool(&self, plan: &Plan) -> Result<(), HerderError> {
        match self.spool_neighbour(plan) {
            None => Ok(()),
            Some(name) => Err(HerderError::Invalid(vec![shared(&name)])),
        }
    }
}
