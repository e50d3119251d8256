//! Names and types of the beans.

use std::collections::BTreeSet;
use std::sync::Arc;

use websocket_source::ledger::Ledger;
use websocket_source::metrics::TaskMetrics;
use websocket_source::sink::Progress;

use super::groups::GROUPS;
use super::tests::{connector, exposition, task, worker};
use super::*;

fn bean<'a>(beans: &'a [Bean], name: &str) -> &'a Bean {
    let mut found = beans.iter().filter(|bean| bean.name.to_string() == name);
    found.next().unwrap_or_else(|| panic!("no {name}"))
}

#[test]
fn what_was_never_measured_is_no_number() {
    let idle = TaskReading {
        commits: Arc::default(),
        progress: Progress::default(),
        ledger: Ledger::default(),
        ..task("RUNNING", TaskMetrics::default())
    };
    let reading = WorkerReading {
        connectors: vec![connector("c", Some(idle))],
        ..WorkerReading::default()
    };
    let mut exposition = exposition();
    let beans = exposition.measured(Instant::now(), reading.clone()).beans();
    let nan = |name: &str, attributes: &[&str]| {
        let bean = bean(&beans, name);
        for attribute in attributes {
            let value = bean.get(attribute).unwrap();
            let is_nan = matches!(value, Value::Double(number) if number.is_nan());
            assert!(is_nan, "{attribute} {value:?}");
        }
    };
    nan(
        "kafka.connect:type=source-task-metrics,connector=c,task=0",
        &[
            "poll-batch-avg-time-ms",
            "poll-batch-max-time-ms",
            "source-record-active-count-avg",
            "source-record-active-count-max",
        ],
    );
    nan(
        "kafka.connect:type=connector-task-metrics,connector=c,task=0",
        &[
            "offset-commit-avg-time-ms",
            "offset-commit-max-time-ms",
            "batch-size-avg",
            "batch-size-max",
        ],
    );
    let task = bean(
        &beans,
        "kafka.connect:type=connector-task-metrics,connector=c,task=0",
    );
    assert_eq!(
        task.get("offset-commit-success-percentage"),
        Some(&Value::Double(0.0))
    );
    // Prometheus knows the word.
    super::tests::parse(
        &exposition
            .measured(Instant::now(), reading.clone())
            .prometheus(),
    );
}

/// Types and attributes as the real worker has shown them; what is no double
/// has its type with it.
const MBEANS: [(&str, &str); 9] = [
    (
        "type=app-info",
        "version:String commit-id:String start-time-ms:Long",
    ),
    (
        "type=app-info,id=\"127.0.0.1:8083\"",
        "Version:String CommitId:String StartTimeMs:Long",
    ),
    (
        "type=connect-worker-metrics",
        "connector-count task-count connector-startup-attempts-total connector-startup-success-total \
         connector-startup-failure-total connector-startup-success-percentage \
         connector-startup-failure-percentage task-startup-attempts-total task-startup-success-total \
         task-startup-failure-total task-startup-success-percentage task-startup-failure-percentage",
    ),
    (
        "type=connect-worker-metrics,connector=feed",
        "connector-total-task-count:Long connector-running-task-count:Long connector-paused-task-count:Long \
         connector-failed-task-count:Long connector-unassigned-task-count:Long \
         connector-destroyed-task-count:Long connector-restarting-task-count:Long",
    ),
    (
        "type=connector-metrics,connector=feed",
        "connector-class:String connector-type:String connector-version:String status:String",
    ),
    (
        "type=connector-task-metrics,connector=feed,task=0",
        "status:String running-ratio pause-ratio offset-commit-avg-time-ms offset-commit-max-time-ms \
         offset-commit-success-percentage offset-commit-failure-percentage batch-size-avg batch-size-max",
    ),
    (
        "type=source-task-metrics,connector=feed,task=0",
        "source-record-poll-rate source-record-poll-total source-record-write-rate \
         source-record-write-total poll-batch-avg-time-ms poll-batch-max-time-ms \
         source-record-active-count source-record-active-count-avg source-record-active-count-max",
    ),
    (
        "type=task-error-metrics,connector=feed,task=0",
        "total-record-failures total-record-errors total-records-skipped total-retries total-errors-logged \
         deadletterqueue-produce-requests deadletterqueue-produce-failures last-error-timestamp:Long",
    ),
    ("type=kafka-metrics-count", "count"),
];

fn types(bean: &Bean) -> BTreeSet<String> {
    let typed = bean
        .attributes()
        .map(|(attribute, value)| match value.class() {
            "Double" => attribute.name.to_owned(),
            class => format!("{}:{class}", attribute.name),
        });
    typed.collect()
}

#[test]
fn beans_have_the_names_and_types_of_the_real_worker() {
    let beans = exposition().measured(Instant::now(), worker()).beans();
    for (name, expected) in MBEANS {
        let bean = bean(&beans, &format!("kafka.connect:{name}"));
        let expected: BTreeSet<_> = expected.split(' ').map(str::to_owned).collect();
        assert_eq!(types(bean), expected, "{name}");
    }
    let name = "io.conduktor.connect.websocket:type=WebSocketConnector,name=\"feed\",url=\"127.0.0.1_8080_ws\"";
    let own = "ConnectorName:String MessagesReceived:Long MessagesDropped:Long RecordsProduced:Long LagCount:Long \
               MillisSinceLastMessage:Long UptimeMillis:Long TotalReconnects:Long QueueSize:Integer \
               QueueCapacity:Integer QueueUtilizationPercent DropRate Connected:Boolean";
    let own: BTreeSet<_> = own.split_whitespace().map(str::to_owned).collect();
    let feed = bean(&beans, name);
    assert_eq!(types(feed), own);
    for (attribute, value) in [
        ("MessagesReceived", Value::Long(120)),
        ("MessagesDropped", Value::Long(13)),
        ("RecordsProduced", Value::Long(100)),
        ("LagCount", Value::Long(7)),
        ("QueueSize", Value::Integer(7)),
        ("QueueUtilizationPercent", Value::Double(0.07)),
        ("Connected", Value::Boolean(true)),
        ("TotalReconnects", Value::Long(5)),
    ] {
        let given = feed.get(attribute).unwrap();
        match (given, &value) {
            (Value::Double(a), Value::Double(b)) => assert!((a - b).abs() < 1e-9, "{a}"),
            _ => assert_eq!(given, &value, "{attribute}"),
        }
    }
}

#[test]
fn each_value_is_under_its_own_name() {
    let mut exposition = exposition();
    let beans = exposition.measured(Instant::now(), worker()).beans();
    for (kind, expected) in [
        (
            "connector-task-metrics",
            &[
                ("offset-commit-avg-time-ms", 4.0),
                ("offset-commit-max-time-ms", 4.0),
                ("offset-commit-success-percentage", 1.0),
                ("offset-commit-failure-percentage", 0.0),
                ("batch-size-avg", 25.0),
                ("batch-size-max", 60.0),
            ][..],
        ),
        (
            "source-task-metrics",
            &[
                ("source-record-poll-rate", 100.0 / 30.0),
                ("source-record-poll-total", 100.0),
                ("source-record-write-rate", 3.0),
                ("source-record-write-total", 90.0),
                ("poll-batch-avg-time-ms", 1.5),
                ("poll-batch-max-time-ms", 3.0),
                ("source-record-active-count", 10.0),
                ("source-record-active-count-avg", 10.0),
                ("source-record-active-count-max", 60.0),
            ],
        ),
        (
            "task-error-metrics",
            &[
                ("total-record-failures", 3.0),
                ("total-records-skipped", 1.0),
                ("total-retries", 0.0),
            ],
        ),
    ] {
        let name = format!("kafka.connect:type={kind},connector=feed,task=0");
        let bean = bean(&beans, &name);
        for (attribute, expected) in expected {
            let Some(Value::Double(given)) = bean.get(attribute) else {
                panic!("{attribute}");
            };
            assert!((given - expected).abs() < 1e-9, "{attribute} {given}");
        }
    }
    let counts = "kafka.connect:type=connect-worker-metrics,connector=";
    let quoted = super::bean::quoted(super::tests::ODD);
    for (name, state) in [("feed", "running"), (quoted.as_str(), "failed")] {
        let bean = bean(&beans, &format!("{counts}{name}"));
        for (attribute, value) in bean.attributes() {
            let counted = attribute.name.contains("total") || attribute.name.contains(state);
            assert_eq!(
                value,
                &Value::Long(i64::from(counted)),
                "{}",
                attribute.name
            );
        }
    }
}

#[test]
fn every_group_is_in_use_and_no_attribute_is_there_twice() {
    let beans = exposition().measured(Instant::now(), worker()).beans();
    for group in GROUPS {
        assert!(
            beans.iter().any(|bean| std::ptr::eq(bean.group, group)),
            "{}",
            group.kind
        );
        let names: BTreeSet<_> = group.attributes.iter().map(|known| known.name).collect();
        assert_eq!(names.len(), group.attributes.len(), "{}", group.kind);
    }
    let names: BTreeSet<_> = beans.iter().map(|bean| bean.name.canonical()).collect();
    assert_eq!(names.len(), beans.len());
    let count = bean(&beans, "kafka.connect:type=kafka-metrics-count").get("count");
    // All of kafka.connect's but the three that are there a second time.
    let mine = beans
        .iter()
        .filter(|bean| bean.name.domain == "kafka.connect");
    let all: usize = mine.map(|bean| bean.values.len()).sum();
    assert_eq!(count, Some(&Value::Double((all - 3) as f64)));
}
