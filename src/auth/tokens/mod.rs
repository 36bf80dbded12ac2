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
mod tests {
    use super::hs256::Hs256;
    use super::*;
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    use hmac::{Hmac, KeyInit, Mac};
    use proptest::prelude::*;
    use sha2::{Sha256, Sha512};

    const SECRET: &[u8] = b"0123456789abcdef0123456789abcdef";
    const HS256: &str = r#"{"alg":"HS256"}"#;
    const GOOD: &str = r#"{"sub":"u","jti":"l","iat":1,"iss":"doorsign","aud":"doorsign"}"#;

    fn verify(token: &str) -> Option<TokenClaims> {
        Tokens::new(SECRET).unwrap().verify(token)
    }

    fn sign(claims: &TokenClaims) -> String {
        Tokens::new(SECRET).unwrap().sign(claims).unwrap()
    }

    fn claims(issued_at: i64, expires_at: Option<i64>) -> TokenClaims {
        TokenClaims {
            user: UserId::new("aobEdbYhXfu5hkeqG"),
            login: LoginId::new("Wgx4dP7hK2mTqLr9s"),
            issued_at: Timestamp::from_millis(issued_at),
            expires_at: expires_at.map(Timestamp::from_millis),
        }
    }

    /// Builds a token without jsonwebtoken, signed with our secret regardless of its header.
    fn forge<M: Mac + KeyInit>(header: &str, payload: &str) -> String {
        let encode = |part: &[u8]| URL_SAFE_NO_PAD.encode(part);
        let message = encode(header.as_bytes()) + "." + &encode(payload.as_bytes());
        let mac = <M as KeyInit>::new_from_slice(SECRET).unwrap();
        let signature = mac.chain_update(&message).finalize().into_bytes();
        message + "." + &encode(&signature)
    }

    #[test]
    fn a_token_round_trips_its_claims_in_whole_seconds() {
        for (issued, expires, issued_back, expires_back) in [
            (1_999, Some(5_001), 1_000, Some(6_000)),
            (2_000, Some(5_000), 2_000, Some(5_000)),
            (2_000, None, 2_000, None),
            (-1, Some(i64::MAX), -1_000, Some(i64::MAX)),
        ] {
            let back = verify(&sign(&claims(issued, expires)));
            assert_eq!(back, Some(claims(issued_back, expires_back)));
        }
    }

    #[test]
    fn a_token_with_any_character_changed_is_refused() {
        let token = sign(&claims(1_000, Some(5_000)));
        for (at, old) in token.char_indices() {
            for new in "AQz.-".chars().filter(|new| *new != old) {
                let mut changed = token.clone();
                changed.replace_range(at..=at, new.encode_utf8(&mut [0; 4]));
                assert_eq!(verify(&changed), None, "{at}: {old} replaced by {new}");
            }
            assert_eq!(verify(&token[..at]), None, "cut at {at}");
        }
    }

    #[test]
    fn only_hs256_is_accepted_even_with_our_own_secret() {
        assert!(verify(&forge::<Hmac<Sha256>>(HS256, GOOD)).is_some());
        assert!(Hs256::new(&Algorithm::HS512, SECRET).is_err());
        for algorithm in ["none", "HS512", "RS256", ""] {
            let header = HS256.replace("HS256", algorithm);
            let token = forge::<Hmac<Sha256>>(&header, GOOD);
            let unsigned = &token[..=token.rfind('.').unwrap()];
            for token in [unsigned, &token, &forge::<Hmac<Sha512>>(&header, GOOD)] {
                assert_eq!(verify(token), None, "{algorithm}: {token}");
            }
        }
    }

    #[test]
    fn a_signed_token_needs_all_claims_our_names_and_a_sane_length() {
        let padded = " ".repeat(MAX_TOKEN_BYTES) + r#""iat":1"#;
        for (from, to) in [
            (r#""iss":"doorsign""#, r#""iss":"other""#),
            (r#""aud":"doorsign""#, r#""aud":"other""#),
            (r#""aud":"doorsign""#, r#""aud":["other","doorsign"]"#),
            (r#""iss":"doorsign","#, ""),
            (r#","aud":"doorsign""#, ""),
            (r#""sub":"u","#, ""),
            (r#""jti":"l","#, ""),
            (r#""iat":1"#, r#""iat":1,"exp":99999999999999999999"#),
            (r#""iat":1"#, &padded),
        ] {
            let payload = GOOD.replace(from, to);
            assert_ne!(payload, GOOD);
            let token = forge::<Hmac<Sha256>>(HS256, &payload);
            assert_eq!(verify(&token), None, "{payload}");
        }
    }

    proptest! {
        #[test]
        fn garbage_is_refused_without_a_panic(text in ".{0,200}", dotted in "[\\w-]{0,9}(\\.[\\w-]{0,9}){2}") {
            prop_assert_eq!(verify(&text), None);
            prop_assert_eq!(verify(&dotted), None);
            prop_assert_eq!(verify(&forge::<Hmac<Sha256>>(HS256, &text)), None);
            prop_assert_eq!(verify(&forge::<Hmac<Sha256>>(&text, GOOD)), None);
        }
    }

    #[test]
    fn secrets_are_long_never_printed_and_not_interchangeable() {
        assert_eq!(Tokens::new(&SECRET[..31]).err(), Some(ShortSecret));
        let other = Tokens::new(&[7; 32]).unwrap();
        assert_eq!(other.verify(&sign(&claims(0, None))), None);
        assert!(!format!("{other:?}").contains("7, 7"), "{other:?}");
    }

    #[test]
    fn tokens_are_valid_as_long_as_the_secret_file_and_errors_name_its_path() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token-secret");
        let token = Tokens::open(&path).unwrap().sign(&claims(0, None)).unwrap();
        assert!(Tokens::open(&path).unwrap().verify(&token).is_some());
        assert_eq!(verify(&token), None);
        std::fs::write(&path, "").unwrap();
        for path in [path, folder.path().join("no/such/token-secret")] {
            let error = Tokens::open(&path).unwrap_err().to_string();
            assert!(error.starts_with(path.to_str().unwrap()), "{error}");
        }
    }
}
