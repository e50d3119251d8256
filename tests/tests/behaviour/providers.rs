//! Values that are kept outside of the files: config providers.

use std::fs;

use end_to_end::kafka::{Kafka, Version};
use end_to_end::sequence::assert_complete;
use end_to_end::server::{Library, Script};
use end_to_end::worker::{Connector, Worker};

const KAFKA: &str = "org.apache.kafka.common.config.provider";

#[test]
fn values_come_from_files_folders_and_the_environment() {
    let server = Script::new(Library::Npm).count(100).start();
    let kafka = Kafka::shared(Version::V3_9);
    let worker = Worker::builder(kafka);
    let secrets = worker.folder().join("secrets");
    fs::create_dir(&secrets).expect("a folder");
    let file = secrets.join("worker.properties");
    let brokers = kafka.bootstrap();
    fs::write(&file, format!("brokers={brokers}\nid=t0p-secret\n")).expect("a file");
    fs::write(secrets.join("topic"), "providers-topic").expect("a file");
    let (path, folder) = (file.display().to_string(), secrets.display().to_string());
    let connector = Connector::new("numbers", &server, &format!("${{dir:{folder}:topic}}"))
        .set("websocket.url", "${env:FEED_URL}")
        .set(
            "producer.override.client.id",
            &format!("${{file:{path}:id}}"),
        );
    let worker = worker
        .set("config.providers", "file,dir,env")
        .set(
            "config.providers.file.class",
            &format!("{KAFKA}.FileConfigProvider"),
        )
        .set("config.providers.file.param.allowed.paths", &folder)
        .set(
            "config.providers.dir.class",
            &format!("{KAFKA}.DirectoryConfigProvider"),
        )
        .set(
            "config.providers.env.class",
            &format!("{KAFKA}.EnvVarConfigProvider"),
        )
        .set("bootstrap.servers", &format!("${{file:{path}:brokers}}"))
        .environment("FEED_URL", &server.url())
        .connector(connector)
        .start();
    worker.wait_for_acknowledged("numbers", 100);
    assert_complete(&kafka.read_all("providers-topic"), 0..100);
    let config = worker.get("/connectors/numbers/config");
    assert_eq!(config["websocket.url"], "${env:FEED_URL}");
    assert_eq!(config["kafka.topic"], format!("${{dir:{folder}:topic}}"));
    assert!(!worker.log().contains("t0p-secret"), "{}", worker.log());
}

#[test]
fn what_a_provider_cannot_read_is_told_with_its_setting() {
    let class = format!("{KAFKA}.FileConfigProvider");
    let (code, log) = Worker::builder_without_kafka()
        .set("config.providers", "file")
        .set("config.providers.file.class", &class)
        .set("client.id", "${file:/no/such/file:id}")
        .refused();
    assert_eq!(code, 2, "{log}");
    assert!(
        log.contains("client.id") && log.contains("/no/such/file"),
        "{log}"
    );

    let (code, log) = Worker::builder_without_kafka()
        .set("config.providers", "vault")
        .set(
            "config.providers.vault.class",
            "com.example.VaultConfigProvider",
        )
        .refused();
    assert_eq!(code, 2, "{log}");
    assert!(log.contains("com.example.VaultConfigProvider"), "{log}");
}
