//! What stands in a worker's `plugin.path`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::kafka::{self, Version};
use crate::tools;

/// The connector's class.
pub const CLASS: &str = "io.conduktor.connect.websocket.WebSocketSourceConnector";

/// The class of the sink in `tests/kafka/sink`, which forgets everything.
pub const SINK_CLASS: &str = "forgetting.ForgettingSinkConnector";

const JAR: &str = "kafka-connect-websocket-1.0.0.jar";
/// The one with this machine's library only, which `make test` builds.
const HOST_JAR: &str = "kafka-connect-websocket-1.0.0-host.jar";
const SERVICES: &str = "META-INF/services";

/// The connector that a worker runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plugin {
    /// `tests/kafka/stub`, compiled for each worker: a few records, no
    /// WebSocket.
    Stub,
    /// The stub, and `tests/kafka/sink` likewise: a sink, of the class
    /// [`SINK_CLASS`].
    StubAndSink,
    /// The jar that users install: `CONNECT_WEBSOCKET_JAR`, else the one that
    /// `make test` builds.
    Jar,
    /// The same jar, not in a folder of its own: the other way that Connect
    /// has for a jar which needs no others.
    UberJar,
}

impl Plugin {
    /// Puts it into the folder of a `plugin.path`; the jar as the reference's
    /// readme tells users to.
    pub(super) fn install(self, version: Version, plugins: &Path) {
        match self {
            Self::Stub => compile_stub(version, plugins),
            Self::StubAndSink => {
                compile_stub(version, plugins);
                compile(version, "sink", "forgetting", &plugins.join("sink"));
            }
            Self::Jar => {
                let folder = plugins.join("kafka-connect-websocket");
                fs::create_dir_all(&folder).expect("a folder");
                fs::copy(jar(), folder.join(JAR)).expect("a copy of the jar");
            }
            Self::UberJar => {
                fs::create_dir_all(plugins).expect("a folder");
                fs::copy(jar(), plugins.join(JAR)).expect("a copy of the jar");
            }
        }
    }
}

/// Whether a file is the plugin's native library, by its path; it is extracted
/// under a name that no other has.
pub fn is_library(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.contains("websocket") && name.contains(".so")
}

/// The jar that users install.
pub fn jar() -> PathBuf {
    let given = std::env::var_os("CONNECT_WEBSOCKET_JAR").map(PathBuf::from);
    let built = || tools::repository().join("plugin/target").join(HOST_JAR);
    let jar = given.unwrap_or_else(built);
    assert!(
        jar.exists(),
        "{} is missing: mvn -f plugin package -Dplatforms=host",
        jar.display()
    );
    jar
}

fn compile_stub(version: Version, plugins: &Path) {
    let package = "io/conduktor/connect/websocket";
    compile(version, "stub", package, &plugins.join("websocket"));
}

/// Compiles a package of a folder in `tests/kafka` with this version's API
/// into one that a `plugin.path` may have, its service file included.
fn compile(version: Version, folder: &str, package: &str, into: &Path) {
    let folder = tools::repository().join("tests/kafka").join(folder);
    let sources = fs::read_dir(folder.join(package)).expect("the sources");
    let mut javac = Command::new("javac");
    javac
        .args(["-proc:none", "-cp", &version.class_path(), "-d"])
        .arg(into)
        .args(sources.map(|entry| entry.expect("a source").path()));
    kafka::succeeded(&javac.output().expect("javac runs"));
    let services = into.join(SERVICES);
    fs::create_dir_all(&services).expect("a folder");
    for entry in fs::read_dir(folder.join(SERVICES)).expect("the service files") {
        let entry = entry.expect("a service file");
        fs::copy(entry.path(), services.join(entry.file_name())).expect("a copy");
    }
}
