//! Which resources there are, and where.

use std::sync::Arc;

use axum::Router;
use axum::http::{Method, StatusCode};

use super::resource::Resource;
use super::{
    Rest, connectors, console, health, internal, ledger, loggers, metrics, offsets, plugins, root,
    router_error, session, tasks, topics,
};
use crate::files::AdminListeners;

/// Connect's resources under `/connectors` and `/connector-plugins`.
fn connect(rest: &Arc<Rest>) -> Vec<Resource> {
    let at = |path| Resource::new(rest, path);
    let (post, put, patch) = (Method::POST, Method::PUT, Method::PATCH);
    vec![
        at("/connectors")
            .get(connectors::list)
            .post(connectors::create)
            .with_body(&[post]),
        at("/connectors/{connector}")
            .get(connectors::show)
            .delete(connectors::delete),
        at("/connectors/{connector}/config")
            .get(connectors::config)
            .put(connectors::put_config)
            .patch(connectors::patch_config)
            .with_body(&[put.clone(), patch.clone()]),
        at("/connectors/{connector}/status").get(connectors::status),
        at("/connectors/{connector}/tasks")
            .get(tasks::list)
            .post(internal::put_tasks)
            .internal(Method::POST),
        at("/connectors/{connector}/tasks/{task}/status").get(tasks::status),
        at("/connectors/{connector}/tasks/{task}/restart").post(tasks::restart),
        at("/connectors/{connector}/tasks-config").get(tasks::configs),
        at("/connectors/{connector}/topics").get(topics::list),
        at("/connectors/{connector}/topics/reset").put(topics::reset),
        at("/connectors/{connector}/offsets")
            .get(offsets::list)
            .patch(offsets::alter)
            .delete(offsets::reset)
            .with_body(&[patch]),
        at("/connectors/{connector}/fence")
            .put(internal::fence)
            .internal(Method::PUT),
        at("/connectors/{connector}/pause").put(connectors::pause),
        at("/connectors/{connector}/resume").put(connectors::resume),
        at("/connectors/{connector}/stop").put(connectors::stop),
        at("/connectors/{connector}/restart").post(connectors::restart),
        at("/connector-plugins").get(plugins::list),
        at("/connector-plugins/{plugin}/config").get(plugins::config),
        at("/connector-plugins/{plugin}/config/validate")
            .put(plugins::validate)
            .with_body(&[put]),
    ]
}

/// Resources that do not ask what a body is: Connect's `RootResource`, ours.
fn others(rest: &Arc<Rest>) -> Vec<Resource> {
    let at = |path| Resource::new(rest, path).any_body();
    // What asks them has no login, and takes any answer.
    let probe = |path| at(path).any_answer().without_login();
    let mut others = vec![
        at("/").get(root),
        at("/health").get(health::show),
        probe("/live").get(health::live),
        probe("/ready").get(health::ready),
        at("/connectors/{connector}/session").get(session::show),
        at("/connectors/{connector}/ledger").get(ledger::show),
        at("/metrics").get(metrics::prometheus).any_answer(),
    ];
    if rest.herder.worker().rest.jolokia {
        let root = at("/jolokia").get(metrics::jolokia_root);
        let all = at("/jolokia/{*request}").get(metrics::jolokia_get);
        let both = [root, all].map(|resource| {
            let resource = resource.post(metrics::jolokia_post);
            resource.any_answer().harmless(Method::POST)
        });
        others.extend(both);
    }
    if rest.herder.worker().rest.console.enabled {
        others.extend(console::resources(rest));
    }
    others
}

/// The resources of the main listeners.
pub(super) fn main(rest: &Arc<Rest>) -> Router {
    let mut router = Router::new();
    for resource in connect(rest).into_iter().chain(others(rest)) {
        router = resource.mount(router);
    }
    if rest.herder.worker().rest.admin_listeners == AdminListeners::Main {
        router = loggers::mount(router, rest, |resource| resource);
    }
    finished(router, rest)
}

/// The resources of the admin listeners. As in Connect, the login is the main
/// listeners' only.
pub(super) fn admin(rest: &Arc<Rest>) -> Router {
    finished(
        loggers::mount(Router::new(), rest, Resource::without_login),
        rest,
    )
}

fn finished(router: Router<Arc<Rest>>, rest: &Arc<Rest>) -> Router {
    router
        .fallback(|| async { router_error(StatusCode::NOT_FOUND) })
        .with_state(Arc::clone(rest))
}
