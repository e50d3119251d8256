//! What the scenario showed, as text.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

use super::compare::Difference;
use super::known::{Known, matches};
use super::scenario::Step;
use super::shown::Shown;
use crate::kafka::Version;
use crate::rest::Request;

/// What a step showed.
#[derive(Debug)]
pub struct Outcome<'a> {
    /// The step.
    pub step: &'a Step,
    /// The real worker's answer, if it gave one.
    pub real: Option<Shown>,
    /// All differences.
    pub differences: Vec<Difference>,
}

/// All that the scenario showed.
#[derive(Debug)]
pub struct Report<'a> {
    version: Version,
    known: Vec<&'static Known>,
    outcomes: Vec<Outcome<'a>>,
}

impl<'a> Report<'a> {
    /// The outcomes of a scenario played against a version, from which `known`
    /// differences may be, and must.
    pub fn new(version: Version, known: &'static [Known], outcomes: Vec<Outcome<'a>>) -> Self {
        let of_version = known.iter().filter(|known| known.of.contains(&version));
        Self {
            version,
            known: of_version.collect(),
            outcomes,
        }
    }

    fn unknown_of<'b>(&'b self, outcome: &'b Outcome<'a>) -> impl Iterator<Item = &'b Difference> {
        let is_known = |difference: &&Difference| {
            let title = &outcome.step.title;
            let mut known = self.known.iter();
            known.any(|known| known.covers(self.version, title, difference))
        };
        let differences = outcome.differences.iter();
        differences.filter(move |difference| !is_known(difference))
    }

    /// How many differences are not known.
    pub fn unknown(&self) -> usize {
        let unknown = |outcome| self.unknown_of(outcome).count();
        self.outcomes.iter().map(unknown).sum()
    }

    /// What is listed as known but did not show: each pattern must cover
    /// something.
    pub fn not_shown(&self) -> Vec<String> {
        self.known
            .iter()
            .flat_map(|known| {
                let (steps, places) = self.covered_by(known);
                let stale = |patterns: &'static [&'static str], texts: Vec<&str>| {
                    let covers = |pattern: &str| texts.iter().any(|text| matches(pattern, text));
                    let stale = patterns.iter().filter(|pattern| !covers(pattern));
                    stale.copied().collect::<Vec<_>>()
                };
                let stale = [stale(known.steps, steps), stale(known.at, places)].concat();
                let line = |pattern| format!("{pattern:?} of: {}", known.what);
                stale.into_iter().map(line).collect::<Vec<_>>()
            })
            .collect()
    }

    /// The titles and the places where a known difference shows.
    fn covered_by(&self, known: &Known) -> (Vec<&str>, Vec<&str>) {
        let pairs = self.outcomes.iter().flat_map(|outcome| {
            let title = outcome.step.title.as_str();
            let covered = outcome.differences.iter();
            let covered = covered.filter(move |found| known.covers(self.version, title, found));
            covered.map(move |difference| (title, difference.at.as_str()))
        });
        pairs.unzip()
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
            let _ = writeln!(out, "known, but does not show: {known}");
        }
        let common = self.common();
        for (text, steps) in &common {
            let _ = write!(out, "\n### in {steps} steps\n{text}");
        }
        for outcome in &self.outcomes {
            let unknown = self.unknown_of(outcome).map(text);
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
        for difference in self
            .outcomes
            .iter()
            .flat_map(|outcome| self.unknown_of(outcome))
        {
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
