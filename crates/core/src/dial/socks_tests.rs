use std::time::Duration;

use tokio::time::timeout;

use super::*;
use crate::test_net::conversation;

/// Reached only by a failing test.
const PATIENCE: Duration = Duration::from_secs(20);
const GREETING: [u8; 3] = [5, 1, 0];
const CHOSEN: &[u8] = &[5, 0];
const BOUND_V4: &[u8] = &[5, 0, 0, 1, 127, 0, 0, 1, 0, 80];

/// What comes of a proxy that gives these answers, to the greeting and to the
/// request, and closes; what it was asked, and what came after its answers.
/// `wire` bytes are on the way at the most.
async fn socks(
    host: &str,
    answers: &[&[u8]],
    wire: usize,
) -> (Result<(), String>, Vec<u8>, Vec<u8>) {
    let (mut client, proxy) = tokio::io::duplex(wire);
    let questions = [GREETING.to_vec(), 443_u16.to_be_bytes().to_vec()];
    let answers = answers.iter().map(|answer| answer.to_vec());
    let steps = questions.into_iter().zip(answers).collect();
    let asked = tokio::spawn(conversation(proxy, steps));
    let made = timeout(PATIENCE, connect(&mut client, host, 443));
    let made = made.await.expect("an end");
    let mut rest = Vec::new();
    if made.is_ok() {
        client.read_to_end(&mut rest).await.expect("the rest");
    }
    drop(client);
    (made, asked.await.expect("no panic"), rest)
}

async fn failure(answers: &[&[u8]]) -> String {
    let (made, ..) = socks("h.example", answers, 1024).await;
    made.expect_err("no connection")
}

#[tokio::test]
async fn a_name_is_sent_as_it_is_and_an_address_as_an_address() {
    let mut v6 = vec![4, 0x20, 0x01, 0x0d, 0xb8];
    v6.extend([0; 11]);
    v6.push(1);
    for (host, address) in [
        ("h.example", b"\x03\x09h.example".to_vec()),
        ("192.0.2.1", vec![1, 192, 0, 2, 1]),
        ("2001:db8::1", v6),
    ] {
        let (made, asked, _) = socks(host, &[CHOSEN, BOUND_V4], 1024).await;
        assert_eq!(made, Ok(()));
        let expected = [&GREETING[..], &[5, 1, 0], &address, &[1, 187]].concat();
        assert_eq!(asked, expected, "{host}");
    }
}

#[tokio::test]
async fn no_more_than_the_answer_is_read_whatever_address_it_names_and_however_it_is_cut() {
    let v6 = [&[5, 0, 0, 4][..], &[0; 18]].concat();
    let name = [&[5, 0, 0, 3, 255][..], &[b'x'; 257]].concat();
    let empty_name = [5, 0, 0, 3, 0, 0, 0];
    for answer in [BOUND_V4, &v6, &name, &empty_name] {
        for wire in [1, 3, 1024] {
            let with_more = [answer, b"more"].concat();
            let (made, _, rest) = socks("h.example", &[CHOSEN, &with_more], wire).await;
            assert_eq!((made, &rest[..]), (Ok(()), &b"more"[..]), "{answer:?}");
        }
    }
}

#[tokio::test]
async fn a_refusal_says_why() {
    for (reply, why) in [
        (1, "general failure"),
        (2, "not allowed by its rules"),
        (3, "network unreachable"),
        (4, "host unreachable"),
        (5, "connection refused"),
        (6, "time to live expired"),
        (7, "command not supported"),
        (8, "type of address not supported"),
        (9, "for an unknown reason"),
    ] {
        // As some do: nothing after the reply.
        let text = failure(&[CHOSEN, &[5, reply, 0, 1]]).await;
        let expected =
            format!("refused a connection to h.example:443: {why} (SOCKS reply {reply})");
        assert_eq!(text, expected);
    }
}

#[tokio::test]
async fn a_proxy_that_wants_a_login_is_named_so() {
    for method in [1, 2, 0xff] {
        assert_eq!(failure(&[&[5, method]]).await, WANTS_LOGIN);
    }
}

#[tokio::test]
async fn what_is_not_socks5_makes_no_connection() {
    let expected = "did not answer in SOCKS5 but in version 72";
    assert_eq!(failure(&[b"HTTP/1.1 400 Bad Request"]).await, expected);
    let expected = "did not answer in SOCKS5 but in version 4";
    assert_eq!(failure(&[CHOSEN, &[4, 0, 0, 1]]).await, expected);
    let expected = "answered with an unknown type of address, 2";
    assert_eq!(failure(&[CHOSEN, &[5, 0, 0, 2]]).await, expected);
}

#[tokio::test]
async fn a_proxy_that_closes_before_the_end_of_its_answer_made_no_connection() {
    let expected = "closed the connection before it had answered";
    assert_eq!(failure(&[&[5]]).await, expected);
    for answer in [&[][..], &BOUND_V4[..3], &BOUND_V4[..9], &[5, 0, 0, 3]] {
        assert_eq!(failure(&[CHOSEN, answer]).await, expected, "{answer:?}");
    }
}

#[tokio::test]
async fn a_name_that_does_not_fit_is_not_asked_for() {
    let host = "x".repeat(256);
    let (made, asked, _) = socks(&host, &[CHOSEN, BOUND_V4], 1024).await;
    let text = made.expect_err("too long");
    assert!(text.ends_with("the name is too long for SOCKS"), "{text}");
    assert_eq!(asked, b"");
}
