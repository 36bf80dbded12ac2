//! The accept loop: connections become requests for the API. It stands in front of warp because warp's own server has no time limit
//! on headers or on clients that do not read, no cap on connections and no deadline when it stops, and panics where a filter
//! asks for the path of a URI that has none, such as `CONNECT`'s (warp 0.4.3 with http 1.4.1 and newer, warp issue 1166). Knows no route.

use crate::api::{Dropped, Peer};
use crate::conversation::{self, Ended, Ends, Turn};
use crate::limits::Limits;
use crate::stall::Impatient;
use crate::transport::{host, security_headers};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;
use warp::http::{HeaderValue, Method, Request, StatusCode, header};
use warp::reply::Response;

/// Bytes of a request's line and headers.
const HEADER_BYTES: usize = 64 * 1024;
/// How long to wait when the machine has no room for a further connection.
const NO_ROOM: Duration = Duration::from_millis(100);

/// Serves `filter` on `listener` until `stop`; then open requests have the time `limits` gives them, and what is left is cut. At most
/// `connections` are open at once; further ones wait to be accepted.
pub async fn serve<F>(
    listener: TcpListener,
    filter: F,
    connections: usize,
    limits: Limits,
    stop: CancellationToken,
) where
    F: warp::Filter<Extract = (Response,), Error = Infallible> + Clone + Send + Sync + 'static,
    F::Future: Send,
{
    let (tracker, free) = (TaskTracker::new(), Arc::new(Semaphore::new(connections)));
    let ends = Ends::default();
    loop {
        let accepted = async {
            let permit = free.clone().acquire_owned().await;
            (permit, listener.accept().await)
        };
        let (permit, accepted) = tokio::select! {
            accepted = accepted => accepted,
            () = stop.cancelled() => break,
        };
        match (permit, accepted) {
            (Ok(permit), Ok((stream, peer))) => {
                let held = (permit, tracker.token());
                let connection =
                    serve_connection(stream, held, peer, filter.clone(), limits, ends.clone());
                tracker.spawn(connection);
            }
            (_, Err(error)) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(NO_ROOM).await;
            }
            (Err(_), _) => break,
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
            "requests were still open at the deadline and are cut"
        );
        ends.cut();
        tracker.wait().await;
    }
}

/// What a connection holds: its place among those that may be open, and that it is waited for. A live connection holds it when it is HTTP's
/// no more.
type Held = (OwnedSemaphorePermit, TaskTrackerToken);

async fn serve_connection<F>(
    stream: TcpStream,
    held: Held,
    peer: SocketAddr,
    filter: F,
    limits: Limits,
    ends: Ends,
) where
    F: warp::Filter<Extract = (Response,), Error = Infallible> + Clone + Send + Sync + 'static,
    F::Future: Send,
{
    let _ = stream.set_nodelay(true);
    let (api, turn) = (warp::service(filter), Turn::of_client());
    if !speaks(&stream, limits, &ends).await {
        return;
    }
    let stream = Impatient::new(stream, held, limits, ends.stopped().clone(), turn.clone());
    let taken = turn.clone();
    let service = service_fn(move |request| {
        taken.take();
        let (answered, turn) = (answer(api.clone(), request, peer), taken.clone());
        async move { Ok::<_, Dropped>(answered.await?.map(|body| Spoken { body, turn })) }
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .max_header_size(HEADER_BYTES)
        .max_buf_size(HEADER_BYTES)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let connection = std::pin::pin!(connection);
    let wind_up = hyper::server::conn::http1::UpgradeableConnection::graceful_shutdown;
    match conversation::drive(connection, wind_up, &turn, limits.header, &ends).await {
        Ended::ByItself(Err(error)) => tracing::debug!(%peer, %error, "a connection ended early"),
        Ended::Silent => tracing::debug!(%peer, "a client said nothing for too long"),
        Ended::ByItself(Ok(())) | Ended::Cut => {}
    }
}

/// Waits for the client's first byte. What is needed to read HTTP is allocated only then: in a storm most connections are silent at first,
/// and what they had together would be kept by the process for good.
async fn speaks(stream: &TcpStream, limits: Limits, ends: &Ends) -> bool {
    let mut first = [0];
    tokio::select! {
        spoke = tokio::time::timeout(limits.header, stream.peek(&mut first)) => matches!(spoke, Ok(Ok(1))),
        () = ends.stopped().cancelled() => false,
    }
}

/// A response's body. It is the server's turn until all of it is said, however long that takes.
struct Spoken<B> {
    body: B,
    turn: Turn,
}

impl<B: Body + Unpin> Body for Spoken<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
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
    mut request: Request<Incoming>,
    peer: SocketAddr,
) -> Result<Response, Dropped>
where
    S: tower_service::Service<Request<Incoming>, Response = Response, Error = Infallible>,
{
    if request.method() == Method::CONNECT {
        return Ok(refuse_connect());
    }
    if request.uri().path_and_query().is_none() {
        // `GET host`: what is CONNECT's to ask comes with other methods, too.
        let text = failure("The request names no path");
        return Ok(refuse(StatusCode::BAD_REQUEST, &text));
    }
    if let Some(problem) = host::problem(request.version(), request.headers()) {
        return Ok(refuse(StatusCode::BAD_REQUEST, &failure(problem)));
    }
    request.extensions_mut().insert(Peer(peer));
    let Ok(response) = api.call(request).await;
    match response.extensions().get() {
        // hyper closes a connection whose service fails, and sends nothing.
        Some(dropped) => Err(*dropped),
        None => Ok(response),
    }
}

fn refuse_connect() -> Response {
    let text = failure("This is no proxy");
    let mut response = refuse(StatusCode::METHOD_NOT_ALLOWED, &text);
    response.headers_mut().insert(
        header::ALLOW,
        HeaderValue::from_static("GET, POST, HEAD, OPTIONS"),
    );
    response
}

/// `error` is a text without quotes and backslashes.
fn failure(error: &str) -> String {
    format!(r#"{{"success":false,"error":"{error}"}}"#)
}

/// The answer to what must not reach warp; nothing else is read from its connection.
fn refuse(status: StatusCode, json: &str) -> Response {
    let mut response = Response::new(json.to_owned().into());
    security_headers::add(response.headers_mut());
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
