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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::Listener;
    use crate::rest::bind;

    async fn bound(scheme: Scheme, host: &str) -> Bound {
        let listener = Listener {
            scheme,
            host: host.to_owned(),
            port: 0,
        };
        bind("listeners", &listener, None).await.expect("bound")
    }

    fn shown(settings: &Advertised, bound: &[Bound]) -> String {
        let Address { scheme, authority } = advertised(settings, bound);
        format!("{scheme}://{authority}")
    }

    #[tokio::test]
    async fn a_plain_listener_is_preferred_unless_it_is_said() {
        let bound = [
            bound(Scheme::Https, "127.0.0.1").await,
            bound(Scheme::Http, "localhost").await,
        ];
        let [secure, plain] = [bound[0].address.port(), bound[1].address.port()];
        let mut settings = Advertised::default();
        assert_eq!(
            shown(&settings, &bound),
            format!("http://localhost:{plain}")
        );
        assert_eq!(
            shown(&settings, &bound[..1]),
            format!("https://127.0.0.1:{secure}")
        );
        settings.scheme = Some(Scheme::Https);
        assert_eq!(
            shown(&settings, &bound),
            format!("https://127.0.0.1:{secure}")
        );
        settings.host = Some("::1".to_owned());
        settings.port = Some(1);
        assert_eq!(shown(&settings, &bound), "https://[::1]:1");
    }

    #[tokio::test]
    async fn a_listener_of_all_addresses_is_known_by_the_machine_s() {
        let bound = [bound(Scheme::Http, "0.0.0.0").await];
        let address = advertised(&Advertised::default(), &bound).authority;
        let (host, port) = address.rsplit_once(':').expect("a port");
        assert_eq!(port, bound[0].address.port().to_string());
        let host: IpAddr = host.trim_matches(['[', ']']).parse().expect("an address");
        assert!(!host.is_unspecified(), "{host}");
    }
}
