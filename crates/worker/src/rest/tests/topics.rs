//! Tracking of topics, where the worker does not want it (KIP-558).

use super::*;

async fn forbidden(api: &Api, method: &str, path: &str) -> Option<String> {
    let answer = api.ask(method, path, &[]).await;
    (answer.status == 403).then(|| answer.message())
}

#[tokio::test]
async fn topics_are_neither_listed_nor_reset_without_tracking() {
    let api = Api::new(&[("topic.tracking.enable", "false")]);
    let words = Some("Topic tracking is disabled.".to_owned());
    assert_eq!(forbidden(&api, "GET", "/connectors/c/topics").await, words);
    let reset = "/connectors/c/topics/reset";
    assert_eq!(forbidden(&api, "PUT", reset).await, words);
}

#[tokio::test]
async fn topics_are_listed_and_not_reset_where_that_is_not_allowed() {
    let api = Api::new(&[("topic.tracking.allow.reset", "false")]);
    let reset = forbidden(&api, "PUT", "/connectors/c/topics/reset").await;
    assert_eq!(reset.as_deref(), Some("Topic tracking reset is disabled."));
    let listed = api.ask("GET", "/connectors/c/topics", &[]).await;
    assert_eq!(
        (listed.status, listed.json()),
        (200, json!({"c": {"topics": []}}))
    );
    // Both are allowed if nothing is set.
    let api = Api::new(&[]);
    let reset = api.status("PUT", "/connectors/c/topics/reset", &[]).await;
    assert_eq!(reset, 202);
}
