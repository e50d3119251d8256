//! Stores that cannot work: the error names the setting and the cure, and
//! shows no password.

use std::io::Write as _;

use tempfile::NamedTempFile;

use super::super::tests::{errors, with};

/// The beginning of Java's own keystore format, version 2, with one entry.
const JKS: &[u8] = b"\xfe\xed\xfe\xed\0\0\0\x02\0\0\0\x01";

fn file(bytes: &[u8]) -> NamedTempFile {
    let mut file = NamedTempFile::new().expect("a file");
    file.write_all(bytes).expect("written");
    file
}

/// What is wrong with TLS settings of which one is a file with these bytes.
fn wrong(location: &str, bytes: &[u8], settings: &[(&str, &str)]) -> (String, String) {
    let file = file(bytes);
    let path = file.path().display().to_string();
    let mut all = vec![("security.protocol", "SSL"), (location, path.as_str())];
    all.extend_from_slice(settings);
    let error = errors(&all);
    assert!(!error.contains("hunter2"), "{error}");
    (error, path)
}

#[test]
fn a_private_key_in_java_s_own_format_is_refused_with_the_command_that_converts_it() {
    let settings = [
        ("ssl.keystore.type", "JKS"),
        ("ssl.keystore.password", "hunter2"),
    ];
    let (error, path) = wrong("ssl.keystore.location", JKS, &settings);
    let expected = format!(
        "Invalid value {path} for configuration producer.ssl.keystore.location: private keys in the \
         JKS format are not read; convert the file: keytool -importkeystore -srckeystore {path} \
         -destkeystore {path}.p12 -deststoretype PKCS12 (check the file and ssl.keystore.password)"
    );
    assert_eq!(error, expected);
}

#[test]
fn other_formats_are_refused_with_those_there_are() {
    for name in ["ssl.keystore.type", "ssl.truststore.type"] {
        let error = errors(&[("security.protocol", "SSL"), (name, "BCFKS")]);
        let expected = format!(
            "Invalid value BCFKS for configuration producer.{name}: this worker reads PEM, PKCS12 \
             and JKS (JKS truststores only)"
        );
        assert_eq!(error, expected);
    }
}

#[test]
fn a_store_that_cannot_be_read_is_named_with_what_to_look_at() {
    let certificate = b"-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n";
    let key = b"-----BEGIN PRIVATE KEY-----\nMA==\n-----END PRIVATE KEY-----\n";
    let (trust, own) = ("ssl.truststore.location", "ssl.keystore.location");
    let cases: [(&str, &[u8], bool, &str); 7] = [
        (trust, JKS, false, "the JKS file is damaged"),
        (trust, b"neither", true, "cannot be read with this password"),
        (trust, b"neither", false, "its password is not given"),
        (trust, key, false, "it holds no trusted certificate"),
        (own, b"neither", true, "cannot be read with this password"),
        (own, certificate, false, "it holds no private key"),
        (own, key, false, "it holds no certificate"),
    ];
    for (location, bytes, has_password, why) in cases {
        let password = location.replace("location", "password");
        let given = [(password.as_str(), "hunter2")];
        let settings = if has_password { &given[..] } else { &[] };
        let (error, path) = wrong(location, bytes, settings);
        let setting = format!("Invalid value {path} for configuration producer.{location}: ");
        assert!(
            error.starts_with(&setting) && error.contains(why),
            "{error}"
        );
        assert!(error.ends_with(&format!("(check the file and {password})")));
    }
}

#[test]
fn an_encrypted_key_needs_its_password() {
    let store =
        b"-----BEGIN ENCRYPTED PRIVATE KEY-----\nMA==\n-----END ENCRYPTED PRIVATE KEY-----\n\
        -----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n";
    let (error, _) = wrong("ssl.keystore.location", store, &[]);
    assert_eq!(
        error,
        "Missing required configuration \"ssl.key.password\": the private key is encrypted"
    );
    let file = file(store);
    let path = file.path().display().to_string();
    let settings = with(
        &[
            ("security.protocol", "SSL"),
            ("ssl.keystore.location", &path),
            ("ssl.key.password", "hunter2"),
        ],
        &[],
    );
    let properties = settings.expect("valid").properties;
    assert_eq!(properties["ssl.key.password"], "hunter2");
    assert!(properties["ssl.key.pem"].starts_with("-----BEGIN ENCRYPTED"));
}

#[test]
fn stores_without_tls_are_told_of() {
    for name in ["ssl.truststore.location", "ssl.keystore.location"] {
        let settings = with(&[(name, "/no/such/file")], &[]).expect("valid");
        let expected = format!("producer.{name} has no effect: security.protocol does not use TLS");
        assert_eq!(settings.warnings, [expected]);
    }
}

#[test]
fn host_names_are_checked_unless_it_is_said() {
    let algorithm = "ssl.endpoint.identification.algorithm";
    let ssl = ("security.protocol", "SSL");
    let properties = |given: &[(&str, &str)]| with(given, &[]).expect("valid").properties;
    assert_eq!(
        properties(&[ssl]).get(algorithm),
        None,
        "librdkafka's https"
    );
    assert_eq!(properties(&[ssl, (algorithm, "HTTPS")])[algorithm], "https");
    assert_eq!(properties(&[ssl, (algorithm, "")])[algorithm], "none");
    assert!(errors(&[ssl, (algorithm, "ldaps")]).contains("https or empty"));
}
