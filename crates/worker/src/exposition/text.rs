//! The syntax of Prometheus' text format 0.0.4: a family has its HELP and TYPE
//! lines once, before its samples, and its samples stand together.

use std::fmt::Write;

/// Kind of a family.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Counter,
    Gauge,
    Histogram,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

/// The samples of one name. Writing to a String does not fail, so the results
/// of `write!` are not looked at.
pub(super) struct Family<'o> {
    out: &'o mut String,
    name: String,
}

impl<'o> Family<'o> {
    pub(super) fn new(out: &'o mut String, name: &str, kind: Kind, help: &str) -> Self {
        let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {}", kind.name());
        let name = name.to_owned();
        Self { out, name }
    }

    pub(super) fn sample(&mut self, labels: &[(&str, String)], value: impl std::fmt::Display) {
        self.line("", labels, None, value);
    }

    /// `buckets` are upper bounds with cumulative counts.
    pub(super) fn histogram(
        &mut self,
        labels: &[(&str, String)],
        buckets: &[(f64, u64)],
        count: u64,
        sum: f64,
    ) {
        for (bound, seen) in buckets {
            self.line("_bucket", labels, Some(&bound.to_string()), *seen);
        }
        self.line("_bucket", labels, Some("+Inf"), count);
        self.line("_sum", labels, None, sum);
        self.line("_count", labels, None, count);
    }

    fn line(
        &mut self,
        suffix: &str,
        labels: &[(&str, String)],
        bound: Option<&str>,
        value: impl std::fmt::Display,
    ) {
        self.out.push_str(&self.name);
        self.out.push_str(suffix);
        let pairs = labels.iter().map(|(name, value)| (*name, value.as_str()));
        let mut opening = '{';
        for (name, value) in pairs.chain(bound.map(|bound| ("le", bound))) {
            let _ = write!(self.out, "{opening}{name}=\"");
            escape(self.out, value);
            self.out.push('"');
            opening = ',';
        }
        if opening == ',' {
            self.out.push('}');
        }
        let _ = writeln!(self.out, " {value}");
    }
}

fn escape(out: &mut String, value: &str) {
    for c in value.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '"' => out.push_str("\\\""),
            '\n' => out.push_str("\\n"),
            c => out.push(c),
        }
    }
}
