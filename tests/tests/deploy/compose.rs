//! The files for containers, read by the tools that know their rules.

use std::fs;
use std::path::{Component, Path, PathBuf};
use std::process::Command;

use end_to_end::tools;
use serde_json::Value;

use crate::tool::{fails, file, python, succeeds, yaml};

const COMPOSE: [&str; 2] = [
    "deploy/docker/compose.yaml",
    "deploy/connect/docker-compose.yml",
];

fn check(path: &Path) -> Command {
    let mut check = python("check-jsonschema");
    check
        .args(["--builtin-schema", "vendor.compose-spec"])
        .arg(path);
    check
}

#[test]
fn compose_files_follow_the_compose_specification() {
    for path in COMPOSE {
        succeeds(&mut check(&file(path)));
    }
    let folder = tempfile::tempdir().expect("a folder");
    let wrong = folder.path().join("compose.yaml");
    let text = fs::read_to_string(file(COMPOSE[0])).expect("a file");
    fs::write(&wrong, text.replace("read_only:", "readonly:")).expect("a file");
    assert!(fails(&mut check(&wrong)).contains("readonly"));
}

/// A path without `..`, which may not be there.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for component in path.components() {
        if component == Component::ParentDir {
            plain.pop();
        } else {
            plain.push(component);
        }
    }
    plain
}

#[test]
fn what_the_compose_files_mount_is_in_the_repository_and_nothing_is_open_to_others() {
    for path in COMPOSE {
        assert_mounts_and_ports(path);
    }
    let compose = yaml(&file(COMPOSE[0])).remove(0);
    let worker = &compose["services"]["connect-websocket"];
    assert_eq!(worker["read_only"], true);
    assert_eq!(worker["cap_drop"][0], "ALL", "{worker}");
    // Where Kafka writes is the volume.
    let kafka = &compose["services"]["kafka"];
    let folder = kafka["environment"]["KAFKA_LOG_DIRS"].as_str();
    let folder = folder.expect("a folder");
    assert_eq!(kafka["volumes"][0], format!("kafka:{folder}"));
}

fn assert_mounts_and_ports(path: &str) {
    let path = file(path);
    let here = path.parent().expect("a folder");
    let compose = yaml(&path).remove(0);
    let services = compose["services"].as_object().expect("services");
    for (name, service) in services {
        let texts = |field: &str| -> Vec<String> {
            let all = service[field].as_array().cloned().unwrap_or_default();
            all.iter()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect()
        };
        for port in texts("ports") {
            assert!(port.starts_with("127.0.0.1:"), "{name}: {port}");
        }
        for volume in texts("volumes") {
            let (source, _) = volume.split_once(':').expect("a source");
            if !source.starts_with('.') {
                assert!(compose["volumes"].get(source).is_some(), "{name}: {volume}");
                continue;
            }
            // The plugin is built before it is mounted.
            let there = plain(&here.join(source)).exists() || source.contains("/target/");
            assert!(there, "{name}: {volume}");
            assert!(volume.ends_with(":ro"), "{name}: {volume}");
        }
        let image = service["image"].as_str().expect("an image");
        let (repository, tag) = image.split_once(':').expect("a tag");
        assert!(
            !repository.contains('.') && tag != "latest",
            "{name}: {image}"
        );
    }
}

#[test]
fn prometheus_and_grafana_have_the_settings_of_monitor_but_for_the_addresses() {
    let folder = tempfile::tempdir().expect("a folder");
    let compose = yaml(&file(COMPOSE[0])).remove(0);
    for (config, original, own, shipped) in [
        (
            "prometheus",
            "monitor/prometheus/prometheus.yml",
            "connect-websocket:8083",
            "localhost:8083",
        ),
        (
            "datasource",
            "monitor/grafana/provisioning/datasources/prometheus.yml",
            "//prometheus:9090",
            "//localhost:9090",
        ),
    ] {
        let content = compose["configs"][config]["content"].as_str();
        let content = content.expect("a text").replace(own, shipped);
        let path = folder.path().join(config);
        fs::write(&path, content).expect("a file");
        assert_eq!(yaml(&path), yaml(&file(original)), "{config}");
    }
}

#[test]
fn the_dockerfile_has_no_finding_of_hadolint_and_its_context_is_enough_for_cargo() {
    let dockerfile = file("deploy/docker/Dockerfile");
    succeeds(
        python("hadolint")
            .args(["--failure-threshold", "style"])
            .arg(&dockerfile),
    );
    // The newest patterns count; here all that is let in is named after all that is not.
    let ignored =
        fs::read_to_string(file("deploy/docker/Dockerfile.dockerignore")).expect("a file");
    let lines = ignored.lines().filter(|line| !line.starts_with('#'));
    let mut lines = lines.filter(|line| !line.is_empty());
    assert_eq!(lines.next(), Some("*"));
    let context = tempfile::tempdir().expect("a folder");
    for line in lines {
        let path = line.strip_prefix('!').expect("what is let in");
        succeeds(
            Command::new("cp")
                .args(["--recursive", "--parents", path])
                .arg(context.path())
                .current_dir(tools::repository()),
        );
    }
    for folder in [
        "scripts/setup",
        "deploy/docker/assemble-root",
        "deploy/docker/worker.properties",
    ] {
        assert!(context.path().join(folder).exists(), "{folder}");
    }
    // As cargo build begins, with what this machine has fetched for its own build.
    let tree = succeeds(
        Command::new("cargo")
            .args([
                "tree",
                "--locked",
                "--offline",
                "--package",
                "connect-websocket",
            ])
            .args(["--edges", "normal,build", "--depth", "1"])
            .current_dir(context.path()),
    );
    assert!(tree.starts_with("connect-websocket v"), "{tree}");
}
