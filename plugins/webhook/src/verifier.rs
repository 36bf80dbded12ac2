//! Checks the certificates of servers. Beyond the usual rules, accepts a certificate that is itself
//! trusted. `openssl req -x509` makes such certificates: by default they are authorities without an
//! alternative name, which webpki refuses as certificates of servers.

use std::collections::HashSet;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_name;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, SignatureScheme};
use sha2::{Digest, Sha256};
use webpki::EndEntityCert;

/// The start of a common name in a subject: the identifier 2.5.4.3 (RFC 5280, appendix A.1).
const COMMON_NAME: [u8; 5] = [0x06, 0x03, 0x55, 0x04, 0x03];

/// A certificate's SHA-256.
type Fingerprint = [u8; 32];

/// Verifies certificates by authorities, or as trusted themselves.
#[derive(Debug)]
pub(crate) struct Verifier {
    authorities: Arc<WebPkiServerVerifier>,
    trusted: HashSet<Fingerprint>,
}

impl Verifier {
    /// Also accepts each of `trusted` as the certificate of the server that it names.
    pub(crate) fn new<'a>(
        authorities: Arc<WebPkiServerVerifier>,
        trusted: impl Iterator<Item = &'a CertificateDer<'static>>,
    ) -> Self {
        let trusted = trusted.map(|it| fingerprint(it)).collect();
        Self {
            authorities,
            trusted,
        }
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verified = self.authorities.verify_server_cert(
            end_entity,
            intermediates,
            server_name,
            ocsp_response,
            now,
        );
        match verified {
            Err(error)
                if is_of_issuer_or_name(&error)
                    && self.trusted.contains(&fingerprint(end_entity)) =>
            {
                check_name(end_entity, server_name)?;
                Ok(ServerCertVerified::assertion())
            }
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.authorities
            .verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.authorities
            .verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.authorities.supported_verify_schemes()
    }
}

fn fingerprint(certificate: &[u8]) -> Fingerprint {
    Sha256::digest(certificate).into()
}

/// Returns whether the only problem can be who issued the certificate, or for which name. webpki checks the
/// dates before both.
fn is_of_issuer_or_name(error: &Error) -> bool {
    let Error::InvalidCertificate(problem) = error else {
        return false;
    };
    match problem {
        CertificateError::UnknownIssuer
        | CertificateError::NotValidForName
        | CertificateError::NotValidForNameContext { .. } => true,
        CertificateError::Other(other) => matches!(
            other.0.downcast_ref(),
            Some(webpki::Error::CaUsedAsEndEntity)
        ),
        _ => false,
    }
}

/// Checks that a trusted certificate names the server: by its alternative names, or by its common
/// name if it has none.
fn check_name(certificate: &CertificateDer<'_>, name: &ServerName<'_>) -> Result<(), Error> {
    let checked = verify_server_name(&ParsedCertificate::try_from(certificate)?, name);
    let named = |certificate: &EndEntityCert<'_>| {
        certificate.valid_dns_names().next().is_none()
            && is_common_name(certificate.subject(), &name.to_str())
    };
    match (checked, EndEntityCert::try_from(certificate)) {
        (Err(_), Ok(certificate)) if named(&certificate) => Ok(()),
        (checked, _) => checked,
    }
}

/// Returns whether `name` is a common name in `subject`, a DER-encoded name.
fn is_common_name(subject: &[u8], name: &str) -> bool {
    let starts = subject.windows(COMMON_NAME.len()).enumerate();
    let mut starts = starts.filter(|(_, window)| *window == COMMON_NAME);
    starts.any(|(at, _)| {
        // The string's type and its length, which is below 128 for every host name in practice.
        let string = &subject[at + COMMON_NAME.len()..];
        let value = string.get(1).and_then(|length| {
            let end = 2 + usize::from(*length);
            string.get(2..end)
        });
        value.is_some_and(|value| value.eq_ignore_ascii_case(name.as_bytes()))
    })
}
