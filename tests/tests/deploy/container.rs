//! The root folder of the image, with the worker in it as a container runtime
//! would have it: another root, read-only, a user of its own, no capabilities.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use end_to_end::kafka::{Kafka, Version};
use end_to_end::process::{self, Process};
use end_to_end::sequence::assert_complete;
use end_to_end::server::{Library, Script};
use end_to_end::worker::Connector;
use end_to_end::{ports, rest, tools, wait};
use tempfile::TempDir;

use crate::tool::{file, succeeds};

/// The user of the image.
const ID: u32 = 65_532;

/// Mounts what a runtime mounts, then becomes the user without rights and
/// runs the worker. Its first process ends all of them with itself.
const RUN: &str = r#"
root=$1 config=$2 data=$3; shift 3
mount --bind "$root" "$root"
mount -o remount,bind,ro "$root"
mount --rbind /proc "$root/proc"
mount --rbind /dev "$root/dev"
mount --bind "$config" "$root/etc/connect-websocket"
mount -o remount,bind,ro "$root/etc/connect-websocket"
mount --bind "$data" "$root/var/lib/connect-websocket"
user=; [ "$ROOT" = no ] || user=--userspec=65532:65532
setpriv --no-new-privs --bounding-set=-all,+sys_chroot,+setuid,+setgid -- \
  env -i "$(command -v chroot)" $user "$root" /usr/bin/connect-websocket "$@" &
wait $!
"#;

struct Image {
    root: PathBuf,
    folder: TempDir,
}

impl Image {
    fn assemble() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().join("root");
        let script = file("deploy/docker/assemble-root");
        succeeds(Command::new(script).arg(tools::worker_binary()).arg(&root));
        Self { root, folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A command of the image, with its own mounts, gone with this process.
    fn run(&self, arguments: &[&str]) -> Command {
        let is_root = is_root();
        let mut command = process::command("unshare");
        command.args(["--mount", "--pid", "--fork", "--kill-child=KILL"]);
        if !is_root {
            command.args(["--user", "--map-root-user"]);
        }
        command.args(["--", "bash", "-euc", RUN, "bash"]);
        let folders = [self.root.clone(), self.path("config"), self.path("data")];
        command.args(folders).args(arguments);
        command.env("ROOT", if is_root { "yes" } else { "no" });
        command
    }
}

fn is_root() -> bool {
    succeeds(Command::new("id").arg("-u")).trim() == "0"
}

/// All files below a folder, as paths in it.
fn files(root: &Path, below: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(below).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() && !path.is_symlink() {
            files(root, &path, found);
        } else {
            let path = path.strip_prefix(root).expect("below the root");
            found.insert(format!("/{}", path.display()));
        }
    }
}

#[test]
fn the_image_holds_the_worker_its_libraries_and_no_other_program() {
    let image = Image::assemble();
    let mut all = BTreeSet::new();
    files(&image.root, &image.root, &mut all);
    let others = all.iter().filter(|path| {
        let is_known = |start: &&str| path.starts_with(*start);
        let known = ["/usr/share/zoneinfo/", "/etc/ssl/certs/ca-certificates.crt"];
        !known.iter().any(is_known) && !path.contains(".so")
    });
    let others: Vec<&str> = others.map(String::as_str).collect();
    assert_eq!(
        others,
        [
            "/etc/group",
            "/etc/nsswitch.conf",
            "/etc/passwd",
            "/usr/bin/connect-websocket"
        ]
    );
    assert!(
        all.iter().any(|path| path.contains("/libc.so.6")),
        "{all:?}"
    );
}

/// The process with this name below another.
fn below(pid: u32, name: &str) -> Option<u32> {
    let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).ok()?;
    let mut children = children
        .split_whitespace()
        .filter_map(|pid| pid.parse().ok());
    children.find_map(|child: u32| {
        let comm = fs::read_to_string(format!("/proc/{child}/comm")).ok()?;
        if comm.trim_end() == name {
            return Some(child);
        }
        below(child, name)
    })
}

/// What the kernel knows of the process.
fn assert_without_rights(pid: u32) {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("a process");
    let value = |name: &str| {
        let lines = status.lines().filter_map(|line| line.split_once(":\t"));
        let mut found = lines
            .filter(|(key, _)| *key == name)
            .map(|(_, value)| value);
        found
            .next()
            .unwrap_or_else(|| panic!("{name}: {status}"))
            .to_owned()
    };
    assert_eq!(value("NoNewPrivs"), "1");
    if is_root() {
        assert_eq!(value("Uid"), [ID; 4].map(|id| id.to_string()).join("\t"));
        assert_eq!(value("CapEff"), "0".repeat(16));
    }
}

#[test]
fn the_image_s_worker_writes_to_kafka_from_a_read_only_root_without_any_right() {
    const TOPIC: &str = "container";
    let image = Image::assemble();
    let kafka = Kafka::shared(Version::V4_1);
    let server = Script::new(Library::Npm).count(500).start();
    let port = ports::free();
    let (config, data) = (image.path("config"), image.path("data"));
    for folder in [&config, &data] {
        fs::create_dir(folder).expect("a folder");
    }
    // A runtime's own file: the worker looks the server's name up in it.
    fs::write(image.root.join("etc/hosts"), "127.0.0.1 localhost\n").expect("a file");
    // What the image ships, but for what is of this machine.
    let shipped = fs::read_to_string(file("deploy/docker/worker.properties")).expect("a file");
    let worker = shipped
        .replace("kafka:9092", &kafka.bootstrap())
        .replace("0.0.0.0:8083", &format!("127.0.0.1:{port}"));
    assert_ne!(worker, shipped);
    fs::write(config.join("worker.properties"), worker).expect("a file");
    let connector = Connector::new("numbers", &server, TOPIC)
        .set("websocket.spool.mode", "durable")
        .set(
            "websocket.spool.dir",
            "/var/lib/connect-websocket/spool/numbers",
        )
        .set("websocket.buffer.overflow", "block");
    fs::write(config.join("numbers.properties"), connector.properties()).expect("a file");
    if is_root() {
        let owner = format!("{ID}:{ID}");
        succeeds(Command::new("chown").arg(owner).arg(&data));
    }
    // Root's own files outside are not the user's, whatever the modes of temporary folders are.
    for folder in [image.folder.path(), &config] {
        fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).expect("modes");
    }

    let etc = "/etc/connect-websocket";
    let [worker, numbers] = ["worker", "numbers"].map(|name| format!("{etc}/{name}.properties"));
    let mut run = image.run(&["standalone", &worker, &numbers]);
    let log = image.path("log");
    let mut process = Process::spawn("the container", &mut run, &log);
    let ready = || rest::request(port, "GET", "/ready", None).ok();
    wait::until_true("the worker is ready", || {
        let ended = process.ended();
        assert!(ended.is_none(), "{ended:?}");
        ready().is_some_and(|answer| answer.status == 200)
    });
    wait::until_true("all is in Kafka", || kafka.records(TOPIC) == 500);
    let url = format!("http://127.0.0.1:{port}");
    let health = succeeds(&mut image.run(&["health", "--connector", "numbers", "--url", &url]));
    assert_eq!(health, "OK: Connector and task running, messages flowing\n");

    let pid = below(process.id(), "connect-websock").expect("the worker");
    assert_without_rights(pid);
    succeeds(Command::new("kill").args(["-TERM", &pid.to_string()]));
    assert_eq!(process.exit_code(), 143, "{}", process.output());
    assert_complete(&kafka.read_all(TOPIC), 0..500);
    let kept: BTreeSet<_> = fs::read_dir(&data)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name())
        .collect();
    assert!(
        kept.contains(std::ffi::OsStr::new("connect.offsets")),
        "{kept:?}"
    );
    assert!(kept.contains(std::ffi::OsStr::new("spool")), "{kept:?}");
}
