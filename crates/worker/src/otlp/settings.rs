//! OpenTelemetry's environment variables, as far as they are about metrics and
//! traces.
//!
//! Invariant: as the specification has it, a signal's variable comes before the
//! general one, and an empty one is as one that is not set.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use percent_encoding::percent_decode_str;
use url::Url;
use websocket_source::secret::Secret;
use websocket_source::settings::redact;

const SERVICE_NAME: &str = "service.name";
const DEFAULT_TIMEOUT_MS: u64 = 10_000;

/// What is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signal {
    Metrics,
    Traces,
}

impl Signal {
    /// As it is called in variables and paths, in lower case.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Metrics => "metrics",
            Self::Traces => "traces",
        }
    }

    /// The variable that says how often it is sent, and its default.
    const fn interval(self) -> (&'static str, u64) {
        match self {
            Self::Metrics => ("OTEL_METRIC_EXPORT_INTERVAL", 60_000),
            Self::Traces => ("OTEL_BSP_SCHEDULE_DELAY", 5_000),
        }
    }
}

/// Where a signal goes, how often, and what is said of their source.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) endpoint: String,
    pub(super) headers: Vec<(String, Secret)>,
    pub(super) certificate: Option<PathBuf>,
    pub(super) timeout: Duration,
    pub(super) interval: Duration,
    pub(super) resource: BTreeMap<String, String>,
}

impl Settings {
    /// What the variables say; `None` if they ask for nothing.
    ///
    /// # Errors
    /// A variable that cannot be used, by name; never a header's value.
    pub(super) fn read(
        signal: Signal,
        variable: impl Fn(&str) -> Option<String>,
        instance: &str,
    ) -> Result<Option<Self>, String> {
        let get = |name: &str| {
            let value = variable(name).map(|value| value.trim().to_owned());
            value.filter(|value| !value.is_empty())
        };
        let upper = signal.name().to_uppercase();
        let exporter = |name: &str| {
            let own = get(&format!("OTEL_EXPORTER_OTLP_{upper}_{name}"));
            own.or_else(|| get(&format!("OTEL_EXPORTER_OTLP_{name}")))
        };
        if get("OTEL_SDK_DISABLED").is_some_and(|value| value.eq_ignore_ascii_case("true")) {
            return Ok(None);
        }
        let choice = format!("OTEL_{upper}_EXPORTER");
        match get(&choice).as_deref() {
            None | Some("otlp") => {}
            Some("none") => return Ok(None),
            Some(_) => return Err(format!("{choice}: give otlp or none")),
        }
        let endpoint = get(&format!("OTEL_EXPORTER_OTLP_{upper}_ENDPOINT")).or_else(|| {
            let base = get("OTEL_EXPORTER_OTLP_ENDPOINT")?;
            let base = base.trim_end_matches('/');
            Some(format!("{base}/v1/{}", signal.name()))
        });
        let Some(endpoint) = endpoint else {
            return Ok(None);
        };
        if !Url::parse(&endpoint).is_ok_and(|url| matches!(url.scheme(), "http" | "https")) {
            let shown = redact(&endpoint);
            return Err(format!(
                "OTEL_EXPORTER_OTLP_ENDPOINT: {shown} is not http://HOST:PORT or https://HOST:PORT"
            ));
        }
        if exporter("PROTOCOL").is_some_and(|protocol| protocol != "http/protobuf") {
            let text = "OTEL_EXPORTER_OTLP_PROTOCOL: only http/protobuf is spoken here; a \
                        collector takes it on port 4318";
            return Err(text.to_owned());
        }
        let headers = exporter("HEADERS").unwrap_or_default();
        let headers = pairs(&headers, "OTEL_EXPORTER_OTLP_HEADERS")?;
        let headers = headers
            .into_iter()
            .map(|(name, value)| (name, Secret::new(value)));
        let (interval, default_ms) = signal.interval();
        Ok(Some(Self {
            endpoint,
            headers: headers.collect(),
            certificate: exporter("CERTIFICATE").map(PathBuf::from),
            timeout: duration(
                exporter("TIMEOUT"),
                DEFAULT_TIMEOUT_MS,
                "OTEL_EXPORTER_OTLP_TIMEOUT",
            )?,
            interval: duration(get(interval), default_ms, interval)?,
            resource: resource(
                get("OTEL_SERVICE_NAME"),
                &get("OTEL_RESOURCE_ATTRIBUTES").unwrap_or_default(),
                instance,
            )?,
        }))
    }
}

fn resource(
    service: Option<String>,
    attributes: &str,
    instance: &str,
) -> Result<BTreeMap<String, String>, String> {
    let ours = [
        (SERVICE_NAME, "connect-websocket"),
        ("service.version", env!("CARGO_PKG_VERSION")),
        ("service.instance.id", instance),
    ];
    let ours = ours.map(|(key, value)| (key.to_owned(), value.to_owned()));
    let mut all = BTreeMap::from(ours);
    all.extend(pairs(attributes, "OTEL_RESOURCE_ATTRIBUTES")?);
    all.extend(service.map(|name| (SERVICE_NAME.to_owned(), name)));
    Ok(all)
}

/// `key=value,key=value`, with values percent-encoded (W3C Baggage).
fn pairs(text: &str, variable: &str) -> Result<Vec<(String, String)>, String> {
    let parts = text
        .split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty());
    let pair = |part: &str| {
        let (key, value) = part
            .split_once('=')
            .ok_or_else(|| format!("{variable}: give KEY=VALUE,KEY=VALUE"))?;
        let value = percent_decode_str(value.trim()).decode_utf8_lossy();
        Ok((key.trim().to_owned(), value.into_owned()))
    };
    parts.map(pair).collect()
}

fn duration(text: Option<String>, default_ms: u64, variable: &str) -> Result<Duration, String> {
    let Some(text) = text else {
        return Ok(Duration::from_millis(default_ms));
    };
    let ms = text.parse().ok().filter(|ms| *ms > 0);
    let ms = ms.ok_or_else(|| format!("{variable}: {text} is no number of milliseconds"))?;
    Ok(Duration::from_millis(ms))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Option<Settings>, String> {
        let get = |name: &str| {
            let found = variables.iter().find(|(given, _)| *given == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        Settings::read(Signal::Metrics, get, "host:8083")
    }

    const ENDPOINT: (&str, &str) = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318/");

    #[test]
    fn nothing_is_sent_unless_it_is_asked_for() {
        for variables in [
            &[][..],
            &[("OTEL_EXPORTER_OTLP_ENDPOINT", "")],
            &[ENDPOINT, ("OTEL_SDK_DISABLED", "TRUE")],
            &[ENDPOINT, ("OTEL_METRICS_EXPORTER", "none")],
        ] {
            assert!(read(variables).expect("valid").is_none(), "{variables:?}");
        }
    }

    #[test]
    fn what_is_for_metrics_comes_before_what_is_for_all() {
        let settings = read(&[ENDPOINT]).expect("valid").expect("settings");
        assert_eq!(settings.endpoint, "http://collector:4318/v1/metrics");
        assert_eq!(settings.timeout, Duration::from_secs(10));
        assert_eq!(settings.interval, Duration::from_secs(60));
        assert_eq!(settings.resource["service.name"], "connect-websocket");
        assert_eq!(settings.resource["service.instance.id"], "host:8083");
        let settings = read(&[
            ENDPOINT,
            ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "https://m/x"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "a=1"),
            (
                "OTEL_EXPORTER_OTLP_METRICS_HEADERS",
                "authorization=Bearer%20s3cret, b = 2",
            ),
            ("OTEL_METRIC_EXPORT_INTERVAL", "500"),
            ("OTEL_SERVICE_NAME", "trades"),
            (
                "OTEL_RESOURCE_ATTRIBUTES",
                "service.name=other,deployment.environment=test",
            ),
        ]);
        let settings = settings.expect("valid").expect("settings");
        assert_eq!(settings.endpoint, "https://m/x");
        let headers: Vec<_> = settings
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.expose()))
            .collect();
        assert_eq!(headers, [("authorization", "Bearer s3cret"), ("b", "2")]);
        assert_eq!(settings.interval, Duration::from_millis(500));
        assert_eq!(settings.resource["service.name"], "trades");
        assert_eq!(settings.resource["deployment.environment"], "test");
        assert!(!format!("{settings:?}").contains("s3cret"));
    }

    #[test]
    fn traces_have_their_own_variables() {
        let all = [
            ENDPOINT,
            ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "a=1"),
            ("OTEL_BSP_SCHEDULE_DELAY", "100"),
        ];
        let get = |name: &str| {
            let found = all.iter().find(|(given, _)| *given == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let settings = Settings::read(Signal::Traces, get, "host:8083");
        let settings = settings.expect("valid").expect("settings");
        assert_eq!(settings.endpoint, "http://collector:4318/v1/traces");
        assert_eq!(settings.interval, Duration::from_millis(100));
        assert_eq!(settings.headers.len(), 1);
        let off = [ENDPOINT, ("OTEL_TRACES_EXPORTER", "none")];
        let get = |name: &str| {
            let found = off.iter().find(|(given, _)| *given == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let settings = Settings::read(Signal::Traces, get, "host:8083");
        assert!(settings.expect("valid").is_none());
    }

    #[test]
    fn a_variable_that_cannot_be_used_is_named() {
        for (name, value) in [
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "soon"),
            ("OTEL_METRIC_EXPORT_INTERVAL", "0"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "s3cret"),
            ("OTEL_METRICS_EXPORTER", "prometheus"),
        ] {
            let error = read(&[ENDPOINT, (name, value)]).expect_err("refused");
            assert!(error.starts_with(name), "{error}");
            assert!(!error.contains("s3cret"), "{error}");
        }
        let error = read(&[("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318")]);
        assert!(error.expect_err("refused").contains("http://HOST:PORT"));
    }
}
