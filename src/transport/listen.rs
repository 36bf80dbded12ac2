//! The accept loop: turns connections into requests for the API. Replaces warp's own server, which
//! has no timeout for headers or for clients that do not read, no connection limit and no shutdown
//! deadline. It also panics where a filter asks for the path of a URI without one, such as
//! `CONNECT`'s (warp 0.4.3 with http 1.4.1 and newer, warp issue 1166). Does not depend on routes.

use super::http_refusal::refusal;
use super::idle::{self, Ended, Shutdown};
use super::limits::Limits;
use super::response_body::{TrackedBody, count};
use super::write_timeout::TimeoutStream;
use super::{
    Dropped, HEAD_BYTES, Head, Peer, Refusal, SecurityHeaders, Slot, Slots, Throttle, wait_for_head,
};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::io::{Error, ErrorKind};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;
use warp::http::Request;
use warp::reply::Response;

/// How long to wait when the system cannot accept another connection.
const ACCEPT_RETRY_INTERVAL: Duration = Duration::from_millis(100);

/// Serves `filter_for` each peer on `listener` until `stop`. Open requests then have the time that
/// `limits` allows; the rest are aborted. `slots` decides how many connections are open at once; further
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
    tokio::time::sleep(ACCEPT_RETRY_INTERVAL).await;
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
    let timer = held.0.client().timer().clone();
    let mut stream = TimeoutStream::new(stream, held, terms.limits, ends.stopped().clone(), timer);
    let _ = stream.write_all(&refusal.response(terms.security)).await;
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
    let (api, timer) = (warp::service(filter), client.timer().clone());
    let stream = TimeoutStream::new(stream, held, limits, ends.stopped().clone(), timer.clone());
    let taken = timer.clone();
    let service = service_fn(move |request| {
        taken.suspend();
        let (answered, timer) = (answer(api.clone(), request, security), taken.clone());
        let client = client.clone();
        async move {
            let (response, reserved) = count(answered.await?, &client, security);
            Ok::<_, Dropped>(response.map(|body| TrackedBody {
                body,
                timer,
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
    match idle::drive(connection, wind_up, &timer, limits.header, &ends).await {
        Ended::ByItself(Err(error)) => {
            tracing::debug!(peer = %address, %error, "a connection ended early");
        }
        Ended::Silent => tracing::debug!(peer = %address, "a client was idle for too long"),
        Ended::ByItself(Ok(())) | Ended::Cut => {}
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
    if let Some(refusal) = refusal(&request, security) {
        return Ok(refusal);
    }
    let Ok(response) = api.call(request).await;
    match response.extensions().get() {
        // hyper closes a connection whose service fails, and sends nothing.
        Some(dropped) => Err(*dropped),
        None => Ok(response),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn room_is_made_only_where_the_system_has_none() {
        for (error, is_full) in [
            (Error::other("too many open files"), true),
            (ErrorKind::ConnectionAborted.into(), false),
        ] {
            let slots = Slots::new(10, None, Vec::new());
            let mut slot = slots.register("192.0.2.1".parse().unwrap()).unwrap();
            slot.wait_for_room().await;
            let idle = tokio::spawn(std::future::pending::<()>());
            slot.client().runs_in(idle.abort_handle());
            let day = Duration::from_secs(24 * 60 * 60);
            tokio::time::advance(day).await;
            let began = tokio::time::Instant::now();
            recover(&error, &slots, &Throttles::default()).await;
            assert_eq!(began.elapsed() == ACCEPT_RETRY_INTERVAL, is_full, "{error}");
            tokio::task::yield_now().await;
            assert_eq!(idle.is_finished(), is_full, "{error}");
        }
    }
}
