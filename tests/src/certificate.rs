//! A certificate authority of a test's own, for wss.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A server certificate for `localhost` and 127.0.0.1, and the authority that
/// signed it.
#[derive(Clone, Debug)]
pub struct Certificate {
    /// The authority, PEM: what the worker must trust.
    pub authority: PathBuf,
    /// The server's certificate, PEM.
    pub certificate: PathBuf,
    /// The server's key, PEM.
    pub key: PathBuf,
}

impl Certificate {
    /// Makes one with the `openssl` command in `folder`.
    pub fn create(folder: &Path) -> Self {
        let file = |name: &str| folder.join(name);
        let created = Self {
            authority: file("authority.pem"),
            certificate: file("server.pem"),
            key: file("server-key.pem"),
        };
        fs::write(
            file("extensions"),
            "subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=CA:FALSE\n",
        )
        .expect("a file");
        let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
        openssl(
            folder,
            &format!(
                "req -x509 {key} -keyout authority-key.pem -out authority.pem -days 2 -subj /CN=test-authority"
            ),
        );
        openssl(
            folder,
            &format!("req {key} -keyout server-key.pem -out server.csr -subj /CN=localhost"),
        );
        openssl(
            folder,
            "x509 -req -in server.csr -CA authority.pem -CAkey authority-key.pem -CAcreateserial -days 2 -extfile extensions -out server.pem",
        );
        created
    }

    /// Writes the server's key and its certificate into one PEM file, as Java's
    /// stores have them.
    pub fn write_with_key(&self, into: &Path) {
        let read = |path: &Path| fs::read_to_string(path).expect("a PEM file");
        let both = read(&self.key) + &read(&self.certificate);
        fs::write(into, both).expect("a file");
    }
}

/// Runs `openssl` with arguments that have no blanks in them.
pub fn openssl(folder: &Path, arguments: &str) {
    let output = Command::new("openssl")
        .args(arguments.split(' '))
        .current_dir(folder)
        .output()
        .expect("openssl runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "openssl {arguments}: {errors}");
}
