use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::settings::parse;

fn config(pairs: &[(&str, &str)]) -> SourceConfig {
    let mut raw = BTreeMap::from([
        ("websocket.url".to_owned(), "wss://h/p".to_owned()),
        ("kafka.topic".to_owned(), "t".to_owned()),
    ]);
    raw.extend(
        pairs
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned())),
    );
    parse(&raw).config.expect("valid")
}

fn with_token(token: &str) -> SourceConfig {
    config(&[("websocket.auth.token", token)])
}

#[test]
fn nothing_that_is_secret_comes_back() {
    let config = config(&[
        (
            "websocket.url",
            "wss://user:p%40ssword@h/p?key=query-key&n=1",
        ),
        ("websocket.auth.token", "t0ken-t0ken"),
        (
            "websocket.headers",
            "X-Key:header-key,X-Long:header-key-2,X-N:1",
        ),
        (
            "websocket.subscription.message",
            "{\"auth\":\"message-key\"}",
        ),
    ]);
    let said = "1: t0ken-t0ken, header-key-2, header-key, query-key, p@ssword, p%40ssword, \
         /p?key=query-key&n=1, {\"auth\":\"message-key\"} are wrong for user";
    assert_eq!(
        config.hide_secrets(said),
        "1: [hidden], [hidden], [hidden], [hidden], [hidden], [hidden], \
         /p?[hidden], [hidden] are wrong for user"
    );
}

#[test]
fn user_info_is_hidden_as_it_is_sent() {
    let config = config(&[("websocket.url", "wss://user:pw@h/p")]);
    assert_eq!(
        config.hide_secrets("Basic dXNlcjpwdw== is wrong"),
        "Basic [hidden] is wrong"
    );
}

#[test]
fn user_info_without_a_password_is_a_key() {
    let config = config(&[("websocket.url", "wss://api-k%65y@h/p")]);
    assert_eq!(
        config.hide_secrets("no such user: api-key, api-k%65y"),
        "no such user: [hidden], [hidden]"
    );
}

#[test]
fn a_header_s_credentials_are_hidden_without_their_scheme() {
    let headers = "Authorization: Bearer b34rer-t0ken,Proxy-Authorization: Basic dXNlcjpodW50ZXIy,\
                   Cookie: session=c00kie-1; theme=c00kie-2";
    let config = config(&[("websocket.headers", headers)]);
    assert_eq!(
        config.hide_secrets("not b34rer-t0ken nor c00kie-1 nor c00kie-2 nor dXNlcjpodW50ZXIy"),
        "not [hidden] nor [hidden] nor [hidden] nor [hidden]"
    );
}

#[test]
fn a_secret_that_is_cut_off_is_hidden() {
    let config = with_token("eyJhbGciOiJIUzI1NiJ9.eyJzdWIi.c2ln");
    for (said, shown) in [
        ("bad token eyJhbG", "bad token [hidden]"),
        (
            "bad token eyJhbGciOiJIUzI1NiJ9.eyJzdWIi.c2l",
            "bad token [hidden]",
        ),
        ("bad token eyJhbGciOi...", "bad token [hidden]..."),
        ("{\"bad\":\"eyJhbGciOi\"}", "{\"bad\":\"[hidden]\"}"),
        (
            "token eyJhbGciOi\u{2026} has ended",
            "token [hidden]\u{2026} has ended",
        ),
        (
            "token eyJhbGciOi*** has ended",
            "token [hidden]*** has ended",
        ),
        // Too short to be told from a word, or not cut off.
        ("bad token eyJhb", "bad token eyJhb"),
        ("eyJhbGuard is no token", "eyJhbGuard is no token"),
    ] {
        assert_eq!(config.hide_secrets(said), shown, "{said}");
    }
}

#[test]
fn a_cut_is_found_within_a_character_and_after_a_false_start() {
    let config = with_token("s3crét-s3crét-2");
    assert_eq!(config.hide_secrets("no s3cr\u{e8}"), "no s3cr\u{e8}");
    assert_eq!(
        config.hide_secrets("no s3crét\u{fffd}"),
        "no [hidden]\u{fffd}"
    );
    assert_eq!(
        config.hide_secrets("s3crét s3crét-s3crét-s3crét"),
        "s3crét s3crét-[hidden]"
    );
}

#[test]
fn secrets_that_overlap_leave_nothing_between_them() {
    let config = config(&[("websocket.headers", "A:secret-one-two,B:two-three-four")]);
    assert_eq!(
        config.hide_secrets("<secret-one-two-three-four>"),
        "<[hidden]>"
    );
}

#[test]
fn what_is_put_in_place_of_a_secret_is_not_searched() {
    let config = config(&[("websocket.headers", "A:hidden,B:longer-secret")]);
    assert_eq!(
        config.hide_secrets("longer-secret hidden"),
        "[hidden] [hidden]"
    );
}

#[test]
fn secrets_are_hidden_as_json_writes_them() {
    let config = config(&[
        ("websocket.auth.token", "back\\slash/and\"quote"),
        ("websocket.subscription.message", "{\"op\":\"subscribe\"}"),
    ]);
    assert_eq!(
        config.hide_secrets(
            r#"{"t":"back\\slash/and\"quote","u":"back\\slash\/and\"quote","m":"{\"op\":\"subscribe\"}"}"#
        ),
        r#"{"t":"[hidden]","u":"[hidden]","m":"[hidden]"}"#
    );
}

#[test]
fn the_subscription_message_s_secret_members_are_hidden() {
    let message = r#"{"op":"subscribe","channel":"ticker-channel","apiKey":"k-111111",
        "args":[{"API_SECRET":"k-222222","passphrase":"k-333333","sign":"k-444444"}],
        "access-token":["k-555555"],"Signature":{"value":"k-666666"},"password":"k-777777"}"#;
    let config = config(&[("websocket.subscription.message", message)]);
    for n in 1..=7 {
        let key = format!("k-{}", n.to_string().repeat(6));
        assert_eq!(config.hide_secrets(&format!("no {key}!")), "no [hidden]!");
    }
    let open = "subscribe to ticker-channel";
    assert_eq!(config.hide_secrets(open), open);
}

#[test]
fn the_arguments_of_a_login_are_secret_whatever_their_names() {
    for message in [
        r#"{"op":"auth","args":["k-111111",1662350400000,"k-222222"]}"#,
        r#"{"action":"Authenticate","params":"k-111111,k-222222"}"#,
    ] {
        let config = config(&[("websocket.subscription.message", message)]);
        let shown = config.hide_secrets("authenticate: k-111111,k-222222");
        assert!(
            shown.starts_with("authenticate: [hidden]") && !shown.contains("222222"),
            "{shown}"
        );
    }
}

proptest! {
    #[test]
    fn no_text_makes_hiding_panic_or_shows_the_secret(
        token in "[aé\\\\\"./]{6,12}",
        said in "[aé\\\\\"./ ]{0,40}",
        cut in 0_usize..12,
    ) {
        let config = with_token(&token);
        let whole = config.hide_secrets(&format!("{said}{token}{said}"));
        prop_assert!(!whole.contains(&token));
        let begun: String = token.chars().take(cut).collect();
        if begun.len() >= MIN_SECRET_BYTES {
            let shown = config.hide_secrets(&format!("{said}{begun}"));
            prop_assert!(!shown.ends_with(&begun));
        }
    }
}
