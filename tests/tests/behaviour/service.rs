//! What a service manager is told by `sd_notify`, over a real datagram socket.

use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::time::Duration;

use end_to_end::server::{Library, Script};
use end_to_end::worker::{Builder, Connector, Worker};

/// A worker whose messages arrive at the socket.
fn notifying() -> (Builder, UnixDatagram) {
    let worker = Worker::builder_without_kafka();
    let path = worker.folder().join("notify");
    let socket = bound(&path);
    let worker = worker.environment("NOTIFY_SOCKET", path.to_str().expect("UTF-8"));
    (worker, socket)
}

fn bound(path: &Path) -> UnixDatagram {
    let socket = UnixDatagram::bind(path).expect("a socket");
    let limit = Some(Duration::from_secs(60));
    socket.set_read_timeout(limit).expect("a limit");
    socket
}

fn next(socket: &UnixDatagram) -> Vec<String> {
    let mut bytes = [0; 4096];
    let length = socket.recv(&mut bytes).expect("a message");
    let text = String::from_utf8_lossy(&bytes[..length]).into_owned();
    text.lines().map(str::to_owned).collect()
}

#[test]
fn a_service_manager_is_told_of_the_start_the_life_and_the_stop() {
    let server = Script::new(Library::Npm).count(10).start();
    let (worker, socket) = notifying();
    let mut worker = worker
        .environment("WATCHDOG_USEC", "100000")
        .set("task.shutdown.graceful.timeout.ms", "1000")
        .connector(Connector::new("numbers", &server, "nowhere"))
        .start();
    let ready = next(&socket);
    assert_eq!(ready[0], "READY=1", "{ready:?}");
    assert!(ready[1].starts_with("STATUS=REST API at "), "{ready:?}");
    // Whoever waits for this one finds its connectors.
    assert_eq!(worker.get("/connectors")[0], "numbers");
    for _ in 0..3 {
        assert_eq!(next(&socket), ["WATCHDOG=1"]);
    }
    assert_eq!(worker.terminate(), 143);
    let mut messages = std::iter::from_fn(|| Some(next(&socket)));
    let stopping = messages
        .find(|message| message[0] != "WATCHDOG=1")
        .expect("a stop");
    assert_eq!(stopping[0], "STOPPING=1", "{stopping:?}");
    assert_eq!(stopping[2], "EXTEND_TIMEOUT_USEC=11000000", "{stopping:?}");
}

#[test]
fn a_worker_whose_connectors_cannot_be_started_is_never_ready() {
    let (worker, socket) = notifying();
    let (code, log) = worker
        .connector_file("bad.properties", "name=bad\n")
        .refused();
    assert_eq!(code, 3, "{log}");
    socket.set_nonblocking(true).expect("set");
    let nothing = socket.recv(&mut [0; 4096]).expect_err("no message");
    assert_eq!(nothing.kind(), std::io::ErrorKind::WouldBlock);
}

#[test]
fn a_service_manager_that_is_gone_stops_nothing() {
    let (worker, socket) = notifying();
    drop(socket);
    let mut worker = worker.start();
    worker.wait_for_line("NOTIFY_SOCKET");
    assert_eq!(worker.terminate(), 143);
}
