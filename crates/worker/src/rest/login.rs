//! Connect's `BasicAuthSecurityRestExtension` (KIP-285): user names and
//! passwords from the properties file that a JAAS file names.
//!
//! Invariants: a comparison's time does not tell how much of a password is
//! right; the passwords are in memory only, as in Java since the start of the
//! worker; an empty file of users lets nobody in.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use axum::http::HeaderValue;
use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use subtle::ConstantTimeEq;
use websocket_source::secret::Secret;

use super::jaas_file;
use crate::files::{MAX_FILE_BYTES, Properties, read_bounded};

/// The JAAS entry that Connect asks for.
const ENTRY: &str = "KafkaConnect";
const PROPERTY: &str = "-Djava.security.auth.login.config=";
const CURE: &str = "name a JAAS file with rest.basic.auth.login.config in the worker's file, or \
                    with -Djava.security.auth.login.config=FILE in the environment variable \
                    KAFKA_OPTS";

/// Java's decoder takes encodings with and without padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Who may use the REST API.
#[derive(Debug)]
pub struct Login(BTreeMap<String, Secret>);

/// Why a request is not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum LoginError {
    /// There are no credentials, or not the right ones.
    #[error("User cannot access the resource.")]
    Refused,
    /// The header is no base64.
    #[error("The credentials in the Authorization header are not valid base64")]
    Malformed,
}

impl Login {
    /// The users of the JAAS file that the worker's setting names, else of
    /// that in `kafka_opts`, the environment variable.
    ///
    /// # Errors
    /// What is missing or wrong, and the cure; without passwords.
    pub fn read(setting: Option<&Path>, kafka_opts: Option<&str>) -> Result<Self, String> {
        let from_environment = || kafka_opts.and_then(system_property);
        let file = setting.map(Path::to_owned).or_else(from_environment);
        let file = file.ok_or_else(|| {
            format!("rest.extension.classes has the basic authentication, but there is no JAAS file: {CURE}")
        })?;
        let wrong = |why: String| format!("the JAAS file {} cannot be used: {why}", file.display());
        let bytes =
            read_bounded(&file, MAX_FILE_BYTES).map_err(|error| wrong(error.to_string()))?;
        let users =
            jaas_file::users_file(&String::from_utf8_lossy(&bytes), ENTRY).map_err(wrong)?;
        Self::users(Path::new(&users))
    }

    fn users(file: &Path) -> Result<Self, String> {
        let wrong =
            |why: String| format!("the file of users {} cannot be used: {why}", file.display());
        let bytes = read_bounded(file, MAX_FILE_BYTES).map_err(|error| wrong(error.to_string()))?;
        let properties = Properties::parse(&bytes).map_err(|error| wrong(error.to_string()))?;
        let users: BTreeMap<String, Secret> = properties
            .into_map()
            .into_iter()
            .map(|(user, password)| (user, Secret::new(password)))
            .collect();
        if users.is_empty() {
            let why = "it has no user, and this worker lets nobody in without a password; \
                       add lines of the form USER=PASSWORD";
            return Err(wrong(why.to_owned()));
        }
        Ok(Self(users))
    }

    /// Whether a request with this `Authorization` may go on.
    pub(super) fn check(&self, authorization: Option<&HeaderValue>) -> Result<(), LoginError> {
        let given = authorization.ok_or(LoginError::Refused)?;
        let given = given.to_str().map_err(|_| LoginError::Refused)?;
        let (scheme, encoded) = given.split_once(' ').ok_or(LoginError::Refused)?;
        if !scheme.eq_ignore_ascii_case("Basic") {
            return Err(LoginError::Refused);
        }
        let decoded = BASE64.decode(encoded).map_err(|_| LoginError::Malformed)?;
        let decoded = String::from_utf8_lossy(&decoded);
        let (user, password) = decoded.split_once(':').ok_or(LoginError::Refused)?;
        // Compared also for a user that is not there, who else answers faster.
        let nobody = Secret::new(String::new());
        let known = self.0.get(user);
        let expected = known.unwrap_or(&nobody).expose();
        let same = bool::from(expected.as_bytes().ct_eq(password.as_bytes()));
        (same && known.is_some() && !user.is_empty())
            .then_some(())
            .ok_or(LoginError::Refused)
    }
}

/// The file of Java's system property, of which the last one counts.
fn system_property(options: &str) -> Option<PathBuf> {
    let value = options
        .split_whitespace()
        .filter_map(|option| option.trim_matches(['"', '\'']).strip_prefix(PROPERTY))
        .next_back()?;
    // A second equals sign says "this file only", which it is here anyway.
    let value = value.trim_start_matches('=').trim_matches(['"', '\'']);
    let path = value
        .strip_prefix("file:")
        .map_or(value, |url| url.strip_prefix("//").unwrap_or(url));
    (!path.is_empty()).then(|| PathBuf::from(path))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use base64::engine::general_purpose::STANDARD;

    use super::*;

    fn login(users: &str) -> Result<Login, String> {
        let folder = tempfile::tempdir().expect("a folder");
        let (jaas, file) = (folder.path().join("jaas.conf"), folder.path().join("users"));
        fs::write(&file, users).expect("a file");
        let text = format!(
            "KafkaConnect {{ org.apache.kafka.connect.rest.basic.auth.extension.\
             PropertyFileLoginModule required file=\"{}\"; }};",
            file.display()
        );
        fs::write(&jaas, text).expect("a file");
        Login::read(Some(&jaas), None)
    }

    fn header(text: &str) -> HeaderValue {
        HeaderValue::from_str(text).expect("a header")
    }

    fn basic(credentials: &str) -> HeaderValue {
        header(&format!("Basic {}", STANDARD.encode(credentials)))
    }

    #[test]
    fn users_of_the_file_get_in_with_their_passwords() {
        let login = login("alice=s:cret\nbob = p w \n").expect("readable");
        for good in ["alice:s:cret", "bob:p w "] {
            assert_eq!(login.check(Some(&basic(good))), Ok(()), "{good}");
        }
        for bad in [
            "alice:s",
            "alice:",
            "alice",
            "bob:p w",
            "nobody:s:cret",
            ":",
            "",
        ] {
            let refused = login.check(Some(&basic(bad)));
            assert_eq!(refused, Err(LoginError::Refused), "{bad}");
        }
    }

    #[test]
    fn other_headers_do_not_get_in() {
        let login = login("alice=secret").expect("readable");
        let encoded = STANDARD.encode("alice:secret");
        assert_eq!(login.check(None), Err(LoginError::Refused));
        for refused in ["Basic", "Bearer abc", &format!("Digest {encoded}"), ""] {
            let refused = login.check(Some(&header(refused)));
            assert_eq!(refused, Err(LoginError::Refused));
        }
        for malformed in ["Basic %%%", &format!("Basic  {encoded}")] {
            let malformed = login.check(Some(&header(malformed)));
            assert_eq!(malformed, Err(LoginError::Malformed));
        }
        let unpadded = format!("bAsIc {}", encoded.trim_end_matches('='));
        assert_eq!(login.check(Some(&header(&unpadded))), Ok(()));
    }

    #[test]
    fn without_users_there_is_no_start() {
        let error = login("# nobody\n").expect_err("nobody");
        assert!(error.contains("USER=PASSWORD"), "{error}");
        let error = Login::read(None, Some("-Xmx1g")).expect_err("no file");
        assert!(error.contains("KAFKA_OPTS"), "{error}");
        let error = Login::read(Some(Path::new("/no/such.conf")), None).expect_err("no file");
        assert!(error.contains("/no/such.conf"), "{error}");
    }

    #[test]
    fn java_s_system_property_is_found_in_kafka_opts() {
        for (options, path) in [
            (
                "-Xmx1g -Djava.security.auth.login.config=/a/b.conf",
                "/a/b.conf",
            ),
            ("\"-Djava.security.auth.login.config=/a\" -Dx=y", "/a"),
            ("-Djava.security.auth.login.config==/a", "/a"),
            ("-Djava.security.auth.login.config=file:///a", "/a"),
            (
                "-Djava.security.auth.login.config=/a -Djava.security.auth.login.config=/b",
                "/b",
            ),
        ] {
            assert_eq!(system_property(options).as_deref(), Some(Path::new(path)));
        }
        assert_eq!(system_property("-Djava.security.auth.login.config="), None);
    }
}
