//! What surrounds the resources of a listener: the path's spelling before, the
//! CORS headers and the configured ones after (Jetty's filters in Connect).

use std::convert::Infallible;
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::response::Response;
use tower::ServiceExt;

use super::media::{self, BodyType};
use super::{malformed, path};
use crate::files::{Cors, HeaderAction, HeaderRule};

/// `Access-Control-Max-Age` and `-Allow-Headers` as the real worker has them.
const MAX_AGE: HeaderValue = HeaderValue::from_static("1800");
const ALLOW_HEADERS: &str = "X-Requested-With,Content-Type,Accept,Origin";

/// The resources of a listener with what is around them.
#[derive(Clone)]
pub struct Site {
    router: Router,
    cors: Option<Cors>,
    headers: Vec<HeaderRule>,
}

impl Site {
    /// Resources with nothing around them.
    pub(super) fn new(router: Router) -> Self {
        Self {
            router,
            cors: None,
            headers: Vec::new(),
        }
    }

    /// Adds `access.control.*` and `response.http.headers.config`.
    pub(super) fn with_headers(mut self, cors: Option<Cors>, headers: Vec<HeaderRule>) -> Self {
        self.cors = cors;
        self.headers = headers;
        self
    }

    /// Answers a request.
    pub(super) async fn answer(&self, mut request: Request) -> Response {
        let Some(uri) = path::normalized(request.uri()) else {
            // The real worker's server answers these before anything else.
            return malformed();
        };
        let as_written = std::mem::replace(request.uri_mut(), uri);
        request.extensions_mut().insert(path::AsWritten(as_written));
        let is_options = *request.method() == Method::OPTIONS;
        let mut around = HeaderMap::new();
        if let Some(cors) = &self.cors {
            allow_origin(cors, &request, &mut around);
        }
        configured(&self.headers, &mut around);
        let mut response = if media::body_type(request.headers()) == BodyType::Malformed {
            // Only this one is a page of Jetty's error handler, which has them
            // kept by nobody.
            let kept = HeaderValue::from_static("must-revalidate,no-cache,no-store");
            around.entry(header::CACHE_CONTROL).or_insert(kept);
            malformed()
        } else {
            let Ok(response) = self
                .router
                .clone()
                .oneshot(request)
                .await
                .map_err(|never: Infallible| match never {});
            response
        };
        if !is_options || !response.status().is_success() {
            // Axum tells the methods with each 405; the real worker does not.
            response.headers_mut().remove(header::ALLOW);
        }
        let headers = response.headers_mut();
        for (name, value) in &around {
            headers.append(name, value.clone());
        }
        response
    }
}

/// What a browser needs to hand an answer to a page of another origin. An
/// origin that is not allowed is answered without it, not refused.
fn allow_origin(cors: &Cors, request: &Request, around: &mut HeaderMap) {
    let given = request.headers();
    let Some(origin) = given.get(header::ORIGIN) else {
        return;
    };
    if !cors.allows(origin.to_str().unwrap_or_default()) {
        return;
    }
    let wanted = given.get(header::ACCESS_CONTROL_REQUEST_METHOD);
    let preflight = wanted.filter(|_| *request.method() == Method::OPTIONS);
    if let Some(method) = preflight {
        let method = method.to_str().unwrap_or_default().trim();
        let known = cors.methods.iter().any(|allowed| allowed == method);
        if !known || !wants_known_headers(given) {
            return;
        }
    }
    around.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
    if !cors.allows_any() {
        around.insert(header::VARY, HeaderValue::from_static("Origin"));
    }
    let credentials = header::ACCESS_CONTROL_ALLOW_CREDENTIALS;
    around.insert(credentials, HeaderValue::from_static("true"));
    if preflight.is_some() {
        around.insert(header::ACCESS_CONTROL_MAX_AGE, MAX_AGE);
        if let Ok(methods) = HeaderValue::from_str(&cors.methods.join(",")) {
            around.insert(header::ACCESS_CONTROL_ALLOW_METHODS, methods);
        }
        let headers = HeaderValue::from_static(ALLOW_HEADERS);
        around.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, headers);
    }
}

fn wants_known_headers(given: &HeaderMap) -> bool {
    let wanted = given.get(header::ACCESS_CONTROL_REQUEST_HEADERS);
    let wanted = wanted.and_then(|value| value.to_str().ok());
    let mut names = wanted
        .unwrap_or_default()
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty());
    let known = |name: &str| {
        ALLOW_HEADERS
            .split(',')
            .any(|known| known.eq_ignore_ascii_case(name))
    };
    names.all(known)
}

fn configured(rules: &[HeaderRule], around: &mut HeaderMap) {
    for HeaderRule { name, action } in rules {
        match action {
            HeaderAction::Set(value) => set(around, name, value.clone()),
            HeaderAction::Add(value) => {
                around.append(name, value.clone());
            }
            HeaderAction::SetDate(after_ms) => set(around, name, date(*after_ms)),
            HeaderAction::AddDate(after_ms) => {
                around.append(name, date(*after_ms));
            }
        }
    }
}

fn set(around: &mut HeaderMap, name: &HeaderName, value: HeaderValue) {
    around.insert(name, value);
}

/// Now and some milliseconds, as headers have dates.
fn date(after_ms: i64) -> HeaderValue {
    let distance = Duration::from_millis(after_ms.unsigned_abs());
    let now = SystemTime::now();
    let at = if after_ms < 0 {
        now.checked_sub(distance)
    } else {
        now.checked_add(distance)
    };
    // The format's years have four digits.
    let last = SystemTime::UNIX_EPOCH + Duration::from_secs(253_402_300_799);
    let at = at.unwrap_or(now).clamp(SystemTime::UNIX_EPOCH, last);
    HeaderValue::from_str(&httpdate::fmt_http_date(at))
        .unwrap_or(HeaderValue::from_static("Thu, 01 Jan 1970 00:00:00 GMT"))
}
