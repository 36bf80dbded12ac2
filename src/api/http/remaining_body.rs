//! The part of a request body that no handler has read. It must not be mistaken for the next
//! request: it is discarded, or the response announces that the connection ends.
//!
//! hyper closes a connection with an unread body without announcing it. The next request of a
//! client that reuses its connections would then fail.

use super::body;
use super::json::Response;
use futures_util::stream::FusedStream;
use futures_util::{FutureExt, StreamExt};
use std::pin::{Pin, pin};
use std::time::Duration;
use tokio::time::timeout;
use warp::http::{HeaderMap, HeaderValue, header};

/// How the client sends its body.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::api) enum RemainingBody {
    /// At once, after the headers.
    Sent,
    /// After a `100 Continue`, which only reading the body causes.
    AwaitsContinue,
}

impl RemainingBody {
    /// Reads the headers of a request.
    pub(in crate::api) fn announced(headers: &HeaderMap) -> Self {
        if headers.contains_key(header::EXPECT) {
            Self::AwaitsContinue
        } else {
            Self::Sent
        }
    }
}

/// Discards the rest of `body`, at most [`body::LIMIT`] bytes within `limit`. Adds
/// `Connection: close` to `response` if the body is longer or slower, or broken. Uses no memory beyond
/// the connection's buffer.
pub(in crate::api) async fn settle<S, B>(
    mut response: Response,
    mut body: Pin<&mut S>,
    announced: RemainingBody,
    limit: Duration,
) -> Response
where
    S: FusedStream<Item = Result<B, warp::Error>>,
    B: warp::Buf,
{
    if body.is_terminated() || response.headers().contains_key(header::CONNECTION) {
        return response;
    }
    if announced == RemainingBody::AwaitsContinue || !ends_soon(&mut body, limit).await {
        let close = HeaderValue::from_static("close");
        response.headers_mut().insert(header::CONNECTION, close);
    }
    response
}

/// Returns whether `body` ends within the limits.
async fn ends_soon<S, B>(body: &mut Pin<&mut S>, limit: Duration) -> bool
where
    S: FusedStream<Item = Result<B, warp::Error>>,
    B: warp::Buf,
{
    let mut discarding = pin!(discard(body));
    // Most requests without a body that is read have no body at all, and need no timer.
    match discarding.as_mut().now_or_never() {
        Some(has_ended) => has_ended,
        None => timeout(limit, discarding).await.unwrap_or(false),
    }
}

/// Discards `body`. Returns `false` if it is broken or too long.
async fn discard<S, B>(body: &mut Pin<&mut S>) -> bool
where
    S: FusedStream<Item = Result<B, warp::Error>>,
    B: warp::Buf,
{
    let mut left = body::LIMIT;
    while let Some(chunk) = body.next().await {
        let rest = chunk
            .ok()
            .and_then(|chunk| left.checked_sub(chunk.remaining()));
        let Some(rest) = rest else {
            return false;
        };
        left = rest;
    }
    true
}
