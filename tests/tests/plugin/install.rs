//! The jar in a folder of `plugin.path` is all that it takes: Connect lists the
//! connector, and the reference's examples run.

use end_to_end::connect::{Api, Builder, CLASS, Cluster, Plugin};
use end_to_end::kafka::{Kafka, Version};
use end_to_end::sequence::assert_complete;
use end_to_end::server::{Library, Script, Server};
use end_to_end::worker::Connector;
use serde_json::{Value, json};

use crate::examples::EXAMPLES;
use crate::shared::{standalone, with_commits};

const MESSAGES: u64 = 200;

against_each_kafka!(
    the_reference_s_examples_run_in_standalone_mode,
    the_reference_s_examples_run_in_distributed_mode,
    the_jar_itself_in_the_folder_of_plugin_path_is_enough,
);

fn the_reference_s_examples_run_in_standalone_mode(version: Version) {
    let worker = standalone(version);
    assert_listed(worker);
    run_examples(worker, Kafka::shared(version), "standalone");
}

/// The shared worker looks for service files only; this one refuses to start
/// if a scan of all classes finds more than they say.
fn the_reference_s_examples_run_in_distributed_mode(version: Version) {
    let kafka = Kafka::shared(version);
    let builder = with_commits(Builder::distributed(kafka, "install"));
    let cluster = Cluster::start(1, &builder.set("plugin.discovery", "hybrid_fail"));
    assert_listed(&cluster);
    run_examples(&cluster, kafka, "distributed");
}

fn the_jar_itself_in_the_folder_of_plugin_path_is_enough(version: Version) {
    const NAME: &str = "install-uber-jar";
    let kafka = Kafka::shared(version);
    let builder = with_commits(Builder::standalone(kafka)).plugin(Plugin::UberJar);
    let worker = builder.set("plugin.discovery", "hybrid_fail").start();
    assert_listed(&worker);
    let server = Script::new(Library::Python).count(MESSAGES).start();
    worker.create(&Connector::new(NAME, &server, NAME));
    worker.wait_for_sequence(NAME, MESSAGES);
    assert_complete(&kafka.read_all(NAME), 0..MESSAGES);
}

fn assert_listed(connect: &dyn Api) {
    let listed = json!([{"class": CLASS, "type": "source", "version": "1.0.0"}]);
    assert_eq!(connect.plugins(CLASS), listed);
}

fn run_examples(connect: &dyn Api, kafka: &Kafka, mode: &str) {
    let libraries = [Library::Npm, Library::Python].into_iter().cycle();
    let prepared = EXAMPLES.iter().zip(libraries).map(|(text, library)| {
        let mut example: Value = serde_json::from_str(text).expect("JSON");
        let config = &mut example["config"];
        let mut script = Script::new(library).count(MESSAGES);
        if config["websocket.subscription.message"].is_null() {
            script = script.unasked();
        }
        let server = script.start();
        config["websocket.url"] = server.url().into();
        let topic = format!(
            "{mode}-{}",
            config["kafka.topic"].as_str().expect("a topic")
        );
        config["kafka.topic"] = topic.into();
        (example, server)
    });
    let prepared: Vec<(Value, Server)> = prepared.collect();
    for (example, _) in &prepared {
        connect.expect(201, "POST", "/connectors", Some(example));
    }
    for (example, server) in &prepared {
        let name = example["name"].as_str().expect("a name");
        let config = &example["config"];
        assert_asked_for(config, server);
        connect.wait_for_sequence(name, MESSAGES);
        connect.wait_for_task(name, "RUNNING");
        let topic = config["kafka.topic"].as_str().expect("a topic");
        assert_complete(&kafka.read_all(topic), 0..MESSAGES);
        assert_eq!(server.events("attempt").len(), 1, "{name}");
        connect.delete(name);
    }
}

/// The server was sent what the example has: subscription, token, headers.
fn assert_asked_for(config: &Value, server: &Server) {
    let attempt = server.wait_for("attempt", 1);
    let setting = |name: &str| config[name].as_str();
    if let Some(subscription) = setting("websocket.subscription.message") {
        assert_eq!(server.wait_for("subscription", 1)["text"], subscription);
    }
    if let Some(token) = setting("websocket.auth.token") {
        let expected = format!("Bearer {token}");
        assert_eq!(attempt["headers"]["authorization"], expected.as_str());
    }
    let headers = setting("websocket.headers").unwrap_or_default().split(',');
    for (name, value) in headers.filter_map(|header| header.split_once(':')) {
        assert_eq!(attempt["headers"][name.to_lowercase()], value);
    }
}
