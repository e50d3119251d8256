//! The spool's settings, and what they ask of each other.

use std::path::PathBuf;

use super::parse::Reader;
use super::{SpoolMode, SpoolSettings, SpoolSync};

/// The setting of what a spool keeps.
pub const MODE: &str = "websocket.spool.mode";
/// The setting of a spool's folder.
pub const DIR: &str = "websocket.spool.dir";
const MAX_BYTES: &str = "websocket.spool.max.bytes";
const SEGMENT_BYTES: &str = "websocket.spool.segment.bytes";

/// What is wrong is among the reader's errors.
pub(super) struct Noted;

impl Reader<'_> {
    /// The spool that is asked for, if one is.
    ///
    /// # Errors
    /// An error has been noted.
    pub(super) fn spool(&mut self) -> Result<Option<SpoolSettings>, Noted> {
        // Everything is read before the first `?`, so that all errors show.
        let mode = self.word(MODE);
        let max_bytes = self.number(MAX_BYTES);
        let segment_bytes = self.number(SEGMENT_BYTES);
        let sync = self.word("websocket.spool.sync");
        let interval = self.millis("websocket.spool.sync.interval.ms");
        let dir = self.text(DIR).filter(|dir| !dir.is_empty());
        let dir = dir.map(PathBuf::from);
        let (Some(max_bytes), Some(segment_bytes)) = (max_bytes, segment_bytes) else {
            return Err(Noted);
        };
        let mode = match mode.ok_or(Noted)? {
            "overflow" => SpoolMode::Overflow,
            "durable" => SpoolMode::Durable,
            _ => {
                if dir.is_some() {
                    let text = format!("{DIR} has no effect while {MODE}=off");
                    self.warnings.push(text);
                }
                return Ok(None);
            }
        };
        let (Some(sync), Some(interval)) = (sync, interval) else {
            return Err(Noted);
        };
        let Some(dir) = dir else {
            let why = format!(
                "{MODE} is on and needs a folder, on a local disk and of this connector alone"
            );
            self.invalid(DIR, "null", &why);
            return Err(Noted);
        };
        self.check_sizes(max_bytes, segment_bytes).ok_or(Noted)?;
        self.tell_of_drops(mode);
        let bytes = |bytes| u64::try_from(bytes).map_err(|_| Noted);
        Ok(Some(SpoolSettings {
            mode,
            dir,
            max_bytes: bytes(max_bytes)?,
            segment_bytes: bytes(segment_bytes)?,
            sync: match sync {
                "none" => SpoolSync::None,
                "always" => SpoolSync::Always,
                _ => SpoolSync::Interval(interval),
            },
        }))
    }

    /// Whoever has every message on disk may not expect any to be dropped.
    fn tell_of_drops(&mut self, mode: SpoolMode) {
        let policy = self.text("websocket.buffer.overflow").unwrap_or_default();
        if mode == SpoolMode::Durable && policy.starts_with("drop_") {
            let text = format!(
                "{MODE}=durable with websocket.buffer.overflow={policy} drops messages when {MAX_BYTES} is \
                 reached or the disk is full; block stops reading instead"
            );
            self.warnings.push(text);
        }
    }

    /// A spool gives room back by whole segments, and has to take the largest
    /// message.
    fn check_sizes(&mut self, max_bytes: i64, segment_bytes: i64) -> Option<()> {
        let shown = max_bytes.to_string();
        if max_bytes < 2 * segment_bytes {
            let why = format!(
                "it must be at least twice {SEGMENT_BYTES} ({segment_bytes}), since room is given back by \
                 whole segments"
            );
            self.invalid(MAX_BYTES, &shown, &why);
            return None;
        }
        let largest = self.number("websocket.message.max.bytes")?;
        if max_bytes < 2 * largest {
            let why = format!(
                "it must be at least twice websocket.message.max.bytes ({largest}), to have room for such a \
                 message; lower that, or raise this"
            );
            self.invalid(MAX_BYTES, &shown, &why);
            return None;
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::time::Duration;

    use super::super::{Parsed, parse};
    use super::*;

    fn parsed(pairs: &[(&str, &str)]) -> Parsed {
        let base = [("websocket.url", "ws://h"), ("kafka.topic", "t")];
        let raw: BTreeMap<_, _> = base
            .iter()
            .chain(pairs)
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        parse(&raw)
    }

    fn errors(pairs: &[(&str, &str)]) -> Vec<String> {
        let errors = parsed(pairs).config.expect_err("not valid");
        errors.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn there_is_none_unless_it_is_asked_for() {
        let parsed = parsed(&[("websocket.spool.dir", "/tmp/spool")]);
        assert_eq!(parsed.config.expect("valid").spool, None);
        assert_eq!(
            parsed.warnings,
            ["websocket.spool.dir has no effect while websocket.spool.mode=off"]
        );
    }

    #[test]
    fn it_has_its_defaults() {
        let parsed = parsed(&[
            ("websocket.spool.mode", "durable"),
            ("websocket.spool.dir", " /tmp/spool "),
        ]);
        let spool = parsed.config.expect("valid").spool.expect("a spool");
        let expected = SpoolSettings {
            mode: SpoolMode::Durable,
            dir: PathBuf::from("/tmp/spool"),
            max_bytes: 1 << 30,
            segment_bytes: 64 << 20,
            sync: SpoolSync::Interval(Duration::from_millis(10)),
        };
        assert_eq!(spool, expected);
    }

    #[test]
    fn a_durable_spool_that_drops_when_it_is_full_is_told_of() {
        let warnings = |mode, policy| {
            parsed(&[
                ("websocket.spool.mode", mode),
                ("websocket.spool.dir", "d"),
                ("websocket.buffer.overflow", policy),
            ])
            .warnings
        };
        assert_eq!(warnings("durable", "block"), [""; 0]);
        assert_eq!(warnings("overflow", "drop_oldest"), [""; 0]);
        let told = warnings("durable", "drop_newest");
        assert!(told.len() == 1 && told[0].contains("block stops reading instead"));
    }

    #[test]
    fn every_kind_of_sync_can_be_chosen() {
        let sync = |sync, interval| {
            let parsed = parsed(&[
                ("websocket.spool.mode", "overflow"),
                ("websocket.spool.dir", "d"),
                ("websocket.spool.sync", sync),
                ("websocket.spool.sync.interval.ms", interval),
            ]);
            let spool = parsed.config.expect("valid").spool.expect("a spool");
            assert_eq!(spool.mode, SpoolMode::Overflow);
            spool.sync
        };
        assert_eq!(sync("none", "1"), SpoolSync::None);
        assert_eq!(sync("always", "1"), SpoolSync::Always);
        let interval = Duration::from_millis(250);
        assert_eq!(sync("interval", "250"), SpoolSync::Interval(interval));
    }

    #[test]
    fn one_without_a_folder_is_refused() {
        assert_eq!(
            errors(&[("websocket.spool.mode", "durable")]),
            [
                "Invalid value null for configuration websocket.spool.dir: websocket.spool.mode is on and needs \
              a folder, on a local disk and of this connector alone"
            ]
        );
    }

    #[test]
    fn one_that_could_not_give_room_back_or_take_the_largest_message_is_refused() {
        let spool = [
            ("websocket.spool.mode", "durable"),
            ("websocket.spool.dir", "d"),
            ("websocket.spool.max.bytes", "30000000"),
        ];
        let segments = errors(&spool);
        assert_eq!(segments.len(), 1);
        assert!(segments[0].contains("at least twice websocket.spool.segment.bytes (67108864)"));
        let largest =
            errors(&[&spool[..], &[("websocket.spool.segment.bytes", "1000000")]].concat());
        assert_eq!(largest.len(), 1);
        assert!(largest[0].contains("at least twice websocket.message.max.bytes (16777216)"));
    }
}
