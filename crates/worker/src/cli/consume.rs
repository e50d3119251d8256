//! `consume`: the flags of Kafka's console consumer, and what they mean here.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;

use crate::consume::{ConsumeOptions, command};
use crate::files::{MAX_FILE_BYTES, Properties, read_bounded};
use crate::kafka_settings::{SystemTrust, client_properties};

/// Arguments of `consume`.
#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools)] // One for each flag.
pub struct ConsumeArgs {
    /// Where Kafka is: HOST:PORT,...
    #[arg(long, value_name = "SERVERS")]
    bootstrap_server: String,
    /// The topic
    #[arg(long)]
    topic: String,
    /// Begin with the oldest message kept, not with the next new one
    #[arg(long)]
    from_beginning: bool,
    /// End after this many messages
    #[arg(long, value_name = "N")]
    max_messages: Option<u64>,
    /// End when no message has come for so long
    #[arg(long, value_name = "MS")]
    timeout_ms: Option<u64>,
    /// A consumer setting in Java's name, such as security.protocol=SSL
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    consumer_property: Vec<(String, String)>,
    /// A properties file with consumer settings
    #[arg(long, visible_alias = "consumer.config", value_name = "FILE")]
    consumer_config: Option<PathBuf>,
    /// A formatter property, such as print.key=true or key.separator=:
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    property: Vec<(String, String)>,
    /// Print the key
    #[arg(long)]
    print_key: bool,
    /// Print the partition
    #[arg(long)]
    print_partition: bool,
    /// Print the offset
    #[arg(long)]
    print_offset: bool,
    /// Print the timestamp
    #[arg(long)]
    print_timestamp: bool,
    /// Print the headers
    #[arg(long)]
    print_headers: bool,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE")?;
    Ok((name.trim().to_owned(), value.to_owned()))
}

impl ConsumeArgs {
    fn options(&self) -> Result<ConsumeOptions, String> {
        let mut options = ConsumeOptions::new(&self.topic);
        options.from_beginning = self.from_beginning;
        options.max_messages = self.max_messages;
        options.timeout = self.timeout_ms.map(Duration::from_millis);
        for (name, value) in &self.property {
            options.print.set(name, value)?;
        }
        let print = &mut options.print;
        print.key |= self.print_key;
        print.partition |= self.print_partition;
        print.offset |= self.print_offset;
        print.timestamp |= self.print_timestamp;
        print.headers |= self.print_headers;
        Ok(options)
    }

    /// The consumer's settings in Java's names; the command line wins.
    fn java_properties(&self) -> Result<BTreeMap<String, String>, String> {
        let mut properties = match &self.consumer_config {
            None => BTreeMap::new(),
            Some(path) => {
                let bytes = read_bounded(path, MAX_FILE_BYTES)
                    .map_err(|error| format!("--consumer.config: {error}"))?;
                Properties::parse(&bytes)
                    .map_err(|error| format!("--consumer.config: {}: {error}", path.display()))?
                    .into_map()
            }
        };
        properties.extend(self.consumer_property.iter().cloned());
        Ok(properties)
    }

    /// Runs the command; see [`command`] for the exit status.
    pub(super) fn run(&self) -> ExitCode {
        let prepared = self.options().and_then(|options| {
            let (properties, warnings) = client_properties(
                &self.bootstrap_server,
                &self.java_properties()?,
                &SystemTrust::platform(),
            )
            .map_err(|error| error.to_string())?;
            for warning in warnings {
                eprintln!("connect-websocket consume: {warning}");
            }
            Ok((options, properties))
        });
        match prepared {
            Ok((options, properties)) => command(&properties, &options),
            Err(error) => {
                eprintln!("connect-websocket consume: {error}");
                ExitCode::FAILURE
            }
        }
    }
}
