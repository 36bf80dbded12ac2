//! Tokens without content, such as those in links to choose a password. Only the digest is stored,
//! so that a copy of the database opens nothing.

use crate::domain::{Error, Result};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

/// Bytes of a token: 256 bits cannot be guessed, so a fast digest suffices, and its lookup needs no
/// constant time.
const BYTES: usize = 32;

/// A random token. It is a secret: shown once, never logged, never stored.
pub struct OpaqueToken(String);

impl OpaqueToken {
    /// Returns a new token of 43 characters that need no escape in a URL.
    ///
    /// # Errors
    /// When the operating system provides no random bytes.
    pub fn random() -> Result<Self> {
        let mut bytes = [0; BYTES];
        getrandom::fill(&mut bytes).map_err(|e| Error::internal(e.to_string()))?;
        Ok(Self(BASE64_URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// Returns the token itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Returns the digest to store.
    #[must_use]
    pub fn digest(&self) -> String {
        digest(&self.0)
    }
}

/// Returns the digest of a token that a client sent: SHA-256, in hexadecimal digits.
#[must_use]
pub fn digest(token: &str) -> String {
    let digest = Sha256::digest(token);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_different_and_need_no_escape() {
        let (one, other) = (
            OpaqueToken::random().unwrap(),
            OpaqueToken::random().unwrap(),
        );
        assert_ne!(one.expose(), other.expose());
        assert_eq!(one.expose().len(), 43);
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        assert!(one.expose().chars().all(plain));
        assert_eq!(one.digest(), digest(one.expose()));
        assert_eq!(one.digest().len(), 64);
    }
}
