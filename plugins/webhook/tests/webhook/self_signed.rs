//! Certificates that are trusted themselves, as `openssl req -x509` makes them.

use doorsign_hook::HookError;
use rcgen::{BasicConstraints, CertificateParams, DnType, DnValue, IsCa, KeyPair, date_time_ymd};

use crate::sender;
use crate::tls::{HOST, accepting, acceptor, outcome};

/// A self-signed certificate that is an authority, as by openssl's default.
fn authority(names: &[&str]) -> CertificateParams {
    let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
}

fn with_common_name(mut params: CertificateParams, name: &str) -> CertificateParams {
    let name = DnValue::Utf8String(name.to_owned());
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

/// Sends to a receiver with this certificate, and trusts the certificate itself.
async fn trusted(params: CertificateParams) -> Result<(), HookError> {
    let key = KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap();
    let receiver = accepting(acceptor(certificate.der().clone(), &key)).await;
    let sender = sender().with_roots(certificate.pem().as_bytes()).unwrap();
    outcome(receiver.address.port(), sender).await
}

#[track_caller]
fn assert_refused(outcome: Result<(), HookError>, why: &str) {
    let Err(HookError::Retry(reason)) = outcome else {
        panic!("delivered");
    };
    assert!(
        reason.starts_with("TLS: ") && reason.contains(why),
        "{reason}"
    );
}

#[tokio::test]
async fn a_trusted_certificate_of_the_server_itself_is_accepted() {
    assert_eq!(trusted(authority(&[HOST])).await, Ok(()));
    let no_authority = CertificateParams::new([HOST.to_owned()]).unwrap();
    assert_eq!(trusted(no_authority).await, Ok(()));
}

#[tokio::test]
async fn a_trusted_certificate_without_alternative_names_is_accepted_by_its_common_name() {
    let openssl = with_common_name(authority(&[]), HOST);
    assert_eq!(trusted(openssl).await, Ok(()));
    let no_authority = with_common_name(CertificateParams::default(), HOST);
    assert_eq!(trusted(no_authority).await, Ok(()));
}

#[tokio::test]
async fn a_trusted_certificate_for_another_name_is_rejected() {
    let other = "other.example.org";
    assert_refused(trusted(authority(&[other])).await, "not valid for name");
    assert_refused(
        trusted(with_common_name(authority(&[]), other)).await,
        "not valid for name",
    );
    // The common name does not count beside alternative names.
    assert_refused(
        trusted(with_common_name(authority(&[other]), HOST)).await,
        "not valid for name",
    );
}

#[tokio::test]
async fn a_trusted_certificate_that_has_expired_or_is_not_valid_yet_is_rejected() {
    let no_authority = CertificateParams::new([HOST.to_owned()]).unwrap();
    let named = with_common_name(authority(&[]), HOST);
    for params in [authority(&[HOST]), no_authority, named] {
        let mut expired = params.clone();
        expired.not_after = date_time_ymd(2020, 1, 1);
        assert_refused(trusted(expired).await, "certificate expired");
        let mut early = params;
        early.not_before = date_time_ymd(4000, 1, 1);
        early.not_after = date_time_ymd(4001, 1, 1);
        assert_refused(trusted(early).await, "not valid yet");
    }
}

#[tokio::test]
async fn a_self_signed_certificate_that_is_not_trusted_is_rejected() {
    let key = KeyPair::generate().unwrap();
    let certificate = authority(&[HOST]).self_signed(&key).unwrap();
    let receiver = accepting(acceptor(certificate.der().clone(), &key)).await;
    assert_refused(outcome(receiver.address.port(), sender()).await, "");
    // Nor is another one for the same name.
    let other = authority(&[HOST])
        .self_signed(&KeyPair::generate().unwrap())
        .unwrap();
    let sender = sender().with_roots(other.pem().as_bytes()).unwrap();
    assert_refused(outcome(receiver.address.port(), sender).await, "");
}
