//! The end of a process or a machine, and what has to be true afterwards.

use std::sync::Arc;

use super::Model;
use super::disk::Faults;
use crate::spool::{Recovery, Spool, SyncMode, recovery};

impl Model {
    pub(super) fn restart_in_order(&mut self) {
        self.spool = None;
        self.disk.process_crash();
        self.damage_files();
        self.open(0);
    }

    pub(super) fn crash(&mut self, machine: bool) {
        let mut written = self.spool().state.last().acknowledged;
        if machine {
            written = match self.options.sync {
                SyncMode::None => 0,
                _ => self.spool().flusher.settled(),
            };
            self.stored = self.delivered_ever;
            for entry in self.log.values_mut() {
                entry.doubtful |= !entry.flushed;
            }
        }
        // What a process writes while it ends is not written in a crash.
        self.disk.set_fuse(0, machine);
        self.note(|spool| format!("crash, machine {machine}, {}", spool.segments));
        self.spool = None;
        if machine {
            self.disk.machine_crash();
        } else {
            self.disk.process_crash();
        }
        self.damage_files();
        self.open(if self.damaged { 0 } else { written });
    }

    /// Opens the spool, whatever it is like; the head has to be at `least`.
    pub(super) fn open(&mut self, least: u64) {
        self.restarts += 1;
        let faults = !self.calm && self.random.u8(..8) == 0;
        if faults {
            self.disk.set_faults(Faults {
                reads: self.random.bool(),
                all_reads: false,
                writes: self.random.bool(),
                syncs: self.random.bool(),
                removals: self.random.bool(),
                ..Faults::default()
            });
        }
        let opened = recovery::open(Arc::new(self.disk.clone()), self.options.clone());
        self.disk.set_faults(Faults::default());
        let (mut spool, recovery): (Spool, Recovery) = opened.expect("a spool always opens");
        // What a process leaves that ends is no damage.
        assert!(!self.calm || !recovery.is_damaged(), "{recovery}");
        if !self.damaged {
            let head = spool.acknowledged();
            assert!(head >= least, "{head} is below {least}");
        }
        let told = if self.damaged {
            self.delivered_ever
        } else {
            self.stored
        };
        spool.delivered_to(told);
        let next = spool.next_sequence();
        // A number above what is there is free again.
        let gone = self.log.split_off(&next);
        assert!(gone.values().all(|entry| entry.doubtful), "{gone:?}");
        for (sequence, entry) in gone {
            self.ghosts.entry(sequence).or_default().push(entry);
        }
        let base = spool.acknowledged();
        assert_eq!(spool.cursor(), base);
        assert!(base >= told);
        self.in_flight.clear();
        // The spool may know of these still.
        self.dropped.append(&mut self.reported);
        self.hidden.clear();
        self.delivered = self.delivered.max(told);
        // Delivered and not told: it may come once more.
        self.delivered = base;
        self.stored = self.stored.max(told).min(self.delivered);
        self.log = self.log.split_off(&base);
        self.damaged = false;
        self.spool = Some(spool);
        self.note(|spool| {
            let segments = &spool.segments;
            format!("open: told {told}, {base}..{next}, faults {faults}, {recovery:?}, {segments}")
        });
    }
}
