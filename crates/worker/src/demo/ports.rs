//! The first free port for the REST API, so that a demo runs beside a worker.

use std::net::TcpListener;
use std::ops::Range;

/// Whether somebody listens on a port of 127.0.0.1.
pub(super) fn is_taken(port: u16) -> bool {
    TcpListener::bind(("127.0.0.1", port)).is_err()
}

/// What `start` gives for the first port that is free; one that somebody takes
/// at the same moment is passed over.
///
/// # Errors
/// No port is free, or what `start` says of one that is.
pub(super) async fn on_first_free<T>(
    ports: Range<u16>,
    is_taken: impl Fn(u16) -> bool,
    start: impl AsyncFn(u16) -> Result<T, String>,
) -> Result<T, String> {
    let first = ports.start;
    for port in ports {
        if is_taken(port) {
            continue;
        }
        match start(port).await {
            Err(_) if is_taken(port) => {}
            started => return started,
        }
    }
    Err(format!(
        "no free port from {first} on for the REST API; give one with --rest-port"
    ))
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// The port found if these are taken.
    async fn found(taken: &[u16]) -> Result<u16, String> {
        let ports = super::super::REST_PORT..super::super::REST_PORT + 4;
        on_first_free(ports, |port| taken.contains(&port), async |port| Ok(port)).await
    }

    #[tokio::test]
    async fn the_first_is_8083_and_then_the_next_that_nobody_has() {
        assert_eq!(found(&[]).await, Ok(8083));
        assert_eq!(found(&[8084]).await, Ok(8083));
        assert_eq!(found(&[8083]).await, Ok(8084));
        assert_eq!(found(&[8083, 8084, 8086]).await, Ok(8085));
        let none = found(&[8083, 8084, 8085, 8086]).await.expect_err("none");
        assert!(none.contains("from 8083 on") && none.contains("--rest-port"));
    }

    #[tokio::test]
    async fn a_port_that_is_taken_at_the_last_moment_is_passed_over() {
        let late = Cell::new(false);
        let is_taken = |port| port == 8083 && late.get();
        let start = async |port| {
            if port == 8083 {
                late.set(true);
                return Err("address in use".to_owned());
            }
            Ok(port)
        };
        assert_eq!(on_first_free(8083..8090, is_taken, start).await, Ok(8084));
    }

    #[tokio::test]
    async fn what_keeps_the_worker_from_starting_on_a_free_port_is_told() {
        let start = async |_| Err::<(), _>("no disk".to_owned());
        let tried = on_first_free(8083..8090, |_| false, start).await;
        assert_eq!(tried, Err("no disk".to_owned()));
    }

    #[test]
    fn a_port_with_a_listener_is_taken() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        assert!(is_taken(port));
    }
}
