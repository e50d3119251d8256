//! What the scenario showed, as text.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

use super::compare::Difference;
use super::known::{KNOWN, Known};
use super::scenario::Step;
use super::shown::Shown;
use crate::kafka::Version;
use crate::rest::Request;

/// What a step showed.
#[derive(Debug)]
pub struct Outcome<'a> {
    step: &'a Step,
    real: Option<Shown>,
    differences: Vec<(Difference, Vec<usize>)>,
}

/// All that the scenario showed.
#[derive(Debug)]
pub struct Report<'a> {
    version: Version,
    outcomes: Vec<Outcome<'a>>,
}

impl<'a> Outcome<'a> {
    /// What a step showed: the real worker's answer, if it gave one, and all
    /// differences.
    pub fn new(
        version: Version,
        step: &'a Step,
        real: Option<Shown>,
        found: Vec<Difference>,
    ) -> Self {
        let differences = found.into_iter().map(|difference| {
            let covers = |known: &Known| known.covers(version, &step.title, &difference);
            let numbers = (0..KNOWN.len()).filter(|number| covers(&KNOWN[*number]));
            let numbers = numbers.collect();
            (difference, numbers)
        });
        Self {
            step,
            real,
            differences: differences.collect(),
        }
    }

    fn unknown(&self) -> impl Iterator<Item = &Difference> {
        let unknown = self
            .differences
            .iter()
            .filter(|(_, known)| known.is_empty());
        unknown.map(|(difference, _)| difference)
    }
}

impl<'a> Report<'a> {
    /// The outcomes of a scenario played against a version.
    pub fn new(version: Version, outcomes: Vec<Outcome<'a>>) -> Self {
        Self { version, outcomes }
    }

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

    /// Everything in one text: the known differences that did not show, what
    /// many steps have in common, and the differences that are not known, step
    /// by step.
    pub fn text(&self) -> String {
        let mut out = format!(
            "Compared with Kafka Connect {:?}: {} requests, {} differences not known\n",
            self.version,
            self.outcomes.len(),
            self.unknown()
        );
        // Writing into a String cannot fail.
        for known in self.not_shown() {
            let Known {
                what, steps, at, ..
            } = known;
            let _ = writeln!(out, "known, but does not show: {what} ({steps:?} {at:?})");
        }
        let common = self.common();
        for (text, steps) in &common {
            let _ = write!(out, "\n### in {steps} steps\n{text}");
        }
        for outcome in &self.outcomes {
            let unknown = outcome.unknown().map(text);
            let unknown: String = unknown.filter(|text| !common.contains_key(text)).collect();
            if !unknown.is_empty() {
                let _ = write!(out, "\n{}{unknown}", head(outcome.step));
            }
        }
        out
    }

    /// What the real worker answered to each request.
    pub fn answers(&self) -> String {
        let mut out = String::new();
        for outcome in &self.outcomes {
            let Some(Shown {
                status,
                headers,
                body,
            }) = &outcome.real
            else {
                continue;
            };
            // Writing into a String cannot fail.
            let _ = write!(out, "\n{}{status}\n", head(outcome.step));
            for (name, value) in headers {
                let _ = writeln!(out, "{name}: {value}");
            }
            let _ = writeln!(out, "{body:#}");
        }
        out
    }

    /// The differences that are not known and the same in many steps.
    fn common(&self) -> BTreeMap<String, usize> {
        const MANY: usize = 8;
        let mut texts = BTreeMap::new();
        for difference in self.outcomes.iter().flat_map(Outcome::unknown) {
            *texts.entry(text(difference)).or_default() += 1;
        }
        texts.retain(|_, steps| *steps >= MANY);
        texts
    }
}

/// Title and request of a step.
fn head(step: &Step) -> String {
    let Step { title, place, .. } = step;
    let Request {
        method,
        target,
        body,
        ..
    } = &step.request;
    let body = body.as_deref().unwrap_or_default();
    format!("### {title} ({place})\n{method} {target} {body}\n")
}

fn text(difference: &Difference) -> String {
    let Difference { at, real, ours } = difference;
    let (real, ours) = show(real.as_ref(), ours.as_ref());
    format!("  {at}\n    real: {real}\n    ours: {ours}\n")
}

/// Two values on a line each; of long ones what differs.
fn show(real: Option<&Value>, ours: Option<&Value>) -> (String, String) {
    const LONGEST: usize = 600;
    const BEFORE: usize = 60;
    let text = |value: Option<&Value>| value.map_or_else(|| "nothing".to_owned(), Value::to_string);
    let (real, ours): (Vec<char>, Vec<char>) =
        (text(real).chars().collect(), text(ours).chars().collect());
    let same = real.iter().zip(&ours).take_while(|(a, b)| a == b).count();
    let from = same.saturating_sub(BEFORE);
    let part = |text: &[char]| {
        let to = text.len().min(from + LONGEST);
        let before = if from > 0 { "…" } else { "" };
        let after = if to < text.len() { "…" } else { "" };
        let text: String = text[from..to].iter().collect();
        format!("{before}{text}{after}")
    };
    (part(&real), part(&ours))
}
