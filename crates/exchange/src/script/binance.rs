//! Binance's market streams: `SUBSCRIBE`, `UNSUBSCRIBE`,
//! `LIST_SUBSCRIPTIONS`, and trade events.

use std::borrow::Cow;

use serde_json::{Value, json};

use super::market::{Market, is_name, now_ms, padding};
use crate::Flow;
use crate::outbox::Outbox;

/// Streams of one connection at most, as Binance has it.
const MAX_STREAMS: usize = 1024;

struct Stream {
    name: String,
    symbol: String,
    market: Market,
    sent: u64,
}

/// See the module's documentation.
pub(crate) struct Binance {
    flow: Flow,
    streams: Vec<Stream>,
    /// The stream whose turn it is.
    turn: usize,
}

impl Binance {
    pub(super) fn new(flow: &Flow, streams: &[Cow<'_, str>]) -> Self {
        let mut script = Self {
            flow: *flow,
            streams: Vec::new(),
            turn: 0,
        };
        for name in streams.iter().filter(|name| is_name(name)) {
            script.subscribe(name);
        }
        script
    }

    fn subscribe(&mut self, name: &str) {
        let known = self.streams.iter().any(|stream| stream.name == name);
        if !known && self.streams.len() < MAX_STREAMS {
            let symbol = name.split('@').next().unwrap_or(name).to_ascii_uppercase();
            self.streams.push(Stream {
                name: name.to_owned(),
                symbol,
                market: Market::new(name),
                sent: 0,
            });
        }
    }

    pub(super) fn hear(&mut self, text: &[u8], out: &mut Outbox) {
        let answer = match serde_json::from_slice(text) {
            Ok(request) => self.answer(&request),
            Err(_) => error(3, "Invalid JSON: expected value", &Value::Null),
        };
        out.text(answer.to_string().as_bytes());
    }

    fn answer(&mut self, request: &Value) -> Value {
        let id = request.get("id").cloned().unwrap_or(Value::Null);
        let names: Option<Vec<&str>> = request
            .get("params")
            .and_then(Value::as_array)
            .map(|params| params.iter().filter_map(Value::as_str).collect());
        match (request.get("method").and_then(Value::as_str), names) {
            (Some("SUBSCRIBE"), Some(names)) => {
                if !names.iter().all(|name| is_name(name)) {
                    return error(2, "Invalid request: unknown stream", &id);
                }
                if self.streams.len() + names.len() > MAX_STREAMS {
                    return error(2, "Invalid request: too many streams", &id);
                }
                for name in names {
                    self.subscribe(name);
                }
                json!({"result": null, "id": id})
            }
            (Some("UNSUBSCRIBE"), Some(names)) => {
                self.streams
                    .retain(|stream| !names.contains(&stream.name.as_str()));
                self.turn = 0;
                json!({"result": null, "id": id})
            }
            (Some("LIST_SUBSCRIPTIONS"), _) => {
                let names: Vec<_> = self.streams.iter().map(|stream| &stream.name).collect();
                json!({"result": names, "id": id})
            }
            _ => error(2, "Invalid request: unknown method or params", &id),
        }
    }

    pub(super) fn is_live(&self) -> bool {
        let limit = self.flow.count.unwrap_or(u64::MAX);
        self.streams.iter().any(|stream| stream.sent < limit)
    }

    /// One trade of every stream; `false` if there is no room for all of them,
    /// and the next call goes on with the rest, or none is left.
    pub(super) fn produce_one(&mut self, out: &mut Outbox) -> bool {
        let limit = self.flow.count.unwrap_or(u64::MAX);
        let now = now_ms();
        while let Some(stream) = self.streams.get_mut(self.turn) {
            if out.is_full() {
                return false;
            }
            self.turn += 1;
            if stream.sent < limit {
                stream.sent += 1;
                let event = stream.trade(now, self.flow.size_bytes);
                out.text(event.as_bytes());
            }
        }
        self.turn = 0;
        self.is_live()
    }
}

impl Stream {
    fn trade(&mut self, now_ms: i64, size_bytes: usize) -> String {
        let (units, cents) = self.market.price();
        let quantity = self.market.random(100_000_000);
        let mut event = format!(
            r#"{{"e":"trade","E":{now_ms},"s":"{}","t":{},"p":"{units}.{cents:02}000000","q":"0.{quantity:08}","T":{now_ms},"m":{},"M":true"#,
            self.symbol,
            self.sent,
            quantity.is_multiple_of(2),
        );
        event.push_str(&padding(event.len() + 1, size_bytes));
        event.push('}');
        event
    }
}

fn error(code: u32, message: &str, id: &Value) -> Value {
    json!({"error": {"code": code, "msg": message}, "id": id})
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script() -> Binance {
        Binance::new(
            &Flow {
                size_bytes: 300,
                count: Some(2),
                ..Flow::default()
            },
            &[],
        )
    }

    #[test]
    fn a_subscription_is_confirmed_and_listed() {
        let mut script = script();
        let subscribe = json!({"method": "SUBSCRIBE", "params": ["btcusdt@trade"], "id": 1});
        assert_eq!(script.answer(&subscribe), json!({"result": null, "id": 1}));
        let list = json!({"method": "LIST_SUBSCRIPTIONS", "id": 2});
        assert_eq!(
            script.answer(&list),
            json!({"result": ["btcusdt@trade"], "id": 2})
        );
        let unsubscribe = json!({"method": "UNSUBSCRIBE", "params": ["btcusdt@trade"], "id": 3});
        script.answer(&unsubscribe);
        assert!(!script.is_live());
        assert_eq!(script.answer(&json!({"method": "X"}))["error"]["code"], 2);
    }

    #[test]
    fn trades_are_json_of_the_asked_size_and_count_up() {
        let mut script = script();
        script.subscribe("btcusdt@trade");
        for number in 1..=2 {
            let event = script.streams[0].trade(1_700_000_000_000, 300);
            script.streams[0].sent = number;
            let value: Value = serde_json::from_str(&event).expect("JSON");
            assert_eq!((event.len(), value["s"].as_str()), (300, Some("BTCUSDT")));
            assert_eq!(value["t"], number - 1);
        }
        assert!(!script.is_live());
    }

    #[test]
    fn a_name_that_would_break_the_json_is_refused() {
        let mut script = script();
        for name in ["", "a\"b@trade", "a\\@trade", "a b@trade"] {
            let subscribe = json!({"method": "SUBSCRIBE", "params": ["ok@trade", name], "id": 1});
            assert_eq!(script.answer(&subscribe)["error"]["code"], 2, "{name}");
        }
        assert!(!script.is_live());
        assert!(!Binance::new(&Flow::default(), &["".into()]).is_live());
    }

    #[test]
    fn a_round_that_finds_no_room_goes_on_where_it_stopped() {
        let names = ["a@trade".into(), "b@trade".into(), "c@trade".into()];
        let flow = Flow {
            size_bytes: 200_000,
            ..Flow::default()
        };
        let mut script = Binance::new(&flow, &names);
        let sent = |script: &Binance| -> Vec<u64> {
            script.streams.iter().map(|stream| stream.sent).collect()
        };
        assert!(!script.produce_one(&mut Outbox::default()));
        assert_eq!(sent(&script), [1, 1, 0]);
        assert!(script.produce_one(&mut Outbox::default()));
        assert_eq!(sent(&script), [1, 1, 1]);
    }
}
