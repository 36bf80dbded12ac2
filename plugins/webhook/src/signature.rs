//! The symmetric signature scheme of Standard Webhooks: HMAC-SHA256.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::Secret;

/// The maximum difference between a timestamp and the receiver's clock, in seconds; the same as in
/// the reference libraries.
pub const TOLERANCE_S: u64 = 5 * 60;

/// The prefix of symmetric signatures.
const VERSION: &str = "v1,";

/// Returns the `webhook-signature` of a request: `v1,` and the base64 of HMAC-SHA256 over
/// `{id}.{timestamp_s}.{body}`, for each secret in order, separated by spaces.
///
/// `timestamp_s` is the time of the attempt, in seconds since the Unix epoch. `id` must not contain
/// a `.`.
pub fn sign(secrets: &[Secret], id: &str, timestamp_s: i64, body: &[u8]) -> String {
    let signature = |secret| {
        let tag = mac(secret, id, timestamp_s, body).finalize().into_bytes();
        format!("{VERSION}{}", STANDARD.encode(tag))
    };
    let signatures: Vec<String> = secrets.iter().map(signature).collect();
    signatures.join(" ")
}

/// Verifies a request as a receiver does: one of the `signatures` (the header, unchanged) must
/// match one of `secrets` and be recent. Signatures are compared in constant time; those of other
/// versions are ignored.
///
/// `timestamp_s` comes from the header, `now_s` from the receiver's own clock, both in seconds
/// since the Unix epoch.
///
/// # Errors
///
/// [`Unverified`]: discard the request.
pub fn verify(
    secrets: &[Secret],
    id: &str,
    timestamp_s: i64,
    body: &[u8],
    signatures: &str,
    now_s: i64,
) -> Result<(), Unverified> {
    if now_s.abs_diff(timestamp_s) > TOLERANCE_S {
        return Err(Unverified::Timestamp);
    }
    let made_here = |tag: Vec<u8>| {
        let made_with = |secret| {
            mac(secret, id, timestamp_s, body)
                .verify_slice(&tag)
                .is_ok()
        };
        secrets.iter().any(made_with)
    };
    let encoded = signatures
        .split(' ')
        .filter_map(|one| one.strip_prefix(VERSION));
    let verified = encoded
        .filter_map(|one| STANDARD.decode(one).ok())
        .any(made_here);
    verified.then_some(()).ok_or(Unverified::Signature)
}

fn mac(secret: &Secret, id: &str, timestamp_s: i64, body: &[u8]) -> Hmac<Sha256> {
    let head = format!("{id}.{timestamp_s}.");
    secret.mac.clone().chain_update(head).chain_update(body)
}

/// Why a request cannot be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unverified {
    /// Its timestamp is too far from now: the request was replayed, or a clock is wrong.
    #[error("the timestamp is more than five minutes from now")]
    Timestamp,
    /// No signature matches the content with any of the secrets.
    #[error("no signature matches")]
    Signature,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> Secret {
        Secret::parse(text).unwrap()
    }

    const ID: &str = "evt_7_1795428000000";
    const AT_S: i64 = 1_795_428_000;
    const BODY: &[u8] = br#"{"version":1}"#;

    /// Test vectors published by the reference libraries (Go, JavaScript, Python, Rust and others).
    #[test]
    fn signatures_match_the_published_vectors() {
        let signature = sign(
            &[secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")],
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            br#"{"test": 2432232314}"#,
        );
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        let signature = sign(
            &[secret("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD")],
            "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk",
            1_649_367_553,
            br#"{"email":"test@example.com","username":"test_user"}"#,
        );
        assert_eq!(signature, "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=");
    }

    #[test]
    fn either_of_two_secrets_verifies() {
        let [new, old, other] = [(); 3].map(|()| Secret::generate().unwrap());
        let signatures = sign(&[new.clone(), old.clone()], ID, AT_S, BODY);
        assert_eq!(signatures.split(' ').count(), 2);
        for secret in [new, old] {
            verify(&[secret], ID, AT_S, BODY, &signatures, AT_S).unwrap();
        }
        let refused = verify(&[other], ID, AT_S, BODY, &signatures, AT_S);
        assert_eq!(refused, Err(Unverified::Signature));
    }

    #[test]
    fn any_change_is_detected() {
        let secrets = [Secret::generate().unwrap()];
        let signature = sign(&secrets, ID, AT_S, BODY);
        let refused = Err(Unverified::Signature);
        let verify =
            |id, at_s, body, signature: &str| verify(&secrets, id, at_s, body, signature, AT_S);
        assert_eq!(verify(ID, AT_S, BODY, &signature), Ok(()));
        assert_eq!(
            verify("evt_8_1795428000000", AT_S, BODY, &signature),
            refused
        );
        assert_eq!(verify(ID, AT_S + 1, BODY, &signature), refused);
        assert_eq!(verify(ID, AT_S, br#"{"version":2}"#, &signature), refused);
        for wrong in ["", "v1,", &signature[3..], &signature.replace("v1", "v2")] {
            assert_eq!(verify(ID, AT_S, BODY, wrong), refused, "{wrong}");
        }
        let among_others = format!("v1,AAAA v2,{} {signature} v1a,x", &signature[3..]);
        assert_eq!(verify(ID, AT_S, BODY, &among_others), Ok(()));
    }

    #[test]
    fn a_timestamp_is_valid_for_five_minutes_either_way() {
        let secrets = [Secret::generate().unwrap()];
        let signature = sign(&secrets, ID, AT_S, BODY);
        let at = |now_s| verify(&secrets, ID, AT_S, BODY, &signature, now_s);
        for near in [-300, 0, 300] {
            assert_eq!(at(AT_S + near), Ok(()), "{near}");
        }
        for far in [-301, 301] {
            assert_eq!(at(AT_S + far), Err(Unverified::Timestamp), "{far}");
        }
        assert_eq!(at(i64::MIN), Err(Unverified::Timestamp));
    }
}
