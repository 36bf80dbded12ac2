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
