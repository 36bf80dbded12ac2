//! Auth tokens: JSON Web Tokens signed with HS256 and no other algorithm. Callers check expiry, and
//! whether the user and the login still exist.

mod hs256;
mod secret_file;

use crate::domain::{Error, Login, LoginId, Result, Timestamp, UserId};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hs256::provider_is_ours;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use secret_file::SECRET_BYTES;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::io;
use std::path::Path;

/// Our tokens are shorter than 400 bytes. Much longer input is rejected without decoding.
const MAX_TOKEN_BYTES: usize = 4096;
/// Used as both issuer and audience: a server's tokens are only for that server.
const NAME: &str = "doorsign";

/// The claims of a token. On the wire, times are whole seconds: `issued_at` rounds down,
/// `expires_at` up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenClaims {
    /// The token's user (`sub`).
    pub user: UserId,
    /// The token's login (`jti`), so that a logout can revoke this one alone.
    pub login: LoginId,
    /// When it was signed (`iat`).
    pub issued_at: Timestamp,
    /// When it expires (`exp`); `None` for a token that is valid until logout.
    pub expires_at: Option<Timestamp>,
}

impl From<&Login> for TokenClaims {
    fn from(login: &Login) -> Self {
        Self {
            user: login.user.clone(),
            login: login.id.clone(),
            issued_at: login.created_at,
            expires_at: login.expires_at,
        }
    }
}

/// The secret has fewer than 32 bytes, so it could be guessed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the token secret needs at least {SECRET_BYTES} bytes")]
pub struct ShortSecret;

/// Signs and verifies tokens with one secret. `Debug` does not print it, since jsonwebtoken's keys
/// redact it. Changing the secret invalidates all existing tokens.
#[derive(Debug)]
pub struct Tokens {
    signing: EncodingKey,
    verifying: DecodingKey,
    rules: Validation,
    fingerprint: String,
}

fn fingerprint(secret: &[u8]) -> String {
    let hash = Sha256::new()
        .chain_update(b"doorsign token secret")
        .chain_update(secret)
        .finalize();
    URL_SAFE_NO_PAD.encode(&hash[..16])
}

impl Tokens {
    /// Creates a signer from the raw secret. Rejects fewer than 32 bytes, which jsonwebtoken would
    /// accept.
    pub fn new(secret: &[u8]) -> std::result::Result<Tokens, ShortSecret> {
        if secret.len() < SECRET_BYTES {
            return Err(ShortSecret);
        }
        let mut rules = Validation::new(Algorithm::HS256);
        rules.set_issuer(&[NAME]);
        rules.set_audience(&[NAME]);
        // By default, `exp` is required and a missing issuer or audience is accepted. `Payload`
        // defines the required claims instead.
        rules.required_spec_claims.clear();
        // The caller checks the expiry with its own clock; jsonwebtoken would use the system clock.
        rules.validate_exp = false;
        Ok(Tokens {
            signing: EncodingKey::from_secret(secret),
            verifying: DecodingKey::from_secret(secret),
            rules,
            fingerprint: fingerprint(secret),
        })
    }

    /// Removes the temporary files of an interrupted creation of the secret at `path`.
    ///
    /// # Errors
    /// Any file system error.
    pub fn remove_leftovers(path: &Path) -> io::Result<()> {
        secret_file::remove_leftovers(path)
    }

    /// Creates tokens with a random secret that is not stored.
    ///
    /// # Errors
    /// When the operating system provides no random bytes.
    pub fn unsaved() -> io::Result<Tokens> {
        let mut secret = [0; SECRET_BYTES];
        getrandom::fill(&mut secret).map_err(io::Error::other)?;
        Tokens::new(&secret).map_err(io::Error::other)
    }

    /// Returns the start of a hash of the secret. It distinguishes two secrets and reveals neither.
    #[must_use]
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// Opens the secret file at `path`. Creates it if it does not exist.
    ///
    /// # Errors
    /// Every error names the path; none reveals the content. A file that group or others can access
    /// is rejected. So is an empty, short or malformed one: silently creating a new secret would
    /// log everyone out.
    pub fn open(path: &Path) -> io::Result<Tokens> {
        secret_file::read_or_create(path)
            .and_then(|secret| {
                Tokens::new(&secret)
                    .map_err(|short| io::Error::new(io::ErrorKind::InvalidData, short))
            })
            .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))
    }

    /// Signs the claims as a token in the three dotted parts of RFC 7519.
    ///
    /// # Errors
    /// `Internal` when another crypto provider is installed in this process.
    pub fn sign(&self, claims: &TokenClaims) -> Result<String> {
        if !provider_is_ours() {
            return Err(Error::internal("another JWT crypto provider is installed"));
        }
        let floor = |at: Timestamp| at.as_millis().div_euclid(1000);
        let ceil = |at: Timestamp| floor(at) + i64::from(at.as_millis().rem_euclid(1000) > 0);
        let payload = Payload {
            sub: claims.user.as_str().to_owned(),
            jti: claims.login.as_str().to_owned(),
            iat: floor(claims.issued_at),
            exp: claims.expires_at.map(ceil), // A token never expires early.
            iss: NAME.to_owned(),
            aud: NAME.to_owned(),
        };
        let header = Header::new(Algorithm::HS256);
        jsonwebtoken::encode(&header, &payload, &self.signing).map_err(Error::internal)
    }

    /// Returns the claims of a token signed with this secret, **whether or not it has expired**;
    /// `None` for anything else.
    pub fn verify(&self, token: &str) -> Option<TokenClaims> {
        if token.len() > MAX_TOKEN_BYTES || !provider_is_ours() {
            return None;
        }
        let decoded = jsonwebtoken::decode::<Payload>(token, &self.verifying, &self.rules).ok()?;
        let instant = |seconds: i64| Timestamp::from_millis(seconds.saturating_mul(1000));
        Some(TokenClaims {
            user: UserId::new(decoded.claims.sub),
            login: LoginId::new(decoded.claims.jti),
            issued_at: instant(decoded.claims.iat),
            expires_at: decoded.claims.exp.map(instant),
        })
    }
}

/// The claims on the wire. Times are seconds since 1970. Issuer and audience must be plain strings.
#[derive(Serialize, Deserialize)]
struct Payload {
    sub: String,
    jti: String,
    iat: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    exp: Option<i64>,
    iss: String,
    aud: String,
}

#[cfg(test)]
mod tests;
