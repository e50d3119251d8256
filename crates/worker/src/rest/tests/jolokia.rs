//! The beans over HTTP: off, on, bounded, and looked after.

use super::watching::connector;
use super::*;

const JOLOKIA: (&str, &str) = ("jolokia.enabled", "true");

#[tokio::test]
async fn jolokia_is_not_there_unless_it_is_wanted() {
    let api = Api::new(&[]);
    for (method, path) in [
        ("GET", "/jolokia"),
        ("GET", "/jolokia/version"),
        ("POST", "/jolokia"),
    ] {
        let answer = api.ask(method, path, &[]).await;
        let unknown = api.ask(method, "/nowhere", &[]).await;
        assert_eq!(
            (answer.status, &answer.body),
            (404, &unknown.body),
            "{path}"
        );
    }
}

#[tokio::test]
async fn jolokia_reads_what_the_worker_has() {
    let api = Api::new(&[JOLOKIA]);
    let body = connector("ws://user:hunter2@127.0.0.1:1/a?key=hunter3", "t")
        .replace("\"c\"", "\"rd/x y\"")
        .replace("attempts\":\"0", "attempts\":\"-1");
    let created = api.send("POST", "/connectors", &body).await;
    assert_eq!(created.status, 201, "{}", created.body);
    let name = "kafka.connect:type=connector-task-metrics,connector=%22rd!%2Fx%20y%22,task=0";
    let status = api
        .ask("GET", &format!("/jolokia/read/{name}/status"), &[])
        .await;
    assert_eq!(status.json()["value"], "running", "{}", status.body);
    assert_eq!(
        status.header("content-type"),
        Some("text/plain; charset=utf-8")
    );
    let raw = r#"/jolokia/search/kafka.connect:type=connector-metrics,connector="rd*""#;
    let found = api.ask("GET", raw, &[]).await;
    assert_eq!(
        found.json()["value"][0],
        r#"kafka.connect:connector="rd/x y",type=connector-metrics"#
    );
    let by_query = "/jolokia/?mimeType=application/json&p=read/kafka.connect:type=app-info/version";
    let version = api.ask("GET", by_query, &[]).await;
    assert_eq!(version.json()["value"], API_VERSION, "{}", version.body);
    assert_eq!(version.header("content-type"), Some("application/json"));
    for path in ["/jolokia", "/jolokia/", "/jolokia/read"] {
        let body = r#"[{"type":"read","mbean":"io.conduktor.connect.websocket:*","attribute":"Connected"}]"#;
        let types = [("content-type", "text/json")];
        let answer = ask(main_site(&api.rest), "POST", path, &types, body).await;
        let expected = json!({
            r#"io.conduktor.connect.websocket:name="rd/x y",type=WebSocketConnector,url="127.0.0.1_1_a""#:
                {"Connected": false},
        });
        assert_eq!(
            answer.json()[0]["value"],
            expected,
            "{path} {}",
            answer.body
        );
    }
    let everything = api.ask("GET", "/jolokia/read/*:*", &[]).await;
    let metrics = api.ask("GET", "/metrics", &[]).await;
    for text in [&everything.body, &metrics.body] {
        assert!(
            text.contains("rd/x y") && !text.contains("hunter"),
            "{text}"
        );
    }
    let deleted = api.ask("DELETE", "/connectors/rd%2Fx%20y", &[]).await;
    assert_eq!(deleted.status, 204, "{}", deleted.body);
    let gone = api.ask("GET", &format!("/jolokia/read/{name}"), &[]).await;
    assert_eq!(gone.json()["status"], 404, "{}", gone.body);
}

#[tokio::test]
async fn bodies_for_jolokia_are_bounded() {
    let api = Api::new(&[JOLOKIA]);
    let large = " ".repeat((4 << 20) + 1);
    assert_eq!(api.send("POST", "/jolokia", &large).await.status, 413);
    assert_eq!(api.status("DELETE", "/jolokia", &[]).await, 405);
}

#[tokio::test]
async fn commits_of_offsets_are_counted() {
    let api = Api::new(&[JOLOKIA]);
    let body = connector("ws://127.0.0.1:1/", "t").replace("attempts\":\"0", "attempts\":\"-1");
    let created = api.send("POST", "/connectors", &body).await;
    assert_eq!(created.status, 201, "{}", created.body);
    api.rest.herder.commit_offsets().await;
    let path = "/jolokia/read/kafka.connect:type=connector-task-metrics,*/offset-commit-success-percentage,offset-commit-max-time-ms";
    let answer = api.ask("GET", path, &[]).await.json();
    let values = &answer["value"]["kafka.connect:connector=c,task=0,type=connector-task-metrics"];
    assert_eq!(values["offset-commit-success-percentage"], 1.0, "{answer}");
    assert!(values["offset-commit-max-time-ms"].is_f64(), "{answer}");
}

#[tokio::test(start_paused = true)]
async fn the_counters_are_looked_at_while_nobody_asks() {
    let api = Api::new(&[JOLOKIA]);
    let looking = tokio::spawn(look_at_metrics(Arc::downgrade(&api.rest)));
    let body = connector("ws://127.0.0.1:1/", "t");
    let created = api.send("POST", "/connectors", &body).await;
    assert_eq!(created.status, 201, "{}", created.body);
    api.rest.herder.commit_offsets().await;
    let counts = {
        let reading = api.rest.herder.reading();
        Arc::clone(&reading.connectors[0].task.as_ref().expect("a task").commits)
    };
    let seen = || counts.max_us.load(std::sync::atomic::Ordering::Relaxed) == 0;
    counts.record(std::time::Duration::from_secs(1), true);
    let waiting = async {
        while !seen() {
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
    };
    let waited = tokio::time::timeout(std::time::Duration::from_secs(10), waiting).await;
    assert!(waited.is_ok(), "nobody has looked");
    drop(api);
    looking.await.expect("it ends with the API");
}
