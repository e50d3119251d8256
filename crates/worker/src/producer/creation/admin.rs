//! Admin clients in use, each with the thread that serves it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use rdkafka::ClientConfig;
use rdkafka::config::RDKafkaLogLevel;

use super::gate::Ticket;
use super::rounds::Rounds;
use crate::kafka_settings::NativeProperties;
use crate::producer::ProducerError;
use crate::producer::ending::{ClientThread, ClientThreads, destroy};
use crate::producer::native::Native;

/// An admin client. It ends when the last task that uses it is gone.
#[derive(Debug)]
pub struct TopicAdmin {
    tickets: Mutex<Sender<Arc<Ticket>>>,
    stop: Arc<AtomicBool>,
}

impl TopicAdmin {
    /// A client with these properties (librdkafka's), and its thread; it
    /// connects in the background.
    ///
    /// # Errors
    /// librdkafka does not accept a property, or there is no thread to be had.
    fn start(properties: &NativeProperties) -> Result<(Self, ClientThread), ProducerError> {
        let mut config = ClientConfig::new();
        for (name, value) in properties.iter() {
            config.set(name, value);
        }
        // To ask for a topic must not create it.
        config.set("allow.auto.create.topics", "false");
        config.set_log_level(RDKafkaLogLevel::Info);
        let native =
            Native::new(&config).map_err(|error| ProducerError::Settings(error.to_string()))?;
        let brokers = properties.get("bootstrap.servers").cloned();
        let (tickets, asked) = channel();
        let stop = Arc::new(AtomicBool::new(false));
        let native = Arc::new(native);
        let mut rounds = Rounds::new(
            Arc::clone(&native),
            brokers.unwrap_or_default(),
            asked,
            Arc::clone(&stop),
        );
        let thread = std::thread::Builder::new()
            .name("topic-admin".to_owned())
            .spawn(move || {
                rounds.serve();
                drop(rounds);
                destroy(native);
            })
            .map_err(|error| {
                ProducerError::Exhausted(format!("no thread for an admin client: {error}"))
            })?;
        let thread = ClientThread::new(&stop, thread);
        Ok((Self::of(tickets, stop), thread))
    }

    /// The client whose thread takes `tickets` until it is to `stop`.
    pub(super) fn of(tickets: Sender<Arc<Ticket>>, stop: Arc<AtomicBool>) -> Self {
        Self {
            tickets: Mutex::new(tickets),
            stop,
        }
    }

    /// Has a topic looked for and created; the ticket tells when that is done.
    /// A task has one ticket at a time, so that their number is bounded.
    pub(super) fn ask(&self, ticket: Arc<Ticket>) {
        let tickets = self.tickets.lock().unwrap_or_else(PoisonError::into_inner);
        // The thread lives as long as this.
        let _ = tickets.send(ticket);
    }
}

impl Drop for TopicAdmin {
    fn drop(&mut self) {
        // The thread sees it in a moment; nobody waits for that.
        self.stop.store(true, Ordering::Release);
    }
}

/// Admin clients in use, by their properties. To be dropped after all of them,
/// at the end of the process: it waits for a few seconds at most until they
/// are gone.
#[derive(Debug, Default)]
pub struct AdminPool {
    clients: Mutex<HashMap<NativeProperties, Weak<TopicAdmin>>>,
    threads: ClientThreads,
}

impl AdminPool {
    /// The client with these properties; made if there is none in use.
    ///
    /// # Errors
    /// librdkafka does not accept a property, or there is no thread to be had.
    pub fn acquire(&self, properties: &NativeProperties) -> Result<Arc<TopicAdmin>, ProducerError> {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        clients.retain(|_, client| client.strong_count() > 0);
        if let Some(client) = clients.get(properties).and_then(Weak::upgrade) {
            return Ok(client);
        }
        let (client, thread) = TopicAdmin::start(properties)?;
        self.threads.add(thread);
        let client = Arc::new(client);
        clients.insert(properties.clone(), Arc::downgrade(&client));
        Ok(client)
    }
}
