//! Signing secrets and their text form.

use std::fmt::{self, Debug, Formatter};
use std::io;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit};
use sha2::Sha256;

/// Distinguishes symmetric secrets from asymmetric keys.
const PREFIX: &str = "whsec_";

/// The minimum and maximum key length in bytes: 192 and 512 bits.
const KEY_BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// The length of generated keys in bytes: that of the signature, since longer keys would not be
/// stronger.
const NEW_KEY_BYTES: usize = 32;

/// A signing secret: `whsec_` and 24 to 64 bytes in base64, as in the specification's signature
/// scheme.
#[derive(Clone)]
pub struct Secret {
    key: Vec<u8>,
    /// Created here, where an unusable key can still be rejected.
    pub(crate) mac: Hmac<Sha256>,
}

impl Secret {
    /// Generates a secret of 32 random bytes.
    ///
    /// # Errors
    ///
    /// When the operating system provides no random bytes.
    pub fn generate() -> io::Result<Self> {
        let mut key = vec![0; NEW_KEY_BYTES];
        getrandom::fill(&mut key).map_err(io::Error::other)?;
        Self::from_key(key).map_err(io::Error::other)
    }

    /// Parses a secret: the prefix, and base64 with padding.
    ///
    /// # Errors
    ///
    /// One line about what is wrong, without any part of the secret.
    pub fn parse(text: &str) -> Result<Self, SecretError> {
        let encoded = text.strip_prefix(PREFIX).ok_or(SecretError::Prefix)?;
        let key = STANDARD.decode(encoded).map_err(|_| SecretError::Base64)?;
        Self::from_key(key)
    }

    /// Returns the secret as text, to store it and to pass it to the receiver.
    pub fn expose(&self) -> String {
        format!("{PREFIX}{}", STANDARD.encode(&self.key))
    }

    fn from_key(key: Vec<u8>) -> Result<Self, SecretError> {
        if !KEY_BYTES.contains(&key.len()) {
            return Err(SecretError::Length);
        }
        let mac = Hmac::new_from_slice(&key).map_err(|_| SecretError::Length)?;
        Ok(Self { key, mac })
    }
}

impl Debug for Secret {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(…)")
    }
}

/// Why a text is not a valid secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SecretError {
    /// It does not start with `whsec_`.
    #[error("a signing secret must start with whsec_")]
    Prefix,
    /// The rest is not base64.
    #[error("a signing secret must be base64 with padding after whsec_")]
    Base64,
    /// It has fewer than 24 or more than 64 bytes.
    #[error("a signing secret must have 24 to 64 bytes")]
    Length,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spelled(bytes: usize) -> String {
        format!("whsec_{}", STANDARD.encode(vec![7; bytes]))
    }

    #[test]
    fn a_new_secret_has_32_bytes_and_is_unique() {
        let [one, other] = [(); 2].map(|()| Secret::generate().unwrap());
        assert_eq!(one.key.len(), 32);
        assert_ne!(one.key, other.key);
    }

    #[test]
    fn a_secret_round_trips_as_text() {
        for bytes in [24, 32, 64] {
            let text = spelled(bytes);
            assert_eq!(Secret::parse(&text).unwrap().expose(), text);
        }
    }

    #[test]
    fn invalid_secrets_are_rejected() {
        let refused = |text: &str| Secret::parse(text).unwrap_err();
        assert_eq!(refused(&spelled(23)), SecretError::Length);
        assert_eq!(refused(&spelled(65)), SecretError::Length);
        assert_eq!(refused("whsec_"), SecretError::Length);
        assert_eq!(refused(&spelled(32)[6..]), SecretError::Prefix);
        assert_eq!(refused(&format!("{}\n", spelled(32))), SecretError::Base64);
        assert_eq!(refused(&spelled(32).replace('=', "")), SecretError::Base64);
    }

    #[test]
    fn debug_hides_a_secret() {
        let secret = Secret::parse(&spelled(32)).unwrap();
        assert_eq!(format!("{secret:?}"), "Secret(…)");
    }
}
