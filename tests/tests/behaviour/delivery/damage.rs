//! Somebody has damaged a spool between two runs.

use std::collections::BTreeSet;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use end_to_end::kafka::{Kafka, Version};
use end_to_end::ledger::Ledger;
use end_to_end::spooled::Spooled;

use super::SHORT;
use super::stage::{SMALL_SEGMENTS, Size, Stage};

/// Everything in one file.
const ONE_SEGMENT: (&str, &str) = ("websocket.spool.segment.bytes", "67108864");

#[test]
fn a_spool_whose_end_is_cut_off_costs_the_record_there_and_is_told() {
    let mut scene = Scene::start("damaged-end", ONE_SEGMENT);
    let newest = scene.whole.segments().pop().expect("a segment");
    let file = File::options().write(true).open(newest).expect("a file");
    let bytes = file.metadata().expect("a file").len();
    file.set_len(bytes - 10).expect("a cut");
    let lost = scene.start_again();
    scene.wait_for_line("cut off at the end: ");
    scene.stage.finish_without(&lost);
    assert_eq!(lost.len(), 1, "{lost:?}");
}

#[test]
fn a_spool_with_flipped_bytes_costs_the_records_there_and_is_told() {
    let mut scene = Scene::start("damaged-middle", ONE_SEGMENT);
    let newest = scene.whole.segments().pop().expect("a segment");
    // Well within what is not delivered.
    flip(&newest, newest.metadata().expect("a file").len() - 20_000);
    let lost = scene.start_again();
    scene.wait_for_line("bytes that are no record: ");
    scene.stage.finish_without(&lost);
    assert!((1..=2).contains(&lost.len()), "{lost:?}");
}

#[test]
fn a_damaged_older_segment_costs_the_records_there_and_is_counted() {
    let mut scene = Scene::start("damaged-older", SMALL_SEGMENTS);
    let segments = scene.whole.segments();
    // Nothing of the one before the newest is delivered.
    let older = &segments[segments.len() - 2];
    flip(older, 0);
    flip(older, older.metadata().expect("a file").len() / 2);
    let lost = scene.start_again();
    scene.wait_for_line(" are lost, from sequence ");
    scene.stage.finish_without(&lost);
    assert!((1..=2).contains(&lost.len()), "{lost:?}");
}

fn flip(file: &Path, offset: u64) {
    let file = File::options().read(true).write(true).open(file);
    let file = file.expect("a file");
    let mut bytes = [0; 3];
    file.read_exact_at(&mut bytes, offset).expect("bytes");
    let flipped = bytes.map(|byte| !byte);
    file.write_all_at(&flipped, offset).expect("bytes");
}

/// A worker that was killed with a filled spool.
struct Scene {
    stage: Stage<'static>,
    whole: Spooled,
}

impl Scene {
    fn start(topic: &str, segments: (&str, &str)) -> Self {
        let kafka = Kafka::shared(Version::V4_1);
        let size = Size {
            messages: 8_000,
            ..SHORT
        };
        let mut stage = Stage::start(kafka, topic, &size, &[segments]);
        stage.wait_for_acknowledged(1_000);
        stage.pause();
        let filled = |ledger: &Ledger| ledger.spooled >= 3_000;
        stage.wait_for("a filled spool", filled);
        let whole = stage.crash();
        assert_eq!(whole.inspection.damage, []);
        Self { stage, whole }
    }

    /// Starts the worker with the spool as it is now; what is lost.
    fn start_again(&mut self) -> BTreeSet<u64> {
        let now = Spooled::read(self.stage.dir());
        assert_ne!(now.inspection.damage, []);
        let lost = self.stage.damaged(&now);
        self.stage.start_again();
        let counted = |ledger: &Ledger| ledger.dropped("spool") == now.missing();
        self.stage.wait_for("what is missing is counted", counted);
        lost
    }

    fn wait_for_line(&self, told: &str) {
        let line = self.stage.worker().wait_for_line(told);
        let tells = line.contains("Spool damaged: ") && !line.contains(&format!("{told}0"));
        assert!(tells, "{line}");
    }
}
