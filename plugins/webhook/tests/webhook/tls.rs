//! Which certificates are trusted.

use std::net::{IpAddr, Ipv4Addr};
use std::process::Command;
use std::sync::Arc;

use doorsign_hook::HookError;
use doorsign_webhook::Sender;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::AsyncWriteExt;
use tokio_rustls::TlsAcceptor;

use crate::receiver::{NO_CONTENT, Receiver};
use crate::{delivered, endpoint, sender, webhook};

pub const HOST: &str = "ci.example.org";

/// A new certificate authority, and an acceptor with its certificate for `host`.
fn authority(host: &str) -> (String, TlsAcceptor) {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new([host.to_owned()]).unwrap();
    let certificate = params.signed_by(&key, &issuer).unwrap();
    (issuer.pem(), acceptor(certificate.der().clone(), &key))
}

/// An acceptor with this certificate.
pub fn acceptor(certificate: CertificateDer<'static>, key: &KeyPair) -> TlsAcceptor {
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

/// A receiver with a certificate for `host`, and the certificate of its authority.
pub async fn receiver(host: &str) -> (String, Receiver) {
    let (authority, acceptor) = authority(host);
    (authority, accepting(acceptor).await)
}

/// A receiver that accepts TLS and every event.
pub async fn accepting(acceptor: TlsAcceptor) -> Receiver {
    Receiver::serving(move |stream, seen| {
        let acceptor = acceptor.clone();
        async move {
            let Ok(mut stream) = acceptor.accept(stream).await else {
                return;
            };
            while seen.read(&mut stream).await.is_some() {
                stream.write_all(NO_CONTENT.as_bytes()).await.unwrap();
            }
        }
    })
    .await
}

/// Sends to the receiver at `port` by its name.
pub async fn outcome(port: u16, sender: Sender) -> Result<(), HookError> {
    let here = IpAddr::from(Ipv4Addr::LOCALHOST);
    let sender = sender.with_resolver(Arc::new(move |_| Box::pin(async move { Ok(vec![here]) })));
    let webhook = webhook(endpoint(&format!("https://{HOST}:{port}/in")), sender);
    delivered(&webhook).await
}

#[tokio::test]
async fn a_certificate_of_an_unknown_issuer_is_rejected() {
    let (_, receiver) = receiver(HOST).await;
    let refused = outcome(receiver.address.port(), sender()).await;
    let reason = "TLS: invalid peer certificate: UnknownIssuer".to_owned();
    assert_eq!(refused, Err(HookError::Retry(reason)));
    assert!(receiver.seen.requests().is_empty());
}

#[tokio::test]
async fn a_certificate_of_an_extra_root_is_trusted() {
    let (authority, receiver) = receiver(HOST).await;
    let sender = sender().with_roots(authority.as_bytes()).unwrap();
    assert_eq!(outcome(receiver.address.port(), sender).await, Ok(()));
    assert_eq!(
        receiver.seen.only().header("host"),
        format!("{HOST}:{}", receiver.address.port())
    );
}

#[tokio::test]
async fn a_certificate_for_another_name_is_rejected() {
    let (authority, receiver) = receiver("other.example.org").await;
    let sender = sender().with_roots(authority.as_bytes()).unwrap();
    let Err(HookError::Retry(reason)) = outcome(receiver.address.port(), sender).await else {
        panic!("delivered");
    };
    assert!(
        reason.starts_with("TLS: invalid peer certificate: "),
        "{reason}"
    );
    assert!(!reason.contains('\n') && reason.contains(HOST), "{reason}");
}

#[tokio::test]
async fn plain_http_is_not_accepted_as_tls() {
    let receiver = Receiver::serving(|mut stream, _| async move {
        let _ = stream.write_all(NO_CONTENT.as_bytes()).await;
    })
    .await;
    let Err(HookError::Retry(reason)) = outcome(receiver.address.port(), sender()).await else {
        panic!("delivered");
    };
    assert!(reason.starts_with("TLS: "), "{reason}");
}

#[test]
fn an_invalid_root_certificate_is_rejected() {
    let torn = b"-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n";
    assert!(sender().with_roots(torn).is_err());
    assert!(
        sender()
            .with_roots(b"-----BEGIN CERTIFICATE-----\n")
            .is_err()
    );
}

/// The variable with the receiver's port; set only in the child process.
const RECEIVER: &str = "RECEIVER";

/// The test runs itself in a child process, because the variable applies to a whole process.
#[tokio::test(flavor = "multi_thread")]
async fn system_roots_come_from_the_file_in_the_environment() {
    if let Ok(port) = std::env::var(RECEIVER) {
        assert_eq!(outcome(port.parse().unwrap(), sender()).await, Ok(()));
        return;
    }
    let (authority, receiver) = receiver(HOST).await;
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&file, authority).unwrap();
    let this = "tls::system_roots_come_from_the_file_in_the_environment";
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", this])
        .env("SSL_CERT_FILE", file.path())
        .env(RECEIVER, receiver.address.port().to_string())
        .output()
        .unwrap();
    assert!(child.status.success(), "{child:?}");
    receiver.seen.only();
}
