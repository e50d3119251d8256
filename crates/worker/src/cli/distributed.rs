//! `distributed`: says whose job it is.

use std::process::ExitCode;

const TEXT: &str = "\
connect-websocket runs on one machine. To spread connectors over several, with rebalancing and
configurations kept in Kafka, run the connector as a plugin of Apache Kafka Connect's distributed
mode; connector configurations work there unchanged:

  1. put the plugin's jar into a directory of the workers' plugin.path
  2. bin/connect-distributed.sh config/connect-distributed.properties   (on each machine)
  3. POST the same connector JSON to any worker's /connectors

One connector is one WebSocket connection in either mode. To run here instead:

  connect-websocket standalone WORKER.properties CONNECTOR.properties
";

/// Prints the text; the status is 1, since nothing is running.
pub(super) fn run() -> ExitCode {
    eprint!("{TEXT}");
    ExitCode::FAILURE
}
