//! Java's own keystore format (JKS), as far as truststores need it: the
//! certificates. The format is that of `sun.security.provider.JavaKeyStore`.

use sha1_smol::Sha1;

const MAGIC: u32 = 0xfeed_feed;
const PRIVATE_KEY: u32 = 1;
const CERTIFICATE: u32 = 2;
/// What Java mixes into the digest besides the password.
const WHITENER: &[u8] = b"Mighty Aphrodite";
const DIGEST_BYTES: usize = 20;

/// What a store holds.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Store {
    /// Trusted certificates, DER.
    pub(super) certificates: Vec<Vec<u8>>,
    /// Number of private keys, which are not read.
    pub(super) private_keys: usize,
}

/// Why a store cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum JksError {
    /// The password does not fit.
    Password,
    /// The file is damaged.
    Malformed,
}

/// Whether a file is such a store.
pub(super) fn is_jks(bytes: &[u8]) -> bool {
    bytes.starts_with(&MAGIC.to_be_bytes())
}

/// Reads a store; without a password its integrity is not checked, as in Java.
pub(super) fn read(bytes: &[u8], password: Option<&str>) -> Result<Store, JksError> {
    let body_bytes = bytes
        .len()
        .checked_sub(DIGEST_BYTES)
        .ok_or(JksError::Malformed)?;
    let (body, digest) = bytes.split_at(body_bytes);
    if let Some(password) = password {
        let mut sha1 = Sha1::new();
        for unit in password.encode_utf16() {
            sha1.update(&unit.to_be_bytes());
        }
        sha1.update(WHITENER);
        sha1.update(body);
        if sha1.digest().bytes() != digest {
            return Err(JksError::Password);
        }
    }
    entries(body).ok_or(JksError::Malformed)
}

fn entries(mut rest: &[u8]) -> Option<Store> {
    let rest = &mut rest;
    if int(rest)? != MAGIC {
        return None;
    }
    let version = int(rest)?;
    let mut store = Store::default();
    for _ in 0..int(rest)? {
        let kind = int(rest)?;
        let alias_bytes = short(rest)?;
        take(rest, alias_bytes)?;
        // When it was made.
        take(rest, 8)?;
        match kind {
            CERTIFICATE => store
                .certificates
                .push(certificate(rest, version)?.to_vec()),
            PRIVATE_KEY => {
                store.private_keys += 1;
                let key_bytes = int(rest)?;
                take(rest, usize::try_from(key_bytes).ok()?)?;
                for _ in 0..int(rest)? {
                    certificate(rest, version)?;
                }
            }
            _ => return None,
        }
    }
    Some(store)
}

fn certificate<'a>(rest: &mut &'a [u8], version: u32) -> Option<&'a [u8]> {
    if version == 2 {
        // "X.509"
        let type_bytes = short(rest)?;
        take(rest, type_bytes)?;
    }
    let length = int(rest)?;
    take(rest, usize::try_from(length).ok()?)
}

fn take<'a>(rest: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (taken, left) = rest.split_at_checked(count)?;
    *rest = left;
    Some(taken)
}

fn int(rest: &mut &[u8]) -> Option<u32> {
    Some(
        take(rest, 4)?
            .iter()
            .fold(0, |number, byte| number << 8 | u32::from(*byte)),
    )
}

fn short(rest: &mut &[u8]) -> Option<usize> {
    Some(
        take(rest, 2)?
            .iter()
            .fold(0, |number, byte| number << 8 | usize::from(*byte)),
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(&bytes, Some("x"));
            let head = [&MAGIC.to_be_bytes()[..], &2_u32.to_be_bytes(), &bytes].concat();
            let _ = read(&head, None);
        }
    }
}
