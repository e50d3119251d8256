//! What is said on a connection: one script for each protocol.

mod binance;
mod coinbase;
mod flood;
mod market;

use std::borrow::Cow;

use crate::Flow;
use crate::outbox::Outbox;
use binance::Binance;
use coinbase::Coinbase;
use flood::Flood;

/// The protocol of a connection.
pub(crate) enum Script {
    Binance(Binance),
    Coinbase(Coinbase),
    Flood(Flood),
}

impl Script {
    /// What [`Script::find`] knows, for people.
    pub(crate) const PATHS: &str =
        "/ws (Binance), / (Coinbase) and /flood?rate=N&size=BYTES&count=N";

    /// The script for a request's target, and the flow of its feeds.
    pub(crate) fn find(target: &str, flow: &Flow) -> Option<(Self, Flow)> {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut flow = *flow;
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            flow.set(&name, &value);
        }
        let script = match path {
            "/" | "" => Self::Coinbase(Coinbase::new(&flow)),
            "/ws" => Self::Binance(Binance::new(&flow, &[])),
            "/flood" => Self::Flood(Flood::new(&flow)),
            _ => {
                let streams: Vec<Cow<'_, str>> = path
                    .strip_prefix("/ws/")?
                    .split('/')
                    .map(Cow::Borrowed)
                    .collect();
                Self::Binance(Binance::new(&flow, &streams))
            }
        };
        Some((script, flow))
    }

    /// Answers a text message.
    pub(crate) fn hear(&mut self, text: &[u8], out: &mut Outbox) {
        match self {
            Self::Binance(script) => script.hear(text, out),
            Self::Coinbase(script) => script.hear(text, out),
            Self::Flood(_) => {}
        }
    }

    /// Whether there is anything to send.
    pub(crate) fn is_live(&self) -> bool {
        match self {
            Self::Binance(script) => script.is_live(),
            Self::Coinbase(script) => script.is_live(),
            Self::Flood(script) => script.is_live(),
        }
    }

    /// Adds up to `due` messages of each subscription, as far as there is
    /// room; returns how many of each it has added.
    pub(crate) fn produce(&mut self, due: u64, out: &mut Outbox) -> u64 {
        match self {
            Self::Flood(script) => script.produce(due, out),
            Self::Binance(script) => rounds(due, out, |out| script.produce_one(out)),
            Self::Coinbase(script) => rounds(due, out, |out| script.produce_one(out)),
        }
    }
}

/// Rounds of one message from each subscription.
fn rounds(due: u64, out: &mut Outbox, mut one: impl FnMut(&mut Outbox) -> bool) -> u64 {
    let mut done = 0;
    while done < due && !out.is_full() && one(out) {
        done += 1;
    }
    done
}
