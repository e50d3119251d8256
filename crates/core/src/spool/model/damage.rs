//! Changes to a spool's files that nobody has asked for, and which records
//! they may cost.

use std::path::{Path, PathBuf};

use super::{Model, folder};
use crate::spool::disk::Disk;
use crate::spool::format::verified;
use crate::spool::segments::segment_base;

impl Model {
    /// The segments' files.
    fn segment_files(&self) -> Vec<(PathBuf, u64)> {
        let files = self.disk.files().into_iter();
        let named = files.filter(|path| path.parent() == Some(Path::new("/spool")));
        named
            .filter_map(|path| {
                let base = segment_base(path.file_name()?.to_str()?)?;
                Some((path, base))
            })
            .collect()
    }

    /// Damages a byte of a segment or of the state, while it is in use.
    pub(super) fn flip(&mut self) {
        let mut files = self.segment_files();
        files.push((folder().join("state"), u64::MAX));
        let (path, base) = files[self.random.usize(..files.len())].clone();
        let Some(bytes) = self.disk.content(&path).filter(|bytes| !bytes.is_empty()) else {
            return;
        };
        let at = self.random.usize(..bytes.len());
        let count = self.random.usize(1..8).min(bytes.len() - at);
        self.doubt(&bytes, base, at, at + count);
        let flip = self.random.u8(1..);
        self.disk.damage(&path, |bytes| {
            for byte in &mut bytes[at..at + count] {
                *byte ^= flip;
            }
        });
    }

    /// Does worse to the files, while nobody has them.
    pub(super) fn damage_files(&mut self) {
        if self.calm || self.random.u8(..4) > 0 {
            return;
        }
        let files = self.segment_files();
        if files.is_empty() {
            return;
        }
        let (path, base) = files[self.random.usize(..files.len())].clone();
        let bytes = self.disk.content(&path).unwrap_or_default();
        match self.random.u8(..3) {
            0 => {
                let at = self.random.usize(..=bytes.len());
                self.doubt(&bytes, base, at, bytes.len());
                self.disk.damage(&path, |bytes| bytes.truncate(at));
            }
            1 => {
                let garbage: Vec<u8> = (0..self.random.usize(1..200))
                    .map(|_| self.random.u8(..))
                    .collect();
                self.damaged = true;
                self.disk.damage(&path, |bytes| bytes.extend(garbage));
            }
            _ => {
                self.doubt(&bytes, base, 0, bytes.len());
                let disk: &dyn Disk = &self.disk;
                disk.remove(&path).expect("removed");
                disk.sync_folder(&folder()).expect("flushed");
            }
        }
    }

    /// Whole records that lie in these bytes of a segment may be lost; what is
    /// no whole record any more was doubted before.
    fn doubt(&mut self, bytes: &[u8], base: u64, from: usize, to: usize) {
        let length = bytes.len();
        self.note(|_| format!("damage in {base}: {from}..{to} of {length}"));
        self.damaged = true;
        for at in 0..length.min(to) {
            if let Some(record) = verified(&bytes[at..])
                && from < at + record.total_bytes()
                && let Some(entry) = self.log.get_mut(&record.sequence)
            {
                entry.doubtful = true;
            }
        }
    }
}
