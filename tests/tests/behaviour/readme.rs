//! What the README tells a new user to type does what it says.

use std::fs;
use std::process::Command;

use end_to_end::kafka::{Kafka, Version};
use end_to_end::sequence::assert_complete;
use end_to_end::server::{Library, Script};
use end_to_end::{command, ports, tools, wait};

/// The lines of the README between a heading and the end of its first block.
fn first_block<'a>(readme: &'a str, heading: &str) -> Vec<&'a str> {
    let (_, section) = readme.split_once(heading).expect("the heading");
    let (_, block) = section.split_once("```sh\n").expect("a block");
    let (block, _) = block.split_once("\n```").expect("its end");
    block.lines().collect()
}

#[test]
fn the_five_lines_of_the_readme_work() {
    let readme = tools::repository().join("README.md");
    let readme = fs::read_to_string(readme).expect("the README");
    let lines = first_block(&readme, "## A real Kafka in five lines");
    let [build, worker_file @ .., connector_file, run] = &lines[..] else {
        panic!("{lines:?}");
    };
    assert_eq!(lines.len(), 5);
    assert_eq!(*build, "make build && cd target/release");
    assert_eq!(
        *run,
        "./connect-websocket standalone worker.properties trades.properties"
    );

    let server = Script::new(Library::Npm).count(100).unasked().start();
    let kafka = Kafka::shared(Version::V4_1);
    let folder = tempfile::tempdir().expect("a folder");
    let script = worker_file.join("\n") + "\n" + connector_file;
    let script = script
        .replace("localhost:9092", &kafka.bootstrap())
        .replace("wss://example.com/ws", &server.url())
        .replace("kafka.topic=trades", "kafka.topic=readme-trades");
    let status = Command::new("bash")
        .args(["-euc", &script])
        .current_dir(folder.path())
        .status();
    assert!(status.is_ok_and(|status| status.success()), "{script}");
    let worker = folder.path().join("worker.properties");
    // All that is ours: 8083 is one for the whole machine, and the present
    // folder that of the checkout.
    let text = fs::read_to_string(&worker).expect("the worker's file");
    let offsets = folder.path().join("connect.offsets").display().to_string();
    let text = text.replace("=connect.offsets", &format!("={offsets}"));
    let port = ports::free();
    fs::write(
        &worker,
        text + &format!("listeners=http://127.0.0.1:{port}\n"),
    )
    .expect("written");

    let trades = folder.path().join("trades.properties");
    let [worker, trades] = [&worker, &trades].map(|path| path.to_str().expect("UTF-8"));
    assert_eq!(command::run(&["validate", worker, trades]).code, 0);
    let running = command::start(&["standalone", worker, trades]);
    wait::until_true("all is there", || {
        let seen = running.out();
        assert!(!seen.contains(" ERROR "), "{seen}");
        kafka.records("readme-trades") == 100
    });
    running.signal("TERM");
    assert_eq!(running.end().code, 143);
    assert_complete(&kafka.read_all("readme-trades"), 0..100);
}

#[test]
fn the_readme_opens_with_what_a_new_user_needs() {
    let readme = tools::repository().join("README.md");
    let readme = fs::read_to_string(readme).expect("the README");
    let mut rest = &readme[..];
    for part in [
        "# kafka-connect-websocket\n",
        "A WebSocket stream into Apache Kafka",
        "\nmake demo ",
        "\nmake test ",
        // What one sees: the ledger, in the demo's words.
        "\n              sent by the exchange  ",
        "\n                              lost  ",
        "\n## A real Kafka in five lines\n",
        "\n## Settings\n",
    ] {
        let found = rest.split_once(part);
        rest = found
            .unwrap_or_else(|| panic!("not in its place: {part}"))
            .1;
    }
}
