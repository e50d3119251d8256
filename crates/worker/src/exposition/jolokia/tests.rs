use serde_json::{Value as Json, json};

use super::*;
use crate::exposition::WorkerReading;
use crate::exposition::tests::{ODD, connector, exposition, worker};

/// Asks for a path, or with a body.
fn ask(path: Option<&str>, body: &Json, options: Options) -> Json {
    let beans = exposition()
        .measured(std::time::Instant::now(), worker())
        .beans();
    let jolokia = Jolokia {
        beans: &beans,
        version: "1.2.3",
        timestamp: 1_700_000_000,
    };
    let text = match path {
        Some(path) => jolokia.get(path, options),
        None => jolokia.post(body.to_string().as_bytes(), options),
    };
    serde_json::from_str(&text).expect("JSON")
}

fn get(path: &str) -> Json {
    ask(Some(path), &Json::Null, Options::default())
}

fn post(body: &Json) -> Json {
    ask(None, body, Options::default())
}

const TASK: &str = "kafka.connect:type=source-task-metrics,connector=feed,task=0";

#[test]
fn one_attribute_is_its_value() {
    let expected = json!({
        "request": {
            "type": "read",
            "mbean": "kafka.connect:connector=feed,task=0,type=source-task-metrics",
            "attribute": "source-record-poll-total",
        },
        "value": 100.0,
        "timestamp": 1_700_000_000,
        "status": 200,
    });
    assert_eq!(
        get(&format!("read/{TASK}/source-record-poll-total")),
        expected
    );
    let body = json!({"type": "READ", "mbean": TASK, "attribute": "source-record-poll-total"});
    assert_eq!(post(&body), expected);
}

#[test]
fn several_attributes_and_all_are_objects() {
    let two = json!({"poll-batch-max-time-ms": 3.0, "source-record-active-count": 10.0});
    let names = ["poll-batch-max-time-ms", "source-record-active-count"];
    assert_eq!(
        get(&format!("read/{TASK}/{}", names.join(",")))["value"],
        two
    );
    let body = json!({"type": "read", "mbean": TASK, "attribute": names});
    assert_eq!(post(&body)["value"], two);
    let one = json!({"type": "read", "mbean": TASK, "attribute": [names[0]]});
    assert_eq!(post(&one)["value"], json!({"poll-batch-max-time-ms": 3.0}));
    for all in [get(&format!("read/{TASK}")), get(&format!("read/{TASK}/*"))] {
        assert_eq!(
            all["value"].as_object().map(serde_json::Map::len),
            Some(9),
            "{all}"
        );
        assert_eq!(all["request"].get("attribute"), None);
    }
}

#[test]
fn values_have_the_types_of_the_mbeans() {
    let app = get("read/kafka.connect:type=app-info")["value"].clone();
    let expected =
        json!({"version": "3.9.1", "commit-id": "1.2.3", "start-time-ms": 1_700_000_000_000_i64});
    assert_eq!(app, expected);
    let count = get("read/kafka.connect:type=connect-worker-metrics/connector-count");
    assert_eq!(count["value"].to_string(), "3.0");
    let own = get("read/io.conduktor.connect.websocket:name=\"feed\",*/Connected,QueueSize");
    let own = own["value"]
        .as_object()
        .expect("beans")
        .values()
        .next()
        .cloned();
    assert_eq!(
        own.expect("one").to_string(),
        r#"{"QueueSize":7,"Connected":true}"#
    );
    // Nothing was handed over by the task that failed: NaN is null.
    let odd = format!(
        "kafka.connect:type=connector-task-metrics,connector={},task=0",
        crate::exposition::bean::quoted(ODD)
    );
    let body = json!({"type": "read", "mbean": odd, "attribute": "batch-size-max"});
    let answer = post(&body);
    assert_eq!(
        (&answer["status"], &answer["value"]),
        (&json!(200), &Json::Null)
    );
}

#[test]
fn a_pattern_gives_all_beans_that_have_something() {
    let all = get("read/kafka.connect:type=connector-metrics,*/status");
    let odd = format!(
        "kafka.connect:connector={},type=connector-metrics",
        crate::exposition::bean::quoted(ODD)
    );
    let expected = json!({
        "kafka.connect:connector=feed,type=connector-metrics": {"status": "running"},
        "kafka.connect:connector=none,type=connector-metrics": {"status": "stopped"},
        odd: {"status": "running"},
    });
    assert_eq!(all["value"], expected);
    assert_eq!(
        all["request"]["mbean"],
        "kafka.connect:type=connector-metrics,*"
    );
    let mixed = get("read/*:connector=feed,*/status,source-record-poll-total");
    assert_eq!(
        mixed["value"].as_object().map(serde_json::Map::len),
        Some(3),
        "{mixed}"
    );
    let options = Options {
        canonical_naming: false,
        ..Options::default()
    };
    let other = ask(
        Some("search/kafka.connect:connector=feed,task=0,type=source*"),
        &Json::Null,
        options,
    );
    assert_eq!(other["value"], json!([TASK]));
}

#[test]
fn names_are_escaped_and_quoted() {
    for path in [
        "search/kafka.connect:type=app-info,id=*",
        "search/kafka.connect:type=app-info,id=!\"127.0.0.1:8083!\"",
    ] {
        let found = get(path)["value"].clone();
        assert_eq!(
            found,
            json!([r#"kafka.connect:id="127.0.0.1:8083",type=app-info"#]),
            "{path}"
        );
    }
    let slash = get("read/a:b=\"c!/d!!\"/e!/f");
    assert_eq!(slash["request"]["mbean"], "a:b=\"c/d!\"");
    assert_eq!(slash["request"]["attribute"], "e/f");
    assert_eq!(slash["status"], 404);
}

#[test]
fn what_is_not_there_is_told_of_as_jolokia_does() {
    let instance = "javax.management.InstanceNotFoundException";
    let attribute = "javax.management.AttributeNotFoundException";
    let illegal = "java.lang.IllegalArgumentException";
    for (path, status, class, text) in [
        ("read/a:b=c", 404, instance, "a:b=c"),
        (
            "read/a:b=c,*",
            404,
            instance,
            "No MBean with pattern a:b=c,* found for reading attributes",
        ),
        (
            "read/kafka.connect:type=app-info/x",
            404,
            attribute,
            "Could not find attribute x",
        ),
        (
            "read/kafka.connect:type=app-info,*/x",
            400,
            illegal,
            "No matching attributes [x] found on MBeans kafka.connect:type=app-info,*",
        ),
        (
            "read/nope",
            400,
            illegal,
            "Invalid object name. Key properties cannot be empty",
        ),
        (
            "read",
            400,
            illegal,
            "Invalid arguments in pathinfo read for command READ",
        ),
        ("bogus/x", 400, illegal, "No type with name 'bogus' exists"),
        (
            "list/kafka.connect/type=nope",
            400,
            illegal,
            "No MBean 'kafka.connect:type=nope' found",
        ),
        (
            "list/kafka.connect/type=app-info/x",
            400,
            illegal,
            "Invalid path kafka.connect/type=app-info/x",
        ),
        (
            "write/kafka.connect:type=app-info/version/1",
            403,
            "java.lang.SecurityException",
            "write is not allowed: metrics can only be read",
        ),
        (
            "exec/a:b=c/d",
            403,
            "java.lang.SecurityException",
            "exec is not allowed: metrics can only be read",
        ),
    ] {
        let answer = get(path);
        assert_eq!(answer["status"], status, "{path}");
        assert_eq!(answer["error_type"], class, "{path}");
        assert_eq!(answer["error"], format!("{class} : {text}"), "{path}");
        assert_eq!(answer.get("value"), None, "{path}");
    }
}

#[test]
fn nothing_found_is_no_error_where_names_are_asked_for() {
    assert_eq!(get("search/nope:*")["value"], json!([]));
    assert_eq!(get("list/nope")["value"], json!({}));
}

#[test]
fn attributes_that_are_not_there_may_be_ignored() {
    let ignoring = json!({"type": "read", "mbean": "kafka.connect:type=app-info",
        "attribute": ["x", "version"], "config": {"ignoreErrors": "true"}});
    let text =
        "ERROR: Could not find attribute x (class javax.management.AttributeNotFoundException)";
    assert_eq!(
        post(&ignoring)["value"],
        json!({"x": text, "version": "3.9.1"})
    );
}

#[test]
fn bodies_have_one_request_or_many() {
    let many = post(&json!([
        {"type": "read", "mbean": "kafka.connect:type=kafka-metrics-count"},
        {"type": "read", "mbean": "a:b=c"},
        {"type": "version"},
        1,
    ]));
    let statuses: Vec<_> = many
        .as_array()
        .expect("many")
        .iter()
        .map(|one| one["status"].clone())
        .collect();
    assert_eq!(statuses, [200, 404, 200, 400]);
    assert_eq!(many[2]["value"]["protocol"], "7.2");
    assert_eq!(post(&json!([])), json!([]));
    for (body, text) in [
        (json!({}), "No type given"),
        (json!({"type": "read"}), "Objectname can not be null"),
        (json!({"type": 1}), "type must be a string"),
        (json!({"type": "foo"}), "No type with name 'foo' exists"),
        (
            json!({"type": "read", "mbean": "a:b=c", "attribute": [1]}),
            "attribute must be a string or an array of strings",
        ),
        (json!("x"), "Invalid JSON request"),
        (
            json!(vec![json!({}); MAX_REQUESTS + 1]),
            "There are more than 256 requests",
        ),
    ] {
        let answer = post(&body);
        assert_eq!(answer["status"], 400, "{body}");
        assert_eq!(answer["error"], format!("{ILLEGAL_ARGUMENT} : {text}"));
    }
}

#[test]
fn the_work_of_one_body_is_bounded() {
    let stopped = |at: usize| connector(&format!("c{at}"), None);
    let reading = WorkerReading {
        connectors: (0..200).map(stopped).collect(),
        ..WorkerReading::default()
    };
    let beans = exposition()
        .measured(std::time::Instant::now(), reading)
        .beans();
    let jolokia = Jolokia {
        beans: &beans,
        version: "1.2.3",
        timestamp: 0,
    };
    let answers = |request: &Json| -> Vec<Json> {
        let body = json!(vec![request; MAX_REQUESTS]).to_string();
        let answer = jolokia.post(body.as_bytes(), Options::default());
        serde_json::from_str(&answer).expect("JSON")
    };
    let long = format!("kafka.connect:connector={}*,*", "?".repeat(900));
    let request = json!({"type": "search", "mbean": long});
    let refused = answers(&request);
    assert_eq!(refused.len(), MAX_REQUESTS);
    assert_eq!(refused[0]["value"], json!([]));
    let last = refused.last().expect("one");
    let text = "There is too much to be compared";
    assert_eq!(last["error"], format!("{ILLEGAL_ARGUMENT} : {text}"));
    assert_eq!(last["request"]["mbean"], long);
    // What dashboards ask is far from that.
    for name in [
        "kafka.connect:type=connector-metrics,connector=c7",
        "*:connector=c7,*",
    ] {
        let request = json!({"type": "read", "mbean": name});
        let all = answers(&request);
        assert!(all.iter().all(|one| one["status"] == 200), "{name}");
    }
}

#[test]
fn answers_to_one_body_are_bounded() {
    let stopped = |at: usize| connector(&format!("c{at}"), None);
    let reading = WorkerReading {
        connectors: (0..200).map(stopped).collect(),
        ..WorkerReading::default()
    };
    let beans = exposition()
        .measured(std::time::Instant::now(), reading.clone())
        .beans();
    let jolokia = Jolokia {
        beans: &beans,
        version: "1.2.3",
        timestamp: 0,
    };
    let body = json!(vec![json!({"type": "list"}); MAX_REQUESTS]).to_string();
    let answer = jolokia.post(body.as_bytes(), Options::default());
    assert!(
        answer.len() < MAX_ANSWER_BYTES + (1 << 20),
        "{}",
        answer.len()
    );
    let answers: Vec<Json> = serde_json::from_str(&answer).expect("JSON");
    assert_eq!(answers.len(), MAX_REQUESTS);
    assert_eq!(answers[0]["status"], 200);
    let last = answers.last().expect("one");
    let text = "The answers before are too large for one more";
    assert_eq!(last["error"], format!("{ILLEGAL_ARGUMENT} : {text}"));
}

#[test]
fn the_list_describes_what_there_is() {
    let all = get("list")["value"].clone();
    let domains: Vec<_> = all.as_object().expect("domains").keys().collect();
    assert_eq!(domains, ["io.conduktor.connect.websocket", "kafka.connect"]);
    let task = &all["kafka.connect"]["connector=feed,task=0,type=source-task-metrics"];
    let rate = &task["attr"]["source-record-poll-rate"];
    assert_eq!(
        (&rate["rw"], &rate["type"]),
        (&json!(false), &json!("double"))
    );
    let inside = get("list/kafka.connect/type=app-info/attr/version/type");
    assert_eq!(inside["value"], "double");
    let id = get("list/kafka.connect/id=\"127.0.0.1:8083\",type=app-info/attr/Version/type");
    assert_eq!(id["value"], "java.lang.String");
    let body = json!({"type": "list", "path": "kafka.connect/type=app-info"});
    assert_eq!(
        post(&body)["value"]["class"],
        "org.apache.kafka.common.metrics.JmxReporter$KafkaMbean"
    );
    let version = get("");
    assert_eq!(version["request"], json!({"type": "version"}));
    assert_eq!(version["value"]["agent"], "1.2.3");
}
