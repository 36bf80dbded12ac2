//! The accept loop: turns connections into requests for the API. Replaces warp's own server, which
//! has no timeout for headers or for clients that do not read, no connection limit and no shutdown
//! deadline. It also panics where a filter asks for the path of a URI without one, such as
//! `CONNECT`'s (warp 0.4.3 with http 1.4.1 and newer, warp issue 1166). Does not depend on routes.

use crate::transport::idle::{self, Ended, IdleTimer, Shutdown};
use crate::transport::limits::Limits;
use crate::transport::write_timeout::TimeoutStream;
use crate::transport::{
    Client, Counted, Dropped, HEAD_BYTES, Head, LARGE_ANSWER, Peer, Refusal, Reserved,
    SecurityHeaders, Slot, Slots, Throttle, host, wait_for_head,
};
use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::io::{Error, ErrorKind};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;
use warp::http::{HeaderValue, Method, Request, StatusCode, header};
use warp::reply::Response;

/// How long to wait when the system cannot accept another connection.
const NO_ROOM: Duration = Duration::from_millis(100);

/// Serves `filter_for` each peer on `listener` until `stop`. Open requests then have the time that `limits`
/// allows; the rest are aborted. `slots` decides how many connections are open at once; further
/// ones wait. Responses that bypass the filter carry the headers of `security`.
pub async fn serve<F>(
    listener: TcpListener,
    filter_for: impl Fn(Peer) -> F,
    slots: Arc<Slots>,
    limits: Limits,
    security: SecurityHeaders,
    stop: CancellationToken,
) where
    F: warp::Filter<Extract = (Response,), Error = Infallible> + Clone + Send + Sync + 'static,
    F::Future: Send,
{
    let (tracker, ends) = (TaskTracker::new(), Shutdown::default());
    let throttles = Throttles::default();
    let terms = Terms { limits, security };
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &slots, &throttles, security) => accepted,
            () = stop.cancelled() => break,
        };
        if let Some((stream, slot, peer)) = accepted {
            let client = slot.client().clone();
            let held = (slot, tracker.token());
            let filter = filter_for(Peer {
                address: peer,
                client: Some(client.clone()),
            });
            let connection = serve_connection(stream, held, peer, filter, terms, ends.clone());
            let running = tracker.spawn(connection);
            client.runs_in(running.abort_handle());
        }
    }
    drop(listener);
    ends.stop();
    tracker.close();
    if tokio::time::timeout(limits.stop, tracker.wait())
        .await
        .is_err()
    {
        tracing::warn!(
            connections = tracker.len(),
            "aborting requests that are still open at the deadline"
        );
        ends.cut();
        tracker.wait().await;
    }
}

/// Throttled warnings of the accept loop, each at most once a minute.
#[derive(Default)]
struct Throttles {
    refused: Throttle,
    failed: Throttle,
}

/// Accepts the next connection and waits for a slot. `None` if the connection is not served.
async fn accept(
    listener: &TcpListener,
    slots: &Arc<Slots>,
    throttles: &Throttles,
    security: SecurityHeaders,
) -> Option<(TcpStream, Slot, SocketAddr)> {
    let (stream, peer) = match listener.accept().await {
        Ok(accepted) => accepted,
        Err(error) => {
            recover(&error, slots, throttles).await;
            return None;
        }
    };
    let Some(mut slot) = slots.register(peer.ip()) else {
        if let Some(left_out) = throttles.refused.count() {
            tracing::warn!(
                %peer,
                left_out,
                "an address has reached max_connections_per_address: refusing further connections"
            );
        }
        let _ = stream.try_write(&Refusal::TooManyConnections.response(security));
        return None;
    };
    slot.wait_for_room().await;
    Some((stream, slot, peer))
}

/// Makes room when the system cannot accept another connection. Ignores a client that disconnected
/// before it was accepted.
async fn recover(error: &Error, slots: &Arc<Slots>, throttles: &Throttles) {
    if matches!(
        error.kind(),
        ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset | ErrorKind::Interrupted
    ) {
        return;
    }
    if let Some(left_out) = throttles.failed.count() {
        tracing::warn!(%error, left_out, "cannot accept a connection");
    }
    slots.evict();
    tokio::time::sleep(NO_ROOM).await;
}

/// What a connection holds: its slot, and the token by which shutdown waits for it. A live
/// connection keeps both after the upgrade from HTTP.
type Held = (Slot, TaskTrackerToken);

/// Settings for every connection.
#[derive(Clone, Copy)]
struct Terms {
    limits: Limits,
    security: SecurityHeaders,
}

async fn serve_connection<F>(
    stream: TcpStream,
    held: Held,
    peer: SocketAddr,
    filter: F,
    terms: Terms,
    ends: Shutdown,
) where
    F: warp::Filter<Extract = (Response,), Error = Infallible> + Clone + Send + Sync + 'static,
    F::Future: Send,
{
    let _ = stream.set_nodelay(true);
    // Memory for HTTP is allocated only now: a client that has sent half a head costs little.
    let refusal = match first_head(&stream, terms.limits, &ends).await {
        Some(Head::Readable) if held.0.reserve_http().await => {
            return Box::pin(speak_http(stream, held, peer, filter, terms, ends)).await;
        }
        Some(Head::Readable) => Refusal::OutOfMemory,
        Some(Head::TooLarge) => Refusal::HeadTooLarge,
        Some(Head::Closed) | None => return,
    };
    tracing::debug!(%peer, ?refusal, "refused a connection");
    let turn = held.0.client().turn().clone();
    let mut stream = TimeoutStream::new(stream, held, terms.limits, ends.stopped().clone(), turn);
    let response = refusal.response(terms.security);
    if stream.write_all(&response).await.is_ok() {
        let _ = stream.shutdown().await;
    }
}

/// Waits for the complete head of the first request. `None` if it did not arrive in time.
async fn first_head(stream: &TcpStream, limits: Limits, ends: &Shutdown) -> Option<Head> {
    tokio::select! {
        head = tokio::time::timeout(limits.header, wait_for_head(stream)) => head.ok()?.ok(),
        () = ends.stopped().cancelled() => None,
    }
}

async fn speak_http<F>(
    stream: TcpStream,
    held: Held,
    address: SocketAddr,
    filter: F,
    terms: Terms,
    ends: Shutdown,
) where
    F: warp::Filter<Extract = (Response,), Error = Infallible> + Clone + Send + Sync + 'static,
    F::Future: Send,
{
    let Terms { limits, security } = terms;
    let client = held.0.client().clone();
    let (api, turn) = (warp::service(filter), client.turn().clone());
    let stream = TimeoutStream::new(stream, held, limits, ends.stopped().clone(), turn.clone());
    let taken = turn.clone();
    let service = service_fn(move |request| {
        taken.take();
        let (answered, turn) = (answer(api.clone(), request, security), taken.clone());
        let client = client.clone();
        async move {
            let (response, reserved) = count(answered.await?, &client, security);
            Ok::<_, Dropped>(response.map(|body| Spoken {
                body,
                turn,
                reserved,
            }))
        }
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .max_header_size(HEAD_BYTES)
        .max_buf_size(HEAD_BYTES)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let connection = std::pin::pin!(connection);
    let wind_up = hyper::server::conn::http1::UpgradeableConnection::graceful_shutdown;
    match idle::drive(connection, wind_up, &turn, limits.header, &ends).await {
        Ended::ByItself(Err(error)) => {
            tracing::debug!(peer = %address, %error, "a connection ended early");
        }
        Ended::Silent => tracing::debug!(peer = %address, "a client was idle for too long"),
        Ended::ByItself(Ok(())) | Ended::Cut => {}
    }
}

/// A response body. The idle timer is suspended until all of it is sent.
struct Spoken<B> {
    body: B,
    turn: IdleTimer,
    /// The reservation of a large body.
    reserved: Option<Arc<Reserved>>,
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

/// Counts a large response until its reader has received it. Replaces it with a 503 when the budget
/// is used up.
fn count(
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
        None => (refuse_large(security), None),
        Some(reserved) => (response, Some(Arc::new(reserved))),
    }
}

fn refuse_large(security: SecurityHeaders) -> Response {
    let text = r#"{"success":false,"error":"The server is busy, full or stopping. Please try again [error-service-unavailable]","errorType":"error-service-unavailable"}"#;
    let mut response = refuse(StatusCode::SERVICE_UNAVAILABLE, text, security);
    response
        .headers_mut()
        .insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    response
}

impl<B: Body<Data = Bytes> + Unpin> Body for Spoken<B> {
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

impl<B> Drop for Spoken<B> {
    fn drop(&mut self) {
        self.turn.give_back();
    }
}

async fn answer<S>(
    mut api: S,
    request: Request<Incoming>,
    security: SecurityHeaders,
) -> Result<Response, Dropped>
where
    S: tower_service::Service<Request<Incoming>, Response = Response, Error = Infallible>,
{
    if request.method() == Method::CONNECT {
        return Ok(refuse_connect(security));
    }
    if request.uri().path_and_query().is_none() {
        // `GET host`: a target without a path, as in CONNECT but with another method.
        let text = failure("The request names no path");
        return Ok(refuse(StatusCode::BAD_REQUEST, &text, security));
    }
    if let Some(problem) = host::problem(request.version(), request.headers()) {
        return Ok(refuse(StatusCode::BAD_REQUEST, &failure(problem), security));
    }
    let Ok(response) = api.call(request).await;
    match response.extensions().get() {
        // hyper closes a connection whose service fails, and sends nothing.
        Some(dropped) => Err(*dropped),
        None => Ok(response),
    }
}

fn refuse_connect(security: SecurityHeaders) -> Response {
    let text = failure("This server is not a proxy");
    let mut response = refuse(StatusCode::METHOD_NOT_ALLOWED, &text, security);
    response.headers_mut().insert(
        header::ALLOW,
        HeaderValue::from_static("GET, POST, HEAD, OPTIONS"),
    );
    response
}

/// Renders an error. `error` must not contain quotes or backslashes.
fn failure(error: &str) -> String {
    format!(r#"{{"success":false,"error":"{error}"}}"#)
}

/// Builds the response to a request that must not reach warp, and closes the connection.
fn refuse(status: StatusCode, json: &str, security: SecurityHeaders) -> Response {
    let mut response = Response::new(json.to_owned().into());
    security.add(response.headers_mut());
    *response.status_mut() = status;
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    response
        .headers_mut()
        .insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}
