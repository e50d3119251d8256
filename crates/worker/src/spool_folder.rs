//! Which connectors have the same folder for their spools: each needs one of
//! its own.

use std::collections::BTreeMap;
use std::path::PathBuf;

use websocket_source::settings::SPOOL_DIR;
use websocket_source::spool::spool_folder;

use crate::providers::Providers;

/// The folder that a configuration asks for, in one spelling; `None` if it asks
/// for none, or its variables cannot be looked up.
pub(crate) fn of(config: &BTreeMap<String, String>, providers: &Providers) -> Option<PathBuf> {
    config.get(SPOOL_DIR)?;
    spool_folder(&providers.resolve(config).ok()?)
}
