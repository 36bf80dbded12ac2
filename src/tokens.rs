//! Auth tokens and the secret that signs them: JSON Web Tokens under HS256, and no other algorithm.
//! Does not know what time it is, who the user is or whether the login still stands: callers judge that.

use crate::domain::{Error, LoginId, Result, Timestamp, UserId};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::signature::{self, Signer, Verifier};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::sync::OnceLock;

/// As long as the output of SHA-256; RFC 7518 section 3.2 allows nothing shorter.
const SECRET_BYTES: usize = 32;
/// Our tokens stay below 400 bytes; whatever is far longer is not worth decoding.
const MAX_TOKEN_BYTES: usize = 4096;
/// Both issuer and audience: this server's tokens are for this server.
const NAME: &str = "doorsign";

/// What a token says. Times are cut to whole seconds on the wire: `issued_at` down, `expires_at` up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenClaims {
    /// Whose token it is (`sub`).
    pub user: UserId,
    /// The login that it stands for (`jti`), so that a logout can end this one alone.
    pub login: LoginId,
    /// When it was signed (`iat`).
    pub issued_at: Timestamp,
    /// When it ends (`exp`); `None` for a token that only a logout ends.
    pub expires_at: Option<Timestamp>,
}

/// The secret has fewer than 32 bytes, so that it could be guessed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShortSecret;

impl std::fmt::Display for ShortSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the token secret needs at least {SECRET_BYTES} bytes")
    }
}

impl std::error::Error for ShortSecret {}

/// Signs and verifies tokens with one secret, which jsonwebtoken's keys leave out of `Debug`. A new
/// secret ends every token there is.
#[derive(Debug)]
pub struct Tokens {
    signing: EncodingKey,
    verifying: DecodingKey,
    rules: Validation,
}

impl Tokens {
    /// Takes the raw bytes of the secret; refuses fewer than 32, which jsonwebtoken would accept.
    pub fn new(secret: &[u8]) -> std::result::Result<Tokens, ShortSecret> {
        if secret.len() < SECRET_BYTES {
            return Err(ShortSecret);
        }
        let mut rules = Validation::new(Algorithm::HS256);
        rules.set_issuer(&[NAME]);
        rules.set_audience(&[NAME]);
        // By default `exp` is required, and an absent issuer or audience counts as a right one: it is
        // `Payload` that says what must be there.
        rules.required_spec_claims.clear();
        // The caller compares the expiry with its own clock; jsonwebtoken would read the wall's.
        rules.validate_exp = false;
        Ok(Tokens {
            signing: EncodingKey::from_secret(secret),
            verifying: DecodingKey::from_secret(secret),
            rules,
        })
    }

    /// Reads the secret file (base64url text, at least 32 bytes of secret), made first if absent.
    ///
    /// Every error names the path and none shows the content. A file that group or others may read
    /// is refused, and so is an empty, short or garbled one: a silent new secret would log everybody out.
    pub fn open(path: &Path) -> io::Result<Tokens> {
        let made = if path.exists() {
            Ok(())
        } else {
            create_secret(path)
        };
        made.and_then(|()| read_secret(path))
            .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))
    }

    /// A token for these claims, in the three dotted parts of RFC 7519.
    ///
    /// # Errors
    /// `Internal` when another crypto provider has been installed in this process.
    pub fn sign(&self, claims: &TokenClaims) -> Result<String> {
        if !provider_is_ours() {
            return Err(Error::internal("a foreign JWT provider is installed"));
        }
        let floor = |at: Timestamp| at.as_millis().div_euclid(1000);
        let ceil = |at: Timestamp| floor(at) + i64::from(at.as_millis().rem_euclid(1000) > 0);
        let payload = Payload {
            sub: claims.user.as_str().to_owned(),
            jti: claims.login.as_str().to_owned(),
            iat: floor(claims.issued_at),
            exp: claims.expires_at.map(ceil), // A token never ends before its time.
            iss: NAME.to_owned(),
            aud: NAME.to_owned(),
        };
        let header = Header::new(Algorithm::HS256);
        jsonwebtoken::encode(&header, &payload, &self.signing).map_err(Error::internal)
    }

    /// The claims of a token that this secret signed, **whether expired or not**; `None` for anything else.
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

/// The claims on the wire; times in seconds since 1970. Issuer and audience must be plain strings.
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

fn read_secret(path: &Path) -> io::Result<Tokens> {
    let refuse = |problem: &str| Err(io::Error::new(io::ErrorKind::InvalidData, problem));
    let file = File::open(path)?;
    // Asked of the open file, not of the path, which could name another file by now.
    if file.metadata()?.permissions().mode() & 0o077 != 0 {
        return refuse("others than its owner may use this secret; run `chmod 600` on it");
    }
    let text = io::read_to_string(file)?;
    // The decoder's own error would quote a byte of the secret.
    let secret = URL_SAFE_NO_PAD.decode(text.trim()).unwrap_or_default();
    Tokens::new(&secret)
        .or_else(|_| refuse("not 32 bytes in base64url; restore it, or remove it for a new secret"))
}

/// Written aside under a random name and then linked into place: a crash leaves no half secret under
/// the real name, and of two servers starting at once the second takes the secret of the first.
fn create_secret(path: &Path) -> io::Result<()> {
    let mut random = [0; SECRET_BYTES + 8];
    getrandom::fill(&mut random).map_err(io::Error::other)?;
    let (secret, suffix) = random.split_at(SECRET_BYTES);
    let path = std::path::absolute(path)?;
    let aside = path.with_added_extension(URL_SAFE_NO_PAD.encode(suffix));
    let written = write_secret(&aside, secret);
    let linked = written.and_then(|()| std::fs::hard_link(&aside, &path));
    let removed = std::fs::remove_file(&aside);
    match linked {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => removed?,
    }
    File::open(path.parent().unwrap_or(&path))?.sync_all()
}

fn write_secret(path: &Path, secret: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    let mut file = options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    writeln!(file, "{}", URL_SAFE_NO_PAD.encode(secret))?;
    file.sync_all()
}

/// Our own provider for jsonwebtoken. Its two backends bring either a C library or some forty crates
/// (the `rsa` crate of RUSTSEC-2023-0071 among them), while we sign with one algorithm.
static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: |algorithm, key| Ok(Box::new(Hs256::new(algorithm, key.as_bytes())?)),
    verifier_factory: |algorithm, key| {
        Ok(Box::new(Hs256::new(algorithm, key.try_get_as_bytes()?)?))
    },
    key_utils: KeyUtils::new_unimplemented(), // Only JSON Web Keys need them; we read none.
};

/// Installs our provider once per process; false if another was there before it, or the placeholder
/// that panics. Asked before every use of jsonwebtoken, hence in time whatever runs first.
fn provider_is_ours() -> bool {
    static OURS: OnceLock<bool> = OnceLock::new();
    *OURS.get_or_init(|| PROVIDER.install_default().is_ok())
}

struct Hs256(Hmac<Sha256>);

impl Hs256 {
    fn new(algorithm: &Algorithm, key: &[u8]) -> jsonwebtoken::errors::Result<Hs256> {
        match (algorithm, Hmac::new_from_slice(key)) {
            (Algorithm::HS256, Ok(mac)) => Ok(Hs256(mac)),
            _ => Err(ErrorKind::InvalidAlgorithm.into()),
        }
    }
}

impl Signer<Vec<u8>> for Hs256 {
    fn try_sign(&self, message: &[u8]) -> std::result::Result<Vec<u8>, signature::Error> {
        let mac = self.0.clone().chain_update(message);
        Ok(mac.finalize().into_bytes().to_vec())
    }
}

impl Verifier<Vec<u8>> for Hs256 {
    fn verify(&self, message: &[u8], tag: &Vec<u8>) -> std::result::Result<(), signature::Error> {
        let mac = self.0.clone().chain_update(message);
        // Wants the full length and compares in constant time.
        mac.verify_slice(tag).map_err(signature::Error::from_source)
    }
}

impl JwtSigner for Hs256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}

impl JwtVerifier for Hs256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use sha2::Sha512;

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

    /// A token made without jsonwebtoken, signed with our secret whatever its header says.
    fn forge<M: Mac + KeyInit>(header: &str, payload: &str) -> String {
        let encode = |part: &[u8]| URL_SAFE_NO_PAD.encode(part);
        let message = encode(header.as_bytes()) + "." + &encode(payload.as_bytes());
        let mac = <M as KeyInit>::new_from_slice(SECRET).unwrap();
        let signature = mac.chain_update(&message).finalize().into_bytes();
        message + "." + &encode(&signature)
    }

    #[test]
    fn a_token_brings_its_claims_back_in_whole_seconds() {
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
                assert_eq!(verify(&changed), None, "{at}: {old} made {new}");
            }
            assert_eq!(verify(&token[..at]), None, "cut at {at}");
        }
    }

    #[test]
    fn only_hs256_counts_even_under_our_own_secret() {
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
    fn a_signed_token_needs_all_its_claims_and_our_names_and_a_sane_length() {
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
    fn secrets_are_long_and_never_shown_and_each_has_its_own_tokens() {
        assert_eq!(Tokens::new(&SECRET[..31]).err(), Some(ShortSecret));
        let other = Tokens::new(&[7; 32]).unwrap();
        assert_eq!(other.verify(&sign(&claims(0, None))), None);
        assert!(!format!("{other:?}").contains("7, 7"), "{other:?}");
    }

    #[test]
    fn the_secret_file_is_made_once_for_its_owner_alone_and_used_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token.secret");
        let token = Tokens::open(&path).unwrap().sign(&claims(0, None)).unwrap();
        // Goes this far in a server that starts at the same moment, and must take the first one's.
        create_secret(&path).unwrap();
        assert!(Tokens::open(&path).unwrap().verify(&token).is_some());
        assert_eq!(verify(&token), None);
        let made = std::fs::metadata(&path).unwrap();
        assert_eq!(made.permissions().mode() & 0o777, 0o600);
        assert_eq!(made.len(), 44, "43 characters for 32 bytes, and a line end");
        let files = std::fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(files, 1, "nothing is left aside");
    }

    #[test]
    fn a_bad_secret_file_is_named_but_never_quoted_or_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token.secret");
        let good = URL_SAFE_NO_PAD.encode(SECRET);
        for (content, mode, expected) in [
            ("", 0o600, "base64url"),
            (&good[..42], 0o600, "base64url"),
            (&(good.clone() + "!"), 0o600, "base64url"),
            (&good, 0o640, "chmod 600"),
            (&good, 0o604, "chmod 600"),
            (&good, 0o620, "chmod 600"),
        ] {
            std::fs::write(&path, content).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            let error = Tokens::open(&path).unwrap_err().to_string();
            assert!(error.starts_with(path.to_str().unwrap()), "{error}");
            assert!(error.contains(expected), "{error}");
            assert!(!error.contains(&good[..8]), "{error}");
            assert_eq!(std::fs::read_to_string(&path).unwrap(), content);
        }
        let nowhere = folder.path().join("no/such/token.secret");
        let error = Tokens::open(&nowhere).unwrap_err().to_string();
        assert!(error.starts_with(nowhere.to_str().unwrap()), "{error}");
    }
}
