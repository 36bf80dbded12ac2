//! The body of a response while it is sent: it suspends the client's idle timer, and a large one is
//! counted against the budget of large responses.

use super::http_refusal::too_many_large_responses;
use super::idle::IdleTimer;
use super::{Client, Counted, LARGE_ANSWER, Reserved, SecurityHeaders};
use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use warp::reply::Response;

/// A response body. The idle timer is suspended until all of it is sent.
pub(super) struct TrackedBody<B> {
    pub(super) body: B,
    pub(super) timer: IdleTimer,
    /// The reservation of a large body.
    pub(super) reserved: Option<Arc<Reserved>>,
}

/// Bytes of a large body. hyper drops a body before its last bytes are written, so the bytes hold
/// the reservation.
struct CountedBytes {
    bytes: Bytes,
    _reserved: Arc<Reserved>,
}

impl AsRef<[u8]> for CountedBytes {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl<B: Body<Data = Bytes> + Unpin> Body for TrackedBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        let Some(reserved) = &self.reserved else {
            return Poll::Ready(frame);
        };
        let counted = |bytes| {
            Bytes::from_owner(CountedBytes {
                bytes,
                _reserved: reserved.clone(),
            })
        };
        Poll::Ready(frame.map(|frame| frame.map(|frame| frame.map_data(counted))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl<B> Drop for TrackedBody<B> {
    fn drop(&mut self) {
        self.timer.restart();
    }
}

/// Counts a large response until its reader has received it. Replaces it with a 503 when the budget
/// is used up.
pub(super) fn count(
    response: Response,
    client: &Client,
    security: SecurityHeaders,
) -> (Response, Option<Arc<Reserved>>) {
    let size = response.body().size_hint().exact().unwrap_or_default();
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    if size <= LARGE_ANSWER || response.extensions().get::<Counted>().is_some() {
        return (response, None);
    }
    match client.answers().try_reserve(size) {
        None => (too_many_large_responses(security), None),
        Some(reserved) => (response, Some(Arc::new(reserved))),
    }
}
