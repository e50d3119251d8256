//! Other people's clients of Kafka Connect drive the worker unchanged, each
//! over its whole surface. The same drivers pass against the real worker, so
//! what they expect is what it does.

use std::process::Command;

use end_to_end::connect::RealWorker;
use end_to_end::kafka::{Kafka, Version, succeeded};
use end_to_end::process;
use end_to_end::server::{Library, Script};
use end_to_end::tools::{repository, tool};
use end_to_end::worker::Worker;

/// Offsets and topics show soon.
const SETTINGS: [(&str, &str); 1] = [("offset.flush.interval.ms", "200")];

fn python(driver: &str) -> Command {
    let mut command = process::command(tool("python-clients/bin/python"));
    command
        // No compiled files in the checkout.
        .arg("-B")
        .arg(repository().join("tests/clients").join(driver));
    command
}

fn java() -> Command {
    let jars = format!("{}/*", tool("java-clients").display());
    let mut command = process::command("java");
    command
        .args(["-Xmx64m", "-cp", &jars])
        .arg(repository().join("tests/clients/DriveSourcelab.java"));
    command
}

/// Runs every driver; each leaves no connector behind.
fn drive(port: u16, topic: &str) {
    let server = Script::new(Library::Npm)
        .endless()
        .rate(5)
        .unasked()
        .start();
    let drivers = [
        python("drive_kafka_connect_py.py"),
        python("drive_kafka_connect_api.py"),
        java(),
    ];
    for mut driver in drivers {
        driver
            .arg(format!("http://127.0.0.1:{port}"))
            .args([&server.url(), topic]);
        succeeded(&driver.output().expect("the driver runs"));
    }
}

#[test]
fn public_clients_drive_the_real_worker() {
    let kafka = Kafka::shared(Version::V3_9);
    let worker = RealWorker::start(kafka, &SETTINGS);
    drive(worker.port(), "clients-real");
}

#[test]
fn public_clients_drive_our_worker() {
    let kafka = Kafka::shared(Version::V3_9);
    let mut builder = Worker::builder(kafka);
    for (key, value) in SETTINGS {
        builder = builder.set(key, value);
    }
    let worker = builder.start();
    drive(worker.port(), "clients-ours");
}
