//! The syntax of Prometheus' text format 0.0.4: a family has its HELP and TYPE
//! lines once, before its samples, and its samples stand together.

use std::fmt::Write;

use websocket_source::series::Kind;

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
        self.part("", labels, value);
    }

    /// A sample of a name that goes on behind the family's, as in histograms.
    pub(super) fn part(
        &mut self,
        suffix: &str,
        labels: &[(&str, String)],
        value: impl std::fmt::Display,
    ) {
        self.out.push_str(&self.name);
        self.out.push_str(suffix);
        let mut opening = '{';
        for (name, value) in labels {
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
