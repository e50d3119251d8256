//! Under which address this worker is known: `worker_id` (Connect's
//! `RestServer.advertisedUrl`).

use std::net::{IpAddr, ToSocketAddrs};

use super::server::Bound;
use crate::files::{Advertised, Scheme};

/// The worker's URL in parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// How it is spoken to.
    pub scheme: Scheme,
    /// `host:port`, which is the `worker_id`.
    pub authority: String,
}

/// What the settings say, else the first http listener's address, else the
/// first https one's.
pub fn advertised(settings: &Advertised, bound: &[Bound]) -> Address {
    let has = |scheme: Scheme| bound.iter().any(|bound| bound.listener.scheme == scheme);
    let scheme = settings.scheme.unwrap_or(if has(Scheme::Http) {
        Scheme::Http
    } else {
        Scheme::Https
    });
    let mut listeners = bound.iter();
    let listener = listeners
        .find(|bound| bound.listener.scheme == scheme)
        .or(bound.first());
    let host = match (&settings.host, listener) {
        (Some(host), _) => host.clone(),
        (None, Some(bound)) if bound.address.ip().is_unspecified() => local_address().to_string(),
        (None, Some(bound)) => bound.listener.host.clone(),
        (None, None) => local_address().to_string(),
    };
    let port = settings.port.or(listener.map(|bound| bound.address.port()));
    let port = port.unwrap_or_default();
    let authority = if host.contains(':') {
        format!("[{host}]:{port}")
    } else {
        format!("{host}:{port}")
    };
    Address { scheme, authority }
}

/// The address of this machine's name, as Java's `InetAddress.getLocalHost`
/// has it; the loopback address if the name has none.
fn local_address() -> IpAddr {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let found = name
        .and_then(|name| (name.trim(), 0).to_socket_addrs().ok())
        .and_then(|mut addresses| addresses.next());
    found.map_or(IpAddr::from([127, 0, 0, 1]), |address| address.ip())
}
