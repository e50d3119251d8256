//! Coinbase's feed: subscribe, unsubscribe, a snapshot, and level 2 updates.

use serde_json::{Value, json};

use super::market::{Market, is_name, padding};
use crate::Flow;
use crate::outbox::Outbox;

const CHANNEL: &str = "level2";
/// Price levels of a snapshot, each side.
const LEVELS: usize = 5;
const MAX_PRODUCTS: usize = 1024;

struct Product {
    id: String,
    market: Market,
    sent: u64,
}

/// See the module's documentation.
pub(crate) struct Coinbase {
    flow: Flow,
    products: Vec<Product>,
    /// The product whose turn it is.
    turn: usize,
}

impl Coinbase {
    pub(super) fn new(flow: &Flow) -> Self {
        Self {
            flow: *flow,
            products: Vec::new(),
            turn: 0,
        }
    }

    pub(super) fn hear(&mut self, text: &[u8], out: &mut Outbox) {
        let request: Value = match serde_json::from_slice(text) {
            Ok(request) => request,
            Err(_) => {
                return say(
                    out,
                    &error("Malformed JSON", "the message is not valid JSON"),
                );
            }
        };
        match self.answer(&request) {
            Ok(added) => {
                say(out, &self.subscriptions());
                for id in added {
                    say(out, &Self::snapshot(&id));
                }
            }
            Err(reason) => say(out, &error("Failed to subscribe", &reason)),
        }
    }

    /// Does what is asked; returns the products that are new.
    fn answer(&mut self, request: &Value) -> Result<Vec<String>, String> {
        let texts = |name: &str| -> Vec<String> {
            let list = request.get(name).and_then(Value::as_array);
            let texts = list.into_iter().flatten().filter_map(Value::as_str);
            texts.map(str::to_owned).collect()
        };
        let (ids, channels) = (texts("product_ids"), texts("channels"));
        if let Some(unknown) = channels.iter().find(|channel| *channel != CHANNEL) {
            return Err(format!("{unknown} is not a valid channel"));
        }
        if !ids.iter().all(|id| is_name(id)) {
            return Err("product_ids has what is not a valid product".to_owned());
        }
        match request.get("type").and_then(Value::as_str) {
            Some("subscribe") if !ids.is_empty() && !channels.is_empty() => {
                if self.products.len() + ids.len() > MAX_PRODUCTS {
                    return Err(format!("there are at most {MAX_PRODUCTS} products"));
                }
                let known = self.products.len();
                for id in ids {
                    if self.products.iter().all(|product| product.id != id) {
                        let market = Market::new(&id);
                        self.products.push(Product {
                            id,
                            market,
                            sent: 0,
                        });
                    }
                }
                let added = self.products[known..].iter();
                Ok(added.map(|product| product.id.clone()).collect())
            }
            Some("unsubscribe") => {
                self.products.retain(|product| !ids.contains(&product.id));
                self.turn = 0;
                Ok(Vec::new())
            }
            _ => Err("type must be subscribe, with product_ids and channels".to_owned()),
        }
    }

    fn subscriptions(&self) -> Value {
        let ids: Vec<_> = self.products.iter().map(|product| &product.id).collect();
        json!({"type": "subscriptions", "channels": [{"name": CHANNEL, "product_ids": ids}]})
    }

    fn snapshot(id: &str) -> Value {
        let mut market = Market::new(id);
        let mut levels = || -> Vec<Value> {
            (0..LEVELS)
                .map(|_| {
                    let (units, cents) = market.price();
                    json!([
                        format!("{units}.{cents:02}"),
                        format!("0.{:08}", market.random(100_000_000))
                    ])
                })
                .collect()
        };
        json!({"type": "snapshot", "product_id": id, "bids": levels(), "asks": levels()})
    }

    pub(super) fn is_live(&self) -> bool {
        let limit = self.flow.count.unwrap_or(u64::MAX);
        self.products.iter().any(|product| product.sent < limit)
    }

    /// One update of every product; `false` if there is no room for all of
    /// them, and the next call goes on with the rest, or none is left.
    pub(super) fn produce_one(&mut self, out: &mut Outbox) -> bool {
        let limit = self.flow.count.unwrap_or(u64::MAX);
        let time = jiff::Timestamp::now();
        while let Some(product) = self.products.get_mut(self.turn) {
            if out.is_full() {
                return false;
            }
            self.turn += 1;
            if product.sent >= limit {
                continue;
            }
            product.sent += 1;
            let (units, cents) = product.market.price();
            let quantity = product.market.random(100_000_000);
            let side = if quantity.is_multiple_of(2) {
                "buy"
            } else {
                "sell"
            };
            let mut update = format!(
                r#"{{"type":"l2update","product_id":"{}","changes":[["{side}","{units}.{cents:02}","0.{quantity:08}"]],"time":"{time:.6}""#,
                product.id,
            );
            update.push_str(&padding(update.len() + 1, self.flow.size_bytes));
            update.push('}');
            out.text(update.as_bytes());
        }
        self.turn = 0;
        self.is_live()
    }
}

fn say(out: &mut Outbox, message: &Value) {
    out.text(message.to_string().as_bytes());
}

fn error(message: &str, reason: &str) -> Value {
    json!({"type": "error", "message": message, "reason": reason})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subscription_is_confirmed_once_for_each_product() {
        let mut script = Coinbase::new(&Flow::default());
        let request =
            json!({"type": "subscribe", "product_ids": ["BTC-USD"], "channels": ["level2"]});
        assert_eq!(script.answer(&request), Ok(vec!["BTC-USD".to_owned()]));
        assert_eq!(script.answer(&request), Ok(vec![]));
        assert_eq!(
            script.subscriptions()["channels"][0]["product_ids"],
            json!(["BTC-USD"])
        );
        assert_eq!(
            Coinbase::snapshot("BTC-USD")["bids"]
                .as_array()
                .map(Vec::len),
            Some(LEVELS)
        );
        script
            .answer(&json!({"type": "unsubscribe", "product_ids": ["BTC-USD"]}))
            .expect("done");
        assert!(!script.is_live());
    }

    #[test]
    fn what_cannot_be_subscribed_is_refused_with_a_reason() {
        let mut script = Coinbase::new(&Flow::default());
        let request = json!({"type": "subscribe", "product_ids": ["X"], "channels": ["level9"]});
        assert_eq!(
            script.answer(&request),
            Err("level9 is not a valid channel".to_owned())
        );
        assert!(script.answer(&json!({"type": "subscribe"})).is_err());
    }

    #[test]
    fn a_product_asked_for_twice_is_subscribed_once() {
        let mut script = Coinbase::new(&Flow::default());
        let request =
            |ids: &[&str]| json!({"type": "subscribe", "product_ids": ids, "channels": ["level2"]});
        assert_eq!(
            script.answer(&request(&["A", "A", "B"])),
            Ok(vec!["A".to_owned(), "B".to_owned()])
        );
        assert_eq!(script.products.len(), 2);
        assert!(script.answer(&request(&["C", "a\"b"])).is_err());
        assert_eq!(script.products.len(), 2);
    }
}
