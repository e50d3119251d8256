use std::time::Duration;

use tokio::time::timeout;

use super::*;
use crate::test_net::conversation;

/// Room on the wire for all of an answer.
const WIDE: usize = 2 * MAX_RESPONSE_HEAD_BYTES;
const OK: &str = "HTTP/1.1 200 Connection established\r\n\r\n";
/// Reached only by a failing test.
const PATIENCE: Duration = Duration::from_secs(20);

fn proxy() -> Proxy {
    Proxy::Http {
        host: "proxy.example".to_owned(),
        port: 3128,
    }
}

/// What becomes of a tunnel to `host`, of which `wire` bytes are on the way at
/// the most, and what the proxy was asked before it gave `answer` and closed.
async fn tunnelled(host: &str, answer: &str, wire: usize) -> (Result<(), String>, String) {
    let (mut client, proxy_side) = tokio::io::duplex(wire);
    let asked = tokio::spawn(conversation(
        proxy_side,
        vec![(b"\r\n\r\n".to_vec(), answer.as_bytes().to_vec())],
    ));
    let proxy = proxy();
    let made = timeout(PATIENCE, proxy.tunnel(&mut client, host, 443));
    let made = made.await.expect("an end");
    drop(client);
    let asked = asked.await.expect("no panic");
    let asked = String::from_utf8(asked).expect("text");
    (made.map_err(|failure| failure.to_string()), asked)
}

async fn failure(answer: &str) -> String {
    let (made, _) = tunnelled("h.example", answer, WIDE).await;
    made.expect_err("no tunnel")
}

#[tokio::test]
async fn a_tunnel_is_asked_for_by_the_server_s_name() {
    let (made, asked) = tunnelled("h.example", OK, WIDE).await;
    assert_eq!(made, Ok(()));
    let expected = "CONNECT h.example:443 HTTP/1.1\r\nHost: h.example:443\r\n\r\n";
    assert_eq!(asked, expected);
}

#[tokio::test]
async fn an_ipv6_address_is_in_brackets() {
    let (made, asked) = tunnelled("2001:db8::1", OK, WIDE).await;
    assert_eq!(made, Ok(()));
    let expected = "CONNECT [2001:db8::1]:443 HTTP/1.1\r\nHost: [2001:db8::1]:443\r\n\r\n";
    assert_eq!(asked, expected);
}

#[tokio::test]
async fn every_answer_with_a_status_of_2xx_makes_a_tunnel_however_it_is_cut() {
    for answer in [
        OK,
        "HTTP/1.0 200 Connection established\r\n\r\n",
        "HTTP/1.1 200\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 204 No Content\r\nVia: 1.1 proxy\r\n\r\n",
    ] {
        for wire in [1, 7, WIDE] {
            let (made, _) = tunnelled("h.example", answer, wire).await;
            assert_eq!(made, Ok(()), "{answer} {wire}");
        }
    }
}

#[tokio::test]
async fn a_proxy_that_wants_a_login_is_named_so() {
    let answer = "HTTP/1.1 407 Proxy Authentication Required\r\n\
                  Proxy-Authenticate: Basic realm=\"office\"\r\nContent-Length: 3\r\n\r\nno!";
    assert_eq!(
        failure(answer).await,
        "IOException: the proxy proxy.example:3128 wants a login, which is not supported"
    );
}

#[tokio::test]
async fn a_refusal_is_the_proxy_s_with_its_status() {
    for (answer, words) in [
        ("HTTP/1.1 502 Bad Gateway", "502 Bad Gateway"),
        ("HTTP/1.1 403", "403"),
        // Not the server's upgrade, nor a redirect to follow.
        (
            "HTTP/1.1 101 Switching Protocols",
            "101 Switching Protocols",
        ),
        ("HTTP/1.1 302 Found\r\nLocation: ws://i/", "302 Found"),
    ] {
        let expected = format!(
            "IOException: the proxy proxy.example:3128 refused a connection to h.example:443: \
             {words}"
        );
        let answer = format!("{answer}\r\n\r\n");
        assert_eq!(failure(&answer).await, expected);
    }
}

#[tokio::test]
async fn a_refusal_s_words_are_cut() {
    let reason = "x".repeat(10_000);
    let text = failure(&format!("HTTP/1.1 500 {reason}\r\n\r\n")).await;
    let expected = format!("500 {}", "x".repeat(MAX_WORDS_CHARACTERS));
    assert!(text.ends_with(&expected) && text.len() < 400, "{text}");
}

#[tokio::test]
async fn a_proxy_that_closes_before_the_end_of_its_answer_made_no_tunnel() {
    for answer in ["", "HTTP/1.1 200 OK\r\nVia"] {
        assert_eq!(
            failure(answer).await,
            "IOException: the proxy proxy.example:3128 closed the connection before it had answered"
        );
    }
}

#[tokio::test]
async fn an_answer_is_read_only_so_far() {
    let expected = "IOException: the proxy proxy.example:3128 answered with headers larger than \
                    32768 bytes or more than 128";
    let long = format!("HTTP/1.1 200 OK\r\nX: {}", "x".repeat(4 * WIDE));
    let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "X: 1\r\n".repeat(200));
    for answer in [long, many] {
        assert_eq!(failure(&answer).await, expected);
    }
}

#[tokio::test]
async fn what_is_not_http_makes_no_tunnel() {
    let expected = "IOException: the proxy proxy.example:3128 did not answer in HTTP/1.1: invalid HTTP version";
    assert_eq!(failure("SSH-2.0-OpenSSH_9.6\r\n").await, expected);
}

#[tokio::test]
async fn what_comes_with_the_answer_is_nobody_s() {
    for more in ["x", "HTTP/1.1 101 Switching Protocols\r\n\r\n"] {
        assert_eq!(
            failure(&format!("{OK}{more}")).await,
            "IOException: the proxy proxy.example:3128 sent more than its answer before the server \
             was asked anything"
        );
    }
}

#[test]
fn a_proxy_is_shown_as_host_and_port() {
    let socks = Proxy::Socks {
        host: "::1".to_owned(),
        port: 1080,
    };
    assert_eq!(socks.to_string(), "[::1]:1080");
    assert_eq!(proxy().to_string(), "proxy.example:3128");
}
