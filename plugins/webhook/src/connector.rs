//! Connections to receivers: a name resolved, each address judged, and exactly those dialled that were admitted. It does
//! not know what is sent.

use std::error::Error;
use std::fmt::{self, Display, Formatter};
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::Uri;
use hyper::http::uri::Scheme;
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};
use tower_service::Service;

use crate::Guard;
use crate::endpoint_url::{literal, not_public};
use crate::trust::Trust;

/// How many addresses of a name are tried.
const TRIED: usize = 4;

/// The addresses of a host, to be.
pub type Resolved = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// Looks up a host. Its answer is not trusted: the guard judges every address in it.
pub type Resolve = Arc<dyn Fn(String) -> Resolved + Send + Sync>;

type BoxError = Box<dyn Error + Send + Sync>;
type Connecting<T, E> = Pin<Box<dyn Future<Output = Result<T, E>> + Send>>;

/// Asks the operating system.
pub(crate) fn system() -> Resolve {
    Arc::new(|host| {
        Box::pin(async move {
            let found = tokio::net::lookup_host((host, 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    })
}

/// Connects by TCP, and by TLS where the URL says `https`.
#[derive(Clone)]
pub(crate) struct Connector {
    pub(crate) dialer: Dialer,
    pub(crate) trust: Arc<Trust>,
}

impl Service<Uri> for Connector {
    type Response = MaybeHttpsStream<TokioIo<TcpStream>>;
    type Error = BoxError;
    type Future = Connecting<Self::Response, BoxError>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let Self { mut dialer, trust } = self.clone();
        let limit = dialer.limit;
        let connecting = async move {
            if uri.scheme() != Some(&Scheme::HTTPS) {
                return Ok(MaybeHttpsStream::Http(dialer.call(uri).await?));
            }
            let config = trust.config().await?;
            HttpsConnector::from((dialer, config)).call(uri).await
        };
        Box::pin(async move {
            let in_time = timeout(limit, connecting).await;
            in_time.unwrap_or_else(|_| Err(DialError::Late(limit).into()))
        })
    }
}

/// Connects by TCP to whatever the guard admits.
#[derive(Clone)]
pub(crate) struct Dialer {
    pub(crate) guard: Guard,
    pub(crate) resolve: Resolve,
    pub(crate) limit: Duration,
}

impl Dialer {
    async fn dial(&self, uri: &Uri) -> Result<TcpStream, DialError> {
        let end = Instant::now() + self.limit;
        let addresses = self.admitted(uri.host().unwrap_or_default()).await?;
        let port = port(uri);
        let mut failed = DialError::Unknown;
        for (index, address) in addresses.iter().enumerate() {
            // Those that are left share the time that is left, so that a silent one does not use it up.
            let left = end.saturating_duration_since(Instant::now());
            let share = left / u32::try_from(addresses.len() - index).unwrap_or(u32::MAX);
            let address = SocketAddr::new(*address, port);
            match timeout_at(Instant::now() + share, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => return Ok(stream),
                Ok(Err(error)) => failed = DialError::Connect(address, error),
                Err(_) => failed = DialError::Late(self.limit),
            }
        }
        Err(failed)
    }

    /// Those addresses of `host` that may be dialled: at least one, and no more than are tried.
    async fn admitted(&self, host: &str) -> Result<Vec<IpAddr>, DialError> {
        let found = match literal(host) {
            Some(address) => vec![address],
            None => (self.resolve)(host.to_owned())
                .await
                .map_err(DialError::Resolve)?,
        };
        let admits = |address: &&IpAddr| self.guard.admits(**address);
        let admitted: Vec<IpAddr> = found.iter().filter(admits).take(TRIED).copied().collect();
        match found.first() {
            None => Err(DialError::Unknown),
            Some(first) if admitted.is_empty() => Err(DialError::Refused(*first)),
            Some(_) => Ok(admitted),
        }
    }
}

impl Service<Uri> for Dialer {
    type Response = TokioIo<TcpStream>;
    type Error = DialError;
    type Future = Connecting<Self::Response, DialError>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), DialError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let dialer = self.clone();
        Box::pin(async move {
            let stream = dialer.dial(&uri).await?;
            // Head and body go out at once anyway; without this the last part may wait for an acknowledgement.
            let _ = stream.set_nodelay(true);
            Ok(TokioIo::new(stream))
        })
    }
}

fn port(uri: &Uri) -> u16 {
    let usual = if uri.scheme() == Some(&Scheme::HTTPS) {
        443
    } else {
        80
    };
    uri.port_u16().unwrap_or(usual)
}

/// Why there is no connection, in one line for the operator.
#[derive(Debug)]
pub(crate) enum DialError {
    Resolve(io::Error),
    Unknown,
    Refused(IpAddr),
    Connect(SocketAddr, io::Error),
    Late(Duration),
}

impl Display for DialError {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Resolve(error) => {
                write!(formatter, "the host's name cannot be resolved: {error}")
            }
            Self::Unknown => formatter.write_str("the host's name has no address"),
            Self::Refused(address) => not_public(formatter, *address),
            Self::Connect(address, error) => {
                write!(formatter, "cannot connect to {address}: {error}")
            }
            Self::Late(limit) => write!(formatter, "no connection within {limit:?}"),
        }
    }
}

impl Error for DialError {}
