//! A task's own series for its MBean: what each is once, and values whenever
//! they are asked for, in one order.

use websocket_source::ledger::Ledger;
use websocket_source::metrics::TaskMetrics;
use websocket_source::series::{FAMILIES, Reading, Sample};
use websocket_source::task::Phase;

use crate::settings::Texts;

/// Name, help, and label and its text or null, of each value.
pub(crate) fn layout() -> Vec<Texts> {
    let metrics = TaskMetrics::default();
    let nothing = Reading {
        metrics: &metrics,
        session: Phase::default(),
        refused_status: None,
        ledger: Ledger::default(),
    };
    let rows = FAMILIES.iter().flat_map(|family| {
        let row = move |sample: Sample| {
            let (label, text) = sample.label.unzip();
            let name = format!("{}{}", family.name, sample.suffix);
            let label = label.map(str::to_owned);
            vec![Some(name), Some(family.help.to_owned()), label, text]
        };
        family.samples(&nothing).into_iter().map(row)
    });
    rows.collect()
}

/// The values of a task, in the order of [`layout`].
pub(crate) fn values(task: &Reading<'_>) -> Vec<f64> {
    let samples = FAMILIES.iter().flat_map(|family| family.samples(task));
    samples.map(|sample| sample.value).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    #[allow(clippy::float_cmp)]
    fn each_value_is_in_the_place_of_its_name() {
        let metrics = TaskMetrics::default();
        metrics
            .queue_bytes
            .store(70, std::sync::atomic::Ordering::Relaxed);
        metrics
            .receive_to_ack
            .observe(Duration::from_millis(700), 3);
        let reading = Reading {
            metrics: &metrics,
            session: Phase::Refused,
            refused_status: Some(403),
            ledger: Ledger {
                spooled: 5,
                ..Ledger::default()
            },
        };
        let (layout, values) = (layout(), values(&reading));
        assert_eq!(layout.len(), values.len());
        let of = |name: &str, label: Option<(&str, &str)>| {
            let (label, text) = label.unzip();
            let row = [Some(name), label, text];
            let found = layout
                .iter()
                .position(|texts| [&texts[0], &texts[2], &texts[3]].map(Option::as_deref) == row);
            values[found.expect("a series")]
        };
        assert_eq!(of("queue_bytes", None), 70.0);
        assert_eq!(of("refused_status", None), 403.0);
        assert_eq!(of("session_state", Some(("state", "refused"))), 1.0);
        assert_eq!(of("session_state", Some(("state", "live"))), 0.0);
        assert_eq!(of("ledger_messages", Some(("place", "spooled"))), 5.0);
        let times = "receive_to_ack_seconds";
        let bucket = |bound| of(&format!("{times}_bucket"), Some(("le", bound)));
        assert_eq!(
            [bucket("0.5"), bucket("1"), bucket("+Inf")],
            [0.0, 3.0, 3.0]
        );
        assert_eq!(of(&format!("{times}_sum"), None), 2.1);
        assert_eq!(of(&format!("{times}_count"), None), 3.0);
    }

    #[test]
    fn values_of_one_name_are_beside_each_other_and_under_one_label() {
        let layout = layout();
        let runs = layout.chunk_by(|one, next| one[0] == next[0]);
        let mut names: Vec<&str> = Vec::new();
        for run in runs {
            assert!(run.iter().all(|row| row[1..3] == run[0][1..3]), "{run:?}");
            names.extend(run[0][0].as_deref());
        }
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
    }
}
