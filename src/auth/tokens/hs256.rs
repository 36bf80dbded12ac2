//! HS256 for jsonwebtoken, built on the `hmac` and `sha2` crates.

use hmac::{Hmac, KeyInit, Mac};
use jsonwebtoken::Algorithm;
use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::signature::{self, Signer, Verifier};
use sha2::Sha256;
use std::sync::OnceLock;

/// Our own provider for jsonwebtoken. Its two backends pull in either a C library or some forty
/// crates, including the `rsa` crate of RUSTSEC-2023-0071, but doorsign signs with one algorithm
/// only.
static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: |algorithm, key| Ok(Box::new(Hs256::new(algorithm, key.as_bytes())?)),
    verifier_factory: |algorithm, key| {
        Ok(Box::new(Hs256::new(algorithm, key.try_get_as_bytes()?)?))
    },
    key_utils: KeyUtils::new_unimplemented(), // Needed only for JSON Web Keys, which doorsign does not read.
};

/// Installs our provider once per process. Returns `false` if another provider, or the placeholder
/// that panics, was installed first. Called before every use of jsonwebtoken.
pub(super) fn provider_is_ours() -> bool {
    static OURS: OnceLock<bool> = OnceLock::new();
    *OURS.get_or_init(|| PROVIDER.install_default().is_ok())
}

pub(super) struct Hs256(Hmac<Sha256>);

impl Hs256 {
    pub(super) fn new(algorithm: &Algorithm, key: &[u8]) -> jsonwebtoken::errors::Result<Hs256> {
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
        // Requires the full length and compares in constant time.
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
