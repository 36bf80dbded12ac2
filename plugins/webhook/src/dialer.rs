//! Opens TCP connections: resolves a name, checks each address with the guard, and connects to an
//! allowed one.

use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::Uri;
use hyper::http::uri::Scheme;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use tower_service::Service;

use crate::endpoint_url::literal;
use crate::limits::seconds;
use crate::tunnel::{self, ProxyFailure};
use crate::{Guard, Proxy, Resolver, UrlError};

/// How many addresses of a name are tried.
const TRIED: usize = 4;
/// The part of the time limit that a name may take to resolve before the proxy gets it. Behind a
/// proxy, the system often cannot resolve names of the internet.
const LOCAL_SHARE: u32 = 5;

/// Connects to addresses that the guard allows.
#[derive(Clone)]
pub(crate) struct Dialer {
    pub(crate) guard: Guard,
    pub(crate) resolver: Resolver,
    pub(crate) limit: Duration,
    /// The proxy for endpoints with TLS.
    pub(crate) proxy: Option<Proxy>,
}

impl Dialer {
    async fn dial(&self, uri: &Uri) -> Result<TcpStream, DialError> {
        let end = Instant::now() + self.limit;
        let host = uri.host().unwrap_or_default();
        match &self.proxy {
            Some(proxy) if has_tls(uri) => match self.admitted_beside_proxy(host).await? {
                Some(addresses) => self.connect(addresses, port(uri), end).await,
                None => tunnel::open(proxy, &format!("{host}:{}", port(uri))).await,
            },
            _ => {
                self.connect(self.admitted(host).await?, port(uri), end)
                    .await
            }
        }
    }

    /// Connects to the first of `addresses` that accepts, before `end`.
    async fn connect(
        &self,
        addresses: Vec<IpAddr>,
        port: u16,
        end: Instant,
    ) -> Result<TcpStream, DialError> {
        let mut failed = DialError::Unknown;
        for (left, address) in (1..=addresses.len() as u32).rev().zip(addresses) {
            // The remaining time is divided among the remaining addresses, so that a silent one
            // does not use it all.
            let share = end.saturating_duration_since(Instant::now()) / left;
            let address = SocketAddr::new(address, port);
            match timeout(share, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => return Ok(stream),
                Ok(Err(error)) => failed = DialError::Connect(address, error),
                Err(_) => failed = DialError::Late(self.limit),
            }
        }
        Err(failed)
    }

    /// Returns the addresses of `host` to connect to directly, as the operator allows them by name;
    /// `None` if the proxy has to connect. A name that is unknown here may be known to the proxy.
    async fn admitted_beside_proxy(&self, host: &str) -> Result<Option<Vec<IpAddr>>, DialError> {
        let admitted = timeout(self.limit / LOCAL_SHARE, self.admitted(host)).await;
        match admitted {
            Ok(Ok(addresses)) => {
                let is_named = addresses.iter().any(|address| self.guard.names(*address));
                Ok(is_named.then_some(addresses))
            }
            Ok(Err(DialError::Resolve(_) | DialError::Unknown)) | Err(_) => Ok(None),
            Ok(Err(refused)) => Err(refused),
        }
    }

    /// Returns the allowed addresses of `host`: at least one, and at most as many as are tried.
    async fn admitted(&self, host: &str) -> Result<Vec<IpAddr>, DialError> {
        let found = match literal(host) {
            Some(address) => Ok(vec![address]),
            None => (self.resolver)(host.to_owned()).await,
        };
        let mut addresses = found.map_err(DialError::Resolve)?;
        let first = *addresses.first().ok_or(DialError::Unknown)?;
        addresses.retain(|address| self.guard.admits(*address));
        addresses.truncate(TRIED);
        if addresses.is_empty() {
            return Err(DialError::Refused(first));
        }
        Ok(addresses)
    }
}

fn has_tls(uri: &Uri) -> bool {
    uri.scheme() == Some(&Scheme::HTTPS)
}

fn port(uri: &Uri) -> u16 {
    uri.port_u16()
        .unwrap_or(if has_tls(uri) { 443 } else { 80 })
}

impl Service<Uri> for Dialer {
    type Response = TokioIo<TcpStream>;
    type Error = DialError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, DialError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), DialError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let dialer = self.clone();
        Box::pin(async move {
            let stream = dialer.dial(&uri).await?;
            // Requests are sent at once; without this, the end could wait for an acknowledgement of
            // the start.
            let _ = stream.set_nodelay(true);
            Ok(TokioIo::new(stream))
        })
    }
}

/// Why a connection failed, in one line for the operator.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DialError {
    /// The resolver's error.
    #[error("cannot resolve the host name: {0}")]
    Resolve(io::Error),
    /// The name exists but has no address.
    #[error("the host name has no address")]
    Unknown,
    /// No address of the host is allowed; this is the first.
    #[error("{}", UrlError::Refused(*.0))]
    Refused(IpAddr),
    /// The last address tried does not accept connections.
    #[error("cannot connect to {0}: {1}")]
    Connect(SocketAddr, io::Error),
    /// The proxy at this host and port opens no connection.
    #[error("no connection through the proxy {0}: {1}")]
    Proxy(Arc<str>, ProxyFailure),
    /// The time limit was reached.
    #[error("no connection within {}", seconds(*.0))]
    Late(Duration),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resolver::system;

    fn dialer(resolver: Resolver) -> Dialer {
        let guard = Guard::new(Vec::new());
        let limit = Duration::from_secs(5);
        Dialer {
            guard,
            resolver,
            limit,
            proxy: None,
        }
    }

    /// [`EndpointUrl`](crate::EndpointUrl) rejects all of these. If one slips through, the system's
    /// resolver turns it into an address, which is then checked.
    #[tokio::test]
    async fn a_disguised_address_is_refused_when_connecting() {
        let dialer = dialer(system());
        for host in [
            "localhost",
            "127.0.0.1",
            "127.1",
            "0",
            "2130706433",
            "0x7f000001",
            "0x7f.1",
            "017700000001",
            "0177.0.0.1",
            "[::]",
            "[::1]",
            "[::ffff:127.0.0.1]",
        ] {
            let uri = format!("http://{host}/").parse().unwrap();
            let refused = dialer.dial(&uri).await;
            assert!(
                matches!(refused, Err(DialError::Refused(_))),
                "{host}: {refused:?}"
            );
        }
    }

    #[tokio::test]
    async fn only_some_public_addresses_of_a_name_are_kept() {
        let found = [
            "10.0.0.5", "9.9.9.1", "::1", "9.9.9.2", "9.9.9.3", "9.9.9.4", "9.9.9.5",
        ];
        let found = found.map(|address| address.parse::<IpAddr>().unwrap());
        let dialer = dialer(std::sync::Arc::new(move |_| {
            Box::pin(async move { Ok(found.to_vec()) })
        }));
        let admitted = dialer.admitted("ci.example.org").await.unwrap();
        assert_eq!(admitted, [found[1], found[3], found[4], found[5]]);
    }

    #[tokio::test]
    async fn a_name_without_addresses_is_an_error() {
        let dialer = dialer(std::sync::Arc::new(|_| Box::pin(async { Ok(Vec::new()) })));
        let unknown = dialer.admitted("ci.example.org").await;
        assert!(matches!(unknown, Err(DialError::Unknown)));
    }

    #[test]
    fn the_port_defaults_to_that_of_the_scheme() {
        for (url, expected) in [("http://a", 80), ("https://a", 443), ("https://a:80", 80)] {
            assert_eq!(port(&url.parse().unwrap()), expected, "{url}");
        }
    }
}
