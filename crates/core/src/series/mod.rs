//! A task's own series: what Kafka Connect has no metrics for, under the names
//! that they have in every host.
//!
//! Invariant: a family gives the same samples in the same order whatever a
//! reading says, so that a host may ask for names once and for values often.

mod families;

pub use families::FAMILIES;

use crate::ledger::Ledger;
use crate::metrics::{HistogramSnapshot, LATENCY_BOUNDS_US, TaskMetrics};
use crate::task::Phase;

/// What a family's values do over time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// They only grow, from the task's start on.
    Counter,
    /// They go up and down.
    Gauge,
    /// They are counts of observations by size, in seconds.
    Histogram,
}

impl Kind {
    /// Prometheus' word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

/// A task at one moment.
#[derive(Clone, Copy, Debug)]
pub struct Reading<'a> {
    /// Its counters.
    pub metrics: &'a TaskMetrics,
    /// What its session is doing.
    pub session: Phase,
    /// The HTTP status of the refusal that the session is in, if it is in one.
    pub refused_status: Option<u16>,
    /// Where its messages are.
    pub ledger: Ledger,
}

/// A value and the text of the label that it is under.
pub type Labelled = (String, f64);

/// How the values of a family are read.
#[derive(Clone, Copy, Debug)]
pub enum Values {
    /// There is one.
    One(fn(&Reading<'_>) -> f64),
    /// There is one for each text of the label that is named.
    Each(&'static str, fn(&Reading<'_>) -> Vec<Labelled>),
    /// They are those of a histogram.
    Times(fn(&Reading<'_>) -> HistogramSnapshot),
}

/// The series of one name.
#[derive(Clone, Copy, Debug)]
pub struct Family {
    /// Its name, in Prometheus behind `kafka_connect_websocket_`.
    pub name: &'static str,
    /// What its values do.
    pub kind: Kind,
    /// What it is, a sentence for users.
    pub help: &'static str,
    /// How its values are read.
    pub values: Values,
}

/// One value of a family, as Prometheus has it.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// What follows the family's name: nothing, but in a histogram.
    pub suffix: &'static str,
    /// A label besides those that say whose it is.
    pub label: Option<(&'static str, String)>,
    /// The value.
    pub value: f64,
}

impl Family {
    /// Its values.
    pub fn samples(&self, task: &Reading<'_>) -> Vec<Sample> {
        let sample = |label, value| Sample {
            suffix: "",
            label,
            value,
        };
        match self.values {
            Values::One(value) => vec![sample(None, value(task))],
            Values::Each(label, values) => {
                let values = values(task).into_iter();
                let labelled = values.map(|(text, value)| sample(Some((label, text)), value));
                labelled.collect()
            }
            Values::Times(seen) => times(&seen(task)),
        }
    }
}

/// A histogram as Prometheus has it: counts up to each bound, sum and count.
fn times(seen: &HistogramSnapshot) -> Vec<Sample> {
    let sample = |suffix, bound: Option<String>, value| Sample {
        suffix,
        label: bound.map(|bound| ("le", bound)),
        value,
    };
    let bounds = LATENCY_BOUNDS_US.map(seconds);
    let buckets = bounds.iter().zip(&seen.cumulative);
    let mut samples: Vec<Sample> = buckets
        .map(|(bound, count)| sample("_bucket", Some(bound.to_string()), *count as f64))
        .collect();
    samples.push(sample(
        "_bucket",
        Some("+Inf".to_owned()),
        seen.count as f64,
    ));
    samples.push(sample("_sum", None, seconds(seen.sum_us)));
    samples.push(sample("_count", None, seen.count as f64));
    samples
}

/// Microseconds in seconds.
pub fn seconds(us: u64) -> f64 {
    us as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::time::Duration;

    use super::*;
    use crate::metrics::DropReason;

    /// Names and labels of all samples.
    fn layout(task: &Reading<'_>) -> Vec<(String, Option<(&'static str, String)>)> {
        let samples = FAMILIES.iter().flat_map(|family| {
            let name = move |sample: Sample| (format!("{}{}", family.name, sample.suffix), sample);
            family.samples(task).into_iter().map(name)
        });
        samples.map(|(name, sample)| (name, sample.label)).collect()
    }

    #[test]
    fn the_same_samples_come_whatever_a_reading_says_and_each_once() {
        let (nothing, metrics) = (TaskMetrics::default(), TaskMetrics::default());
        let before = Reading {
            metrics: &nothing,
            session: Phase::default(),
            refused_status: None,
            ledger: Ledger::default(),
        };
        metrics.receive_to_ack.observe(Duration::from_secs(600), 2);
        metrics.add_dropped(DropReason::Stop, 1);
        let after = Reading {
            metrics: &metrics,
            session: Phase::Refused,
            refused_status: Some(403),
            ..before
        };
        let samples = layout(&before);
        assert_eq!(samples, layout(&after));
        let unique: BTreeSet<_> = samples.iter().collect();
        assert_eq!(unique.len(), samples.len());
    }

    #[test]
    fn names_say_what_values_do() {
        for family in FAMILIES {
            let counts = family.name.ends_with("_total");
            assert_eq!(counts, family.kind == Kind::Counter, "{}", family.name);
            let is_times = matches!(family.values, Values::Times(_));
            assert_eq!(is_times, family.kind == Kind::Histogram, "{}", family.name);
        }
    }
}
