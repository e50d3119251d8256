use super::*;

fn config(pairs: &[(&str, &str)]) -> Config {
    let base = [
        ("name", "c"),
        ("connector.class", CONNECTOR_CLASS),
        ("websocket.url", "ws://u:s3cret@h/?k=s3cret"),
        ("kafka.topic", "t"),
    ];
    let all = base.iter().chain(pairs);
    all.map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
        .collect()
}

fn worker() -> WorkerConfig {
    let string = "org.apache.kafka.connect.storage.StringConverter";
    let map = [
        ("key.converter", string),
        ("value.converter", string),
        ("offset.storage.file.filename", "f"),
    ];
    WorkerConfig::from_map(&map.map(|(k, v)| (k.to_owned(), v.to_owned())).into())
        .unwrap_or_else(|error| panic!("{error}"))
}

fn validated(pairs: &[(&str, &str)]) -> Validation {
    validate(&config(pairs), &worker(), &SystemTrust::default())
}

#[test]
fn every_setting_is_shown_in_connect_s_order_and_secrets_are_not() {
    let validation = validated(&[
        ("websocket.auth.token", "s3cret"),
        ("websocket.headers", "X-Key:s3cret"),
        ("websocket.subscription.message", "\"s3cret\""),
        ("producer.override.sasl.jaas.config", "s3cret"),
    ]);
    let json = validation.to_json("X", &[]);
    assert_eq!(json["error_count"], 0, "{json}");
    assert!(!json.to_string().contains("s3cret"), "{json}");
    let names: Vec<&str> = validation
        .settings
        .iter()
        .map(|setting| setting.key.name.as_str())
        .collect();
    assert_eq!(names[..3], ["name", "connector.class", "tasks.max"]);
    assert_eq!(names[20..22], ["websocket.url", "kafka.topic"]);
    assert_eq!(names.last(), Some(&"producer.override.sasl.jaas.config"));
    let url = &json["configs"][20]["value"]["value"];
    assert_eq!(url, "ws://h/");
    assert_eq!(json["configs"][26]["value"]["value"], "[hidden]");
    assert_eq!(json["groups"].as_array().map(Vec::len), Some(7));
}

#[test]
fn errors_are_where_they_belong() {
    let validation = validated(&[
        ("tasks.max", "0"),
        ("errors.tolerance", "some"),
        ("key.converter", "com.example.X"),
        ("websocket.pong.timeout.ms", "0"),
        ("producer.override.acks", "7"),
        ("transforms", "a"),
    ]);
    let wrong: Vec<&str> = validation
        .settings
        .iter()
        .filter(|setting| !setting.errors.is_empty())
        .map(|setting| setting.key.name.as_str())
        .collect();
    let expected = [
        "tasks.max",
        "key.converter",
        "errors.tolerance",
        "transforms.a.type",
        "websocket.pong.timeout.ms",
        "producer.override.acks",
    ];
    assert_eq!(wrong, expected, "{:?}", validation.errors());
    assert!(validation.into_plan().is_err());
}

#[test]
fn a_plan_has_a_mapping_only_if_messages_are_changed() {
    let plan = |pairs: &[(&str, &str)]| validated(pairs).into_plan().expect("valid");
    assert!(plan(&[]).mapping.is_none());
    assert!(plan(&[("value.converter", "Json")]).mapping.is_some());
    let routed = [
        ("transforms", "r"),
        ("transforms.r.type", "RegexRouter"),
        ("transforms.r.regex", "t"),
        ("transforms.r.replacement", "u"),
    ];
    assert!(plan(&routed).mapping.is_some());
    let bytes = [("websocket.value.format", "bytes")];
    let error = validated(&bytes)
        .into_plan()
        .expect_err("unfit")
        .into_errors();
    assert!(error[0].contains("ByteArrayConverter"), "{error:?}");
}

const TOPICS: [(&str, &str); 4] = [
    ("topic.creation.groups", "g"),
    ("topic.creation.g.include", "a.*"),
    ("topic.creation.default.partitions", "3"),
    ("topic.creation.default.replication.factor", "1"),
];

#[test]
fn a_plan_says_how_topics_are_created_if_the_connector_does() {
    let plan = |pairs: &[(&str, &str)]| validated(pairs).into_plan().expect("valid");
    assert!(plan(&[]).topics.is_none());
    let with_admin = [&TOPICS[..], &[("admin.override.retries", "7")]].concat();
    let plan = plan(&with_admin);
    assert_eq!(plan.warnings, [""; 0]);
    let topics = plan.topics.expect("a plan for topics");
    assert_eq!(topics.groups.first_match("ab").name, "g");
    assert_eq!(topics.admin["retries"], "7");
}

#[test]
fn what_is_wrong_with_the_creation_of_topics_is_in_no_answer_to_a_validation() {
    let validation = validated(&[("topic.creation.default.partitions", "none")]);
    let json = validation.to_json("X", &[]);
    assert_eq!(json["error_count"], 0, "{json}");
    let missing = "Missing required configuration \"topic.creation.default.replication.factor\" which \
                   has no default value.";
    let refusal = validation.into_plan().expect_err("incomplete");
    assert_eq!(refusal, Refusal::Unstartable(missing.to_owned()));
}

#[test]
fn overrides_of_the_admin_client_count_where_topics_are_created() {
    let admin = ("admin.override.retries", "x");
    let named = |validation: &Validation| {
        let mut settings = validation.settings.iter();
        settings.any(|setting| setting.key.name == admin.0 && setting.errors.len() == 1)
    };
    assert!(!named(&validated(&[admin])));
    assert!(named(&validated(&[&TOPICS[..], &[admin]].concat())));
}

#[test]
fn a_worker_may_leave_the_creation_of_topics_to_the_brokers() {
    let mut worker = worker();
    worker.topic_creation_enable = false;
    let config = config(&[("topic.creation.default.partitions", "none")]);
    let plan = check(&config, &worker, &SystemTrust::default()).expect("valid");
    assert!(plan.topics.is_none());
    assert!(plan.warnings[0].contains("topic.creation.enable=false"));
}

#[test]
fn what_holds_in_any_case_is_not_told_of() {
    // As in a real standalone worker.
    let held = [
        ("exactly.once.support", "REQUESTED"),
        ("config.action.reload", "none"),
        ("tasks.max.enforce", "false"),
    ];
    let plan = validated(&held).into_plan().expect("valid");
    assert_eq!(plan.warnings, [""; 0]);
}

#[test]
fn with_a_spool_no_message_is_given_up_while_kafka_is_away() {
    let own = ("producer.override.delivery.timeout.ms", "120000");
    let timeout = |pairs: &[(&str, &str)]| {
        let plan = validated(pairs).into_plan().expect("valid");
        let told = plan.warnings.iter().find(|text| text.starts_with(own.0));
        let told = told.cloned().expect("a warning");
        (plan.producer.properties["message.timeout.ms"].clone(), told)
    };
    let (used, told) = timeout(&[own]);
    assert_eq!(used, "120000");
    assert!(told.contains("websocket.spool.mode=durable keeps it"));
    for mode in ["overflow", "durable"] {
        let (used, told) = timeout(&[
            own,
            ("websocket.spool.mode", mode),
            ("websocket.spool.dir", "d"),
        ]);
        assert_eq!(used, "0", "{mode}");
        assert!(told.contains("has no effect with a spool"), "{told}");
    }
}
