//! Random lives of spools against a plain model, on a disk that crashes.
//!
//! A failure says its seed; `SPOOL_MODEL_SEED=N` has only that life lived.

use super::Model;

const STEPS_PER_LIFE: u64 = 1_000;

struct Life {
    seed: u64,
    model: Model,
}

impl Drop for Life {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.model.tell();
            eprintln!("to repeat it: SPOOL_MODEL_SEED={}", self.seed);
        }
    }
}

fn live(lives: u64) {
    let asked = std::env::var("SPOOL_MODEL_SEED").ok();
    let asked: Option<u64> = asked.map(|seed| seed.parse().expect("a number"));
    let first = asked.unwrap_or_else(|| fastrand::u64(..1 << 40));
    let lives = if asked.is_some() { 1 } else { lives };
    let (mut restarts, mut lost, mut read, mut reused) = (0, 0, 0, 0);
    for seed in first..first + lives {
        let mut life = Life {
            seed,
            model: Model::new(seed),
        };
        for _ in 0..STEPS_PER_LIFE {
            life.model.step();
        }
        let model = &life.model;
        restarts += model.restarts;
        lost += model.lost;
        read += model.read;
        reused += model.reused;
    }
    // A life in which nothing happens would show nothing.
    let counts = [restarts, lost, read, reused];
    assert!(
        asked.is_some() || counts.iter().all(|count| *count > lives),
        "{counts:?}"
    );
}

#[test]
fn a_spool_keeps_its_promises_on_a_disk_that_crashes_tears_fills_and_fails() {
    live(100);
}

#[test]
#[ignore = "ten times as long; `make soak` runs it"]
fn a_spool_keeps_its_promises_for_long() {
    live(1_000);
}
