//! What a session is doing, where monitors look for it.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use websocket_exchange::{Exchange, Options};

use super::*;

/// The state that `/connectors/c/session` and the metrics show; they agree.
async fn session_state(api: &Api) -> String {
    let session = api.ask("GET", "/connectors/c/session", &[]).await.json();
    let shown = session["tasks"][0]["session"].as_str().expect("a state");
    let metrics = api.ask("GET", "/metrics", &[]).await.body;
    let name = "kafka_connect_websocket_session_state{connector=\"c\",task=\"0\",state=\"";
    let present: Vec<_> = metrics
        .lines()
        .filter_map(|line| line.strip_prefix(name)?.strip_suffix("\"} 1"))
        .collect();
    if present == [shown] {
        shown.to_owned()
    } else {
        format!("{shown} and {present:?}")
    }
}

/// Waits until both show `state`; between two questions it may change.
async fn shows(api: &Api, state: &str) {
    let shown = async {
        while session_state(api).await != state {
            tokio::task::yield_now().await;
        }
    };
    let waited = tokio::time::timeout(std::time::Duration::from_secs(20), shown).await;
    assert!(
        waited.is_ok(),
        "not {state} but {}",
        session_state(api).await
    );
}

/// What `/metrics` has of the connector's task under one of our names.
async fn metric(api: &Api, name: &str) -> String {
    let metrics = api.ask("GET", "/metrics", &[]).await.body;
    let name = format!("kafka_connect_websocket_{name}{{connector=\"c\",task=\"0\"}} ");
    let mut lines = metrics.lines();
    let value = lines.find_map(|line| line.strip_prefix(&name));
    value.expect("a sample").to_owned()
}

pub(super) fn connector(url: &str, topic: &str) -> String {
    json!({"name": "c", "config": {
        "connector.class": "WebSocketSource", "websocket.url": url, "kafka.topic": topic,
        "websocket.reconnect.interval.ms": "60000", "websocket.reconnect.max.attempts": "0",
    }})
    .to_string()
}

#[tokio::test]
async fn the_session_s_state_is_in_its_resource_and_in_the_metrics() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    let url = format!("ws://{}/", listener.local_addr().expect("an address"));
    let api = Api::new(&[]);
    let body = connector(&url, "t").replace("attempts\":\"0", "attempts\":\"1");
    let created = api.send("POST", "/connectors", &body).await;
    assert_eq!(created.status, 201, "{}", created.body);
    let (mut stream, _) = listener.accept().await.expect("a caller");
    shows(&api, "handshake").await;
    stream.read_u8().await.expect("a request");
    let refusal = b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n";
    stream.write_all(refusal).await.expect("sent");
    shows(&api, "refused").await;
    assert_eq!(metric(&api, "refused_status").await, "401");
    assert_eq!(metric(&api, "connected").await, "0");
    let stopped = api.ask("PUT", "/connectors/c/stop", &[]).await;
    assert_eq!(stopped.status, 204, "{}", stopped.body);
    drop(listener);
    let resumed = api.ask("PUT", "/connectors/c/resume", &[]).await;
    assert_eq!(resumed.status, 202, "{}", resumed.body);
    shows(&api, "backing_off").await;
    assert_eq!(metric(&api, "refused_status").await, "0");
    assert_eq!(metric(&api, "connected").await, "0");
    let deleted = api.ask("DELETE", "/connectors/c", &[]).await;
    assert_eq!(deleted.status, 204, "{}", deleted.body);
    let created = api.send("POST", "/connectors", &connector(&url, "t")).await;
    assert_eq!(created.status, 201, "{}", created.body);
    shows(&api, "failed").await;
}

#[tokio::test]
async fn a_connection_that_the_server_closes_is_none_in_the_metrics() {
    let exchange = Exchange::start(Options::default()).await.expect("a server");
    let api = Api::new(&[]);
    let body = connector(&exchange.url("/ws"), "t").replace("attempts\":\"0", "attempts\":\"1");
    let created = api.send("POST", "/connectors", &body).await;
    assert_eq!(created.status, 201, "{}", created.body);
    shows(&api, "live").await;
    assert_eq!(metric(&api, "connected").await, "1");
    exchange.shutdown().await;
    shows(&api, "backing_off").await;
    assert_eq!(metric(&api, "connected").await, "0");
    assert_eq!(metric(&api, "refused_status").await, "0");
}

#[tokio::test]
async fn a_pause_that_disconnects_is_seen_in_the_session_and_not_in_connect_s_state() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    let url = format!("ws://{}/", listener.local_addr().expect("an address"));
    let api = Api::new(&[]);
    let setting = "\"websocket.pause.mode\":\"disconnect\",\"kafka.topic\"";
    let body = connector(&url, "t").replace("\"kafka.topic\"", setting);
    let created = api.send("POST", "/connectors", &body).await;
    assert_eq!(created.status, 201, "{}", created.body);
    let (mut stream, _) = listener.accept().await.expect("a caller");
    shows(&api, "handshake").await;
    let paused = api.ask("PUT", "/connectors/c/pause", &[]).await;
    assert_eq!(paused.status, 202, "{}", paused.body);
    shows(&api, "paused").await;
    let status = api.ask("GET", "/connectors/c/status", &[]).await.json();
    assert_eq!(status["tasks"][0]["state"], "PAUSED", "{status}");
    let mut request = Vec::new();
    let ended = stream.read_to_end(&mut request).await;
    assert!(ended.is_ok() && !request.is_empty(), "{ended:?}");
    let resumed = api.ask("PUT", "/connectors/c/resume", &[]).await;
    assert_eq!(resumed.status, 202, "{}", resumed.body);
    let (_stream, _) = listener.accept().await.expect("a caller");
    shows(&api, "handshake").await;
}

#[tokio::test]
async fn a_task_that_could_not_be_started_is_in_the_metrics_as_failed() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("topic.properties");
    std::fs::write(&file, "topic=t\n").expect("written");
    let provider = "org.apache.kafka.common.config.provider.FileConfigProvider";
    let api = Api::new(&[
        ("config.providers", "file"),
        ("config.providers.file.class", provider),
    ]);
    let topic = format!("${{file:{}:topic}}", file.display());
    let body = connector("ws://127.0.0.1:1/", &topic);
    let created = api.send("POST", "/connectors", &body).await;
    assert_eq!(created.status, 201, "{}", created.body);
    let stopped = api.ask("PUT", "/connectors/c/stop", &[]).await;
    assert_eq!(stopped.status, 204, "{}", stopped.body);
    std::fs::remove_file(&file).expect("removed");
    api.ask("PUT", "/connectors/c/resume", &[]).await;
    shows(&api, "failed").await;
    let metrics = api.ask("GET", "/metrics", &[]).await.body;
    let failed =
        "kafka_connect_connect_worker_metrics_connector_failed_task_count{connector=\"c\"} 1\n";
    assert!(metrics.contains(failed), "{metrics}");
}
