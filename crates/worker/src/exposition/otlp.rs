//! The worker's own metrics in OpenTelemetry's messages.
//!
//! Names are those of `/metrics` as a collector gives them to Prometheus: dots
//! instead of `kafka_connect_websocket_`'s underscores, without the endings
//! that it adds (`_total`, `_seconds`). Invariant: sums and histograms count
//! from the start time that stands in them, so a task that starts anew is a
//! new count and not one that falls.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::{
    AnyValue, InstrumentationScope, KeyValue, any_value::Value,
};
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, Gauge, Histogram, HistogramDataPoint, Metric, NumberDataPoint,
    ResourceMetrics, ScopeMetrics, Sum, metric::Data, number_data_point,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use websocket_source::metrics::{HistogramSnapshot, LATENCY_BOUNDS_US};
use websocket_source::series::{FAMILIES, Family, Kind, Reading, Values, seconds};

use super::reading::{TaskReading, WorkerReading};

/// When the present runs of tasks were first seen, by connector: their number
/// and the time, nanoseconds since the epoch. Tasks that are gone are not kept.
type Starts = BTreeMap<String, (u64, u64)>;

/// Makes messages of readings.
#[derive(Debug)]
pub struct Messages {
    resource: Resource,
    starts: Starts,
}

/// An attribute that is a text.
pub(crate) fn attribute(key: &str, value: &str) -> KeyValue {
    KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue {
            value: Some(Value::StringValue(value.to_owned())),
        }),
        ..KeyValue::default()
    }
}

/// Nanoseconds since the epoch.
pub(crate) fn nanos(at: SystemTime) -> u64 {
    let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

/// A value of one task under further attributes.
type Point<'a> = (&'a Task<'a>, Option<(&'static str, String)>, f64);

struct Task<'a> {
    connector: &'a str,
    reading: &'a TaskReading,
    /// Nanoseconds since the epoch.
    start: u64,
}

impl Task<'_> {
    fn attributes(&self, more: Option<(&'static str, String)>) -> Vec<KeyValue> {
        let number = self.reading.task.to_string();
        let mut all = vec![
            attribute("connector", self.connector),
            attribute("task", &number),
        ];
        all.extend(more.map(|(key, value)| attribute(key, &value)));
        all
    }
}

impl Messages {
    /// Messages about a worker that is described so.
    pub fn new(resource: Resource) -> Self {
        let starts = Starts::new();
        Self { resource, starts }
    }

    /// The request that tells a collector of a reading.
    pub fn request(
        &mut self,
        worker: &WorkerReading,
        now: SystemTime,
    ) -> ExportMetricsServiceRequest {
        let now = nanos(now);
        self.note_starts(worker, now);
        let tasks = worker.tasks().map(|(connector, reading)| Task {
            connector,
            reading,
            start: self.starts.get(connector).map_or(now, |(_, start)| *start),
        });
        let tasks: Vec<Task<'_>> = tasks.collect();
        ExportMetricsServiceRequest {
            resource_metrics: vec![ResourceMetrics {
                resource: Some(self.resource.clone()),
                scope_metrics: vec![ScopeMetrics {
                    scope: Some(InstrumentationScope {
                        name: "connect-websocket".to_owned(),
                        version: env!("CARGO_PKG_VERSION").to_owned(),
                        ..InstrumentationScope::default()
                    }),
                    metrics: metrics(&tasks, now),
                    ..ScopeMetrics::default()
                }],
                ..ResourceMetrics::default()
            }],
        }
    }

    fn note_starts(&mut self, worker: &WorkerReading, now: u64) {
        let present = worker.tasks().map(|(connector, reading)| {
            let before = self.starts.get(connector);
            let same = before.filter(|(start, _)| *start == reading.start);
            let noted = same.copied().unwrap_or((reading.start, now));
            (connector.to_owned(), noted)
        });
        self.starts = present.collect();
    }
}

fn metrics(tasks: &[Task<'_>], now: u64) -> Vec<Metric> {
    let own = FAMILIES.iter().map(|family| match family.values {
        Values::Times(seen) => latency(family, seen, tasks, now),
        _ => own(family, tasks, now),
    });
    let mut all: Vec<Metric> = own.collect();
    let records = [
        ("poll", "Records handed to the producer.", 0),
        ("write", "Records that Kafka has acknowledged.", 1),
    ];
    for (name, help, index) in records {
        let points = tasks.iter().map(|task| {
            let progress = &task.reading.progress;
            let counts = [progress.taken, progress.written()];
            (task, None, counts[index] as f64)
        });
        let name = format!("source_task_metrics.source_record_{name}");
        all.push(numbers(&name, Kind::Counter, help, points.collect(), now));
    }
    all
}

fn own(family: &Family, tasks: &[Task<'_>], now: u64) -> Metric {
    let points = tasks.iter().flat_map(|task| {
        let samples = family.samples(&task.reading.series()).into_iter();
        samples.map(move |sample| (task, sample.label, sample.value))
    });
    let name = format!("websocket.{}", family.name.trim_end_matches("_total"));
    numbers(&name, family.kind, family.help, points.collect(), now)
}

fn metric(name: &str, help: &str, unit: &str, data: Data) -> Metric {
    Metric {
        name: format!("kafka.connect.{name}"),
        description: help.to_owned(),
        unit: unit.to_owned(),
        data: Some(data),
        ..Metric::default()
    }
}

fn numbers(name: &str, kind: Kind, help: &str, points: Vec<Point<'_>>, now: u64) -> Metric {
    let is_sum = matches!(kind, Kind::Counter);
    let points = points
        .into_iter()
        .map(|(task, more, value)| NumberDataPoint {
            attributes: task.attributes(more),
            start_time_unix_nano: if is_sum { task.start } else { 0 },
            time_unix_nano: now,
            value: Some(number_data_point::Value::AsDouble(value)),
            ..NumberDataPoint::default()
        });
    let data_points = points.collect();
    let data = if is_sum {
        Data::Sum(Sum {
            data_points,
            aggregation_temporality: AggregationTemporality::Cumulative.into(),
            is_monotonic: true,
        })
    } else {
        Data::Gauge(Gauge { data_points })
    };
    // The names have their units, as Prometheus' have.
    metric(name, help, "", data)
}

fn latency(
    family: &Family,
    seen: fn(&Reading<'_>) -> HistogramSnapshot,
    tasks: &[Task<'_>],
    now: u64,
) -> Metric {
    let points = tasks.iter().map(|task| {
        let seen = seen(&task.reading.series());
        let mut below = 0;
        let mut counts: Vec<u64> = Vec::with_capacity(seen.cumulative.len() + 1);
        for cumulative in seen.cumulative.iter().chain([&seen.count]) {
            counts.push(cumulative.saturating_sub(below));
            below = *cumulative;
        }
        HistogramDataPoint {
            attributes: task.attributes(None),
            start_time_unix_nano: task.start,
            time_unix_nano: now,
            count: seen.count,
            sum: Some(seconds(seen.sum_us)),
            bucket_counts: counts,
            explicit_bounds: LATENCY_BOUNDS_US.map(seconds).into(),
            ..HistogramDataPoint::default()
        }
    });
    let data = Data::Histogram(Histogram {
        data_points: points.collect(),
        aggregation_temporality: AggregationTemporality::Cumulative.into(),
    });
    let name = format!("websocket.{}", family.name.trim_end_matches("_seconds"));
    metric(&name, family.help, "s", data)
}
