//! TLS: trust and identity from Java's store settings.

use super::draft::{Draft, Given};
use super::stores::{self, Identity};
use crate::files::{MAX_STORE_BYTES, read_bounded};

/// Translates `ssl.*`, if the protocol uses TLS.
pub(super) fn translate(draft: &mut Draft<'_>) {
    let uses_tls = draft
        .properties
        .get("security.protocol")
        .is_some_and(|p| p.ends_with("ssl"));
    if !uses_tls {
        let given = draft
            .value("ssl.truststore.location")
            .or(draft.value("ssl.keystore.location"));
        if let Some(given) = given {
            let warning = format!(
                "{} has no effect: security.protocol does not use TLS",
                given.label
            );
            draft.warnings.push(warning);
        }
        return;
    }
    for step in [trust, identity, host_names] {
        if let Err(error) = step(draft) {
            draft.errors.push(error);
        }
    }
}

/// `ssl.truststore.*`, else what the platform trusts.
fn trust(draft: &mut Draft<'_>) -> Result<(), String> {
    check_type(draft, "ssl.truststore.type")?;
    if let Some(given) = draft.value("ssl.truststore.certificates").cloned() {
        let pem = stores::trusted(given.value.as_bytes(), None).map_err(|_| {
            format!(
                "Invalid value [hidden] for configuration {}: it holds no PEM certificate",
                given.label
            )
        })?;
        draft.set("ssl.ca.pem", pem);
        return Ok(());
    }
    let Some(given) = draft.value("ssl.truststore.location").cloned() else {
        if let Some(file) = draft.system_trust.file() {
            let file = file.display().to_string();
            draft.set("ssl.ca.location", file);
        }
        return Ok(());
    };
    let password = draft
        .value("ssl.truststore.password")
        .map(|given| given.value.clone());
    let bytes = read(&given)?;
    let pem = stores::trusted(&bytes, password.as_deref())
        .map_err(|why| wrong_store(&given, "ssl.truststore.password", &why))?;
    draft.set("ssl.ca.pem", pem);
    Ok(())
}

/// `ssl.keystore.*`: who we are (mTLS).
fn identity(draft: &mut Draft<'_>) -> Result<(), String> {
    check_type(draft, "ssl.keystore.type")?;
    let key_password = draft
        .value("ssl.key.password")
        .map(|given| given.value.clone());
    let key = draft.value("ssl.keystore.key").cloned();
    let chain = draft.value("ssl.keystore.certificate.chain").cloned();
    let Identity { key_pem, chain_pem } = match (key, chain) {
        (Some(key), Some(chain)) => Identity {
            key_pem: key.value,
            chain_pem: chain.value,
        },
        (Some(_), None) | (None, Some(_)) => {
            return Err(
                "ssl.keystore.key and ssl.keystore.certificate.chain go together: one of them is missing"
                    .to_owned(),
            );
        }
        (None, None) => {
            let Some(given) = draft.value("ssl.keystore.location").cloned() else {
                return Ok(());
            };
            let password = draft
                .value("ssl.keystore.password")
                .map(|given| given.value.clone());
            let bytes = read(&given)?;
            stores::identity(&bytes, password.as_deref(), &given.value)
                .map_err(|why| wrong_store(&given, "ssl.keystore.password", &why))?
        }
    };
    if key_pem.contains("ENCRYPTED") {
        let password = key_password.ok_or(
            "Missing required configuration \"ssl.key.password\": the private key is encrypted",
        )?;
        draft.set("ssl.key.password", password);
    }
    draft.set("ssl.key.pem", key_pem);
    draft.set("ssl.certificate.pem", chain_pem);
    Ok(())
}

/// `ssl.endpoint.identification.algorithm`: empty turns the check of host
/// names off, as in Java.
fn host_names(draft: &mut Draft<'_>) -> Result<(), String> {
    let Some(given) = draft
        .given
        .get("ssl.endpoint.identification.algorithm")
        .cloned()
    else {
        return Ok(());
    };
    let native = match given.value.to_ascii_lowercase().as_str() {
        "" | "none" => "none",
        "https" => "https",
        _ => {
            return Err(format!(
                "Invalid value {} for configuration {}: String must be https or empty",
                given.value, given.label
            ));
        }
    };
    draft.set("ssl.endpoint.identification.algorithm", native);
    Ok(())
}

/// The type only says which formats are possible: a store's own bytes say
/// which it is, so that a PKCS #12 file is read under Java's default JKS, too.
fn check_type(draft: &Draft<'_>, name: &str) -> Result<(), String> {
    let Some(given) = draft.value(name) else {
        return Ok(());
    };
    match given.value.to_ascii_uppercase().as_str() {
        "JKS" | "PKCS12" | "PEM" => Ok(()),
        _ => Err(format!(
            "Invalid value {} for configuration {}: this worker reads PEM, PKCS12 and JKS (JKS \
             truststores only)",
            given.value, given.label
        )),
    }
}

fn read(given: &Given) -> Result<Vec<u8>, String> {
    read_bounded(given.value.as_ref(), MAX_STORE_BYTES)
        .map_err(|error| format!("Invalid value for configuration {}: {error}", given.label))
}

fn wrong_store(given: &Given, password: &str, why: &str) -> String {
    format!(
        "Invalid value {} for configuration {}: {why} (check the file and {password})",
        given.value, given.label
    )
}

#[cfg(test)]
#[path = "tls_tests.rs"]
mod tests;
