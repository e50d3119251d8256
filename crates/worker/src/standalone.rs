//! The worker's life: read the files, serve the API, run the connectors until
//! a signal, then stop them in order (Connect's `ConnectStandalone`).
//!
//! Invariant: every way out after a connector has started goes through the
//! herder's shut-down, except a second signal, which ends at once.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, OnceLock};

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{Semaphore, watch};
use tokio_rustls::TlsAcceptor;
use websocket_source::task::TaskThreads;

use crate::config_storage::ConfigStorage;
use crate::embedded::EmbeddedKafka;
use crate::exposition::{AppInfo, Exposition};
use crate::files::{ConnectorFile, Listener, RestConfig, Scheme, WorkerConfig};
use crate::herder::{Herder, Target};
use crate::kafka_settings::{SystemTrust, admin_properties};
use crate::log::Loggers;
use crate::offsets::OffsetStore;
use crate::rest::{self, Bound, Login, Rest};
use crate::service;

/// Exit status when the worker's own settings cannot be used.
const EXIT_WORKER: u8 = 2;
/// Exit status when a connector file cannot be used.
const EXIT_CONNECTOR: u8 = 3;
/// A process that a signal ended reports this plus the signal's number.
const EXIT_SIGNAL: u8 = 128;

/// What `standalone` is called with.
#[derive(Clone, Debug)]
pub struct StandaloneOptions {
    /// The worker's properties.
    pub worker_file: PathBuf,
    /// Connectors to create, in this order.
    pub connector_files: Vec<PathBuf>,
    /// Whether to run a Kafka in this process instead of
    /// `bootstrap.servers`.
    pub embedded_kafka: bool,
}

/// Runs the worker until a signal or a fatal error; the exit status is
/// `connect-standalone`'s.
pub async fn run(options: &StandaloneOptions) -> ExitCode {
    let signals = match Signals::new() {
        Ok(signals) => signals,
        Err(error) => return stopping(&format!("signals cannot be received: {error}")),
    };
    let started = async {
        let mut worker = read_worker(&options.worker_file)?;
        let kafka = if options.embedded_kafka {
            Some(embedded(&mut worker)?)
        } else {
            None
        };
        let worker = Worker::start(worker).await?;
        Ok::<_, String>((kafka, worker))
    };
    match started.await {
        Ok((_kafka, worker)) => worker.run(&options.connector_files, signals).await,
        Err(error) => stopping(&error),
    }
}

fn stopping(error: &str) -> ExitCode {
    for line in error.lines() {
        tracing::error!(target: "ConnectStandalone", "Stopping due to error: {line}");
    }
    ExitCode::from(EXIT_WORKER)
}

fn read_worker(path: &Path) -> Result<WorkerConfig, String> {
    let worker = WorkerConfig::read(path).map_err(|error| error.to_string())?;
    for warning in &worker.warnings {
        tracing::warn!(target: "WorkerConfig", "{warning}");
    }
    Ok(worker)
}

fn embedded(worker: &mut WorkerConfig) -> Result<EmbeddedKafka, String> {
    let kafka = EmbeddedKafka::start(1).map_err(|error| error.to_string())?;
    worker.bootstrap_servers = kafka.bootstrap_servers();
    // It creates topics when they are used, and has no request for that.
    worker.topic_creation_enable = false;
    tracing::info!(
        target: "ConnectStandalone",
        "Embedded Kafka at {}: it keeps the newest 5 MiB per partition, in memory only",
        worker.bootstrap_servers
    );
    Ok(kafka)
}

/// A started worker: REST and herder, no connectors yet.
pub struct Worker {
    /// Keeps the connectors.
    pub herder: Arc<Herder>,
    /// Where the REST API is, `host:port`.
    pub rest_address: String,
    stop_rest: watch::Sender<bool>,
}

impl Worker {
    /// Opens the offsets and the listeners and serves the API.
    ///
    /// # Errors
    /// In words for the user.
    pub async fn start(config: WorkerConfig) -> Result<Self, String> {
        let system_trust = SystemTrust::platform();
        let storage = config.config_storage_file.as_deref();
        let storage = storage.map(ConfigStorage::open).transpose();
        let storage = storage.map_err(|error| error.to_string())?;
        let offsets = OffsetStore::open(&config.offset_storage_file).map_err(|e| e.to_string())?;
        let login = login(&config.rest)?;
        let (listeners, admin) = bind(&config.rest).await?;
        let address = rest::advertised(&config.rest.advertised, &listeners);
        let rest_address = address.authority;
        let threads =
            TaskThreads::start("task").map_err(|error| format!("no threads for tasks: {error}"))?;
        let herder = Herder::new(config, system_trust, offsets, storage, threads);
        let herder = Arc::new(herder);
        let app = AppInfo::now(rest::API_VERSION, rest::COMMIT, rest_address.clone());
        let windows = herder.worker().metrics;
        let rest = Arc::new(Rest {
            herder: Arc::clone(&herder),
            worker_id: rest_address.clone(),
            cluster_id: OnceLock::new(),
            exposition: Mutex::new(Exposition::new(app, windows)),
            showing: Arc::new(Semaphore::new(rest::MAX_SHOWING)),
            login,
            loggers: Loggers::installed(),
            trying: Arc::new(Semaphore::new(rest::MAX_TRYING)),
            history: rest::History::default(),
        });
        let (stop_rest, stopped) = watch::channel(false);
        for listener in listeners {
            tokio::spawn(rest::serve(
                listener,
                rest::main_site(&rest),
                stopped.clone(),
            ));
        }
        for listener in admin {
            tracing::info!(
                target: "RestServer",
                "REST admin endpoints at {}://{}/",
                listener.listener.scheme,
                listener.address
            );
            tokio::spawn(rest::serve(
                listener,
                rest::admin_site(&rest),
                stopped.clone(),
            ));
        }
        tokio::spawn(rest::look_at_metrics(Arc::downgrade(&rest)));
        if herder.worker().rest.console.enabled {
            tokio::spawn(rest::look_at_history(Arc::downgrade(&rest)));
        }
        #[cfg(feature = "otlp")]
        crate::otlp::start(Arc::downgrade(&herder), &rest_address)?;
        tokio::spawn(learn_cluster_id(rest));
        let committing = Arc::clone(&herder);
        tokio::spawn(async move { committing.commit_offsets_forever().await });
        if herder.worker().auto_restart.enabled {
            let restarting = Arc::clone(&herder);
            tokio::spawn(async move { restarting.restart_failed_tasks().await });
        }
        tracing::info!(target: "ConnectStandalone", "REST API at {}://{rest_address}/", address.scheme);
        Ok(Self {
            herder,
            rest_address,
            stop_rest,
        })
    }

    async fn run(mut self, files: &[PathBuf], mut signals: Signals) -> ExitCode {
        for file in files {
            if let Err(error) = self.create(file).await {
                tracing::error!(
                    target: "ConnectStandalone",
                    "Stopping after connector error: {}: {error}",
                    file.display()
                );
                self.stop().await;
                return ExitCode::from(EXIT_CONNECTOR);
            }
        }
        self.herder.create_stored().await;
        self.herder.ready();
        tracing::info!(target: "ConnectStandalone", "Kafka Connect started");
        service::ready(&self.rest_address);
        tokio::spawn(service::keep_watched(Arc::downgrade(&self.herder)));
        let first = signals.next().await;
        tracing::info!(target: "ConnectStandalone", "Kafka Connect stopping");
        service::stopping(self.herder.graceful());
        let number = tokio::select! {
            () = self.stop() => first,
            second = signals.next() => {
                tracing::warn!(target: "ConnectStandalone", "Second signal: ending at once");
                second
            }
        };
        tracing::info!(target: "ConnectStandalone", "Kafka Connect stopped");
        ExitCode::from(EXIT_SIGNAL + number)
    }

    async fn create(&self, path: &Path) -> Result<(), String> {
        let file = ConnectorFile::read(path).map_err(|error| error.to_string())?;
        for warning in &file.warnings {
            tracing::warn!(target: "ConnectStandalone", "{warning}");
        }
        let target = file.initial_state.map_or(Target::Started, Target::from);
        let created = self.herder.create_from_file(file.config, target).await;
        created.map_err(|error| error.to_string())?;
        tracing::info!(target: "ConnectStandalone", "Created connector {}", file.name);
        Ok(())
    }

    /// Stops the API.
    pub fn stop_rest(&mut self) {
        self.stop_rest.send_replace(true);
    }

    /// Stops the API, then the connectors within the graceful timeout.
    async fn stop(&mut self) {
        self.stop_rest();
        let report = self.herder.shut_down().await;
        if report.lost > 0 {
            tracing::error!(
                target: "Worker",
                "{} messages could not be delivered within task.shutdown.graceful.timeout.ms",
                report.lost
            );
        }
    }
}

/// Everything in the files that the settings name which would keep the REST
/// API from starting; for `validate`.
pub fn rest_errors(settings: &RestConfig) -> Vec<String> {
    let tls = |setting, listeners, ssl| acceptor(setting, listeners, ssl).err();
    let found = [
        login(settings).err(),
        tls("listeners", &settings.listeners, &settings.ssl),
        tls(
            "admin.listeners",
            settings.admin_listeners.own(),
            &settings.admin_ssl,
        ),
    ];
    found.into_iter().flatten().collect()
}

/// Who may use the API, if the settings ask for a login.
fn login(settings: &RestConfig) -> Result<Option<Login>, String> {
    if !settings.basic_auth {
        return Ok(None);
    }
    let kafka_opts = std::env::var("KAFKA_OPTS").ok();
    Login::read(settings.login_config.as_deref(), kafka_opts.as_deref()).map(Some)
}

/// Binds the main listeners and the admin resources' own.
async fn bind(settings: &RestConfig) -> Result<(Vec<Bound>, Vec<Bound>), String> {
    let main = bind_all("listeners", &settings.listeners, &settings.ssl).await?;
    let own = settings.admin_listeners.own();
    let admin = bind_all("admin.listeners", own, &settings.admin_ssl).await?;
    Ok((main, admin))
}

/// The TLS of the https listeners, if there is one.
fn acceptor(
    setting: &str,
    listeners: &[Listener],
    ssl: &BTreeMap<String, String>,
) -> Result<Option<TlsAcceptor>, String> {
    if listeners.iter().all(|l| l.scheme == Scheme::Http) {
        return Ok(None);
    }
    let (acceptor, warnings) = rest::acceptor(&format!("{setting}.https."), ssl)?;
    for warning in warnings {
        tracing::warn!(target: "WorkerConfig", "{warning}");
    }
    Ok(Some(acceptor))
}

async fn bind_all(
    setting: &str,
    listeners: &[Listener],
    ssl: &BTreeMap<String, String>,
) -> Result<Vec<Bound>, String> {
    let acceptor = acceptor(setting, listeners, ssl)?;
    let mut bound = Vec::new();
    for listener in listeners {
        let tls = acceptor
            .clone()
            .filter(|_| listener.scheme == Scheme::Https);
        bound.push(rest::bind(setting, listener, tls).await?);
    }
    Ok(bound)
}

/// Asks the brokers for the cluster's id, in the background: an unreachable
/// Kafka must hold nothing up.
async fn learn_cluster_id(rest: Arc<Rest>) {
    let asked = tokio::task::spawn_blocking(move || {
        let worker = rest.herder.worker();
        let translated = admin_properties(worker, &BTreeMap::new(), &SystemTrust::platform());
        let properties = match translated {
            Ok((properties, warnings)) => {
                for warning in warnings {
                    tracing::warn!(target: "WorkerConfig", "{warning}");
                }
                properties
            }
            Err(error) => {
                tracing::warn!(target: "Worker", "The Kafka cluster's id cannot be asked for: {error}");
                return;
            }
        };
        if let Some(id) = crate::producer::cluster_id(&properties) {
            tracing::info!(target: "Worker", "Kafka cluster ID: {id}");
            // Nobody else sets it.
            let _ = rest.cluster_id.set(id);
        }
    });
    // The question is answered or not; nobody waits for it.
    let _ = asked.await;
}

/// SIGINT and SIGTERM.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// The number of the next signal.
    async fn next(&mut self) -> u8 {
        const SIGINT: u8 = 2;
        const SIGTERM: u8 = 15;
        tokio::select! {
            _ = self.interrupt.recv() => SIGINT,
            _ = self.terminate.recv() => SIGTERM,
        }
    }
}
