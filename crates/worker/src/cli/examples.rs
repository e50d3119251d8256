//! The examples that `--help` shows. A test parses each line that starts with
//! the program's name.

pub(super) const MAIN: &str = "\
Examples:
  connect-websocket demo --seconds 10
  connect-websocket standalone worker.properties trades.properties
  connect-websocket consume --bootstrap-server localhost:9092 --topic trades --from-beginning

Exit status: 0 done, 1 failed, 2 wrong arguments or worker settings, 3 a connector file cannot be used, 130 or 143 after SIGINT or SIGTERM";

pub(super) const STANDALONE: &str = "\
Examples:
  connect-websocket standalone worker.properties trades.properties quotes.json
  connect-websocket standalone --log-file connect.log worker.properties
  connect-websocket standalone --embedded-kafka worker.properties trades.properties

SIGTERM or SIGINT closes the sockets, delivers what was received and commits the offsets within task.shutdown.graceful.timeout.ms; a second signal ends at once.";

pub(super) const DISTRIBUTED: &str = "\
Examples:
  connect-websocket distributed
  connect-websocket distributed worker.properties

Prints how it is done with Apache Kafka Connect and ends with status 1, since nothing runs.";

pub(super) const DEMO: &str = "\
Examples:
  connect-websocket demo
  connect-websocket demo --seconds 10 --json
  connect-websocket demo --rate 50000 --size 200 --seconds 30";

pub(super) const CONSUME: &str = "\
Examples:
  connect-websocket consume --bootstrap-server localhost:9092 --topic trades --from-beginning
  connect-websocket consume --bootstrap-server localhost:9092 --topic trades --max-messages 5 --print-key --print-offset
  connect-websocket consume --bootstrap-server kafka:9093 --topic trades --consumer.config client.properties";

pub(super) const VALIDATE: &str = "\
Examples:
  connect-websocket validate worker.properties trades.properties
  connect-websocket validate connectors/trades.json

Exit status: 0 all can be used, 1 there was an error";

pub(super) const PREVIEW: &str = "\
Examples:
  connect-websocket preview trades.properties
  connect-websocket preview trades.json --max-messages 10 --timeout-ms 30000";

pub(super) const HEALTH: &str = "\
Examples:
  connect-websocket health
  connect-websocket health --connector trades --max-silence-seconds 60
  connect-websocket health --url https://connect.example:8443 --ca-file ca.pem --login-file /etc/connect-websocket/login
  connect-websocket health --ready

Exit status: 0 OK, 1 WARNING (no recent messages, a queue over 70 %, a spool that cannot be written), 2 CRITICAL (a connector or task does not run, the worker cannot be reached)";

pub(super) const COMPLETIONS: &str = "\
Examples:
  connect-websocket completions bash
  connect-websocket completions zsh";

pub(super) const SPOOL: &str = "\
Examples:
  connect-websocket spool inspect /var/lib/connect/spool/trades-0
  connect-websocket spool verify /var/lib/connect/spool/trades-0
  connect-websocket spool export /var/lib/connect/spool/trades-0 --format json

Nothing is changed, so a task may be using the spool meanwhile.";

pub(super) const SPOOL_INSPECT: &str = "\
Examples:
  connect-websocket spool inspect /var/lib/connect/spool/trades-0
  connect-websocket spool inspect --json /var/lib/connect/spool/trades-0";

pub(super) const SPOOL_VERIFY: &str = "\
Examples:
  connect-websocket spool verify /var/lib/connect/spool/trades-0

Exit status: 0 all of it can be read, 1 something is damaged";

pub(super) const SPOOL_EXPORT: &str = "\
Examples:
  connect-websocket spool export /var/lib/connect/spool/trades-0
  connect-websocket spool export --all --format json /var/lib/connect/spool/trades-0";
