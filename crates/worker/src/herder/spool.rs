//! The spools of the worker's tasks: each is one connector's.

use std::time::Duration;

use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::task::block_in_place;
use websocket_source::settings::{SPOOL_DIR, SpoolSettings};
use websocket_source::spool::{Spool, real_folder, shared_folder};
use websocket_source::task::open_spool;

use super::connector::Connector;
use super::{Herder, HerderError, Plan};
use crate::spool_folder;

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
    opened.map_err(|error| format!("{SPOOL_DIR}: {error}"))
}

impl Herder {
    /// The name of another connector with the same spool, if there is one.
    pub(super) fn spool_neighbour(&self, plan: &Plan) -> Option<String> {
        let own = real_folder(&plan.source.spool.as_ref()?.dir);
        let providers = &self.worker.providers;
        let connectors = self.connectors();
        let mut others = connectors.iter().filter(|(name, _)| **name != plan.name);
        let same = |(_, connector): &(&String, &Connector)| {
            spool_folder::of(&connector.config, providers).as_ref() == Some(&own)
        };
        others.find(same).map(|(name, _)| name.clone())
    }

    /// Refuses a spool that another connector has.
    ///
    /// # Errors
    /// It has one.
    pub(super) fn check_spool(&self, plan: &Plan) -> Result<(), HerderError> {
        match self.spool_neighbour(plan) {
            None => Ok(()),
            Some(name) => Err(HerderError::Invalid(vec![shared_folder(&name)])),
        }
    }
}
