use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::settings::SourceConfig;

fn config() -> SourceConfig {
    let map = BTreeMap::from([
        ("websocket.url".to_owned(), "ws://h/".to_owned()),
        ("kafka.topic".to_owned(), "t".to_owned()),
        (
            "websocket.headers".to_owned(),
            "Sec-WebSocket-Protocol:v2.chat".to_owned(),
        ),
    ]);
    crate::settings::parse(&map).config.expect("valid settings")
}

/// Parses `head`, in which `ACCEPT` stands for the right accept key.
fn answer(head: &str) -> Result<Option<Response>, ResponseError> {
    answer_at(SystemTime::UNIX_EPOCH, head)
}

fn answer_at(now: SystemTime, head: &str) -> Result<Option<Response>, ResponseError> {
    let config = config();
    let request = Request::new(&config, &config.url, true, [7; 16]);
    let head = head.replace("ACCEPT", &request.expected_accept());
    parse(head.as_bytes(), &request, now)
}

/// What a refusal with `status` asks for in its header `Retry-After`.
fn retry_after(status: u16, value: &str) -> Option<Duration> {
    // Wed, 21 Oct 2015 07:28:00 GMT
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_445_412_480);
    let head = format!("HTTP/1.1 {status} No\r\nretry-after:{value}\r\n\r\n");
    match answer_at(now, &head) {
        Ok(Some(Response::Refused { refusal, .. })) => refusal.retry_after,
        other => panic!("not refused: {other:?}"),
    }
}

const GOOD: &str = "HTTP/1.1 101 Switching Protocols\r\nupgrade: WebSocket\r\n\
    Connection: keep-alive, Upgrade\r\nSec-WebSocket-Accept: ACCEPT\r\n";

#[test]
fn a_right_answer_is_accepted_and_frames_may_follow() {
    let head = format!("{GOOD}Sec-WebSocket-Protocol: v2.chat\r\n\r\n\u{1}frame");
    let Ok(Some(Response::Accepted(accepted))) = answer(&head) else {
        panic!("not accepted");
    };
    assert!(accepted.head_bytes > GOOD.len());
}

#[test]
fn an_unfinished_head_is_waited_for() {
    assert_eq!(answer(GOOD), Ok(None));
    assert_eq!(answer(""), Ok(None));
}

#[test]
fn missing_or_wrong_headers_break_the_handshake() {
    for (right, wrong) in [
        ("upgrade: WebSocket", "upgrade: h2c"),
        ("keep-alive, Upgrade", "keep-alive"),
        ("ACCEPT", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
    ] {
        let head = format!("{}\r\n", GOOD.replace(right, wrong));
        assert!(
            matches!(answer(&head), Err(ResponseError::Header(..))),
            "{wrong}"
        );
    }
}

#[test]
fn what_was_not_offered_is_refused() {
    for header in [
        "Sec-WebSocket-Extensions: permessage-deflate",
        "Sec-WebSocket-Protocol: v1.chat",
    ] {
        let head = format!("{GOOD}{header}\r\n\r\n");
        assert!(
            matches!(answer(&head), Err(ResponseError::NotOffered(_))),
            "{header}"
        );
    }
}

#[test]
fn a_refusal_keeps_the_server_s_words() {
    let head = "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 7\r\nContent-Length: 4\r\n\r\nwait";
    let Ok(Some(Response::Refused {
        mut refusal,
        head_bytes,
        body_end,
    })) = answer(head)
    else {
        panic!("not refused");
    };
    refusal.set_body(&head.as_bytes()[head_bytes..], str::to_owned);
    assert_eq!(
        (refusal.status, refusal.reason.as_str()),
        (429, "Too Many Requests")
    );
    assert_eq!(refusal.retry_after, Some(Duration::from_secs(7)));
    assert_eq!(
        (body_end, refusal.body.as_str()),
        (BodyEnd::After(4), "wait")
    );
}

#[test]
fn a_body_s_end_is_where_rfc_9112_has_it() {
    for (status, headers, expected) in [
        (403, "", BodyEnd::Close),
        (403, "Content-Length: 7\r\n", BodyEnd::After(7)),
        (403, "Content-Length: many\r\n", BodyEnd::Close),
        (403, "transfer-encoding: Chunked\r\n", BodyEnd::LastChunk),
        (
            403,
            "Content-Length: 7\r\nTransfer-Encoding: chunked\r\n",
            BodyEnd::LastChunk,
        ),
        (204, "", BodyEnd::After(0)),
        (304, "Content-Length: 7\r\n", BodyEnd::After(0)),
        (103, "", BodyEnd::After(0)),
    ] {
        let head = format!("HTTP/1.1 {status} No\r\n{headers}\r\n");
        let Ok(Some(Response::Refused { body_end, .. })) = answer(&head) else {
            panic!("not refused: {head}");
        };
        assert_eq!(body_end, expected, "{head}");
    }
}

#[test]
fn words_are_cut_after_what_is_hidden_and_between_characters() {
    let head = "HTTP/1.1 403 No\r\n\r\n";
    let Ok(Some(Response::Refused { mut refusal, .. })) = answer(head) else {
        panic!("not refused");
    };
    let body = format!(" {}sécret ", "é".repeat(511));
    refusal.set_body(body.as_bytes(), |text| text.replace("sécret", "éé"));
    assert_eq!(refusal.body, "é".repeat(512));
}

#[test]
fn a_refusal_that_means_waiting_says_for_how_long_in_any_shape() {
    let shapes = [
        ("7", 7),
        ("Wed, 21 Oct 2015 07:28:40 GMT", 40),
        ("1445412500", 20),
        ("1445412510000", 30),
        ("Wed, 21 Oct 2015 07:27:59 GMT", 0),
    ];
    for status in [418, 429, 503] {
        for (value, seconds) in shapes {
            let expected = Some(Duration::from_secs(seconds));
            assert_eq!(retry_after(status, value), expected, "{status} {value}");
        }
        assert_eq!(retry_after(status, "later"), None);
    }
}

#[test]
fn retry_after_counts_only_where_it_means_waiting() {
    for status in [200, 401, 403, 404, 500, 502] {
        assert_eq!(retry_after(status, "7"), None, "{status}");
    }
}

#[test]
fn endless_headers_are_cut_off() {
    let long = format!("{GOOD}X: {}", "x".repeat(MAX_RESPONSE_HEAD_BYTES));
    assert_eq!(answer(&long), Err(ResponseError::TooLarge));
    let many = format!("{GOOD}{}\r\n", "X: 1\r\n".repeat(MAX_RESPONSE_HEADERS));
    assert_eq!(answer(&many), Err(ResponseError::TooLarge));
}

proptest! {
    #[test]
    fn no_bytes_make_parsing_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let config = config();
        let request = Request::new(&config, &config.url, true, [7; 16]);
        let parsed = parse(&bytes, &request, SystemTime::UNIX_EPOCH);
        prop_assert!(!matches!(parsed, Ok(Some(Response::Accepted(_)))));
    }
}
