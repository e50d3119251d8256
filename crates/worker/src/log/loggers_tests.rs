use super::*;

const WORKER: &str = "org.apache.kafka.connect.runtime.Worker";

fn loggers(level: &str) -> Loggers {
    Loggers::new(level, None).expect("valid")
}

fn level(loggers: &Loggers, name: &str) -> String {
    loggers.get(name).expect(name).level.to_string()
}

#[test]
fn what_is_given_at_the_start_is_not_a_change() {
    let loggers = loggers("info,Worker=debug,a::b=warn");
    let all = loggers.all();
    assert_eq!(all.keys().collect::<Vec<_>>(), ["a.b", WORKER, "root"]);
    assert!(all.values().all(|view| view.last_modified_ms.is_none()));
    assert_eq!(level(&loggers, WORKER), "DEBUG");
    assert_eq!(
        level(&loggers, "org.apache.kafka.connect.runtime.WorkerConfig"),
        "INFO"
    );
    assert_eq!(loggers.get("org.apache.kafka"), None);
}

#[test]
fn a_level_is_set_for_all_whose_names_begin_so() {
    let loggers = loggers("info");
    let changed = loggers.set(WORKER, LoggerLevel::Debug).expect("set");
    assert_eq!(
        changed,
        [
            WORKER,
            "org.apache.kafka.connect.runtime.WorkerConfig",
            "org.apache.kafka.connect.runtime.WorkerSourceTask"
        ]
    );
    assert!(
        loggers
            .get(WORKER)
            .expect("known")
            .last_modified_ms
            .is_some()
    );
    let all = loggers.set(ROOT, LoggerLevel::Info).expect("set");
    assert_eq!(all.len(), COMPONENTS.len() + 1);
    assert_eq!(level(&loggers, WORKER), "INFO");
    assert_eq!(
        loggers.get(ROOT).expect("known").last_modified_ms,
        None,
        "it was INFO before"
    );
}

#[test]
fn a_new_name_hands_its_level_down() {
    let loggers = loggers("info");
    assert_eq!(
        loggers.set("x", LoggerLevel::Info),
        Ok(vec!["x".to_owned()])
    );
    assert!(!loggers.all().contains_key("x"), "nothing has changed");
    assert_eq!(level(&loggers, "x"), "INFO");
    loggers.set("x", LoggerLevel::All).expect("set");
    let child = loggers.set("x.y", LoggerLevel::All).expect("set");
    assert_eq!((child.len(), level(&loggers, "x.y").as_str()), (1, "ALL"));
    assert_eq!(loggers.get("x.y").expect("known").last_modified_ms, None);
}

#[test]
fn names_that_can_be_added_are_bounded() {
    let loggers = loggers("info");
    let long = "n".repeat(MAX_NAME_BYTES + 1);
    assert_eq!(loggers.set(&long, LoggerLevel::Warn), Err(TooManyLoggers));
    for number in 0..MAX_ADDED {
        loggers
            .set(&format!("n{number:04}"), LoggerLevel::Warn)
            .expect("room");
    }
    assert_eq!(loggers.set("one", LoggerLevel::Warn), Err(TooManyLoggers));
    assert!(
        loggers.set("n0000", LoggerLevel::Info).is_ok(),
        "it is known"
    );
}

#[test]
fn changes_at_the_same_time_are_all_kept() {
    let loggers = loggers("info");
    let names = |thread: usize| (0..200).map(move |number| format!("t{thread}.n{number}"));
    let begin = std::sync::Barrier::new(4);
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let (loggers, begin) = (&loggers, &begin);
            scope.spawn(move || {
                begin.wait();
                for name in names(thread) {
                    loggers.set(&name, LoggerLevel::Debug).expect("room");
                }
            });
        }
    });
    for name in (0..4).flat_map(names) {
        assert_eq!(level(&loggers, &name), "DEBUG");
    }
}

#[test]
fn each_component_has_a_directive_of_its_own() {
    let loggers = loggers("warn,Worker=debug");
    loggers
        .set("rdkafka.client", LoggerLevel::Fatal)
        .expect("set");
    let directives = loggers.state().directives();
    loggers
        .set("x,Worker=off", LoggerLevel::Trace)
        .expect("set");
    assert_eq!(
        loggers.state().directives(),
        directives,
        "a name stays a name"
    );
    for part in [
        "warn,",
        ",Worker=debug",
        ",WorkerConfig=warn",
        ",rdkafka::client=off",
    ] {
        assert!(directives.contains(part), "{directives}");
    }
}

#[test]
fn levels_are_log4j_s_in_any_case() {
    assert_eq!("fatal".parse(), Ok(LoggerLevel::Fatal));
    assert_eq!("All".parse(), Ok(LoggerLevel::All));
    assert_eq!(" INFO ".parse::<LoggerLevel>(), Err(()));
}

/// The components that the worker's sources log under.
fn logged_components(folder: &std::path::Path, found: &mut BTreeSet<String>) {
    let target = regex::Regex::new(r#"target: "(\w+)""#).expect("a pattern");
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            // The log's own tests have components of their own.
            if path.file_name().is_some_and(|name| name != "log") {
                logged_components(&path, found);
            }
        } else {
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            found.extend(target.captures_iter(&text).map(|c| c[1].to_owned()));
        }
    }
}

#[test]
fn every_component_of_the_worker_has_a_logger() {
    let mut found = BTreeSet::new();
    let sources = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    logged_components(&sources, &mut found);
    assert!(found.contains("Herder"), "{found:?}");
    for component in found {
        // These run in commands for people only.
        if !["ConsoleConsumer", "Demo"].contains(&component.as_str()) {
            let known = COMPONENTS.iter().any(|(known, _)| *known == component);
            assert!(known, "{component} needs a row in COMPONENTS");
        }
    }
}
