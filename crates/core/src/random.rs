//! Randomness that a peer cannot predict, for keys and masks (RFC 6455
//! sections 4.1 and 5.3), from the TLS provider.

use std::sync::OnceLock;

use rustls::crypto::{CryptoProvider, GetRandomFailed};

static PROVIDER: OnceLock<CryptoProvider> = OnceLock::new();

/// Fills `bytes`.
///
/// # Errors
/// The system's generator fails.
pub(crate) fn fill(bytes: &mut [u8]) -> Result<(), GetRandomFailed> {
    PROVIDER
        .get_or_init(rustls::crypto::ring::default_provider)
        .secure_random
        .fill(bytes)
}
