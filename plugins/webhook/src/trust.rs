//! The trusted certificates.

use std::io;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio::sync::OnceCell;
use tokio::task::spawn_blocking;

use crate::verifier::Verifier;

/// Mozilla's roots, the system's (or those of the file in `SSL_CERT_FILE`) and `extra` ones.
///
/// Loaded on first use, so that a server without TLS endpoints spends nothing on them. Roots
/// installed later are used after a restart.
#[derive(Default)]
pub(crate) struct Trust {
    extra: Vec<CertificateDer<'static>>,
    config: OnceCell<Arc<ClientConfig>>,
}

impl Trust {
    /// Also trusts the certificates in `pem`.
    pub(crate) fn with(pem: &[u8]) -> io::Result<Self> {
        let certificates = CertificateDer::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>();
        let extra =
            certificates.map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
        Ok(Self {
            extra,
            ..Self::default()
        })
    }

    pub(crate) async fn config(&self) -> io::Result<Arc<ClientConfig>> {
        let load = async || {
            let extra = self.extra.clone();
            spawn_blocking(|| config(extra)).await?
        };
        self.config.get_or_try_init(load).await.cloned()
    }
}

/// Mozilla's roots make systems without roots work, such as minimal containers; the system's
/// include those of a company. A root that cannot be parsed is skipped, because others may suffice.
fn roots(own: &[CertificateDer<'static>]) -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    roots.add_parsable_certificates(own.iter().cloned());
    roots
}

fn config(extra: Vec<CertificateDer<'static>>) -> io::Result<Arc<ClientConfig>> {
    let mut own = rustls_native_certs::load_native_certs().certs;
    own.extend(extra);
    // Explicit, because the process default depends on what else is linked.
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let authorities = Arc::new(roots(&own));
    let authorities =
        WebPkiServerVerifier::builder_with_provider(authorities, provider.clone()).build();
    let verifier = Verifier::new(authorities.map_err(io::Error::other)?, own.iter());
    let versions =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let mut config = versions
        .map_err(io::Error::other)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}
