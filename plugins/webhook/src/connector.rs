//! Connects to receivers, with or without TLS, within a time limit.

use std::error::Error;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use hyper::Uri;
use hyper::http::uri::Scheme;
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tower_service::Service;

use crate::dialer::{DialError, Dialer};
use crate::trust::Trust;

type BoxError = Box<dyn Error + Send + Sync>;

/// Connects by TCP, and by TLS for `https` URLs.
#[derive(Clone)]
pub(crate) struct Connector {
    pub(crate) dialer: Dialer,
    pub(crate) trust: Arc<Trust>,
}

impl Service<Uri> for Connector {
    type Response = MaybeHttpsStream<TokioIo<TcpStream>>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

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
