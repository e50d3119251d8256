//! The examples of the reference's readme, word for word.

pub(crate) const EXAMPLES: [&str; 4] = [
    r#"{
  "name": "websocket-echo-connector",
  "config": {
    "connector.class": "io.conduktor.connect.websocket.WebSocketSourceConnector",
    "tasks.max": "1",
    "websocket.url": "wss://echo.websocket.org",
    "kafka.topic": "websocket-echo",
    "websocket.subscription.message": "{\"action\":\"subscribe\",\"channel\":\"test\"}",
    "websocket.reconnect.enabled": "true",
    "websocket.reconnect.interval.ms": "5000"
  }
}"#,
    r#"{
  "name": "binance-btcusdt-connector",
  "config": {
    "connector.class": "io.conduktor.connect.websocket.WebSocketSourceConnector",
    "tasks.max": "1",
    "websocket.url": "wss://stream.binance.com:9443/ws",
    "kafka.topic": "binance-btcusdt-trades",
    "websocket.subscription.message": "{\"method\":\"SUBSCRIBE\",\"params\":[\"btcusdt@trade\"],\"id\":1}",
    "websocket.reconnect.enabled": "true",
    "websocket.reconnect.interval.ms": "3000"
  }
}"#,
    r#"{
  "name": "coinbase-btc-usd-connector",
  "config": {
    "connector.class": "io.conduktor.connect.websocket.WebSocketSourceConnector",
    "tasks.max": "1",
    "websocket.url": "wss://ws-feed.exchange.coinbase.com",
    "kafka.topic": "coinbase-btc-usd-level2",
    "websocket.subscription.message": "{\"type\":\"subscribe\",\"product_ids\":[\"BTC-USD\"],\"channels\":[\"level2\"]}",
    "websocket.reconnect.enabled": "true"
  }
}"#,
    r#"{
  "name": "authenticated-websocket-connector",
  "config": {
    "connector.class": "io.conduktor.connect.websocket.WebSocketSourceConnector",
    "tasks.max": "1",
    "websocket.url": "wss://api.example.com/ws",
    "kafka.topic": "authenticated-stream",
    "websocket.auth.token": "your-bearer-token-here",
    "websocket.headers": "User-Agent:KafkaConnectWebSocket/1.0,X-Custom-Header:value",
    "websocket.reconnect.enabled": "true"
  }
}"#,
];
