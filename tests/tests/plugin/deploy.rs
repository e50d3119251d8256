//! The properties that `deploy/connect` gives users run a cluster.

use std::fs;

use end_to_end::connect::{Api, Builder, Cluster, Plugin};
use end_to_end::kafka::{Kafka, Version};
use end_to_end::sequence::assert_complete;
use end_to_end::server::{Library, Script};
use end_to_end::tools;
use end_to_end::worker::Connector;

against_each_kafka!(the_properties_of_the_deployment_run_a_cluster_of_two);

/// What depends on where a worker runs.
const OF_THE_PLACE: [&str; 3] = ["bootstrap.servers", "plugin.path", "group.id"];

fn the_properties_of_the_deployment_run_a_cluster_of_two(version: Version) {
    const NAME: &str = "deploy";
    let folder = tools::repository().join("deploy/connect");
    let read = |name: &str| fs::read_to_string(folder.join(name)).expect("a file");
    let properties = read("connect-distributed.properties");
    let mut builder = Builder::distributed(Kafka::shared(version), NAME).plugin(Plugin::Jar);
    for line in properties.lines().filter(|line| !line.starts_with('#')) {
        let Some((key, value)) = line.split_once('=') else {
            continue;
        };
        if !OF_THE_PLACE.contains(&key) {
            builder = builder.set(key, value);
        }
    }
    // The other files hold an address each.
    for node in ["node-1.properties", "node-2.properties"] {
        let text = read(node);
        let keys = text
            .lines()
            .filter_map(|line| Some(line.split_once('=')?.0));
        let expected = [
            "listeners",
            "rest.advertised.host.name",
            "rest.advertised.port",
        ];
        assert_eq!(keys.collect::<Vec<_>>(), expected);
    }
    let cluster = Cluster::start(2, &builder);
    let server = Script::new(Library::Npm).count(100).start();
    cluster.put(201, &Connector::new(NAME, &server, NAME));
    cluster.wait_for_task(NAME, "RUNNING");
    cluster.wait_for_sequence(NAME, 100);
    assert_complete(&Kafka::shared(version).read_all(NAME), 0..100);
}
