//! The server: listens, hands connections to their tasks, ends them.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Duration, sleep};
use tokio_rustls::TlsAcceptor;

use crate::connection::{Control, Shared, open, serve};
use crate::outbox::Counters;
use crate::tls::{self, Identity};

/// Connections served at the same time.
const MAX_CONNECTIONS: usize = 4096;
/// Wait after a connection that could not be accepted: the cause, such as too
/// many open files, is not over at once.
const ACCEPT_AGAIN: Duration = Duration::from_millis(10);

/// How fast each subscription's messages come, and how large they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flow {
    /// Messages per second; 0 is as many as the client takes.
    pub rate: u64,
    /// Messages are filled up to this size, bytes; 0 leaves them as they are.
    /// A flood's have it exactly, from 12 on, and 200 with 0.
    pub size_bytes: usize,
    /// Each subscription ends after so many messages.
    pub count: Option<u64>,
}

impl Default for Flow {
    fn default() -> Self {
        Self {
            rate: 1_000,
            size_bytes: 0,
            count: None,
        }
    }
}

impl Flow {
    /// Largest message, bytes.
    const MAX_SIZE_BYTES: usize = 16 << 20;

    /// Sets one value from a query parameter; what is not understood is left.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        match (name, value.parse::<u64>()) {
            ("rate", Ok(rate)) => self.rate = rate,
            ("count", Ok(count)) => self.count = Some(count),
            ("size", Ok(size)) => {
                let size = usize::try_from(size).unwrap_or(usize::MAX);
                self.size_bytes = size.min(Self::MAX_SIZE_BYTES);
            }
            _ => {}
        }
    }
}

/// How an exchange is started.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// The port on 127.0.0.1; 0 is any free one.
    pub port: u16,
    /// Serve wss with a certificate made for the occasion.
    pub tls: bool,
    /// The flow of every subscription, unless the URL's query says otherwise.
    pub flow: Flow,
}

/// What an exchange has done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Connections that were upgraded.
    pub connections: u64,
    /// Messages sent, answers to subscriptions among them.
    pub sent_messages: u64,
    /// Their payload bytes.
    pub sent_bytes: u64,
}

impl Stats {
    fn of(counters: &Counters) -> Self {
        Self {
            connections: counters.connections.load(Relaxed),
            sent_messages: counters.sent_messages.load(Relaxed),
            sent_bytes: counters.sent_bytes.load(Relaxed),
        }
    }
}

/// Why an exchange cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum ExchangeError {
    /// The port cannot be had.
    #[error("the exchange cannot listen on 127.0.0.1:{port}: {source}")]
    Listen {
        /// The port asked for.
        port: u16,
        /// Why.
        source: std::io::Error,
    },
    /// The certificate cannot be made.
    #[error("the exchange's certificate cannot be made: {0}")]
    Certificate(String),
}

/// A running exchange.
pub struct Exchange {
    port: u16,
    certificate_pem: Option<String>,
    counters: Arc<Counters>,
    control: watch::Sender<Control>,
    serving: JoinHandle<()>,
}

impl Exchange {
    /// Starts an exchange on the present tokio runtime.
    ///
    /// # Errors
    /// The port is taken, or the certificate cannot be made.
    pub async fn start(options: Options) -> Result<Self, ExchangeError> {
        let failed = |source| ExchangeError::Listen {
            port: options.port,
            source,
        };
        let listener = TcpListener::bind(("127.0.0.1", options.port))
            .await
            .map_err(failed)?;
        let port = listener.local_addr().map_err(failed)?.port();
        let identity = if options.tls {
            Some(tls::identity()?)
        } else {
            None
        };
        let counters = Arc::new(Counters::default());
        let (control, receiver) = watch::channel(Control::default());
        let shared = Shared {
            flow: options.flow,
            counters: Arc::clone(&counters),
            control: receiver,
        };
        let (acceptor, certificate_pem) = match identity {
            Some(Identity {
                acceptor,
                certificate_pem,
            }) => (Some(acceptor), Some(certificate_pem)),
            None => (None, None),
        };
        let serving = tokio::spawn(accept(listener, acceptor, shared));
        Ok(Self {
            port,
            certificate_pem,
            counters,
            control,
            serving,
        })
    }

    /// The URL of a path that begins with a slash.
    pub fn url(&self, path: &str) -> String {
        let scheme = if self.certificate_pem.is_some() {
            "wss"
        } else {
            "ws"
        };
        format!("{scheme}://127.0.0.1:{}{path}", self.port)
    }

    /// The certificate to trust, if it serves wss.
    pub fn certificate_pem(&self) -> Option<&str> {
        self.certificate_pem.as_deref()
    }

    /// What was sent so far.
    pub fn stats(&self) -> Stats {
        Stats::of(&self.counters)
    }

    /// Holds all feeds, or lets them go on. While they are held, no message of
    /// theirs is counted; what was counted before is still written.
    pub fn pause(&self, paused: bool) {
        self.control.send_if_modified(|control| {
            let changes = control.paused != paused;
            control.paused = paused;
            changes
        });
    }

    /// Holds all feeds as soon as they have sent so many payload bytes together,
    /// until this is called with more. Each connection may go beyond by 256 KiB
    /// and a message.
    pub fn allow_bytes(&self, most: u64) {
        self.control.send_if_modified(|control| {
            let changes = control.most_bytes != most;
            control.most_bytes = most;
            changes
        });
    }

    /// Closes all connections and waits for their end; returns what was sent
    /// in all, which [`Self::stats`] before it may fall short of.
    pub async fn shutdown(self) -> Stats {
        self.control.send_modify(|control| control.ended = true);
        if let Err(error) = self.serving.await {
            tracing::warn!(target: "Exchange", "the exchange has not ended in order: {error}");
        }
        Stats::of(&self.counters)
    }
}

async fn accept(listener: TcpListener, acceptor: Option<TlsAcceptor>, shared: Shared) {
    let mut control = shared.control.clone();
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            ended = control.wait_for(|control| control.ended) => {
                drop(ended);
                break;
            }
            Some(_) = connections.join_next() => continue,
            accepted = listener.accept(), if connections.len() < MAX_CONNECTIONS => accepted,
        };
        match accepted {
            Ok((stream, _)) => {
                connections.spawn(one(stream, acceptor.clone(), shared.clone()));
            }
            Err(error) => {
                tracing::debug!(target: "Exchange", "connection not accepted: {error}");
                sleep(ACCEPT_AGAIN).await;
            }
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

async fn one(stream: TcpStream, acceptor: Option<TlsAcceptor>, shared: Shared) {
    let served = async {
        stream.set_nodelay(true)?;
        match acceptor {
            Some(acceptor) => {
                let stream = open(&shared, acceptor.accept(stream)).await?;
                serve(stream, shared).await
            }
            None => serve(stream, shared).await,
        }
    };
    if let Err(error) = served.await {
        tracing::debug!(target: "Exchange", "connection ended: {error}");
    }
}
