//! The accept loop: connections become requests for the API. It stands in front of warp because warp's own server has no time limit
//! on headers or on clients that do not read, no cap on connections and no deadline when it stops, and panics where a filter
//! asks for the path of a URI that has none, such as `CONNECT`'s (warp 0.4.3 with http 1.4.1 and newer, warp issue 1166). Knows no route.

use crate::api::Peer;
use crate::limits::Limits;
use crate::stall::Impatient;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
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
    let ends = Ends {
        stop,
        cut: CancellationToken::new(),
    };
    loop {
        let accepted = async {
            let permit = free.clone().acquire_owned().await;
            (permit, listener.accept().await)
        };
        let (permit, accepted) = tokio::select! {
            accepted = accepted => accepted,
            () = ends.stop.cancelled() => break,
        };
        match (permit, accepted) {
            (Ok(permit), Ok((stream, peer))) => {
                let connection =
                    serve_connection(stream, peer, filter.clone(), limits, ends.clone());
                tracker.spawn(async move {
                    let _permit = permit;
                    connection.await;
                });
            }
            (_, Err(error)) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(NO_ROOM).await;
            }
            (Err(_), _) => break,
        }
    }
    drop(listener);
    tracker.close();
    if tokio::time::timeout(limits.stop, tracker.wait())
        .await
        .is_err()
    {
        tracing::warn!(
            connections = tracker.len(),
            "requests were still open at the deadline and are cut"
        );
        ends.cut.cancel();
        tracker.wait().await;
    }
}

/// How a connection is told to end.
#[derive(Clone)]
struct Ends {
    /// With the request that is open.
    stop: CancellationToken,
    /// At once; asked about only after the other, since asking costs every request a lock.
    cut: CancellationToken,
}

async fn serve_connection<F>(
    stream: TcpStream,
    peer: SocketAddr,
    filter: F,
    limits: Limits,
    ends: Ends,
) where
    F: warp::Filter<Extract = (Response,), Error = Infallible> + Clone + Send + Sync + 'static,
    F::Future: Send,
{
    let _ = stream.set_nodelay(true);
    let stream = Impatient::new(stream, limits, ends.stop.clone());
    let api = warp::service(filter);
    let service = service_fn(move |request| answer(api.clone(), request, peer));
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header)
        .max_header_size(HEADER_BYTES)
        .max_buf_size(HEADER_BYTES)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = ends.stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            tokio::select! { ended = connection => ended, () = ends.cut.cancelled() => return }
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%peer, %error, "a connection ended early");
    }
}

async fn answer<S>(
    mut api: S,
    mut request: Request<Incoming>,
    peer: SocketAddr,
) -> Result<Response, Infallible>
where
    S: tower_service::Service<Request<Incoming>, Response = Response, Error = Infallible>,
{
    if request.method() == Method::CONNECT {
        return Ok(refuse_connect());
    }
    if request.uri().path_and_query().is_none() {
        // `GET host`: what is CONNECT's to ask comes with other methods, too.
        let text = r#"{"success":false,"error":"The request names no path"}"#;
        return Ok(refuse(StatusCode::BAD_REQUEST, text));
    }
    request.extensions_mut().insert(Peer(peer));
    api.call(request).await
}

fn refuse_connect() -> Response {
    let text = r#"{"success":false,"error":"This is no proxy"}"#;
    let mut response = refuse(StatusCode::METHOD_NOT_ALLOWED, text);
    response.headers_mut().insert(
        header::ALLOW,
        HeaderValue::from_static("GET, POST, HEAD, OPTIONS"),
    );
    response
}

/// The answer to what must not reach warp; nothing else is read from its connection.
fn refuse(status: StatusCode, json: &'static str) -> Response {
    let mut response = Response::new(json.into());
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
