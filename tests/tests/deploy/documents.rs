//! What docs/deployment.md has people type and write.

use std::fs;
use std::path::Path;
use std::process::Command;

use end_to_end::{command, tools};

use crate::tool::{file, succeeds};

/// The blocks of a language.
fn blocks(language: &str) -> Vec<String> {
    let text = fs::read_to_string(file("docs/deployment.md")).expect("a file");
    let start = format!("```{language}\n");
    let parts = text.split(&start).skip(1);
    let blocks = parts.map(|part| part.split("```").next().unwrap_or_default().to_owned());
    blocks.collect()
}

#[test]
fn the_commands_are_commands_and_the_files_are_there() {
    let blocks = blocks("sh");
    let lines: Vec<&str> = blocks.iter().flat_map(|block| block.lines()).collect();
    let ours = lines
        .iter()
        .filter_map(|line| line.strip_prefix("connect-websocket "));
    let mut seen = 0;
    for line in ours {
        let mut arguments: Vec<&str> = line.split(' ').collect();
        // What comes before it has to be right.
        arguments.push("--help");
        command::run(&arguments).succeeded();
        seen += 1;
    }
    assert!(seen > 1, "{lines:?}");
    for word in lines.iter().flat_map(|line| line.split(' ')) {
        if word.starts_with("deploy/") {
            file(word);
        }
    }
    let make = fs::read_to_string(file("Makefile")).expect("a file");
    for target in lines.iter().filter_map(|line| line.strip_prefix("make ")) {
        assert!(make.contains(&format!("\n{target}:")), "make {target}");
    }
}

#[test]
fn the_values_are_the_chart_s_and_the_drop_in_is_systemd_s() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(&path, text).expect("a file");
        path
    };
    let values = write("values.yaml", &blocks("yaml").concat());
    let mut helm = Command::new(tools::tool("deploy-helm").join("bin/helm"));
    helm.args(["template", "trades", "--set", "bootstrapServers=kafka:9092"]);
    helm.arg(file("deploy/helm/connect-websocket"));
    let objects = succeeds(helm.arg("--values").arg(values));
    assert!(
        objects.contains("${secret:/secrets/exchange:token}"),
        "{objects}"
    );
    assert!(
        objects.contains("mountPath: /secrets/exchange"),
        "{objects}"
    );

    let unit = fs::read_to_string(file("deploy/systemd/connect-websocket.service"));
    let binary = tools::worker_binary().display().to_string();
    let unit = unit
        .expect("a file")
        .replace("/usr/bin/connect-websocket", &binary);
    let unit = write("connect-websocket.service", &unit);
    let drop_in = blocks("ini").concat();
    write("connect-websocket.service.d/override.conf", &drop_in);
    assert_eq!(verify(&unit), "");
    let wrong = drop_in.replace("MemoryMax=2G", "MemoryMax=much");
    write("connect-websocket.service.d/override.conf", &wrong);
    assert!(verify(&unit).contains("Invalid memory limit"), "{wrong}");
}

/// All that systemd says of a unit and its drop-ins.
fn verify(unit: &Path) -> String {
    let mut verify = Command::new("systemd-analyze");
    verify.args(["verify", "--man=no", "--recursive-errors=no"]);
    let output = verify
        .arg(unit)
        .env("SYSTEMD_LOG_LEVEL", "warning")
        .output();
    let output = output.expect("systemd-analyze is there");
    String::from_utf8_lossy(&output.stderr).into_owned()
}
