//! A task's spool before the task: hosts open it first, since the source
//! partition has its id, and then tell it what Kafka has.

use std::thread;
use std::time::{Duration, Instant};

use crate::events::Event;
use crate::settings::{SpoolMode, SpoolSettings, SpoolSync};
use crate::spool::{Spool, SpoolError, SpoolOptions, SyncMode};

/// How often it is looked whether an owner has ended.
const LOOK: Duration = Duration::from_millis(20);

/// Opens the spool that the settings ask for, waiting for at most `wait` for
/// an owner that is about to end: the task before this one, say. Tells of
/// damage in the log of `connector`'s task. Blocks.
///
/// # Errors
/// Somebody else keeps it, or the system does not let it be used.
pub fn open_spool(
    settings: &SpoolSettings,
    wait: Duration,
    (connector, task): (&str, u32),
) -> Result<Spool, SpoolError> {
    let options = SpoolOptions {
        dir: settings.dir.clone(),
        max_bytes: settings.max_bytes,
        segment_bytes: settings.segment_bytes,
        sync: match settings.sync {
            SpoolSync::None => SyncMode::None,
            SpoolSync::Interval(interval) => SyncMode::Interval(interval),
            SpoolSync::Always => SyncMode::Always,
        },
        owner: connector.to_owned(),
    };
    let by = Instant::now() + wait;
    loop {
        match Spool::open(options.clone()) {
            Err(SpoolError::Owned { .. }) if Instant::now() < by => thread::sleep(LOOK),
            Err(error) => return Err(error),
            Ok((spool, recovery)) => {
                if recovery.is_damaged() || recovery.cut_bytes > 0 || recovery.errors > 0 {
                    Event::SpoolDamaged(&recovery).emit(connector, task);
                }
                return Ok(spool);
            }
        }
    }
}

/// Tells a spool what is delivered by the stored source offset; the sequence
/// that the task's offsets go on from. Of a spool that has not every message
/// the offsets only count.
pub fn begin_spool(spool: &mut Spool, mode: SpoolMode, stored: u64) -> u64 {
    match mode {
        SpoolMode::Durable => {
            spool.delivered_to(stored);
            spool.acknowledged()
        }
        SpoolMode::Overflow => {
            spool.delivered_to(0);
            stored
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::Path;

    use super::*;
    use crate::settings;

    fn settings(dir: &Path) -> SpoolSettings {
        let dir = dir.display().to_string();
        let raw = [
            ("websocket.url", "ws://localhost/"),
            ("kafka.topic", "t"),
            ("websocket.spool.mode", "durable"),
            ("websocket.spool.dir", &dir),
        ];
        let raw: BTreeMap<_, _> = raw
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into();
        let config = settings::parse(&raw).config.expect("valid settings");
        config.spool.expect("a spool")
    }

    fn open(settings: &SpoolSettings, wait: Duration) -> Result<Spool, SpoolError> {
        open_spool(settings, wait, ("c", 0))
    }

    #[test]
    fn a_successor_takes_over_when_the_owner_ends_and_waits_no_longer_than_it_may() {
        let dir = tempfile::tempdir().expect("a directory");
        let settings = settings(dir.path());
        let limit = Duration::from_secs(60);
        let owner = open(&settings, Duration::ZERO).expect("free");
        let id = owner.id();
        for wait in [Duration::ZERO, 2 * LOOK] {
            let begun = Instant::now();
            let refused = open(&settings, wait).map(|_| ());
            assert!(
                matches!(refused, Err(SpoolError::Owned { .. })),
                "{refused:?}"
            );
            assert!(begun.elapsed() >= wait);
        }
        let successor = thread::spawn(move || open(&settings, limit));
        drop(owner);
        let successor = successor.join().expect("no panic").expect("free again");
        assert_eq!(successor.id(), id);
    }
}
