use std::future::pending;
use std::sync::{Arc, Mutex};

use tokio::net::TcpListener;
use tokio::time::Instant;

use super::*;
use crate::test_net::hanging;

fn address(text: &str) -> SocketAddr {
    text.parse().expect("an address")
}

#[test]
fn families_alternate() {
    let order = interleave(vec![
        address("[::1]:1"),
        address("[::2]:1"),
        address("1.1.1.1:1"),
    ]);
    let expected = [address("[::1]:1"), address("1.1.1.1:1"), address("[::2]:1")];
    assert_eq!(order, expected);
}

#[tokio::test]
async fn a_refusing_address_does_not_stop_the_next() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    let open = listener.local_addr().expect("its address");
    let closed = {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
        listener.local_addr().expect("its address")
    };
    let stream = race(vec![closed, open], TcpStream::connect)
        .await
        .expect("a connection");
    assert_eq!(stream.peer_addr().expect("a peer"), open);
}

#[tokio::test]
async fn the_failure_names_host_and_port() {
    let port = {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
        listener.local_addr().expect("its address").port()
    };
    let failure = connect(system, "127.0.0.1", port)
        .await
        .expect_err("refused");
    let expected = format!("ConnectException: Failed to connect to 127.0.0.1/{port}: ");
    assert!(failure.to_string().starts_with(&expected), "{failure}");
}

#[test]
fn no_name_is_tried_for_ever() {
    let many = (0..40).map(|port| SocketAddr::from(([127, 0, 0, 1], port)));
    assert_eq!(interleave(many.collect()).len(), MAX_ADDRESSES);
}

/// What an address does, after so many milliseconds.
#[derive(Clone, Copy)]
enum Manner {
    Hangs,
    Refuses(u64),
    Answers(u64),
}

use Manner::{Answers, Hangs, Refuses};

/// What a race came to.
#[derive(Debug, PartialEq, Eq)]
struct Race {
    /// Which address won, or the number of the one whose refusal is told.
    ended: Result<u16, String>,
    /// When each attempt began, in milliseconds.
    begun: Vec<u128>,
    /// How long all of it took.
    took: u128,
    /// Attempts that still live.
    left: usize,
}

/// Races addresses that behave as they are told to; the clock moves when all
/// wait.
async fn raced(manners: &'static [Manner]) -> Race {
    let start = Instant::now();
    let begun = Mutex::new(Vec::new());
    let alive = Arc::new(());
    let addresses = (0_u16..).zip(manners);
    let addresses = addresses.map(|(port, _)| SocketAddr::from(([127, 0, 0, 1], port)));
    let ended = race(addresses.collect(), |address| {
        let mut begun = begun.lock().expect("unpoisoned");
        begun.push(start.elapsed().as_millis());
        let (alive, port) = (Arc::clone(&alive), address.port());
        async move {
            let ended = match manners[usize::from(port)] {
                Hangs => pending().await,
                Refuses(ms) => {
                    sleep(Duration::from_millis(ms)).await;
                    Err(io::Error::other(port.to_string()))
                }
                Answers(ms) => {
                    sleep(Duration::from_millis(ms)).await;
                    Ok(port)
                }
            };
            drop(alive);
            ended
        }
    })
    .await;
    let took = start.elapsed().as_millis();
    // What was aborted ends when the runtime has come round to it.
    tokio::task::yield_now().await;
    Race {
        ended: ended.map_err(|error| error.to_string()),
        begun: begun.into_inner().expect("unpoisoned"),
        took,
        left: Arc::strong_count(&alive) - 1,
    }
}

fn race_of(ended: Result<u16, &str>, begun: &[u128], took: u128) -> Race {
    Race {
        ended: ended.map_err(str::to_owned),
        begun: begun.to_vec(),
        took,
        left: 0,
    }
}

#[tokio::test(start_paused = true)]
async fn an_address_that_hangs_holds_the_next_up_for_a_quarter_of_a_second() {
    let race = raced(&[Hangs, Hangs, Answers(7), Hangs]).await;
    assert_eq!(race, race_of(Ok(2), &[0, 250, 500], 507));
}

#[tokio::test(start_paused = true)]
async fn a_slow_address_may_still_win_after_the_next_has_begun() {
    let race = raced(&[Answers(300), Answers(100)]).await;
    assert_eq!(race, race_of(Ok(0), &[0, 250], 300));
    let race = raced(&[Answers(400), Answers(100)]).await;
    assert_eq!(race, race_of(Ok(1), &[0, 250], 350));
}

#[tokio::test(start_paused = true)]
async fn a_refusal_brings_the_next_at_once_and_the_last_one_is_told() {
    let race = raced(&[Refuses(10), Refuses(0), Answers(5), Hangs]).await;
    assert_eq!(race, race_of(Ok(2), &[0, 10, 10], 15));
    let race = raced(&[Refuses(10), Refuses(400)]).await;
    assert_eq!(race, race_of(Err("1"), &[0, 10], 410));
    let race = raced(&[]).await;
    assert_eq!(race, race_of(Err("no address"), &[], 0));
}

#[tokio::test]
async fn an_address_at_which_nobody_answers_does_not_keep_the_next_from_its_turn() {
    let (silent, _sockets) = hanging();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    let open = listener.local_addr().expect("its address");
    let stream = connect_resolved("h", open.port(), vec![silent, open]).await;
    let peer = stream.expect("a connection").peer_addr();
    assert_eq!(peer.expect("a peer"), open);
}

/// A listener on the IPv6 loopback. A machine without one fails the test,
/// unless `CONNECT_WEBSOCKET_WITHOUT_IPV6` is set: then it is `None`.
async fn listen_v6() -> Option<TcpListener> {
    let bound = TcpListener::bind("[::1]:0").await;
    if bound.is_err() && std::env::var_os("CONNECT_WEBSOCKET_WITHOUT_IPV6").is_some() {
        return None;
    }
    Some(bound.expect("an IPv6 loopback, or CONNECT_WEBSOCKET_WITHOUT_IPV6"))
}

#[tokio::test]
async fn of_a_host_s_two_addresses_the_one_that_listens_is_taken() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    let v4 = listener.local_addr().expect("its address");
    let v6 = SocketAddr::from((std::net::Ipv6Addr::LOCALHOST, v4.port()));
    let stream = connect_resolved("localhost", v4.port(), vec![v6, v4]).await;
    let peer = stream.expect("a connection").peer_addr();
    assert_eq!(peer.expect("a peer"), v4);
    let Some(listener) = listen_v6().await else {
        return;
    };
    let v6 = listener.local_addr().expect("its address");
    let v4 = SocketAddr::from(([127, 0, 0, 1], v6.port()));
    for found in [vec![v6, v4], vec![v4, v6]] {
        let stream = connect_resolved("localhost", v6.port(), found).await;
        let peer = stream.expect("a connection").peer_addr();
        assert_eq!(peer.expect("a peer"), v6);
    }
}
