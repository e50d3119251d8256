//! One resource: its path, its methods, and the rules that Connect has for
//! each request to it.
//!
//! Invariants: the rules come in Jersey's order (404 for the path, then 405,
//! 415, 406, 401), so the handler is reached by requests only that may do what
//! they ask; a handler has the whole body, in bounded memory and time, and
//! goes on to its end when its client is gone or has been told of a timeout,
//! so that no change is left half done.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::handler::Handler;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::MethodRouter;

use super::login::LoginError;
use super::media::{self, BodyType};
use super::origin::is_foreign;
use super::payload::RestError;
use super::server::Permit;
use super::{Rest, router_error};

/// Connect's `DEFAULT_REST_REQUEST_TIMEOUT_MS`.
const TIMEOUT: Duration = Duration::from_secs(90);
/// How long a body may be on its way.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);
/// Larger bodies are refused; a configuration is far smaller.
const MAX_BODY_BYTES: usize = 4 << 20;

/// The order in which the real worker lists methods.
const ALLOW_ORDER: [Method; 7] = [
    Method::HEAD,
    Method::DELETE,
    Method::POST,
    Method::GET,
    Method::OPTIONS,
    Method::PUT,
    Method::PATCH,
];

/// How a login is given.
const CHALLENGE: HeaderValue =
    HeaderValue::from_static("Basic realm=\"Kafka Connect\", charset=\"UTF-8\"");

/// A resource with its handlers.
pub(super) struct Resource {
    path: &'static str,
    handlers: MethodRouter<Arc<Rest>>,
    rules: Rules,
}

#[derive(Clone)]
struct Rules {
    rest: Arc<Rest>,
    methods: Vec<Method>,
    /// Methods whose handler reads the body.
    entities: Vec<Method>,
    /// Methods that need no login: calls between workers.
    internal: Vec<Method>,
    consumes_json: bool,
    produces_json: bool,
    needs_login: bool,
    /// Methods that change nothing although HTTP's of that name may.
    harmless: Vec<Method>,
}

/// The scheme and authority under which the client has reached us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reached(pub(super) String);

macro_rules! methods {
    ($($name:ident $method:ident),+) => {
        $(/// Adds a method.
        #[allow(dead_code, reason = "every method that a resource may have")]
        pub(super) fn $name<H, T>(mut self, handler: H) -> Self
        where
            H: Handler<T, Arc<Rest>>,
            T: 'static,
        {
            self.rules.methods.push(Method::$method);
            self.handlers = self.handlers.$name(handler);
            self
        })+
    };
}

impl Resource {
    /// A resource that takes and gives JSON, behind the login if there is one.
    pub(super) fn new(rest: &Arc<Rest>, path: &'static str) -> Self {
        Self {
            path,
            handlers: MethodRouter::new(),
            rules: Rules {
                rest: Arc::clone(rest),
                methods: Vec::new(),
                entities: Vec::new(),
                internal: Vec::new(),
                consumes_json: true,
                produces_json: true,
                needs_login: true,
                harmless: Vec::new(),
            },
        }
    }

    methods!(get GET, put PUT, post POST, patch PATCH, delete DELETE);

    /// These methods' handlers read a JSON body.
    pub(super) fn with_body(mut self, methods: &[Method]) -> Self {
        self.rules.entities.extend_from_slice(methods);
        self
    }

    /// This method is for other workers, which have no login and may send
    /// a body of any type.
    pub(super) fn internal(mut self, method: Method) -> Self {
        self.rules.internal.push(method);
        self
    }

    /// Requests may have a body of any type, which is not read.
    pub(super) fn any_body(mut self) -> Self {
        self.rules.consumes_json = false;
        self
    }

    /// The answer is not JSON.
    pub(super) fn any_answer(mut self) -> Self {
        self.rules.produces_json = false;
        self
    }

    /// Nobody is asked for a login.
    pub(super) fn without_login(mut self) -> Self {
        self.rules.needs_login = false;
        self
    }

    /// This method changes nothing, so anybody's page may call it.
    pub(super) fn harmless(mut self, method: Method) -> Self {
        self.rules.harmless.push(method);
        self
    }

    /// Puts the resource, under its rules, into a router.
    pub(super) fn mount(self, router: Router<Arc<Rest>>) -> Router<Arc<Rest>> {
        let rules = middleware::from_fn_with_state(Arc::new(self.rules), apply);
        router.route(self.path, self.handlers.layer(rules))
    }
}

impl Rules {
    fn knows(&self, method: &Method) -> bool {
        let has = |method: &Method| self.methods.contains(method);
        *method == Method::OPTIONS || has(method) || (*method == Method::HEAD && has(&Method::GET))
    }

    /// What a request that its handler must not see is refused with.
    fn refusal(&self, request: &Request) -> Option<Response> {
        let (method, headers) = (request.method(), request.headers());
        let is_options = *method == Method::OPTIONS;
        if !self.knows(method) {
            return Some(router_error(StatusCode::METHOD_NOT_ALLOWED));
        }
        let changes = !method.is_safe() && !self.harmless.contains(method);
        if changes && self.is_foreign(request) {
            return Some(foreign().into_response());
        }
        match media::body_type(headers) {
            _ if is_options || !self.consumes_json || self.internal.contains(method) => {}
            BodyType::Other => return Some(router_error(StatusCode::UNSUPPORTED_MEDIA_TYPE)),
            BodyType::Absent | BodyType::Json | BodyType::Wildcard | BodyType::Malformed => {}
        }
        if !is_options && self.produces_json && media::json_answer(headers).is_none() {
            return Some(router_error(StatusCode::NOT_ACCEPTABLE));
        }
        if self.needs_login && !self.internal.contains(method) {
            return self.login_refusal(request);
        }
        None
    }

    fn is_foreign(&self, request: &Request) -> bool {
        let cors = self.rest.herder.worker().rest.cors.as_ref();
        is_foreign(request.headers(), request.extensions().get(), cors)
    }

    fn login_refusal(&self, request: &Request) -> Option<Response> {
        let headers = request.headers();
        let login = self.rest.login.as_ref()?;
        let error = login.check(headers.get(header::AUTHORIZATION)).err()?;
        if error == LoginError::Malformed {
            return Some(RestError::unreadable(error.to_string()).into_response());
        }
        // Java's worker calls the text JSON; OPTIONS is what it is.
        let is_text = *request.method() == Method::OPTIONS || !self.produces_json;
        let content_type = media::json_answer(headers)
            .filter(|_| !is_text)
            .unwrap_or(HeaderValue::from_static("text/plain"));
        let headers = [
            (header::CONTENT_TYPE, content_type),
            // A browser asks its user then.
            (header::WWW_AUTHENTICATE, CHALLENGE),
        ];
        Some((StatusCode::UNAUTHORIZED, headers, error.to_string()).into_response())
    }

    fn options(&self, request: &Request) -> Response {
        let allowed: Vec<&str> = ALLOW_ORDER
            .iter()
            .filter(|method| self.knows(method))
            .map(Method::as_str)
            .collect();
        let allow = [(header::ALLOW, allowed.join(","))];
        match media::options_answer(request.headers()) {
            None => {
                let content_type = [(header::CONTENT_TYPE, "text/plain")];
                (allow, content_type, allowed.join(", ")).into_response()
            }
            Some(wanted) => (allow, [(header::CONTENT_TYPE, wanted)]).into_response(),
        }
    }

    /// The request with its whole body.
    async fn receive(&self, request: Request) -> Result<Request, RestError> {
        let (parts, body) = request.into_parts();
        let receiving = tokio::time::timeout(BODY_TIMEOUT, to_bytes(body, MAX_BODY_BYTES));
        let refuse = |status: StatusCode, message: String| Err(RestError { status, message });
        let bytes = match receiving.await {
            Ok(Ok(bytes)) => bytes,
            Ok(Err(_)) => {
                let message =
                    format!("The body is cut short or larger than {MAX_BODY_BYTES} bytes");
                return refuse(StatusCode::PAYLOAD_TOO_LARGE, message);
            }
            Err(_) => {
                let message = format!("The body has not come within {} s", BODY_TIMEOUT.as_secs());
                return refuse(StatusCode::REQUEST_TIMEOUT, message);
            }
        };
        let unreadable = match media::body_type(&parts.headers) {
            BodyType::Json => false,
            BodyType::Absent => !bytes.is_empty(),
            _ => true,
        };
        if self.entities.contains(&parts.method) && unreadable {
            let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
            return refuse(status, "HTTP 415 Unsupported Media Type".to_owned());
        }
        Ok(Request::from_parts(parts, Body::from(bytes)))
    }
}

/// The answer to a page of another origin.
fn foreign() -> RestError {
    RestError {
        status: StatusCode::FORBIDDEN,
        message: "A page of another origin may not change anything here: its origin is not in \
                  access.control.allow.origin"
            .to_owned(),
    }
}

async fn apply(State(rules): State<Arc<Rules>>, request: Request, next: Next) -> Response {
    if let Some(refusal) = rules.refusal(&request) {
        return refusal;
    }
    if *request.method() == Method::OPTIONS {
        return rules.options(&request);
    }
    let request = match rules.receive(request).await {
        Ok(request) => request,
        Err(refused) => return refused.into_response(),
    };
    let answer_type = media::json_answer(request.headers());
    let reached = request.extensions().get::<Reached>().cloned();
    let mut response = handle(request, next).await;
    shape(&mut response, answer_type, reached);
    response
}

/// Lets the handler work, whatever becomes of the client.
async fn handle(request: Request, next: Next) -> Response {
    // What is done for a connection counts as that connection to its end.
    let permit = request.extensions().get::<Permit>().cloned();
    let what = format!("{} {}", request.method(), request.uri().path());
    let began = jiff::Timestamp::now();
    let work = tokio::spawn(async move {
        let response = next.run(request).await;
        drop(permit);
        response
    });
    let message = match tokio::time::timeout(TIMEOUT, work).await {
        Ok(Ok(response)) => return response,
        Ok(Err(error)) => {
            tracing::error!(target: "RestServer", "Uncaught exception in REST call {what}: {error}");
            "the request could not be handled; the worker's log has the reason".to_owned()
        }
        Err(_) => format!(
            "Request timed out. The worker is currently handling {what}, which began at {began:.3}"
        ),
    };
    RestError::unreadable(message).into_response()
}

/// Jersey's last touches: the type with the parameters that were asked for,
/// and an absolute `Location`.
fn shape(response: &mut Response, answer_type: Option<HeaderValue>, reached: Option<Reached>) {
    let headers = response.headers_mut();
    let is_json = |value: &HeaderValue| value.as_bytes() == media::JSON.as_bytes();
    if let Some(answer_type) = answer_type
        && headers.get(header::CONTENT_TYPE).is_some_and(is_json)
    {
        headers.insert(header::CONTENT_TYPE, answer_type);
    }
    if let Some(Reached(base)) = reached
        && let Some(path) = headers
            .get(header::LOCATION)
            .and_then(|value| value.to_str().ok())
            .filter(|path| path.starts_with('/'))
        && let Ok(absolute) = HeaderValue::from_str(&format!("{base}{path}"))
    {
        headers.insert(header::LOCATION, absolute);
    }
}
