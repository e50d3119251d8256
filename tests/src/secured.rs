//! A Kafka that lets nobody in without TLS and a login: listeners for SASL
//! over TLS (PLAIN, SCRAM, OAUTHBEARER with an identity provider) and for
//! mutual TLS, with the stores that Java's clients would use.

use std::path::Path;
use std::sync::OnceLock;

use tempfile::TempDir;

use crate::certificate::{Certificate, openssl};
use crate::kafka::{Extras, Kafka, Version, lasting, remove_after_us, succeeded};
use crate::process::{self, Process};
use crate::{ports, tools, wait};

/// The user of every mechanism.
pub const USER: &str = "alice";
/// That user's password.
pub const PASSWORD: &str = "alice-secret";
/// The password of every store.
pub const STORE_PASSWORD: &str = "store-secret";

/// See the module's documentation.
#[derive(Debug)]
pub struct SecuredKafka {
    /// The broker; its plain listener is for the tests' own tools.
    pub kafka: Kafka,
    sasl_port: u16,
    mutual_tls_port: u16,
    token_port: u16,
    folder: TempDir,
    _tokens: Process,
}

impl SecuredKafka {
    /// The one that all tests of this process share; nobody may stop it.
    pub fn shared(version: Version) -> &'static Self {
        static V3_9: OnceLock<SecuredKafka> = OnceLock::new();
        static V4_1: OnceLock<SecuredKafka> = OnceLock::new();
        let cell = match version {
            Version::V3_9 => &V3_9,
            Version::V4_1 => &V4_1,
        };
        cell.get_or_init(|| {
            lasting(move || {
                let mut started = Self::start(version);
                started.kafka = started.kafka.last();
                remove_after_us(started.folder.path());
                started
            })
        })
    }

    /// Starts the broker and the identity provider.
    fn start(version: Version) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        stores(folder.path());
        let (sasl_port, mutual_tls_port, token_port) =
            (ports::free(), ports::free(), ports::free());
        let keys = folder.path().join("jwks.json");
        let tokens = identity_provider(token_port, &keys, &folder.path().join("tokens.log"));
        let scram = |mechanism: &str| format!("{mechanism}=[name={USER},password={PASSWORD}]");
        let kafka = Kafka::start_with(
            version,
            &Extras {
                listeners: vec![("SASL_SSL", sasl_port), ("SSL", mutual_tls_port)],
                settings: settings(folder.path(), &keys),
                scram_users: vec![scram("SCRAM-SHA-256"), scram("SCRAM-SHA-512")],
                ..Extras::default()
            },
        );
        Self {
            kafka,
            sasl_port,
            mutual_tls_port,
            token_port,
            folder,
            _tokens: tokens,
        }
    }

    /// `bootstrap.servers` of the listener with SASL over TLS.
    pub fn sasl(&self) -> String {
        format!("localhost:{}", self.sasl_port)
    }

    /// `bootstrap.servers` of the listener with mutual TLS.
    pub fn mutual_tls(&self) -> String {
        format!("localhost:{}", self.mutual_tls_port)
    }

    /// `sasl.oauthbearer.token.endpoint.url`.
    pub fn token_endpoint(&self) -> String {
        format!("http://127.0.0.1:{}/token", self.token_port)
    }

    /// One of the files: `authority.pem`, `trust.p12`, `trust.jks`,
    /// `client.p12`, `client-all.pem`.
    pub fn file(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }
}

fn settings(folder: &Path, keys: &Path) -> String {
    let module = "org.apache.kafka.common.security";
    let plain = format!("{module}.plain.PlainLoginModule");
    let scram = format!("{module}.scram.ScramLoginModule");
    let oauth = format!("{module}.oauthbearer.OAuthBearerLoginModule");
    let sasl = "listener.name.sasl_ssl";
    format!(
        "sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER\n\
         {sasl}.plain.sasl.jaas.config={plain} required user_{USER}=\"{PASSWORD}\";\n\
         {sasl}.scram-sha-256.sasl.jaas.config={scram} required;\n\
         {sasl}.scram-sha-512.sasl.jaas.config={scram} required;\n\
         {sasl}.oauthbearer.sasl.jaas.config={oauth} required;\n\
         {sasl}.oauthbearer.sasl.server.callback.handler.class={module}.oauthbearer.OAuthBearerValidatorCallbackHandler\n\
         {sasl}.oauthbearer.sasl.oauthbearer.jwks.endpoint.url=file://{keys}\n\
         {sasl}.oauthbearer.sasl.oauthbearer.expected.audience=kafka\n\
         listener.name.ssl.ssl.client.auth=required\n\
         ssl.keystore.type=PEM\n\
         ssl.keystore.location={server}\n\
         ssl.truststore.type=PEM\n\
         ssl.truststore.location={authority}\n",
        keys = keys.display(),
        server = folder.join("server-all.pem").display(),
        authority = folder.join("authority.pem").display(),
    )
}

/// Certificates in the formats that Java's clients take.
fn stores(folder: &Path) {
    let server = Certificate::create(folder);
    server.write_with_key(&folder.join("server-all.pem"));
    // The authority trusts whatever it has signed, so the same will do for a client.
    server.write_with_key(&folder.join("client-all.pem"));
    openssl(
        folder,
        &format!(
            "pkcs12 -export -inkey server-key.pem -in server.pem -name client -out client.p12 -passout pass:{STORE_PASSWORD}"
        ),
    );
    for (kind, file) in [("PKCS12", "trust.p12"), ("JKS", "trust.jks")] {
        let import = format!(
            "-importcert -noprompt -alias authority -file authority.pem -storetype {kind} -keystore {file} -storepass {STORE_PASSWORD}"
        );
        let output = process::command("keytool")
            .args(import.split(' '))
            .current_dir(folder)
            .output();
        succeeded(&output.expect("keytool runs"));
    }
}

/// An OAuth 2 token endpoint (client credentials), signing with `PyJWT`.
fn identity_provider(port: u16, keys: &Path, log: &Path) -> Process {
    let script = tools::repository().join("tests/servers/tokens.py");
    let mut command = process::command(tools::tool("python").join("bin/python"));
    command
        .arg(script)
        .arg(port.to_string())
        .arg(keys)
        .args([USER, PASSWORD]);
    let mut process = Process::spawn("the identity provider", &mut command, log);
    wait::until("the identity provider listens", || {
        assert!(process.ended().is_none(), "it has ended");
        let connected = std::net::TcpStream::connect(("127.0.0.1", port));
        connected.ok().filter(|_| keys.exists())
    });
    process
}
