//! The Debian package: what is in it, and, where root may have a copy of the
//! system for itself, its installation by dpkg.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use end_to_end::{command, process, tools};
use tempfile::TempDir;

use crate::tool::{file, succeeds};

/// Debian's own folders, over which dpkg may write; then what is to be done.
const INSTALL: &str = r#"
top=$1 package=$2; shift 2
mount -t tmpfs tmpfs "$top"
mkdir "$top/upper" "$top/work" "$top/root"
mount -t overlay overlay -o lowerdir=/,upperdir="$top/upper",workdir="$top/work" "$top/root"
mount --rbind /proc "$top/root/proc"
mount --rbind /dev "$top/root/dev"
cp "$package" "$top/root/package.deb"
chroot "$top/root" /bin/sh -euc "$1"
"#;

/// The package with the binary that the tests run.
fn package() -> &'static Path {
    static PACKAGE: OnceLock<(TempDir, PathBuf)> = OnceLock::new();
    let (_, path) = PACKAGE.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("connect-websocket.deb");
        let script = file("scripts/debian-package");
        succeeds(Command::new(script).arg(tools::worker_binary()).arg(&path));
        (folder, path)
    });
    path
}

#[test]
fn the_package_has_the_worker_its_unit_its_pages_and_its_settings() {
    let list = succeeds(Command::new("dpkg-deb").arg("--contents").arg(package()));
    for (mode, path) in [
        ("-rwxr-xr-x", "usr/bin/connect-websocket"),
        (
            "-rw-r--r--",
            "usr/lib/systemd/system/connect-websocket.service",
        ),
        ("-rw-r--r--", "usr/lib/sysusers.d/connect-websocket.conf"),
        ("-rw-r--r--", "usr/share/man/man1/connect-websocket.1.gz"),
        (
            "-rw-r--r--",
            "usr/share/man/man1/connect-websocket-health.1.gz",
        ),
        (
            "-rw-r--r--",
            "usr/share/bash-completion/completions/connect-websocket",
        ),
        ("-rw-r--r--", "usr/share/doc/connect-websocket/copyright"),
        ("-rw-r--r--", "usr/share/doc/connect-websocket/changelog.gz"),
        (
            "-rw-r--r--",
            "usr/share/doc/connect-websocket/worker-configuration.md",
        ),
        (
            "-rw-r--r--",
            "usr/share/doc/connect-websocket/examples/trades.properties",
        ),
        ("-rw-r-----", "etc/connect-websocket/worker.properties"),
        ("-rw-r--r--", "etc/default/connect-websocket"),
    ] {
        let mut lines = list
            .lines()
            .filter(|line| line.ends_with(&format!("./{path}")));
        let line = lines.next().unwrap_or_else(|| panic!("{path}: {list}"));
        assert!(line.starts_with(mode) && line.contains(" 0/0 "), "{line}");
    }
    let field = |name: &str| {
        let mut show = Command::new("dpkg-deb");
        succeeds(show.arg("--field").arg(package()).arg(name))
    };
    assert_eq!(field("Package"), "connect-websocket\n");
    assert!(field("Version").starts_with(env!("CARGO_PKG_VERSION")));
    let depends = field("Depends");
    for name in ["libc6", "libssl3", "ca-certificates", "systemd"] {
        assert!(depends.contains(name), "{depends}");
    }
    let mut files = Command::new("dpkg-deb");
    let files = succeeds(files.arg("--info").arg(package()).arg("conffiles"));
    let files: Vec<&str> = files.lines().collect();
    let expected = [
        "/etc/connect-websocket/worker.properties",
        "/etc/default/connect-websocket",
    ];
    assert_eq!(files, expected);
}

#[test]
fn the_worker_takes_the_settings_of_the_package_and_the_example() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut extract = Command::new("dpkg-deb");
    succeeds(extract.arg("--extract").arg(package()).arg(folder.path()));
    let paths = [
        "etc/connect-websocket/worker.properties",
        "usr/share/doc/connect-websocket/examples/trades.properties",
    ];
    let [worker, trades] = paths.map(|path| folder.path().join(path).display().to_string());
    // Where it may read secrets is a folder that has to be there.
    let text = fs::read_to_string(&worker).expect("a file");
    let here = folder
        .path()
        .join("etc/connect-websocket")
        .display()
        .to_string();
    fs::write(
        &worker,
        text.replace("=/etc/connect-websocket", &format!("={here}")),
    )
    .expect("a file");
    let out = command::run(&["validate", &worker, &trades]).succeeded();
    assert_eq!(out, format!("{worker}: ok\n{trades}: ok\n"));
}

#[test]
fn the_manual_pages_have_no_finding_of_mandoc() {
    let folder = tempfile::tempdir().expect("a folder");
    let shown = folder.path().to_str().expect("UTF-8");
    command::run(&["man", shown]).succeeded();
    let mut lint = Command::new("mandoc");
    lint.args(["-T", "lint", "-W", "warning"]);
    let pages = fs::read_dir(folder.path()).expect("a folder");
    let pages: Vec<PathBuf> = pages.map(|page| page.expect("a page").path()).collect();
    assert!(pages.len() > 10, "{pages:?}");
    let output = lint.args(pages).output().expect("mandoc is there");
    let found = String::from_utf8_lossy(&output.stdout).into_owned();
    // Lists of values have a line break more than they need.
    let others = found
        .lines()
        .filter(|line| !line.contains("skipping paragraph macro: br "));
    assert_eq!(others.collect::<Vec<_>>(), [""; 0], "{output:?}");
}

#[test]
fn dpkg_installs_the_package_for_a_user_of_its_own_and_removes_it() {
    if succeeds(Command::new("id").arg("-u")).trim() != "0" {
        eprintln!("not root: the package is not installed");
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let script = r"
        dpkg -i /package.deb >&2
        stat -c '%n %U:%G %a' /etc/connect-websocket /etc/connect-websocket/worker.properties /var/lib/connect-websocket
        getent passwd connect-websocket | cut -d: -f1,6,7
        setpriv --reuid=connect-websocket --regid=connect-websocket --clear-groups --inh-caps=-all \
          connect-websocket validate /etc/connect-websocket/worker.properties
        touch /var/lib/connect-websocket/connect.offsets
        dpkg --purge connect-websocket >&2
        ls -d /etc/connect-websocket /var/lib/connect-websocket /usr/bin/connect-websocket 2>/dev/null || true
    ";
    let mut install = process::command("unshare");
    install.args(["--mount", "--", "bash", "-euc", INSTALL, "bash"]);
    install.arg(folder.path()).arg(package()).arg(script);
    let out = succeeds(&mut install);
    let expected = "/etc/connect-websocket root:connect-websocket 750\n\
                    /etc/connect-websocket/worker.properties root:connect-websocket 640\n\
                    /var/lib/connect-websocket connect-websocket:connect-websocket 700\n\
                    connect-websocket:/var/lib/connect-websocket:/usr/sbin/nologin\n\
                    /etc/connect-websocket/worker.properties: ok\n";
    assert_eq!(out, expected);
}
