//! What a connector's status and session come to, in the words that scripts
//! for the reference connector look for.

use std::fmt;
use std::time::Duration;

use serde_json::Value;

/// A fuller buffer is worth a warning.
const MAX_QUEUE_PERCENT: f64 = 70.0;

/// How bad a finding is, with the exit statuses of monitoring plugins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    Ok,
    Warning,
    Critical,
}

impl Level {
    pub(super) const fn exit_code(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Warning => 1,
            Self::Critical => 2,
        }
    }
}

/// One line for whoever asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) level: Level,
    pub(super) text: String,
}

impl Finding {
    pub(super) fn critical(text: String) -> Self {
        let level = Level::Critical;
        Self { level, text }
    }

    fn warning(text: String) -> Self {
        let level = Level::Warning;
        Self { level, text }
    }

    /// Says of which connector it is, as log lines do.
    pub(super) fn of(self, connector: &str) -> Self {
        let Self { level, text } = self;
        let text = format!("{text} (connector={connector})");
        Self { level, text }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = match self.level {
            Level::Ok => "OK",
            Level::Warning => "WARNING",
            Level::Critical => "CRITICAL",
        };
        // A trace or a name may have line feeds; a finding is one line.
        let text: String = self
            .text
            .chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect();
        write!(f, "{level}: {text}")
    }
}

/// A connector that the worker does not have.
pub(super) fn unknown(name: &str) -> Finding {
    Finding::critical(format!(
        "Connector state is null: the worker has no connector {name}"
    ))
}

/// What a connector's status and its first task's session come to; a worker
/// that is none of ours has no sessions.
pub(super) fn judge(status: &Value, session: Option<&Value>, max_silence: Duration) -> Finding {
    let state = state(&status["connector"]);
    if state != "RUNNING" {
        return Finding::critical(format!("Connector state is {state}"));
    }
    let task = &status["tasks"][0];
    let state = self::state(task);
    if state != "RUNNING" {
        let trace = task["trace"]
            .as_str()
            .and_then(|trace| trace.lines().next());
        let trace = trace.map(|trace| format!(": {trace}"));
        return Finding::critical(format!(
            "Task state is {state}{}",
            trace.unwrap_or_default()
        ));
    }
    match session {
        Some(session) => judge_session(session, max_silence),
        None => Finding::warning(
            "Connector and task running, but whether messages come is not known: the worker is \
             no connect-websocket"
                .to_owned(),
        ),
    }
}

/// The state of a part of the status, as `jq -r .state` gives it.
fn state(part: &Value) -> &str {
    part["state"].as_str().unwrap_or("null")
}

fn judge_session(session: &Value, max_silence: Duration) -> Finding {
    let age_ms = session["last_message_age_ms"].as_u64();
    let recent = age_ms.is_some_and(|age_ms| u128::from(age_ms) <= max_silence.as_millis());
    if !recent {
        let since = age_ms.map_or_else(
            || "since the task's start".to_owned(),
            |_| format!("in last {} seconds", max_silence.as_secs()),
        );
        return Finding::warning(format!("No recent messages {since}{}", trouble(session)));
    }
    if let Some(fault) = session["spool"]["fault"].as_str() {
        return Finding::warning(format!("Spool cannot be written: {fault}"));
    }
    let [used, capacity] =
        ["queue_messages", "queue_capacity_messages"].map(|name| session[name].as_f64());
    if let (Some(used), Some(capacity)) = (used, capacity)
        && used * 100.0 > capacity * MAX_QUEUE_PERCENT
    {
        let percent = used * 100.0 / capacity;
        return Finding::warning(format!(
            "Queue utilization: {used}/{capacity} ({percent:.2}%)"
        ));
    }
    Finding {
        level: Level::Ok,
        text: "Connector and task running, messages flowing".to_owned(),
    }
}

/// What the session is doing, if that is why nothing comes.
fn trouble(session: &Value) -> String {
    let doing = session["session"].as_str().unwrap_or("live");
    let reason = session["reason"].as_str();
    match (doing, reason) {
        ("live", _) => String::new(),
        (doing, None) => format!("; the session is {doing}"),
        (doing, Some(reason)) => format!("; the session is {doing}: {reason}"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn judged(status: &Value, session: &Value) -> String {
        judge(status, Some(session), Duration::from_secs(300)).to_string()
    }

    fn running() -> Value {
        json!({"connector": {"state": "RUNNING"}, "tasks": [{"id": 0, "state": "RUNNING"}]})
    }

    fn flowing() -> Value {
        json!({
            "session": "live", "last_message_age_ms": 300_000, "queue_messages": 7_000,
            "queue_capacity_messages": 10_000, "spool": null,
        })
    }

    #[test]
    fn messages_that_flow_are_ok_up_to_the_bounds() {
        let text = "OK: Connector and task running, messages flowing";
        assert_eq!(judged(&running(), &flowing()), text);
    }

    #[test]
    fn what_does_not_run_is_critical() {
        for state in ["PAUSED", "FAILED", "UNASSIGNED"] {
            let mut status = running();
            status["connector"]["state"] = json!(state);
            let text = format!("CRITICAL: Connector state is {state}");
            assert_eq!(judged(&status, &flowing()), text);
            let mut status = running();
            status["tasks"][0]["state"] = json!(state);
            let text = format!("CRITICAL: Task state is {state}");
            assert_eq!(judged(&status, &flowing()), text);
        }
        let failed = json!({"connector": {"state": "RUNNING"},
            "tasks": [{"state": "FAILED", "trace": "a.B: refused\n\tat x"}]});
        let text = "CRITICAL: Task state is FAILED: a.B: refused";
        assert_eq!(judged(&failed, &flowing()), text);
        let nothing = json!({"connector": {"state": "RUNNING"}, "tasks": []});
        assert_eq!(judged(&nothing, &flowing()), "CRITICAL: Task state is null");
        let text = "CRITICAL: Connector state is null";
        assert_eq!(judged(&Value::Null, &flowing()), text);
    }

    #[test]
    fn silence_is_a_warning_with_its_reason() {
        for (change, text) in [
            (json!(300_001), "in last 300 seconds"),
            (Value::Null, "since the task's start"),
        ] {
            let mut session = flowing();
            session["last_message_age_ms"] = change;
            let expected = format!("WARNING: No recent messages {text}");
            assert_eq!(judged(&running(), &session), expected);
            session["session"] = json!("backing_off");
            session["reason"] = json!("no\nroute");
            let expected = format!("{expected}; the session is backing_off: no route");
            assert_eq!(judged(&running(), &session), expected);
        }
    }

    #[test]
    fn a_full_queue_a_bad_disk_and_a_worker_without_sessions_are_warnings() {
        let mut session = flowing();
        session["queue_messages"] = json!(7_001);
        let text = "WARNING: Queue utilization: 7001/10000 (70.01%)";
        assert_eq!(judged(&running(), &session), text);
        session["spool"] = json!({"fault": "no space"});
        let text = "WARNING: Spool cannot be written: no space";
        assert_eq!(judged(&running(), &session), text);
        let found = judge(&running(), None, Duration::ZERO);
        assert_eq!((found.level, found.level.exit_code()), (Level::Warning, 1));
    }

    #[test]
    fn the_worst_decides() {
        let levels = [Level::Warning, Level::Critical, Level::Ok];
        assert_eq!(levels.into_iter().max().map(Level::exit_code), Some(2));
        let found = Finding::critical("x".to_owned()).of("trades");
        assert_eq!(found.to_string(), "CRITICAL: x (connector=trades)");
    }
}
