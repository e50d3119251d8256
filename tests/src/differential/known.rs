//! The differences that stay: a table, and what a row of it covers.
//!
//! A row says where it may show as narrowly as it can: what it covers is not
//! seen again.

use super::compare::Difference;
use crate::kafka::Version::{self, V3_9, V4_1};

/// A difference that stays, wherever it shows.
#[derive(Debug)]
pub struct Known {
    /// The worker's versions that ours differs from in this.
    pub of: &'static [Version],
    /// The heading it is listed under.
    pub topic: &'static str,
    /// The titles of the steps that may show it; `*` is any text.
    pub steps: &'static [&'static str],
    /// The paths where it may show; `*` is any text.
    pub at: &'static [&'static str],
    /// Who has something at such a path.
    pub has: Has,
    /// The difference, for users.
    pub what: &'static str,
    /// Why it stays.
    pub why: &'static str,
}

/// Who has something where two answers differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Has {
    /// Anyone.
    Any,
    /// The real worker alone.
    Real,
    /// Our worker alone.
    Ours,
    /// Both, but not the same.
    Both,
}

const ALL: &[Version] = &[V3_9, V4_1];
const ANY: &[&str] = &["*"];

/// All of them, by topic; those of 4.1 alone are last.
pub const KNOWN: &[Known] = &[
    Known {
        of: ALL,
        topic: "Versions and plugins",
        steps: &["the worker's version*"],
        at: &["body/commit"],
        has: Has::Both,
        what: "`commit` in `GET /` is this program's version.",
        why: "There is no commit of Apache Kafka that it was built from.",
    },
    Known {
        of: ALL,
        topic: "Versions and plugins",
        steps: &["*unknown class", "JSON with a character set"],
        at: &["body/message"],
        has: Has::Both,
        what: "The error for an unknown class lists the classes that exist by their names.",
        why: "The real worker prints Java's description of each plugin, with paths of its disk.",
    },
    Known {
        of: ALL,
        topic: "Versions and plugins",
        steps: &[
            "validate: *converter that is not there",
            "validate: *whose type is not there",
            "validate: an empty key converter",
            "validate: a value converter that is an interface",
            "validate: a header converter that is a converter of numbers only",
            "validate: a transform by its short name",
        ],
        at: &["body/configs/*/value/errors/0"],
        has: Has::Both,
        what: "The error for a converter, transform or predicate that is not there lists those that are.",
        why: "They cannot be added to this program; the error says where others run: in Apache Kafka Connect, with the connector's plugin.",
    },
    Known {
        of: ALL,
        topic: "Versions and plugins",
        steps: &[
            "validate: a value converter that is an interface",
            "validate: a header converter that is a converter of numbers only",
        ],
        at: &["body/configs/*converter/value/value"],
        has: Has::Both,
        what: "`value` is null for a class that is not there, also if Java has a class of that name.",
        why: "There are no other classes here.",
    },
    Known {
        of: ALL,
        topic: "Versions and plugins",
        steps: &[
            "validate: a key converter that is none",
            "validate: a transform whose type is none",
        ],
        at: &["body/configs/*/value/value"],
        has: Has::Both,
        what: "The same for a class of Java itself.",
        why: "As above.",
    },
    Known {
        of: ALL,
        topic: "Settings",
        steps: &[
            "validate: a transform with an unknown setting",
            "validate: a transform with a predicate that is not there",
        ],
        at: &["body/configs/transforms/value/errors/0", "body/error_count"],
        has: Has::Any,
        what: "Transforms are made when a connector is validated; what one refuses is an error of `transforms`.",
        why: "The real worker takes the connector, and its task fails.",
    },
    Known {
        of: ALL,
        topic: "Settings",
        steps: &[
            "validate: a URL of a scheme alone",
            "validate: a URL that has a blank",
        ],
        at: &["body/configs/websocket.url/value/errors/0"],
        has: Has::Both,
        what: "The error for a URL that cannot be read has words of our own.",
        why: "The real worker's text is that of Java's URL parser.",
    },
    Known {
        of: ALL,
        topic: "Settings",
        steps: &["validate: a converter with *"],
        at: &["body/configs/{order}", "body/groups/{order}"],
        has: Has::Both,
        what: "The settings of a connector's own converter and their groups are in the order of their definition.",
        why: "On the real worker they are in the order of a hash map.",
    },
    Known {
        of: ALL,
        topic: "Settings",
        steps: &[
            "no class*",
            "by PUT of an empty object",
            "a change that takes the class away",
        ],
        at: &["body/message"],
        has: Has::Both,
        what: "The error for a configuration without a class shows the names of its settings only.",
        why: "The real worker prints their values, passwords as well.",
    },
    Known {
        of: ALL,
        topic: "Settings",
        steps: ANY,
        at: &["body*/documentation"],
        has: Has::Both,
        what: "`documentation` of a setting has words of our own.",
        why: "It says what the setting does here.",
    },
    Known {
        of: ALL,
        topic: "Settings",
        steps: ANY,
        at: &["body/configs/websocket.*", "body/websocket.*"],
        has: Has::Ours,
        what: "Validate answers and a plugin's settings have our additional `websocket.*` settings, at the end.",
        why: "They can be set, so consoles shall offer them; the reference's eleven are unchanged.",
    },
    Known {
        of: ALL,
        topic: "Settings",
        steps: &["validate: headers", "validate: a subscription"],
        at: &[
            "body/configs/websocket.headers/value/value",
            "body/configs/websocket.subscription.message/value/value",
        ],
        has: Has::Both,
        what: "Validate answers show `[hidden]` for `websocket.headers` and `websocket.subscription.message`.",
        why: "They carry keys; validate answers get into logs and screenshots. `GET config` gives back what was stored, as Connect does.",
    },
    Known {
        of: ALL,
        topic: "Settings",
        steps: &["validate: a URL with a secret"],
        at: &["body/configs/websocket.url/value/value"],
        has: Has::Both,
        what: "Validate answers show `websocket.url` without user info and query.",
        why: "They carry keys, as above.",
    },
    Known {
        of: ALL,
        topic: "Settings",
        steps: &[
            "validate: a reconnect interval below nothing",
            "validate: a queue of nothing",
            "validate: a connection timeout of nothing",
            "validate: attempts below their range",
            "validate: headers that are none",
            "validate: a subscription that is no JSON",
            "validate: an empty topic",
        ],
        at: &[
            "body/error_count",
            "body/configs/*/value/errors/*",
            "body/configs/*/value/value",
        ],
        has: Has::Any,
        what: "Values that cannot work are refused when a connector is validated: intervals and sizes below their range, \
               headers without a colon, a subscription that is no JSON, an empty topic.",
        why: "The reference takes them, and its task fails or misbehaves later.",
    },
    Known {
        of: ALL,
        topic: "Settings",
        steps: ANY,
        at: &[
            "body/configs/errors.deadletterqueue.*",
            "body/errors.deadletterqueue.*",
        ],
        has: Has::Ours,
        what: "Validate answers and a plugin's settings have those of the dead-letter topic, `errors.deadletterqueue.*`.",
        why: "The real worker has such a topic for sink connectors only; here messages that cannot be mapped can go to one.",
    },
    Known {
        of: ALL,
        topic: "Settings",
        steps: &["validate: a dead-letter topic whose *"],
        at: &["body/error_count"],
        has: Has::Both,
        what: "The settings of the dead-letter topic are checked, too.",
        why: "As above.",
    },
    Known {
        of: ALL,
        topic: "Settings",
        steps: &["validate: a variable*"],
        at: &[
            "body/configs/*/value/value",
            "body/configs/*/value/errors/*",
        ],
        has: Has::Both,
        what: "Validate answers show a variable of a config provider as it is written, `${...}`, errors as well; the real worker shows its value.",
        why: "The values are kept elsewhere because they are secrets.",
    },
    Known {
        of: ALL,
        topic: "Settings",
        steps: &[
            "validate: *producer override*",
            "validate: an override of the admin client *",
        ],
        at: &["body/configs/*.override.*/definition*"],
        has: Has::Any,
        what: "In validate answers each `producer.override.*` and `admin.override.*` is defined as a STRING of LOW importance; on the real worker it has its client's own definition, or null if there is none.",
        why: "The clients are librdkafka's, which takes texts.",
    },
    Known {
        of: ALL,
        topic: "Settings",
        steps: &[
            "validate: *producer override*",
            "validate: an override of the admin client *",
        ],
        at: &["body/configs/*.override.*/value/value"],
        has: Has::Both,
        what: "Their values are all `[hidden]`.",
        why: "Any of them may be one; the real worker hides only those that its client defines as passwords.",
    },
    Known {
        of: ALL,
        topic: "Settings",
        steps: &[
            "validate: exactly.once.support required",
            "validate: exactly.once.support in capitals",
        ],
        at: &[
            "body/error_count",
            "body/configs/exactly.once.support/value/errors/*",
        ],
        has: Has::Any,
        what: "`exactly.once.support=required` is obeyed: records and their offset are written in Kafka transactions \
               (`transaction.boundary`, `transaction.boundary.interval.ms` and `offsets.storage.topic` are those of distributed \
               mode), or the connector is refused with what it lacks.",
        why: "The real standalone worker takes the setting and writes at least once.",
    },
    Known {
        of: ALL,
        topic: "Settings",
        steps: &["validate: a producer override that cannot be"],
        at: &[
            "body/error_count",
            "body/configs/producer.override.*/value/errors/0",
        ],
        has: Has::Any,
        what: "Client settings (`producer.override.*`, and `admin.override.*` with `topic.creation.*`) are checked when a connector is validated, and an error names the setting.",
        why: "The real worker takes most of them, and the task fails later.",
    },
    Known {
        of: ALL,
        topic: "Settings",
        steps: &[
            "validate: a producer override that is no number",
            "validate: an override of the admin client that is no number",
        ],
        at: &["status", "body*"],
        has: Has::Any,
        what: "One of the wrong type is such an error too.",
        why: "The real worker answers 500 to the whole validation.",
    },
    Known {
        of: ALL,
        topic: "Log levels",
        steps: &[
            "the loggers",
            "a slash at the end of the loggers",
            "the root logger",
        ],
        at: &["body/*"],
        has: Has::Any,
        what: "`GET /admin/loggers` lists this program's loggers.",
        why: "It has no Java classes.",
    },
    Known {
        of: ALL,
        topic: "Resources",
        steps: &[
            "a connector whose file is not there",
            "a change of another setting without its file",
            "a restart of it*without its file",
        ],
        at: &["body/message"],
        has: Has::Both,
        what: "The error for a variable that cannot be read names its setting and its config provider as well.",
        why: "Where there are many of them it says which to look at.",
    },
    Known {
        of: ALL,
        topic: "Resources",
        steps: &[
            "it runs after a resume of a stopped connector",
            "its tasks after a resume of a stopped connector",
        ],
        at: &["body/tasks/0", "body/0"],
        has: Has::Ours,
        what: "A STOPPED connector whose variables cannot be read when it is resumed has a task that is FAILED, with the reason; on the real worker it has none.",
        why: "Who watches for failed tasks sees it, and what restarts them tries it again.",
    },
    Known {
        of: ALL,
        topic: "Resources",
        steps: &["a change of *, by a page of another *"],
        at: &["status", "body/*"],
        has: Has::Both,
        what: "A change that a browser sends for a page of another origin is refused (403), unless `access.control.allow.origin` has that origin. It shows by `Sec-Fetch-Site` or `Origin`, which other clients do not send.",
        why: "Any page could restart or pause connectors with the login of whoever looks at it.",
    },
    Known {
        of: ALL,
        topic: "Faults of the real worker",
        steps: &[
            "a patch to another name",
            "the configuration after a patch to another name",
        ],
        at: &["status", "body*"],
        has: Has::Any,
        what: "A `PATCH` of a configuration to another `name` is refused (400), as a `PUT` is; the real worker stores it, and the connector has two names.",
        why: "A fault: a restart under the other name finds nothing.",
    },
    Known {
        of: ALL,
        topic: "Faults of the real worker",
        steps: &[
            "such a restart leaves something behind",
            "it is paused, without tasks",
        ],
        at: &["body/tasks/*"],
        has: Has::Real,
        what: "The restart of a task that is not there leaves nothing behind; on the real worker the status has such a task from then on, FAILED.",
        why: "A fault: nothing has failed.",
    },
    Known {
        of: ALL,
        topic: "Faults of the real worker",
        steps: &[
            "its task after a restart of it without its file",
            "a restart of what has failed of it without its file",
            "its task after a restart of it and its task without its file",
            "its status after a restart while it is stopped",
        ],
        at: &["body/connector/state"],
        has: Has::Both,
        what: "The restart of a connector whose variables cannot be read gives the same error 500, and changes nothing; the real worker has ended the connector by then, and its state is UNASSIGNED or RESTARTING from then on.",
        why: "A fault: the request has failed.",
    },
    Known {
        of: ALL,
        topic: "Faults of the real worker",
        steps: &["its task after a restart of it and its task without its file"],
        at: &["body/tasks/0/state"],
        has: Has::Both,
        what: "With `includeTasks=true` the real worker has ended its task, too, which is RESTARTING from then on.",
        why: "A fault: nothing is received any more, and no state says so.",
    },
    Known {
        of: ALL,
        topic: "Faults of the real worker",
        steps: &[
            "a restart of an unknown connector",
            "a flag for a forward that is none",
        ],
        at: &["status", "body/error_code"],
        has: Has::Both,
        what: "The restart of an unknown connector is 404; the real worker answers 500 in standalone mode.",
        why: "A fault: the text is that of a null pointer.",
    },
    Known {
        of: ALL,
        topic: "Faults of the real worker",
        steps: &["a name with a question mark and brackets"],
        at: &["status", "header location", "body/*"],
        has: Has::Any,
        what: "A connector may have braces in its name; the real worker creates it and answers 500.",
        why: "A fault: its `Location` takes the name for a template.",
    },
    Known {
        of: &[V4_1],
        topic: "Versions and plugins",
        steps: ANY,
        at: &["body/*version"],
        has: Has::Any,
        what: "The version of the API is 3.9.1; 4.1 has `version` in each state, and its plugins are of its own version.",
        why: "Clients choose their calls by the version, and the API is that of 3.9.",
    },
    Known {
        of: &[V4_1],
        topic: "Versions and plugins",
        steps: &["*unknown class", "JSON with a character set"],
        at: &["status", "body/error_code"],
        has: Has::Both,
        what: "An unknown class is an error 500; 4.1 gives 400.",
        why: "As in 3.9.",
    },
    Known {
        of: &[V4_1],
        topic: "Settings",
        steps: ANY,
        at: &["body*/order"],
        has: Has::Both,
        what: "`order` of a setting does not count the settings that 4.1 has added.",
        why: "As in 3.9.",
    },
    Known {
        of: &[V4_1],
        topic: "Settings",
        steps: ANY,
        at: &["body*plugin.version*"],
        has: Has::Any,
        what: "There are no `connector.plugin.version` and `*.converter.plugin.version`.",
        why: "One version of each plugin is in this program.",
    },
    Known {
        of: &[V4_1],
        topic: "Settings",
        steps: &["the settings of ReplaceField"],
        at: &["body/blacklist", "body/whitelist"],
        has: Has::Ours,
        what: "Deprecated settings of transforms that 4.1 has removed are still there.",
        why: "As in 3.9.",
    },
    Known {
        of: &[V4_1],
        topic: "Settings",
        steps: ANY,
        at: &[
            "body/configs/*converter/definition/default_value",
            "body/configs/*converter/value/value",
            "body/configs/*converter/value/recommended_values*",
        ],
        has: Has::Any,
        what: "A connector's converters have no default; 4.1 shows the worker's, and recommends all that there are.",
        why: "As in 3.9.",
    },
    Known {
        of: &[V4_1],
        topic: "Settings",
        steps: &["validate: a plugin version"],
        at: &["body*"],
        has: Has::Any,
        what: "`connector.plugin.version` is a setting that nobody reads; 4.1 looks for that version.",
        why: "As in 3.9.",
    },
    Known {
        of: &[V4_1],
        topic: "Resources",
        steps: &["*task configurations*"],
        at: &["status", "header *", "body*"],
        has: Has::Any,
        what: "`GET /connectors/{connector}/tasks-config` is there; 4.1 has removed it.",
        why: "As in 3.9.",
    },
    Known {
        of: &[V4_1],
        topic: "Resources",
        steps: &[
            "two slashes at the beginning",
            "*with a percent sign",
            "*with a slash*",
            "a name that is no UTF-8",
        ],
        at: &["status", "header *", "body*"],
        has: Has::Any,
        what: "Paths with two slashes, and names with an encoded slash or percent sign, can be used; 4.1 answers 400.",
        why: "As in 3.9: such connectors could be created but neither read nor deleted.",
    },
    Known {
        of: &[V4_1],
        topic: "Resources",
        steps: &["expanded by *", "nothing is left*"],
        at: &["body/100%", "body/with/slash"],
        has: Has::Real,
        what: "Such connectors are gone when they were deleted.",
        why: "As above.",
    },
    Known {
        of: &[V4_1],
        topic: "Headers",
        steps: ANY,
        at: &["header vary"],
        has: Has::Real,
        what: "With `access.control.allow.origin`, `Vary: Origin` is in the answers to that origin; in 4.1 it is in all.",
        why: "As in 3.9.",
    },
    Known {
        of: &[V4_1],
        topic: "Headers",
        steps: &["an encoding that is none"],
        at: &["header cache-control"],
        has: Has::Real,
        what: "In 4.1 the answer to a path that cannot be decoded has `Cache-Control`.",
        why: "As in 3.9.",
    },
    Known {
        of: &[V4_1],
        topic: "Headers",
        steps: &["*origin*", "a preflight*"],
        at: &["header access-control-*"],
        has: Has::Any,
        what: "Cross-origin answers and preflights have 3.9's headers; 4.1 gives no credentials, other lists and a shorter age.",
        why: "As in 3.9.",
    },
    Known {
        of: &[V4_1],
        topic: "Log levels",
        steps: &["a level *", "an empty level"],
        at: &["status", "body*"],
        has: Has::Any,
        what: "A logger that has the level already is in the answer; 4.1 leaves it out, and an empty level is an error 500 there.",
        why: "As in 3.9.",
    },
    Known {
        of: &[V3_9, V4_1],
        topic: "Topic creation",
        steps: &["* of an invalid topic.creation"],
        at: &["status", "header content-type", "body*"],
        has: Has::Any,
        what: "A configuration whose `topic.creation.*` is not valid creates and changes nothing; the real worker gives the same error 500, and keeps the connector, FAILED and without tasks.",
        why: "A fault: the request has failed, and the name is taken.",
    },
];

impl Known {
    /// Whether this is what a step showed.
    pub fn covers(&self, version: Version, step: &str, difference: &Difference) -> bool {
        let has = match (&difference.real, &difference.ours) {
            (Some(_), None) => Has::Real,
            (None, Some(_)) => Has::Ours,
            _ => Has::Both,
        };
        let any = |patterns: &[&str], text: &str| patterns.iter().any(|p| matches(p, text));
        self.of.contains(&version)
            && (self.has == Has::Any || self.has == has)
            && any(self.steps, step)
            && any(self.at, &difference.at)
    }
}

/// Whether a text is as a pattern, in which `*` stands for any text.
pub fn matches(pattern: &str, text: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(text) = text.strip_prefix(start) else {
        return false;
    };
    let ends = text
        .char_indices()
        .map(|(index, _)| index)
        .chain([text.len()]);
    ends.into_iter().any(|index| matches(rest, &text[index..]))
}
