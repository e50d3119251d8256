//! Settings on their way from Java's names to librdkafka's.

use std::collections::BTreeMap;

use super::check::invalid;
use super::table::{How, Row, TABLE, row};
use super::{
    ClientSettingsErrors, DEFAULT_BUFFER_MEMORY_BYTES, DEFAULT_LINGER_MS,
    DEFAULT_MAX_REQUEST_SIZE_BYTES, OverridePolicy, ProducerSettings, SystemTrust, sasl, tls,
};

/// A value and the name under which the user gave it.
#[derive(Clone)]
pub(super) struct Given {
    pub(super) label: String,
    pub(super) value: String,
}

/// See the module's documentation.
pub(super) struct Draft<'a> {
    pub(super) system_trust: &'a SystemTrust,
    /// Messages are kept until Kafka has them.
    pub(super) has_spool: bool,
    /// By Java's name; of several the last one counts.
    pub(super) given: BTreeMap<String, Given>,
    /// By librdkafka's name.
    pub(super) properties: BTreeMap<String, String>,
    pub(super) max_request_size_bytes: usize,
    pub(super) buffer_memory_bytes: usize,
    pub(super) errors: Vec<String>,
    pub(super) warnings: Vec<String>,
}

impl<'a> Draft<'a> {
    pub(super) fn new(system_trust: &'a SystemTrust) -> Self {
        Self {
            system_trust,
            has_spool: false,
            given: BTreeMap::new(),
            properties: BTreeMap::new(),
            max_request_size_bytes: DEFAULT_MAX_REQUEST_SIZE_BYTES,
            buffer_memory_bytes: DEFAULT_BUFFER_MEMORY_BYTES,
            errors: Vec::new(),
            warnings: Vec::new(),
        }
    }

    /// Takes a setting; `label` is what the user calls it.
    pub(super) fn give(&mut self, name: &str, label: &str, value: &str) {
        let given = Given {
            label: label.to_owned(),
            value: value.trim().to_owned(),
        };
        self.given.insert(name.to_owned(), given);
    }

    /// Takes what a connector's configuration overrides, as far as it may.
    pub(super) fn overrides(
        &mut self,
        prefix: &str,
        config: &BTreeMap<String, String>,
        policy: OverridePolicy,
    ) {
        for (label, value) in config {
            let Some(name) = label.strip_prefix(prefix) else {
                continue;
            };
            match policy.check(prefix, name) {
                Ok(()) => self.give(name, label, value),
                Err(error) => self.errors.push(error),
            }
        }
    }

    /// What Connect sets for the producers of its tasks, but for two things:
    /// our linger, and idempotence, which is on as in Kafka's own producer
    /// (KIP-679) unless other settings rule it out.
    pub(super) fn connect_defaults(&mut self) {
        let given = |name: &str| self.given.get(name).map(|given| given.value.as_str());
        let idempotent = if let Some(value) = given("enable.idempotence") {
            value.eq_ignore_ascii_case("true")
        } else {
            let number = |name: &str| given(name)?.parse::<i64>().ok();
            given("acks").is_none_or(|acks| ["all", "-1"].contains(&acks))
                && number("retries") != Some(0)
                && number("max.in.flight.requests.per.connection").unwrap_or(1) <= 5
        };
        let (enabled, in_flight) = if idempotent {
            ("true", "5")
        } else {
            ("false", "1")
        };
        for (name, value) in [
            ("acks", "all"),
            ("enable.idempotence", enabled),
            ("max.in.flight.requests.per.connection", in_flight),
            ("linger.ms", DEFAULT_LINGER_MS),
            ("client.id", "connect-websocket"),
        ] {
            if !self.given.contains_key(name) {
                self.give(name, name, value);
            }
        }
    }

    pub(super) fn set(&mut self, native: &str, value: impl Into<String>) {
        self.properties.insert(native.to_owned(), value.into());
    }

    /// The value of a setting, if it is given and not empty.
    pub(super) fn value(&self, name: &str) -> Option<&Given> {
        self.given.get(name).filter(|given| !given.value.is_empty())
    }

    /// `number`, the value of the setting `name`, within librdkafka's bounds;
    /// it is told if that changes it.
    pub(super) fn narrowed(&mut self, name: &str, number: i64, (min, max): (i64, i64)) -> i64 {
        let used = number.clamp(min, max);
        if used != number {
            let label = self.given.get(name).map_or(name, |given| &given.label);
            self.warnings.push(format!(
                "{label}={number} is out of this worker's bounds, {min} to {max}: {used} is used"
            ));
        }
        used
    }

    /// Translates everything that was given.
    pub(super) fn translate(mut self) -> Result<ProducerSettings, ClientSettingsErrors> {
        for (name, given) in self.given.clone() {
            self.translate_one(&name, &given);
        }
        sasl::translate(&mut self);
        tls::translate(&mut self);
        self.check_together();
        if !self.errors.is_empty() {
            return Err(ClientSettingsErrors {
                errors: self.errors,
            });
        }
        Ok(ProducerSettings {
            properties: self.properties.into(),
            max_request_size_bytes: self.max_request_size_bytes,
            buffer_memory_bytes: self.buffer_memory_bytes,
            warnings: self.warnings,
        })
    }

    fn translate_one(&mut self, name: &str, given: &Given) {
        let Some(row) = row(name) else {
            self.unknown(name, given);
            return;
        };
        if let Err(error) = row.kind.check(&given.label, &given.value) {
            self.errors.push(error);
            return;
        }
        self.apply(row, given);
    }

    fn apply(&mut self, row: &Row, given: &Given) {
        let Given { label, value } = given;
        match row.how {
            How::Same => self.set(row.name, value),
            How::Clamped {
                native,
                java_min,
                min,
                max,
            } => {
                // The table's kind has seen that it is a number.
                let number: i64 = value.parse().unwrap_or(min);
                if let Some(least) = java_min.filter(|least| number < *least) {
                    let why = format!("Value must be at least {least}");
                    self.errors.push(invalid(label, value, &why));
                    return;
                }
                // Where both are allowed, Java's -1 and librdkafka's 0 are
                // "the system's own", or "never".
                let used = match (number, min) {
                    (-1, 0) => 0,
                    _ => self.narrowed(row.name, number, (min, max)),
                };
                self.set(native, used.to_string());
            }
            How::Converted(convert) => {
                if let Err(why) = convert(self, value) {
                    self.errors.push(invalid(label, value, &why));
                }
            }
            How::Together => {}
            How::Ignored { unless, why } => {
                let is_default = unless.iter().any(|known| value.eq_ignore_ascii_case(known));
                if !is_default && !value.is_empty() {
                    self.warnings.push(format!("{label} has no effect: {why}"));
                }
            }
            How::Refused { unless, why } => {
                if !unless.iter().any(|known| value.eq_ignore_ascii_case(known)) {
                    self.errors
                        .push(format!("Invalid value for configuration {label}: {why}"));
                }
            }
        }
    }

    /// A name that Java's clients do not know: as they do, it is told of.
    fn unknown(&mut self, name: &str, given: &Given) {
        let near = TABLE
            .iter()
            .map(|row| (strsim::damerau_levenshtein(row.name, name), row.name))
            .min()
            .filter(|(distance, _)| *distance <= 3)
            .map(|(_, near)| format!("; did you mean {near}?"));
        let near = near.unwrap_or_default();
        self.warnings.push(format!(
            "{} is no setting of Kafka's clients and has no effect{near}",
            given.label
        ));
    }

    /// What Java's producer checks of the times of a record.
    fn check_times(&mut self) {
        // Kafka's default.
        const REQUEST_TIMEOUT_MS: i64 = 30_000;
        let number = |name: &str| self.value(name)?.value.parse::<i64>().ok();
        let Some(timeout_ms) = number("delivery.timeout.ms").filter(|ms| *ms >= 0) else {
            return;
        };
        let linger_ms = number("linger.ms").unwrap_or(0);
        let request_ms = number("request.timeout.ms").unwrap_or(REQUEST_TIMEOUT_MS);
        if timeout_ms
            < linger_ms
                .saturating_add(request_ms)
                .min(i64::from(i32::MAX))
        {
            let label = &self.given["delivery.timeout.ms"].label;
            self.errors.push(format!(
                "{label} should be equal to or larger than linger.ms + request.timeout.ms"
            ));
        }
    }

    /// What Java's `ProducerConfig` checks across settings.
    fn check_together(&mut self) {
        self.check_times();
        self.check_patience();
        let is = |name: &str, value: &str| {
            self.properties
                .get(name)
                .is_some_and(|given| given == value)
        };
        if !is("enable.idempotence", "true") {
            return;
        }
        let mut errors = Vec::new();
        if !is("acks", "-1") {
            errors.push("Must set acks to all in order to use the idempotent producer.");
        }
        let in_flight = self.properties.get("max.in.flight.requests.per.connection");
        if in_flight
            .and_then(|number| number.parse::<i64>().ok())
            .is_some_and(|n| n > 5)
        {
            errors.push(
                "Must set max.in.flight.requests.per.connection to at most 5 to use the idempotent \
                 producer.",
            );
        }
        self.errors.extend(errors.into_iter().map(str::to_owned));
    }

    /// What has a message given up while Kafka is away: with a spool nothing,
    /// or what is on disk would be acknowledged there without being in Kafka.
    fn check_patience(&mut self) {
        let endless = [
            ("delivery.timeout.ms", "message.timeout.ms", "0"),
            ("retries", "retries", "2147483647"),
        ];
        // Each of them has it by now.
        let is_producer = self.properties.contains_key("enable.idempotence");
        for (name, native, without_end) in endless {
            let used = self.properties.get(native);
            let Some(given) = self.given.get(name).filter(|_| used.is_some()) else {
                continue;
            };
            if used.is_some_and(|used| used == without_end) {
                continue;
            }
            let Given { label, value } = given;
            if self.has_spool {
                self.warnings.push(format!(
                    "{label}={value} has no effect with a spool (websocket.spool.mode): a message waits \
                     until Kafka takes it, however long that is"
                ));
                self.set(native, without_end);
            } else if name == "delivery.timeout.ms" && is_producer {
                self.warnings.push(format!(
                    "{label}={value}: a message that Kafka has not taken by then fails the task, or is lost \
                     with errors.tolerance=all; websocket.spool.mode=durable keeps it"
                ));
            }
        }
    }
}
