//! SASL: PLAIN, SCRAM and OAUTHBEARER from `sasl.mechanism` and
//! `sasl.jaas.config`.

use std::path::Path;

use url::Url;

use super::draft::{Draft, Given};
use super::jaas::{self, LoginModule};
use crate::oauth::TokenSource;

const PROTOCOLS: [&str; 4] = ["plaintext", "ssl", "sasl_plaintext", "sasl_ssl"];
/// Java's handler for tokens of an identity provider; [`TokenSource`] does it.
const OIDC_HANDLER: &str = "OAuthBearerLoginCallbackHandler";

/// Translates `security.protocol` and what belongs to SASL.
pub(super) fn translate(draft: &mut Draft<'_>) {
    let protocol = match draft.value("security.protocol").cloned() {
        None => "plaintext".to_owned(),
        Some(given) => {
            let protocol = given.value.to_ascii_lowercase();
            if !PROTOCOLS.contains(&protocol.as_str()) {
                draft.errors.push(format!(
                    "Invalid value {} for configuration {}: String must be one of: PLAINTEXT, SSL, \
                     SASL_PLAINTEXT, SASL_SSL",
                    given.value, given.label
                ));
                return;
            }
            draft.set("security.protocol", &protocol);
            protocol
        }
    };
    if protocol.starts_with("sasl") {
        if let Err(error) = mechanism(draft) {
            draft.errors.push(error);
        }
        return;
    }
    for name in ["sasl.jaas.config", "sasl.mechanism"] {
        if let Some(given) = draft.value(name) {
            let warning = format!(
                "{} has no effect: security.protocol is {}",
                given.label,
                protocol.to_ascii_uppercase()
            );
            draft.warnings.push(warning);
        }
    }
}

fn mechanism(draft: &mut Draft<'_>) -> Result<(), String> {
    let (label, mechanism) = match draft.value("sasl.mechanism") {
        Some(given) => (given.label.clone(), given.value.to_ascii_uppercase()),
        None => ("sasl.mechanism".to_owned(), "GSSAPI".to_owned()),
    };
    draft.set("sasl.mechanism", &mechanism);
    match mechanism.as_str() {
        "PLAIN" => password(draft, "PlainLoginModule"),
        "SCRAM-SHA-256" | "SCRAM-SHA-512" => password(draft, "ScramLoginModule"),
        "OAUTHBEARER" => oauthbearer(draft),
        "GSSAPI" => Err(format!(
            "Invalid value GSSAPI for configuration {label}: Kerberos is not built in; set it to \
             PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER (GSSAPI is Kafka's default)"
        )),
        other => Err(format!(
            "Invalid value {other} for configuration {label}: this worker has PLAIN, SCRAM-SHA-256, \
             SCRAM-SHA-512 and OAUTHBEARER"
        )),
    }
}

/// The login module of `sasl.jaas.config` and what the user calls that.
fn module(draft: &Draft<'_>, class: &str) -> Result<(LoginModule, String), String> {
    let Some(given) = draft.value("sasl.jaas.config") else {
        return Err(format!(
            "Missing required configuration \"sasl.jaas.config\": security.protocol asks for SASL; \
             set it to: {class} required username=\"...\" password=\"...\";"
        ));
    };
    let label = given.label.clone();
    let module = jaas::parse(&given.value)
        .map_err(|why| format!("Invalid value [hidden] for configuration {label}: {why}"))?;
    if module.class != class {
        return Err(format!(
            "Invalid value [hidden] for configuration {label}: sasl.mechanism goes with a {class}, not \
             with a {}",
            module.class
        ));
    }
    Ok((module, label))
}

fn password(draft: &mut Draft<'_>, class: &str) -> Result<(), String> {
    let (module, label) = module(draft, class)?;
    for (option, native) in [("username", "sasl.username"), ("password", "sasl.password")] {
        let Some(value) = module.options.get(option) else {
            return Err(format!(
                "Invalid value [hidden] for configuration {label}: the {class} has no {option}"
            ));
        };
        draft.set(native, value);
    }
    Ok(())
}

fn oauthbearer(draft: &mut Draft<'_>) -> Result<(), String> {
    let (module, label) = module(draft, "OAuthBearerLoginModule")?;
    let handler = draft.value("sasl.login.callback.handler.class").cloned();
    if let Some(handler) = handler
        && handler.value.rsplit('.').next() != Some(OIDC_HANDLER)
    {
        return Err(format!(
            "Invalid value {} for configuration {}: this worker cannot load Java classes; \
             {OIDC_HANDLER} is built in",
            handler.value, handler.label
        ));
    }
    match draft.value("sasl.oauthbearer.token.endpoint.url").cloned() {
        Some(endpoint) => identity_provider(draft, &endpoint, &module, &label),
        None => unsecured(draft, &module, &label),
    }
}

/// Whether tokens can be asked for there. The errors do not show the URL: what
/// is wrong with it may be a password in the wrong place.
fn token_endpoint(endpoint: &Given) -> Result<(), String> {
    let url = Url::parse(&endpoint.value);
    let why = match &url {
        Err(_) => "it is not a valid URL",
        Ok(url) if !["http", "https"].contains(&url.scheme()) => {
            "this worker fetches tokens by http:// or https://"
        }
        Ok(url) if !url.username().is_empty() || url.password().is_some() => {
            "it has user info in it; the client's id and secret have settings of their own, \
             sasl.oauthbearer.client.credentials.client.id and .secret (or clientId and clientSecret in \
             sasl.jaas.config)"
        }
        Ok(_) => return Ok(()),
    };
    Err(format!(
        "Invalid value [hidden] for configuration {}: {why}",
        endpoint.label
    ))
}

/// Tokens of an identity provider by client credentials (KIP-768). The
/// client's names come from the settings (Kafka 4.1) or from the login
/// module's options (before).
fn identity_provider(
    draft: &mut Draft<'_>,
    endpoint: &Given,
    module: &LoginModule,
    label: &str,
) -> Result<(), String> {
    token_endpoint(endpoint)?;
    if let Some(name) = module
        .options
        .keys()
        .find(|name| name.starts_with("extension_"))
    {
        return Err(format!(
            "Invalid value [hidden] for configuration {label}: SASL extensions ({name}) are not \
             supported by this worker"
        ));
    }
    let credential = |setting: &str, option: &str| {
        let given = draft.value(setting).map(|given| given.value.clone());
        given.or_else(|| module.options.get(option).cloned())
    };
    let required = |setting: &str, option: &str| {
        credential(setting, option).ok_or_else(|| {
            format!(
                "Missing required configuration \"{setting}\" (or {option} in {label}): the client \
                 that asks for the token"
            )
        })
    };
    let credentials = "sasl.oauthbearer.client.credentials.client";
    let encodes = draft.value("sasl.oauthbearer.header.urlencode");
    let source = TokenSource {
        endpoint: endpoint.value.clone(),
        client_id: required(&format!("{credentials}.id"), "clientId")?,
        client_secret: required(&format!("{credentials}.secret"), "clientSecret")?,
        scope: credential("sasl.oauthbearer.scope", "scope"),
        encodes_credentials: encodes.is_some_and(|given| given.value.eq_ignore_ascii_case("true")),
        ca_file: draft.system_trust.file().map(Path::to_path_buf),
    };
    draft.set("sasl.oauthbearer.config", source.to_config());
    Ok(())
}

/// Kafka's unsecured tokens, for development.
fn unsecured(draft: &mut Draft<'_>, module: &LoginModule, label: &str) -> Result<(), String> {
    let Some(principal) = module.options.get("unsecuredLoginStringClaim_sub") else {
        return Err(format!(
            "Missing required configuration \"sasl.oauthbearer.token.endpoint.url\": where tokens come \
             from (or unsecuredLoginStringClaim_sub in {label}, for development)"
        ));
    };
    if principal.contains([' ', ',']) {
        return Err(format!(
            "Invalid value [hidden] for configuration {label}: unsecuredLoginStringClaim_sub cannot \
             contain blanks or commas here"
        ));
    }
    draft.set("enable.sasl.oauthbearer.unsecure.jwt", "true");
    draft.set("sasl.oauthbearer.config", format!("principal={principal}"));
    draft.warnings.push(format!(
        "{label}: unsecured tokens are for development only"
    ));
    Ok(())
}
