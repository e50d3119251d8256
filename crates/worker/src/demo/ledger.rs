//! What went in and what came out.

use std::process::ExitCode;
use std::time::Duration;

use serde_json::json;

/// The counts of one demo.
pub(super) struct Ledger {
    /// Messages the exchange has sent.
    pub(super) sent: u64,
    /// Messages read from the sockets.
    pub(super) received: u64,
    /// Records that Kafka has acknowledged.
    pub(super) produced: u64,
    /// Records read back from Kafka.
    pub(super) read_back: u64,
    /// Messages dropped by policy.
    pub(super) dropped: u64,
    /// Records that did not follow the one before.
    pub(super) out_of_order: u64,
    pub(super) seconds: Duration,
    /// p50 and p99.
    pub(super) latency: [Option<Duration>; 2],
}

impl Ledger {
    fn lost(&self) -> u64 {
        self.sent.saturating_sub(self.read_back)
    }

    fn balances(&self) -> bool {
        let [received, produced] = [self.received, self.produced];
        self.lost() == 0
            && self.out_of_order == 0
            && received == self.sent
            && produced == self.sent
            && self.read_back == self.sent
    }

    /// Prints the ledger; 1 if it does not balance.
    pub(super) fn print(&self, as_json: bool) -> ExitCode {
        if as_json {
            println!("{}", self.json());
        } else {
            self.print_text();
        }
        ExitCode::from(u8::from(!self.balances()))
    }

    fn json(&self) -> serde_json::Value {
        let ms = |latency: Option<Duration>| latency.map(|latency| latency.as_secs_f64() * 1000.0);
        json!({
            "sent": self.sent,
            "received": self.received,
            "produced": self.produced,
            "read_back": self.read_back,
            "lost": self.lost(),
            "dropped": self.dropped,
            "out_of_order": self.out_of_order,
            "seconds": self.seconds.as_secs_f64(),
            "receive_to_ack_p50_ms": ms(self.latency[0]),
            "receive_to_ack_p99_ms": ms(self.latency[1]),
        })
    }

    fn print_text(&self) {
        println!();
        for (name, count) in [
            ("sent by the exchange", self.sent),
            ("received", self.received),
            ("produced (acknowledged by Kafka)", self.produced),
            ("read back from Kafka", self.read_back),
            ("lost", self.lost()),
        ] {
            println!("{name:>34}  {count:>12}");
        }
        if self.dropped > 0 || self.out_of_order > 0 {
            println!(
                "{:>34}  {:>12}",
                "dropped by the overflow policy", self.dropped
            );
            println!("{:>34}  {:>12}", "out of order", self.out_of_order);
        }
        println!(
            "{:>34}  {:>12}",
            "receive to ack, p50 / p99",
            format!(
                "{} / {}",
                seconds(self.latency[0]),
                seconds(self.latency[1])
            )
        );
    }
}

/// A latency in words; an upper bound, since it comes from a histogram.
pub(super) fn seconds(latency: Option<Duration>) -> String {
    latency.map_or_else(|| "-".to_owned(), |latency| format!("≤ {latency:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ledger(sent: u64, read_back: u64) -> Ledger {
        Ledger {
            sent,
            received: sent,
            produced: sent,
            read_back,
            dropped: 0,
            out_of_order: 0,
            seconds: Duration::from_secs(1),
            latency: [None, Some(Duration::from_millis(5))],
        }
    }

    #[test]
    fn a_missing_record_is_lost_and_fails_the_demo() {
        assert!(ledger(10, 10).balances());
        assert!(!ledger(10, 9).balances());
        assert!(!ledger(10, 11).balances());
        assert_eq!(ledger(10, 9).json()["lost"], 1);
    }

    #[test]
    fn the_json_has_the_counts_at_its_top() {
        let json = ledger(3, 3).json();
        for key in ["sent", "received", "produced", "read_back"] {
            assert_eq!(json[key], 3, "{key}");
        }
        assert_eq!(json["lost"], 0);
        assert_eq!(json["receive_to_ack_p99_ms"], 5.0);
    }
}
