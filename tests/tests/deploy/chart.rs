//! The Helm chart: Helm renders it, Kubernetes' own schemas judge what comes
//! out, and the worker reads the files in it.

use std::fs;
use std::path::Path;
use std::process::Command;

use end_to_end::{command, tools};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::tool::{fails, file, python, succeeds, yaml};

fn helm(arguments: &[&str], values: &Path) -> Command {
    let mut helm = Command::new(tools::tool("deploy-helm").join("bin/helm"));
    helm.args(arguments)
        .arg(file("deploy/helm/connect-websocket"))
        .arg("--values")
        .arg(values);
    helm
}

fn judge(version: &str) -> Command {
    let mut judge = python("kubernetes-validate");
    judge.args(["--strict", "--kubernetes-version", version]);
    judge
}

/// Values, and what the chart makes of them.
struct Rendered {
    folder: TempDir,
    objects: Vec<Value>,
}

fn write(folder: &TempDir, values: &Value) -> std::path::PathBuf {
    let path = folder.path().join("values.json");
    fs::write(&path, values.to_string()).expect("a file");
    path
}

impl Rendered {
    fn new(values: &Value) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let values = write(&folder, values);
        succeeds(&mut helm(&["lint", "--strict"], &values));
        let text = succeeds(&mut helm(&["template", "trades"], &values));
        let objects = folder.path().join("objects.yaml");
        fs::write(&objects, text).expect("a file");
        let objects = yaml(&objects);
        Self { folder, objects }
    }

    fn all(&self, kind: &str) -> Vec<&Value> {
        let all = self.objects.iter();
        all.filter(|object| object["kind"] == kind).collect()
    }

    fn one(&self, kind: &str) -> &Value {
        let all = self.all(kind);
        assert_eq!(all.len(), 1, "{kind}: {all:?}");
        all[0]
    }

    /// Has each object of Kubernetes' own kinds judged by its schema, of an old
    /// version and of a new one.
    fn validate(&self) {
        let own = self.objects.iter();
        let own = own.filter(|object| object["apiVersion"] != "monitoring.coreos.com/v1");
        let paths = own.enumerate().map(|(number, object)| {
            let path = self.folder.path().join(format!("object-{number}.json"));
            fs::write(&path, object.to_string()).expect("a file");
            path
        });
        let paths: Vec<_> = paths.collect();
        for version in ["1.30", "1.37"] {
            succeeds(judge(version).args(&paths));
        }
        let mut wrong = self.one("StatefulSet").clone();
        wrong["spec"]["template"]["spec"]["terminationGracePeriod"] = json!(1);
        fs::write(&paths[0], wrong.to_string()).expect("a file");
        let said = fails(judge("1.37").arg(&paths[0]));
        assert!(said.contains("terminationGracePeriod"), "{said}");
    }

    /// Has the `PodMonitor` judged by its operator's schema.
    fn validate_monitor(&self) {
        let path = self.folder.path().join("monitor.json");
        let judge = |object: &Value| {
            fs::write(&path, object.to_string()).expect("a file");
            let mut judge = Command::new("node");
            judge
                .arg(file("tests/deploy/operator/check.mjs"))
                .arg(tools::tool("deploy-operator"))
                .arg(&path);
            judge
        };
        let mut monitor = self.one("PodMonitor").clone();
        succeeds(&mut judge(&monitor));
        monitor["spec"]["podMetricsEndpoints"][0]["relabelings"][0]["targetLabel"] = json!(1);
        assert!(fails(&mut judge(&monitor)).contains("targetLabel"));
    }

    /// Writes the files that the worker would find, and has it check them.
    fn validate_files(&self) -> String {
        let data = self.one("ConfigMap")["data"].as_object().expect("files");
        let folder = self.folder.path().join("files");
        fs::create_dir(&folder).expect("a folder");
        let mut names: Vec<&String> = data.keys().filter(|name| *name != "jaas.conf").collect();
        // The worker's file counts for the connectors after it.
        names.sort_by_key(|name| *name != "worker.properties");
        let mut arguments = vec!["validate".to_owned()];
        for name in names {
            let path = folder.join(name);
            let text = data[name].as_str().expect("a text");
            let secrets = format!("allowed.paths={}", self.folder.path().display());
            let text = text.replace("allowed.paths=/secrets", &secrets);
            fs::write(&path, text).expect("a file");
            arguments.push(path.display().to_string());
        }
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        command::run(&arguments).succeeded()
    }

    /// The same with the login's files where this machine has them.
    fn validate_files_with_login(mut self) -> String {
        let users = self.folder.path().join("users.properties");
        fs::write(&users, "alice=secret\n").expect("a file");
        let jaas = self.folder.path().join("jaas.conf");
        let config = self
            .objects
            .iter_mut()
            .find(|object| object["kind"] == "ConfigMap")
            .expect("a ConfigMap");
        let data = &mut config["data"];
        let text = data["jaas.conf"].as_str().expect("a file");
        let text = text.replace("/run/login/users.properties", &users.display().to_string());
        fs::write(&jaas, text).expect("a file");
        let worker = data["worker.properties"].as_str().expect("a file");
        let shown = jaas.display().to_string();
        let worker = worker.replace("/etc/connect-websocket/jaas.conf", &shown);
        data["worker.properties"] = json!(worker);
        self.validate_files()
    }
}

fn minimal() -> Value {
    json!({"bootstrapServers": "kafka:9092"})
}

fn full() -> Value {
    json!({
        "bootstrapServers": "a:9092,b:9092",
        "worker": {"producer.compression.type": "lz4", "producer.linger.ms": 20, "jolokia.enabled": true},
        "connectors": {
            "trades": {
                "connector.class": "io.conduktor.connect.websocket.WebSocketSourceConnector",
                "websocket.url": "wss://example.com/ws",
                "kafka.topic": "trades",
                "websocket.message.queue.size": 1_000_000,
                "websocket.subscription.message": "{\"method\":\"SUBSCRIBE\",\"id\":1}",
                "websocket.spool.mode": "durable",
                "websocket.spool.dir": "/var/lib/connect-websocket/spool/trades",
                "websocket.buffer.overflow": "block",
            },
            "quotes": {"connector.class": "WebSocketSource", "websocket.url": "ws://h", "kafka.topic": "q"},
        },
        "secrets": ["exchange", "kafka.example"],
        "gracefulShutdownMs": 45_500,
        "rest": {"loginSecret": "login"},
        "caFile": "/secrets/exchange/ca.pem",
        "env": [{"name": "TZ", "value": "Europe/Berlin"}],
        "persistence": {"storageClass": "fast", "size": "100Gi", "accessModes": ["ReadWriteOncePod"]},
        "podMonitor": {
            "enabled": true, "labels": {"release": "prometheus"},
            "endpoint": {"basicAuth": {"username": {"name": "m", "key": "user"}, "password": {"name": "m", "key": "password"}}},
        },
        "podAnnotations": {"a": "b"}, "podLabels": {"c": "d"}, "nodeSelector": {"e": "f"},
        "tolerations": [{"key": "g", "operator": "Exists"}],
        "affinity": {"nodeAffinity": {}}, "priorityClassName": "high", "serviceAccountName": "trades",
        "imagePullSecrets": [{"name": "registry"}],
        "volumes": [{"name": "more", "emptyDir": {}}],
        "volumeMounts": [{"name": "more", "mountPath": "/more"}],
    })
}

/// What is said of the pod and its container by those who look for weak ones.
fn assert_hardened(pod: &Value) {
    assert_eq!(pod["securityContext"]["runAsNonRoot"], true);
    assert_eq!(
        pod["securityContext"]["seccompProfile"]["type"],
        "RuntimeDefault"
    );
    assert_eq!(pod["automountServiceAccountToken"], false);
    let container = &pod["containers"][0];
    let expected = json!({
        "allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "runAsNonRoot": true,
        "capabilities": {"drop": ["ALL"]},
    });
    assert_eq!(container["securityContext"], expected);
    assert_eq!(container["livenessProbe"]["httpGet"]["path"], "/live");
    assert_eq!(container["readinessProbe"]["httpGet"]["path"], "/ready");
    assert!(container["resources"]["limits"]["memory"].is_string());
}

#[test]
fn the_chart_s_defaults_are_valid_objects_and_files_that_the_worker_takes() {
    let rendered = Rendered::new(&minimal());
    rendered.validate();
    let set = rendered.one("StatefulSet");
    assert_eq!(set["spec"]["replicas"], 1);
    let pod = &set["spec"]["template"]["spec"];
    assert_hardened(pod);
    assert_eq!(pod["terminationGracePeriodSeconds"], 40);
    let claim = &set["spec"]["volumeClaimTemplates"][0]["spec"];
    assert_eq!(claim["resources"]["requests"]["storage"], "8Gi");
    assert!(rendered.all("PodMonitor").is_empty());
    rendered.one("PodDisruptionBudget");
    assert!(
        rendered
            .validate_files()
            .ends_with("worker.properties: ok\n")
    );
}

#[test]
fn everything_that_the_chart_can_do_is_valid_objects_and_files_that_the_worker_takes() {
    let rendered = Rendered::new(&full());
    rendered.validate();
    let set = rendered.one("StatefulSet");
    let pod = &set["spec"]["template"]["spec"];
    assert_hardened(pod);
    // Longer than the worker needs, to whole seconds.
    assert_eq!(pod["terminationGracePeriodSeconds"], 56);
    let container = &pod["containers"][0];
    let mounts: Vec<_> = container["volumeMounts"]
        .as_array()
        .expect("mounts")
        .iter()
        .collect();
    for path in [
        "/secrets/exchange",
        "/secrets/kafka.example",
        "/run/login",
        "/more",
    ] {
        let mount = mounts.iter().find(|mount| mount["mountPath"] == path);
        let name = &mount.unwrap_or_else(|| panic!("{path}: {mounts:?}"))["name"];
        let volumes = pod["volumes"].as_array().expect("volumes");
        assert!(
            volumes.iter().any(|volume| volume["name"] == *name),
            "{name}"
        );
    }
    let arguments = container["args"].as_array().expect("arguments");
    for name in ["quotes", "trades"] {
        assert!(arguments.contains(&json!(format!("/etc/connect-websocket/{name}.json"))));
    }
    let endpoint = &rendered.one("PodMonitor")["spec"]["podMetricsEndpoints"][0];
    assert_eq!(endpoint["port"], "rest");
    // The alerts and the dashboard ask for it.
    let job = json!({"targetLabel": "job", "replacement": "kafka-connect"});
    assert_eq!(endpoint["relabelings"], json!([job]));
    rendered.validate_monitor();
    assert_eq!(endpoint["basicAuth"]["username"]["key"], "user");
    let data = &rendered.one("ConfigMap")["data"];
    let worker = data["worker.properties"].as_str().expect("a file");
    for line in [
        "task.shutdown.graceful.timeout.ms=45500\n",
        "producer.linger.ms=20\n",
        "rest.basic.auth.login.config=/etc/connect-websocket/jaas.conf\n",
    ] {
        assert!(worker.contains(line), "{line}: {worker}");
    }
    let found = rendered.validate_files_with_login();
    assert_eq!(found.matches(": ok\n").count(), 3, "{found}");
}

#[test]
fn values_that_cannot_be_right_are_refused_by_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut wrong = vec![(json!({}), "bootstrapServers")];
    let mut with = |key: &str, value: Value, word: &'static str| {
        let mut values = minimal();
        values[key] = value;
        wrong.push((values, word));
    };
    with("replicas", json!(2), "replicas");
    with(
        "connectors",
        json!({"a": {"kafka.topic": "t"}}),
        "websocket.url",
    );
    with("worker", json!({"listeners": "http://:1"}), "listeners");
    with("gracefulShutdownMs", json!("30s"), "gracefulShutdownMs");
    with("secrets", json!(["A/b"]), "secrets");
    for (values, word) in wrong {
        let values = write(&folder, &values);
        let said = fails(&mut helm(&["template", "trades"], &values));
        assert!(said.contains(word), "{word}: {said}");
    }
}
