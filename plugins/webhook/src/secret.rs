//! Signing secrets and their one spelling. It does not know what is signed.

use std::error::Error;
use std::fmt::{self, Debug, Display, Formatter};
use std::io;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit};
use sha2::Sha256;

/// What tells a symmetric secret from the keys of asymmetric ones.
const PREFIX: &str = "whsec_";

/// The shortest and the longest key, in bytes: 192 and 512 bits.
const KEY_BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// The length of the keys that we make, in bytes: as long as the signature, and more would not make it stronger.
const NEW_KEY_BYTES: usize = 32;

/// A signing secret: `whsec_` and 24 to 64 bytes in base64, as the specification's signature scheme has it.
#[derive(Clone)]
pub struct Secret {
    key: Vec<u8>,
    /// Keyed once, here, where a key that is no good can still be refused.
    pub(crate) mac: Hmac<Sha256>,
}

impl Secret {
    /// A new secret of 32 random bytes.
    ///
    /// # Errors
    ///
    /// When the operating system gives no random bytes.
    pub fn generate() -> io::Result<Self> {
        let mut key = vec![0; NEW_KEY_BYTES];
        getrandom::fill(&mut key).map_err(io::Error::other)?;
        Self::from_key(key).map_err(io::Error::other)
    }

    /// The secret that `text` spells: the prefix included, and base64 with its padding.
    ///
    /// # Errors
    ///
    /// One line about what is wrong with it, without any of it.
    pub fn parse(text: &str) -> Result<Self, SecretError> {
        let encoded = text.strip_prefix(PREFIX).ok_or(SecretError::Prefix)?;
        let key = STANDARD.decode(encoded).map_err(|_| SecretError::Base64)?;
        Self::from_key(key)
    }

    /// The secret as text, for whoever is to verify with it, and to be kept.
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

/// Why a text is no secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SecretError {
    /// It does not begin with `whsec_`.
    Prefix,
    /// What follows is not base64.
    Base64,
    /// It has fewer bytes than 24, or more than 64.
    Length,
}

impl Display for SecretError {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Prefix => "a signing secret begins with whsec_",
            Self::Base64 => "a signing secret is base64, with its padding, after whsec_",
            Self::Length => "a signing secret has 24 to 64 bytes",
        })
    }
}

impl Error for SecretError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn spelled(bytes: usize) -> String {
        format!("whsec_{}", STANDARD.encode(vec![7; bytes]))
    }

    #[test]
    fn a_new_secret_has_32_bytes_and_is_another_one_each_time() {
        let [one, other] = [(); 2].map(|()| Secret::generate().unwrap());
        assert_eq!(one.key.len(), 32);
        assert_ne!(one.key, other.key);
    }

    #[test]
    fn a_secret_is_spelled_as_it_was_read() {
        for bytes in [24, 32, 64] {
            let text = spelled(bytes);
            assert_eq!(Secret::parse(&text).unwrap().expose(), text);
        }
    }

    #[test]
    fn what_is_no_secret_is_refused() {
        let refused = |text: &str| Secret::parse(text).unwrap_err();
        assert_eq!(refused(&spelled(23)), SecretError::Length);
        assert_eq!(refused(&spelled(65)), SecretError::Length);
        assert_eq!(refused("whsec_"), SecretError::Length);
        assert_eq!(refused(&spelled(32)[6..]), SecretError::Prefix);
        assert_eq!(refused(&format!("{}\n", spelled(32))), SecretError::Base64);
        assert_eq!(refused(&spelled(32).replace('=', "")), SecretError::Base64);
    }

    #[test]
    fn a_secret_is_not_shown_by_chance() {
        let secret = Secret::parse(&spelled(32)).unwrap();
        assert_eq!(format!("{secret:?}"), "Secret(…)");
    }
}
