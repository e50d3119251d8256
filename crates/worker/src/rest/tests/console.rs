//! The console's resources: what guards them, what they show and hide.

use std::time::Duration;

use serde_json::json;

use super::{Answer, Api};

const SECRET: &str = "s3cret-of-the-test";

/// A connector whose server is not there, with secrets of all kinds.
async fn with_connector(settings: &[(&str, &str)]) -> Api {
    let api = Api::new(settings);
    let created = json!({"name": "c", "config": {
        "connector.class": "WebSocketSource",
        "websocket.url": format!("ws://user:{SECRET}@127.0.0.1:1/feed?key={SECRET}"),
        "kafka.topic": "t",
        "websocket.auth.token": SECRET,
        "websocket.subscription.message": format!("{{\"key\":\"{SECRET}\"}}"),
        "producer.override.client.id": SECRET,
        "topic.creation.default.partitions": "3",
        "topic.creation.default.replication.factor": "1",
        "my.own": SECRET,
    }});
    let answer = api.send("POST", "/connectors", &created.to_string()).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    api
}

async fn validated(api: &Api, draft: serde_json::Value) -> serde_json::Value {
    let answer = api
        .send("POST", "/ui/api/validate", &draft.to_string())
        .await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()
}

fn errors_of(answer: &serde_json::Value, name: &str) -> Vec<String> {
    let configs = answer["validation"]["configs"].as_array().expect("a list");
    let found = configs.iter().find(|one| one["value"]["name"] == name);
    let errors = found.expect("the setting")["value"]["errors"].as_array();
    let texts = errors.expect("a list").iter();
    texts
        .map(|text| text.as_str().expect("text").to_owned())
        .collect()
}

#[tokio::test]
async fn a_page_may_load_and_do_what_its_own_origin_has_only() {
    let api = Api::new(&[]);
    for path in ["/ui/", "/ui/app.js", "/ui/vendor/uPlot.iife.min.js"] {
        let page = api.ask("GET", path, &[]).await;
        assert_eq!(page.status, 200, "{path}");
        let policy = page.header("content-security-policy").expect("a policy");
        for part in [
            "default-src 'none'",
            "script-src 'self'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
            "form-action 'none'",
        ] {
            assert!(policy.contains(part), "{policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(page.header("cache-control"), Some("no-cache"));
        let tag = page.header("etag").expect("a tag");
        let again = api.ask("GET", path, &[("if-none-match", tag)]).await;
        assert_eq!((again.status, again.body.as_str()), (304, ""));
        assert_eq!(again.header("etag"), Some(tag));
        let other = api.ask("GET", path, &[("if-none-match", "\"x\"")]).await;
        assert_eq!(other.status, 200);
    }
    assert_eq!(api.status("GET", "/ui/no.js", &[]).await, 404);
    assert_eq!(api.status("GET", "/ui/../Cargo.toml", &[]).await, 404);
    assert_eq!(api.status("POST", "/ui/", &[]).await, 405);
}

#[tokio::test]
async fn without_its_slash_the_page_is_led_to_whatever_is_before_it() {
    let api = Api::new(&[]);
    let led = api.ask("GET", "/ui", &[]).await;
    assert_eq!((led.status, led.header("location")), (307, Some("ui/")));
}

#[tokio::test]
async fn the_console_can_be_turned_off_and_the_root_is_connect_s() {
    let off = Api::new(&[("console.enabled", "false")]);
    for path in ["/ui", "/ui/", "/ui/app.js", "/ui/api/overview"] {
        assert_eq!(off.status("GET", path, &[]).await, 404, "{path}");
    }
    let on = Api::new(&[]);
    assert_eq!(on.ask("GET", "/", &[]).await.json()["version"], "3.9.1");
}

#[tokio::test]
async fn a_page_of_another_origin_changes_nothing() {
    let api = with_connector(&[("access.control.allow.origin", "http://console.example")]).await;
    let before = api.rest.herder.glance("c").and_then(|one| one.start);
    let elsewhere = ("origin", "http://elsewhere.example");
    for (method, path) in [
        ("POST", "/connectors/c/restart?includeTasks=true"),
        ("PUT", "/connectors/c/pause"),
        ("DELETE", "/connectors/c"),
        ("POST", "/connectors"),
        ("PUT", "/admin/loggers/root"),
        ("POST", "/ui/api/preview"),
        ("POST", "/ui/api/connectors/c/messages"),
        ("PUT", "/connector-plugins/WebSocketSource/config/validate"),
    ] {
        for headers in [
            &[elsewhere][..],
            &[("sec-fetch-site", "same-site")],
            &[("sec-fetch-site", "cross-site"), elsewhere],
        ] {
            let refused = api.ask(method, path, headers).await;
            assert_eq!(refused.status, 403, "{method} {path}: {}", refused.body);
            assert!(refused.message().contains("access.control.allow.origin"));
        }
    }
    assert_eq!(
        api.rest.herder.glance("c").and_then(|one| one.start),
        before
    );
    // What only looks is no change, and who is allowed may change.
    assert_eq!(api.status("GET", "/connectors", &[elsewhere]).await, 200);
    let allowed = [
        ("origin", "http://console.example"),
        ("sec-fetch-site", "cross-site"),
    ];
    assert_eq!(
        api.status("PUT", "/connectors/c/pause", &allowed).await,
        202
    );
    let own = [("origin", "https://example.com:1")];
    assert_eq!(api.status("PUT", "/connectors/c/resume", &own).await, 202);
}

#[tokio::test]
async fn the_overview_has_all_connectors_and_why_they_are_as_they_are() {
    let api = with_connector(&[]).await;
    let seen = tokio::time::timeout(Duration::from_secs(20), async {
        loop {
            let seen = api.ask("GET", "/ui/api/overview", &[]).await.json();
            if seen["connectors"][0]["task"]["session"] == "backing_off" {
                return seen;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
    let seen = seen.await.expect("an attempt fails");
    let one = &seen["connectors"][0];
    assert_eq!(
        (&one["name"], &one["state"]),
        (&json!("c"), &json!("RUNNING"))
    );
    assert!(
        one["task"]["reason"]
            .as_str()
            .is_some_and(|reason| !reason.is_empty())
    );
    let page = api.ask("GET", "/ui/api/connectors/c", &[]).await;
    assert_eq!(page.header("cache-control"), Some("no-store"));
    let page = page.json();
    assert_eq!(page["ledger"]["received"], 0);
    assert_eq!(page["messages"], false);
    let kinds: Vec<&str> = page["timeline"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| one["kind"].as_str().expect("text"))
        .collect();
    assert_eq!(kinds[..2], ["connecting", "failed"]);
    assert!(!seen.to_string().contains(SECRET) && !page.to_string().contains(SECRET));
    assert_eq!(
        api.status("GET", "/ui/api/connectors/nobody", &[]).await,
        404
    );
}

#[tokio::test]
async fn settings_are_shown_without_what_may_be_secret() {
    let api = with_connector(&[]).await;
    let answer = api.ask("GET", "/ui/api/connectors/c/config", &[]).await;
    assert!(!answer.body.contains(SECRET), "{}", answer.body);
    let shown = answer.json();
    let plain: Vec<&String> = shown["config"]
        .as_object()
        .expect("an object")
        .keys()
        .collect();
    assert_eq!(
        plain,
        [
            "connector.class",
            "kafka.topic",
            "name",
            "topic.creation.default.partitions",
            "topic.creation.default.replication.factor"
        ]
    );
    let hidden = &shown["hidden"];
    assert_eq!(hidden["websocket.url"], "ws://127.0.0.1:1/feed");
    for name in [
        "websocket.auth.token",
        "websocket.subscription.message",
        "producer.override.client.id",
        "my.own",
    ] {
        assert!(
            hidden.get(name).is_some_and(serde_json::Value::is_null),
            "{name}: {hidden}"
        );
    }
}

#[tokio::test]
async fn changes_are_validated_with_the_secrets_that_stay() {
    let api = with_connector(&[]).await;
    let same = validated(&api, json!({"of": "c", "config": {}})).await;
    assert!(!same.to_string().contains(SECRET));
    assert_eq!(errors_of(&same, "websocket.url"), [""; 0]);
    let secrets = same["secrets"].as_array().expect("a list");
    assert!(secrets.contains(&json!("websocket.headers")), "{secrets:?}");
    let without = json!({"of": "c", "config": {"websocket.url": null, "kafka.topic": ""}});
    let without = validated(&api, without).await;
    assert!(errors_of(&without, "websocket.url")[0].contains("websocket.url"));
    assert!(errors_of(&without, "kafka.topic")[0].contains("kafka.topic"));
    let renamed = validated(&api, json!({"of": "c", "config": {"name": "d"}})).await;
    assert!(errors_of(&renamed, "name")[0].contains("keeps its name"));
    let taken = validated(&api, json!({"of": null, "config": {"name": "c"}})).await;
    assert!(errors_of(&taken, "name")[0].contains("already exists"));
    let unknown = api
        .send(
            "POST",
            "/ui/api/validate",
            "{\"of\": \"nobody\", \"config\": {}}",
        )
        .await;
    assert_eq!(unknown.status, 404);
    for body in ["{}", "{\"config\": 1}", "{\"of\": 1, \"config\": {}}"] {
        assert_eq!(
            api.send("POST", "/ui/api/validate", body).await.status,
            400,
            "{body}"
        );
    }
}

#[tokio::test]
async fn a_preview_ends_at_the_first_refusal_and_needs_valid_settings() {
    let api = Api::new(&[]);
    let draft = |url: &str| {
        json!({"config": {"name": "p", "websocket.url": url, "kafka.topic": "t"}}).to_string()
    };
    let wrong = api
        .send("POST", "/ui/api/preview", &draft("http://h"))
        .await;
    assert_eq!(wrong.status, 400);
    assert!(
        wrong.message().contains("ws:// or wss://"),
        "{}",
        wrong.body
    );
    let nobody: Answer = api
        .send("POST", "/ui/api/preview", &draft("ws://127.0.0.1:1"))
        .await;
    let seen = nobody.json();
    assert_eq!(
        (&seen["ended"], &seen["records"]),
        (&json!("failed"), &json!([]))
    );
    assert!(
        seen["reason"]
            .as_str()
            .is_some_and(|text| text.contains("refused")),
        "{seen}"
    );
    let _places = api
        .rest
        .trying
        .clone()
        .try_acquire_many_owned(2)
        .expect("free");
    let busy = api
        .send("POST", "/ui/api/preview", &draft("ws://127.0.0.1:1"))
        .await;
    assert_eq!(busy.status, 429);
}

#[tokio::test]
async fn messages_are_shown_where_the_worker_says_so_only() {
    let api = with_connector(&[]).await;
    let refused = api.send("POST", "/ui/api/connectors/c/messages", "").await;
    assert_eq!(refused.status, 403);
    assert!(refused.message().contains("console.messages"));
    assert_eq!(
        api.send("POST", "/ui/api/connectors/nobody/messages", "")
            .await
            .status,
        404
    );
}
