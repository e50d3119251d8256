//! The worker's settings about its REST API (Connect's `RestServerConfig`).

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::console::ConsoleConfig;
use super::cors::Cors;
use super::listener::{self, Advertised, Listener, Scheme};
use super::response_headers::{self, HeaderRule};
use super::values::Values;

const BASIC_AUTH: &str =
    "org.apache.kafka.connect.rest.basic.auth.extension.BasicAuthSecurityRestExtension";

/// Where the resources under `/admin` are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum AdminListeners {
    /// On the main listeners: `admin.listeners` is not given.
    #[default]
    Main,
    /// Nowhere: it is given and empty.
    Off,
    /// On listeners of their own only.
    Own(Vec<Listener>),
}

impl AdminListeners {
    /// The listeners of their own.
    pub fn own(&self) -> &[Listener] {
        match self {
            Self::Own(own) => own,
            Self::Main | Self::Off => &[],
        }
    }
}

/// Settings of the REST API.
#[derive(Clone)]
pub struct RestConfig {
    /// `listeners`, at least one.
    pub listeners: Vec<Listener>,
    /// `admin.listeners`.
    pub admin_listeners: AdminListeners,
    /// `rest.advertised.*`.
    pub advertised: Advertised,
    /// `access.control.allow.*`.
    pub cors: Option<Cors>,
    /// `response.http.headers.config`.
    pub response_headers: Vec<HeaderRule>,
    /// Whether `rest.extension.classes` asks for the basic authentication.
    pub basic_auth: bool,
    /// `rest.basic.auth.login.config`: the JAAS file. Ours; Java has it from
    /// the system property `java.security.auth.login.config`.
    pub login_config: Option<PathBuf>,
    /// `jolokia.enabled`: whether `/jolokia` is there. Ours.
    pub jolokia: bool,
    /// `console.*`. Ours.
    pub console: ConsoleConfig,
    /// `ssl.*` for the listeners; may hold secrets.
    pub ssl: BTreeMap<String, String>,
    /// `ssl.*` for the admin listeners likewise.
    pub admin_ssl: BTreeMap<String, String>,
}

impl RestConfig {
    /// Reads them; with them come warnings.
    pub(super) fn read(values: &mut Values<'_>) -> (Self, Vec<String>) {
        let listeners = match values.text("listeners") {
            None => "http://:8083",
            Some("") => {
                values.errors.push(
                    "Invalid value for listeners, at least one URL is expected, ex: \
                     http://localhost:8080,https://localhost:8443."
                        .to_owned(),
                );
                ""
            }
            Some(text) => text,
        };
        let listeners = listener::parse("listeners", listeners)
            .map_err(|error| values.errors.push(error))
            .unwrap_or_default();
        let admin_listeners = values.parsed("admin.listeners", |text| {
            Ok(match listener::parse("admin.listeners", text)? {
                none if none.is_empty() => AdminListeners::Off,
                own => AdminListeners::Own(own),
            })
        });
        let advertised = Advertised {
            host: values
                .non_empty("rest.advertised.host.name")
                .map(str::to_owned),
            port: values.port("rest.advertised.port"),
            scheme: values.parsed("rest.advertised.listener", |text| {
                listener::parse_scheme(text).map(Some).ok_or_else(|| {
                    format!(
                        "Invalid value {text} for configuration rest.advertised.listener: \
                         String must be one of: http, https"
                    )
                })
            }),
        };
        let text = |name: &str| values.text(name).unwrap_or_default();
        let cors = Cors::new(
            text("access.control.allow.origin"),
            text("access.control.allow.methods"),
        );
        let config = Self {
            cors,
            response_headers: values
                .parsed("response.http.headers.config", response_headers::parse),
            basic_auth: values.parsed("rest.extension.classes", extensions),
            login_config: values
                .non_empty("rest.basic.auth.login.config")
                .map(PathBuf::from),
            jolokia: values.boolean("jolokia.enabled", false),
            console: ConsoleConfig::read(values),
            ssl: all_or_nothing(values, "listeners.https."),
            admin_ssl: all_or_nothing(values, "admin.listeners.https."),
            listeners,
            admin_listeners,
            advertised,
        };
        let warnings = config.warnings(values);
        (config, warnings)
    }

    fn warnings(&self, values: &Values<'_>) -> Vec<String> {
        let mut warnings = Vec::new();
        for (setting, listeners) in [
            ("listeners", self.listeners.as_slice()),
            ("admin.listeners", self.admin_listeners.own()),
        ] {
            let prefix = format!("{setting}.https.");
            let secure = listeners.iter().any(|l| l.scheme == Scheme::Https);
            if !secure && !values.prefixed(&prefix).is_empty() {
                warnings.push(format!(
                    "{prefix}* has no effect: {setting} has no https listener"
                ));
            }
        }
        if self.login_config.is_some() && !self.basic_auth {
            warnings.push(format!(
                "rest.basic.auth.login.config has no effect: nobody is asked for a login without \
                 rest.extension.classes={BASIC_AUTH}"
            ));
        }
        warnings.extend(self.console.warning());
        let methods = values.non_empty("access.control.allow.methods");
        if self.cors.is_none() && methods.is_some() {
            warnings.push(
                "access.control.allow.methods has no effect: access.control.allow.origin is not set"
                    .to_owned(),
            );
        }
        warnings
    }
}

/// `rest.extension.classes`: whether the one that we have is among them.
fn extensions(text: &str) -> Result<bool, String> {
    let mut basic_auth = false;
    for class in text.split(',').map(str::trim).filter(|c| !c.is_empty()) {
        let simple = BASIC_AUTH.rsplit('.').next();
        if class != BASIC_AUTH && Some(class) != simple {
            return Err(format!(
                "Failed to find any class that implements interface \
                 org.apache.kafka.connect.rest.ConnectRestExtension and which name matches {class}: \
                 this worker has {BASIC_AUTH} only; remove the other one from \
                 rest.extension.classes, or put a proxy that does its work in front of the REST API"
            ));
        }
        basic_auth = true;
    }
    Ok(basic_auth)
}

/// The `ssl.*` settings under `prefix` if there is any of them, else those
/// without a prefix (Kafka's `valuesWithPrefixAllOrNothing`).
fn all_or_nothing(values: &Values<'_>, prefix: &str) -> BTreeMap<String, String> {
    let own = values.prefixed(prefix);
    let chosen = if own.is_empty() {
        values.map.clone()
    } else {
        own
    };
    chosen
        .into_iter()
        .filter(|(name, _)| name.starts_with("ssl."))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> (RestConfig, Vec<String>, Vec<String>) {
        let map = pairs
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect();
        let mut values = Values::new(&map);
        let (config, warnings) = RestConfig::read(&mut values);
        (config, warnings, values.errors)
    }

    #[test]
    fn the_admin_resources_are_on_the_main_listeners_unless_it_is_said() {
        assert_eq!(read(&[]).0.admin_listeners, AdminListeners::Main);
        let off = read(&[("admin.listeners", " ")]).0;
        assert_eq!(off.admin_listeners, AdminListeners::Off);
        let own = read(&[("admin.listeners", "https://:1")]).0;
        assert!(matches!(own.admin_listeners, AdminListeners::Own(own) if own[0].port == 1));
    }

    #[test]
    fn tls_settings_come_with_a_prefix_or_all_without() {
        let plain = ("ssl.keystore.location", "plain");
        let key = ("ssl.key.password", "k");
        let own = ("listeners.https.ssl.keystore.location", "own");
        let (config, _, _) = read(&[plain, key, own]);
        assert_eq!(config.ssl.len(), 1);
        assert_eq!(config.ssl["ssl.keystore.location"], "own");
        assert_eq!(config.admin_ssl["ssl.keystore.location"], "plain");
        assert_eq!(config.admin_ssl.len(), 2);
    }

    #[test]
    fn another_extension_is_refused_by_name() {
        let (config, _, errors) = read(&[("rest.extension.classes", BASIC_AUTH)]);
        assert!(config.basic_auth && errors.is_empty());
        let list = format!("{BASIC_AUTH}, com.example.Audit");
        let (_, _, errors) = read(&[("rest.extension.classes", &list)]);
        assert!(errors[0].contains("com.example.Audit"), "{errors:?}");
    }

    #[test]
    fn all_errors_are_found_at_once() {
        let (_, _, errors) = read(&[
            ("listeners", ""),
            ("admin.listeners", "x"),
            ("rest.advertised.listener", "ftp"),
            ("rest.advertised.port", "70000"),
            ("response.http.headers.config", "foo"),
        ]);
        assert_eq!(errors.len(), 5, "{errors:?}");
    }

    #[test]
    fn settings_that_miss_their_partner_are_told_of() {
        let (_, warnings, _) = read(&[
            ("listeners.https.ssl.keystore.location", "x"),
            ("admin.listeners.https.ssl.keystore.location", "x"),
            ("rest.basic.auth.login.config", "x"),
            ("access.control.allow.methods", "GET"),
        ]);
        assert_eq!(warnings.len(), 4, "{warnings:?}");
        assert!(
            warnings[1].contains("admin.listeners has no https"),
            "{warnings:?}"
        );
    }
}
