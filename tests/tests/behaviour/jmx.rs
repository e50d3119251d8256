//! Who knows Connect's MBeans finds them: ours, over `/jolokia`, against those
//! of a real worker with connectors in the same states.

use std::collections::BTreeSet;

use end_to_end::connect::RealWorker;
use end_to_end::differential::known::Has;
use end_to_end::differential::known_beans::KNOWN_BEANS;
use end_to_end::kafka::{Kafka, Version};
use end_to_end::mbeans::{self, Beans};
use end_to_end::rest;
use end_to_end::server::{Library, Script, Server};
use end_to_end::wait;
use end_to_end::worker::{Connector, SUBSCRIPTION, Worker};
use serde_json::json;

const COMMITS: (&str, &str) = ("offset.flush.interval.ms", "200");

/// Creates connectors that run, are paused, have failed and are stopped, and
/// waits until they are so.
fn prepare(port: u16, server: &Server) {
    let ask = |method: &str, path: &str, body: Option<&serde_json::Value>| {
        let answer = rest::request(port, method, path, body).expect("an answer");
        assert!(answer.status < 300, "{method} {path}: {}", answer.body);
        answer
    };
    for (name, path, attempts) in [
        ("running", "running", "-1"),
        ("rd/x y", "rd%2Fx%20y", "-1"),
        ("50% \"*\"", "50%25%20%22*%22", "-1"),
        ("failed", "failed", "0"),
        ("stopped", "stopped", "-1"),
    ] {
        let url = if name == "failed" {
            "ws://127.0.0.1:1/".to_owned()
        } else {
            server.url()
        };
        let config = json!({
            "connector.class": "io.conduktor.connect.websocket.WebSocketSourceConnector",
            "websocket.url": url,
            "websocket.subscription.message": SUBSCRIPTION,
            "websocket.reconnect.max.attempts": attempts,
            "kafka.topic": "jmx",
        });
        ask("PUT", &format!("/connectors/{path}/config"), Some(&config));
        let wanted = match name {
            "failed" => "FAILED",
            _ => "RUNNING",
        };
        wait_for(port, path, |status| status["tasks"][0]["state"] == wanted);
    }
    ask("PUT", "/connectors/rd%2Fx%20y/pause", None);
    wait_for(port, "rd%2Fx%20y", |status| {
        status["connector"]["state"] == "PAUSED" && status["tasks"][0]["state"] == "PAUSED"
    });
    ask("PUT", "/connectors/stopped/stop", None);
    wait_for(port, "stopped", |status| {
        status["connector"]["state"] == "STOPPED" && status["tasks"] == json!([])
    });
}

fn wait_for(port: u16, connector: &str, wanted: impl Fn(&serde_json::Value) -> bool) {
    let path = format!("/connectors/{connector}/status");
    wait::until_true(&format!("{connector} is as wanted"), || {
        let answer = rest::request(port, "GET", &path, None).expect("an answer");
        answer.status == 200 && wanted(&answer.json())
    });
}

/// Every place where two workers differ: bean, attribute, who has something.
fn differences(real: &Beans, ours: &Beans) -> Vec<(String, String, Has)> {
    let places = |beans: &Beans| -> BTreeSet<(String, String)> {
        let of_bean = beans.iter().flat_map(|(bean, attributes)| {
            attributes.keys().map(|name| (bean.clone(), name.clone()))
        });
        of_bean.collect()
    };
    let all = places(real).into_iter().chain(places(ours));
    let all: BTreeSet<_> = all.collect();
    let has = |(bean, attribute): (String, String)| {
        let one = |beans: &Beans| {
            beans
                .get(&bean)
                .and_then(|found| found.get(&attribute))
                .cloned()
        };
        let has = match (one(real), one(ours)) {
            (Some(real), Some(ours)) if real.0 == ours.0 => {
                let says_something = match real.0.as_str() {
                    "String" => true,
                    "Long" => attribute.ends_with("-count"),
                    _ if bean.ends_with("connect-worker-metrics") => {
                        attribute.ends_with("-total") || attribute.ends_with("-count")
                    }
                    _ => false,
                };
                if !says_something || real.1 == ours.1 {
                    return None;
                }
                Has::Both
            }
            (Some(_), Some(_)) => Has::Both,
            (Some(_), None) => Has::Real,
            (None, _) => Has::Ours,
        };
        Some((bean, attribute, has))
    };
    all.into_iter().filter_map(has).collect()
}

/// The worker's id is in a bean's name.
fn without_port(beans: Beans, port: u16) -> Beans {
    let id = format!("127.0.0.1:{port}");
    let beans = beans.into_iter();
    beans
        .map(|(bean, rest)| (bean.replace(&id, "WORKER"), rest))
        .collect()
}

#[test]
fn every_difference_from_the_real_worker_s_mbeans_is_known() {
    let kafka = Kafka::shared(Version::V3_9);
    let server = Script::new(Library::Npm).endless().rate(20).start();
    let real = RealWorker::start_with_jmx(kafka, &[COMMITS]);
    let ours = Worker::builder(kafka)
        .set(COMMITS.0, COMMITS.1)
        .set("jolokia.enabled", "true")
        .start();
    for port in [real.port(), ours.port()] {
        prepare(port, &server);
    }
    let real = without_port(real.mbeans("kafka.*:*"), real.port());
    let beans = without_port(mbeans::of_ours(&ours, "kafka.*:*"), ours.port());
    assert!(real.len() > 20, "{:?}", real.keys());
    let found = differences(&real, &beans);
    let unknown: Vec<_> = found
        .iter()
        .filter(|(bean, attribute, has)| {
            !KNOWN_BEANS
                .iter()
                .any(|known| known.covers(bean, attribute, *has))
        })
        .collect();
    assert!(unknown.is_empty(), "{unknown:#?}");
    for known in KNOWN_BEANS {
        let shows =
            |(bean, attribute, has): &(String, String, Has)| known.covers(bean, attribute, *has);
        assert!(found.iter().any(shows), "does not differ: {known:?}");
    }
}

#[test]
fn what_a_task_does_is_in_its_mbeans() {
    let server = Script::new(Library::Python).count(1_000).start();
    let kafka = Kafka::shared(Version::V4_1);
    // However slow the machine is, no window ends before it is looked at.
    let worker = Worker::builder(kafka)
        .set(COMMITS.0, COMMITS.1)
        .set("metrics.sample.window.ms", "3600000")
        .set("jolokia.enabled", "true")
        .connector(Connector::new("numbers", &server, "mbeans"))
        .start();
    worker.wait_for_acknowledged("numbers", 1_000);
    let read = |path: &str| {
        let answer = worker.get(&format!("/jolokia/read/{path}"));
        assert_eq!(answer["status"], 200, "{answer}");
        answer["value"].clone()
    };
    let number = |path: &str| read(path).as_f64().expect("a number");
    let task = "connector=numbers,task=0";
    let source = format!("kafka.connect:type=source-task-metrics,{task}");
    assert!((number(&format!("{source}/source-record-poll-total")) - 1_000.0).abs() < 0.5);
    let rate = number(&format!("{source}/source-record-write-rate"));
    // A thousand over the windows, of which the present one has just begun:
    // the one before it counts as a whole.
    let most = 1_000.0 / 3_600.0;
    assert!(rate > most / 2.0 && rate < most + 0.001, "{rate}");
    let connect = format!("kafka.connect:type=connector-task-metrics,{task}");
    assert!(number(&format!("{connect}/batch-size-max")) >= 1.0);
    let committed = format!("{connect}/offset-commit-success-percentage");
    wait::until_true("an offset is committed", || number(&committed) > 0.99);
    let own = "io.conduktor.connect.websocket:type=WebSocketConnector,*/MessagesReceived,Connected";
    let own = read(own);
    let own = own.as_object().expect("beans").iter().next().expect("one");
    let url = server
        .url()
        .split_once("//")
        .expect("a URL")
        .1
        .replace([':', '/'], "_");
    assert!(own.0.contains(&format!("url=\"{url}\"")), "{}", own.0);
    assert_eq!(
        own.1,
        &json!({"MessagesReceived": 1_000, "Connected": true})
    );
}
