//! Proxies, and the JVM's options that name them.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use end_to_end::process::{Process, command};
use end_to_end::{ports, tools, wait};

fn options(scheme: &str, port: u16) -> Vec<String> {
    let name = |what: &str| match scheme {
        "socks" => format!("-DsocksProxy{what}="),
        _ => format!("-D{scheme}.proxy{what}="),
    };
    vec![name("Host") + "127.0.0.1", name("Port") + &port.to_string()]
}

/// Somebody else's proxy, for HTTP and SOCKS on one port.
pub(crate) struct Proxy {
    pub(crate) port: u16,
    process: Process,
    _folder: tempfile::TempDir,
}

impl Proxy {
    pub(crate) fn start() -> Self {
        let (port, folder) = (ports::free(), tempfile::tempdir().expect("a folder"));
        let log = folder.path().join("log");
        let mut program = command(tools::tool("python/bin/python"));
        program
            .env("PYTHONUNBUFFERED", "1")
            .args(["-m", "pproxy", "-v", "-l"])
            .arg(format!("http+socks5://127.0.0.1:{port}"));
        let process = Process::spawn("pproxy", &mut program, &log);
        wait::until("the proxy listens", || {
            TcpStream::connect(("127.0.0.1", port)).ok()
        });
        Self {
            port,
            process,
            _folder: folder,
        }
    }

    /// The JVM's options that name it, for `http`, `https` or `socks`.
    pub(crate) fn options(&self, scheme: &str) -> Vec<String> {
        options(scheme, self.port)
    }

    /// All that it has said.
    pub(crate) fn log(&self) -> String {
        self.process.output()
    }

    /// Whether it has connected somebody to this port.
    pub(crate) fn has_served(&self, protocol: &str, port: u16) -> bool {
        let log = self.process.output();
        let mut lines = log.lines();
        lines.any(|line| line.contains(protocol) && line.contains(&format!(":{port}")))
    }
}

/// A proxy for HTTP that connects to this machine whatever host it is asked
/// for: so that hosts may have names that nobody resolves.
pub(crate) struct OwnProxy {
    port: u16,
    asked_for: Arc<Mutex<Vec<String>>>,
}

impl OwnProxy {
    /// Starts it; it is there until the tests end.
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let asked_for = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&asked_for);
        thread::spawn(move || {
            for client in listener.incoming() {
                let (client, seen) = (client.expect("a connection"), Arc::clone(&seen));
                // A client that is gone ends the tests by what is missing.
                thread::spawn(move || pass(client, &seen));
            }
        });
        Self { port, asked_for }
    }

    pub(crate) fn options(&self, scheme: &str) -> Vec<String> {
        options(scheme, self.port)
    }

    /// The hosts and ports that it was asked for.
    pub(crate) fn asked_for(&self) -> Vec<String> {
        self.asked_for.lock().expect("a lock").clone()
    }
}

/// Answers a `CONNECT host:port`, and carries both directions.
fn pass(client: TcpStream, seen: &Mutex<Vec<String>>) -> io::Result<()> {
    let mut reader = BufReader::new(client.try_clone()?);
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let mut header = String::new();
    while reader.read_line(&mut header)? > 2 {
        header.clear();
    }
    let authority = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let port = authority
        .rsplit(':')
        .next()
        .and_then(|port| port.parse().ok());
    seen.lock().expect("a lock").push(authority);
    let server = TcpStream::connect(("127.0.0.1", port.unwrap_or_default()))?;
    let (mut to_client, mut to_server) = (client, server.try_clone()?);
    to_client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
    thread::spawn(move || {
        let mut server = server;
        let copied = io::copy(&mut server, &mut to_client);
        copied.and_then(|_| to_client.shutdown(Shutdown::Write))
    });
    io::copy(&mut reader, &mut to_server)?;
    to_server.shutdown(Shutdown::Write)
}
