//! A process that writes numbers in transactions until it is killed or fails:
//! BOOTSTRAP TOPIC CONNECTOR SESSION [spool=ID] [NAME=VALUE of the producer]…

#![allow(clippy::unwrap_used, dead_code, unreachable_pub, missing_docs)]

#[path = "../tests/transactions/task.rs"]
mod task;

use std::time::Duration;

fn main() -> Result<(), String> {
    tracing_subscriber::fmt().with_ansi(false).init();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [bootstrap, topic, connector, session, rest @ ..] = &arguments[..] else {
        return Err("four arguments are needed".to_owned());
    };
    let given = rest.iter().filter_map(|text| text.split_once('='));
    let (spool, producer): (Vec<_>, Vec<_>) = given.partition(|(name, _)| *name == "spool");
    let pools = task::Pools::default();
    let mut options = task::options(&pools, bootstrap, connector, session, &producer);
    if let Some((_, id)) = spool.first() {
        options.partition = task::on_disk(connector, id);
    }
    let mut task = task::Task::start(&pools, options, topic)?;
    loop {
        task.turn(u64::MAX)?;
        // Tests read all of it again and again.
        std::thread::sleep(Duration::from_millis(5));
    }
}
