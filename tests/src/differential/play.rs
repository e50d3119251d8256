//! Plays the scenario against both workers.

use std::thread;
use std::time::Duration;

use serde_json::Value;

use super::compare::{Difference, compare};
use super::known::Known;
use super::report::{Outcome, Report};
use super::scenario::Step;
use super::shown::Shown;
use crate::kafka::Version;
use crate::rest::{self, Answer, Request};
use crate::wait;

/// For how long a request with `@until` is repeated at our worker. The real one
/// is a JVM on a busy machine, and has [`wait::LIMIT`].
const SETTLED: Duration = Duration::from_secs(15);

/// Plays each step against both workers at the same time. A real worker that
/// does not do what the scenario waits for is a difference too: the scenario
/// is wrong then. `known` are the differences that may be, and must.
pub fn play<'a>(
    version: Version,
    steps: &'a [Step],
    known: &'static [Known],
    real_port: u16,
    our_port: u16,
) -> Report<'a> {
    let outcomes = steps.iter().map(|step| {
        if let Some(file) = &step.file {
            file.make();
        }
        let (real, ours) = thread::scope(|scope| {
            let real = scope.spawn(|| settle(real_port, step, wait::LIMIT));
            let (ours, _) = settle(our_port, step, SETTLED);
            (real.join().expect("a thread"), ours)
        });
        let (real, settled) = real;
        let real = real.map(|real| Shown::new(&real, real_port));
        let mut found = match (&real, ours.map(|ours| Shown::new(&ours, our_port))) {
            (Ok(real), Ok(ours)) => compare(real, &ours),
            (real, ours) => vec![Difference {
                at: "connection".to_owned(),
                real: real.as_ref().err().map(|error| Value::from(error.as_str())),
                ours: ours.err().map(Value::from),
            }],
        };
        if !settled {
            found.push(Difference {
                at: "the real worker is not as the scenario wants it".to_owned(),
                real: None,
                ours: None,
            });
        }
        Outcome {
            step,
            real: real.ok(),
            differences: found,
        }
    });
    Report::new(version, known, outcomes.collect())
}

/// Sends a request until its answer is as wanted, at most for `limit`; the
/// last answer, and whether it is.
fn settle(port: u16, step: &Step, limit: Duration) -> (Result<Answer, String>, bool) {
    let mut last = send(port, &step.request);
    let wanted = |answer: &Result<Answer, String>| {
        let Ok(answer) = answer else { return false };
        step.until.iter().all(|until| until.holds(answer))
    };
    let settled = wait::try_until("as wanted", limit, || {
        if step.until.is_empty() || wanted(&last) {
            return Some(());
        }
        last = send(port, &step.request);
        None
    });
    (last, settled.is_ok())
}

fn send(port: u16, request: &Request) -> Result<Answer, String> {
    rest::send(port, request).map_err(|error| error.to_string())
}
