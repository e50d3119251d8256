//! Plays the scenario against both workers and reports.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::thread;
use std::time::Duration;

use serde_json::Value;

use super::compare::{Difference, compare};
use super::known::{KNOWN, Known};
use super::scenario::Step;
use super::shown::Shown;
use crate::kafka::Version;
use crate::rest::{self, Answer, Request};
use crate::wait;

/// For how long a request with `@until` is repeated.
const SETTLED: Duration = Duration::from_secs(15);

/// What a step showed.
#[derive(Debug)]
struct Outcome<'a> {
    step: &'a Step,
    differences: Vec<(Difference, Vec<usize>)>,
}

/// All that the scenario showed.
#[derive(Debug)]
pub struct Report<'a> {
    version: Version,
    outcomes: Vec<Outcome<'a>>,
}

/// Plays each step against both workers at the same time. A real worker that
/// does not do what the scenario waits for is a difference too: the scenario
/// is wrong then.
pub fn play(version: Version, steps: &[Step], real_port: u16, our_port: u16) -> Report<'_> {
    let outcomes = steps.iter().map(|step| {
        let (real, ours) = thread::scope(|scope| {
            let real = scope.spawn(|| settle(real_port, step));
            let (ours, _) = settle(our_port, step);
            (real.join().expect("a thread"), ours)
        });
        let (real, settled) = real;
        let mut found = match (real, ours) {
            (Ok(real), Ok(ours)) => {
                compare(&Shown::new(&real, real_port), &Shown::new(&ours, our_port))
            }
            (real, ours) => vec![Difference {
                at: "connection".to_owned(),
                real: real.err().map(Value::from),
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
        Outcome::new(version, step, found)
    });
    Report {
        version,
        outcomes: outcomes.collect(),
    }
}

impl<'a> Outcome<'a> {
    /// Finds what is known of the differences.
    fn new(version: Version, step: &'a Step, found: Vec<Difference>) -> Self {
        let differences = found.into_iter().map(|difference| {
            let covers = |known: &Known| known.covers(version, &step.title, &difference);
            let numbers = (0..KNOWN.len()).filter(|number| covers(&KNOWN[*number]));
            let numbers = numbers.collect();
            (difference, numbers)
        });
        Self {
            step,
            differences: differences.collect(),
        }
    }
}

/// Sends a request until its answer is as wanted; the last answer, and
/// whether it is.
fn settle(port: u16, step: &Step) -> (Result<Answer, String>, bool) {
    let mut last = send(port, &step.request);
    let wanted = |answer: &Result<Answer, String>| {
        let Ok(answer) = answer else { return false };
        step.until.iter().all(|until| until.holds(answer))
    };
    let settled = wait::try_until("as wanted", SETTLED, || {
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

impl Report<'_> {
    /// How many differences are not known.
    pub fn unknown(&self) -> usize {
        let all = self
            .outcomes
            .iter()
            .flat_map(|outcome| &outcome.differences);
        all.filter(|(_, known)| known.is_empty()).count()
    }

    /// The known differences that did not show.
    pub fn not_shown(&self) -> Vec<&'static Known> {
        let all = self
            .outcomes
            .iter()
            .flat_map(|outcome| &outcome.differences);
        let shown: Vec<usize> = all.flat_map(|(_, known)| known.iter().copied()).collect();
        let numbers = 0..KNOWN.len();
        let missing = numbers
            .filter(|number| KNOWN[*number].of.contains(&self.version) && !shown.contains(number));
        missing.map(|number| &KNOWN[number]).collect()
    }

    /// Everything in one text: the differences that are not known, step by
    /// step, the known ones that did not show, and how often each place
    /// differs.
    pub fn text(&self) -> String {
        let mut out = format!(
            "Compared with Kafka Connect {:?}: {} requests, {} differences not known\n",
            self.version,
            self.outcomes.len(),
            self.unknown()
        );
        // Writing into a String cannot fail.
        for known in self.not_shown() {
            let _ = writeln!(
                out,
                "known, but does not show: {} ({:?} {:?})",
                known.what, known.steps, known.at
            );
        }
        for outcome in &self.outcomes {
            let mut unknown = outcome
                .differences
                .iter()
                .filter(|(_, known)| known.is_empty());
            let Some(first) = unknown.next() else {
                continue;
            };
            let Step {
                title,
                place,
                request,
                ..
            } = outcome.step;
            let Request {
                method,
                target,
                body,
                ..
            } = request;
            let body = body.as_deref().unwrap_or_default();
            let _ = writeln!(out, "\n### {title} ({place})\n{method} {target} {body}");
            for (difference, _) in std::iter::once(first).chain(unknown) {
                let Difference { at, real, ours } = difference;
                let _ = writeln!(
                    out,
                    "  {at}\n    real: {}\n    ours: {}",
                    show(real.as_ref()),
                    show(ours.as_ref())
                );
            }
        }
        out + &self.summary()
    }

    fn summary(&self) -> String {
        let mut places: BTreeMap<&str, usize> = BTreeMap::new();
        let all = self
            .outcomes
            .iter()
            .flat_map(|outcome| &outcome.differences);
        for (difference, _) in all.filter(|(_, known)| known.is_empty()) {
            *places.entry(&difference.at).or_default() += 1;
        }
        let mut places: Vec<_> = places.into_iter().collect();
        places.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let lines = places.iter().map(|(at, count)| format!("{count:5} {at}\n"));
        format!(
            "\nHow often each place differs:\n{}",
            lines.collect::<String>()
        )
    }
}

/// A value on one line, not all of a long one.
fn show(value: Option<&Value>) -> String {
    const LONGEST: usize = 400;
    let text = value.map_or_else(|| "nothing".to_owned(), Value::to_string);
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
