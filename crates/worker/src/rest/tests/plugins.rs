//! Classes that this worker does not have.

use super::*;

/// What is wrong with a setting of a connector that is validated, or created.
async fn errors(api: &Api, more: &Value, setting: &str) -> (Vec<String>, String) {
    let mut config = json!({
        "name": "c",
        "connector.class": "WebSocketSource",
        "kafka.topic": "t",
        "websocket.url": "ws://127.0.0.1:1",
    });
    for (key, value) in more.as_object().expect("settings") {
        config[key] = value.clone();
    }
    let path = "/connector-plugins/WebSocketSource/config/validate";
    let shown = api.send("PUT", path, &config.to_string()).await.json();
    let entries = shown["configs"].as_array().expect("entries");
    let entry = entries
        .iter()
        .find(|entry| entry["value"]["name"] == setting);
    let errors = entry.expect("an entry")["value"]["errors"]
        .as_array()
        .cloned();
    let errors = errors.unwrap_or_default().into_iter();
    let errors = errors.map(|error| error.as_str().expect("text").to_owned());
    let created = api
        .send("PUT", "/connectors/c/config", &config.to_string())
        .await;
    assert_eq!(created.status, 400, "{}", created.body);
    (errors.collect(), created.message())
}

#[tokio::test]
async fn a_transform_that_is_not_here_is_refused_with_those_that_are_and_the_way_out() {
    let api = Api::new(&[]);
    let class = "io.debezium.transforms.ByLogicalTableRouter";
    let config = json!({"transforms": "a", "transforms.a.type": class});
    let (errors, refusal) = errors(&api, &config, "transforms.a.type").await;
    assert_eq!(
        errors[0],
        format!(
            "Invalid value {class} for configuration transforms.a.type: Class {class} could not be \
             found. This worker has Apache Kafka's Cast, DropHeaders, ExtractField, Filter, Flatten, \
             HeaderFrom, HoistField, InsertField, InsertHeader, MaskField, RegexRouter, ReplaceField, \
             SetSchemaMetadata, TimestampConverter, TimestampRouter, ValueToKey; for others run the \
             connector's plugin in Apache Kafka Connect."
        )
    );
    assert!(refusal.contains(&errors[0]), "{refusal}");
}

#[tokio::test]
async fn a_predicate_that_is_not_here_is_refused_with_those_that_are_and_the_way_out() {
    let api = Api::new(&[]);
    let class = "com.example.IsLarge";
    let config = json!({"predicates": "p", "predicates.p.type": class});
    let (errors, refusal) = errors(&api, &config, "predicates.p.type").await;
    assert_eq!(
        errors[0],
        format!(
            "Invalid value {class} for configuration predicates.p.type: Class {class} could not be \
             found. This worker has Apache Kafka's HasHeaderKey, RecordIsTombstone, TopicNameMatches; \
             for others run the connector's plugin in Apache Kafka Connect."
        )
    );
    assert!(refusal.contains(&errors[0]), "{refusal}");
}
