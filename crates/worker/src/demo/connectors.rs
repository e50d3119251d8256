//! The reference's examples 2 and 3, with the exchange's URL.

use serde_json::json;

/// One connector of the demo.
pub(super) struct Connector {
    pub(super) name: &'static str,
    pub(super) topic: &'static str,
    /// Where the exchange speaks this protocol.
    pub(super) path: &'static str,
    subscription: &'static str,
    /// `websocket.reconnect.interval.ms`, if the example has it.
    interval_ms: Option<&'static str>,
}

pub(super) const CONNECTORS: &[Connector] = &[
    Connector {
        name: "binance-btcusdt-connector",
        topic: "binance-btcusdt-trades",
        path: "/ws",
        subscription: r#"{"method":"SUBSCRIBE","params":["btcusdt@trade"],"id":1}"#,
        interval_ms: Some("3000"),
    },
    Connector {
        name: "coinbase-btc-usd-connector",
        topic: "coinbase-btc-usd-level2",
        path: "/",
        subscription: r#"{"type":"subscribe","product_ids":["BTC-USD"],"channels":["level2"]}"#,
        interval_ms: None,
    },
];

/// Creates a connector by POST to the worker at `address`.
pub(super) async fn create(address: &str, connector: &Connector, url: &str) -> Result<(), String> {
    let endpoint = format!("http://{address}/connectors");
    let mut config = json!({
        "connector.class": crate::validation::CONNECTOR_CLASS,
        "tasks.max": "1",
        "websocket.url": url,
        "kafka.topic": connector.topic,
        "websocket.subscription.message": connector.subscription,
        "websocket.reconnect.enabled": "true",
    });
    if let Some(interval_ms) = connector.interval_ms {
        config["websocket.reconnect.interval.ms"] = interval_ms.into();
    }
    let body = json!({"name": connector.name, "config": config}).to_string();
    let posted = tokio::task::spawn_blocking(move || {
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .build()
            .new_agent();
        let answer = agent
            .post(&endpoint)
            .header("Content-Type", "application/json")
            .send(&body)
            .map_err(|error| format!("POST {endpoint}: {error}"))?;
        let status = answer.status().as_u16();
        let text = answer.into_body().read_to_string().unwrap_or_default();
        if status == 201 {
            Ok(())
        } else {
            Err(format!("POST {endpoint}: {status} {text}"))
        }
    });
    posted.await.map_err(|error| error.to_string())?
}
