//! `/websocket` and its SockJS counterpart: live connections, which use the realtime protocol (DDP).
//! This module turns a request into a connection.
//!
//! - `session`: the responses to messages
//! - `drive`: when messages are sent, and how a connection ends
//! - `framing`: how messages are put into frames
//! - `streams`: the subscriptions
//! - `login`: logging in and out
//!
//! The handshake is done here and not by warp, whose sockets keep 128 KiB each for reading. Source:
//! RFC 6455; compatibility 9.

mod call;
mod drive;
mod feed;
mod framing;
mod login;
mod session;
mod streams;
mod watched_users;

pub(in crate::api) use watched_users::Watching;

use crate::api::error::ApiError;
use crate::api::http::origin::Page;
use crate::api::http::request::Request;
use crate::api::http::response::{self, Answer};
use crate::transport::FrameMeter;
use crate::transport::limits::Limits;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use framing::Framing;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use session::Session;
use std::sync::Arc;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;
use warp::http::{HeaderMap, HeaderName, Method, header};

/// `GET /websocket`: answers 101 and starts a live connection.
pub(in crate::api) async fn open(request: Request) -> Answer {
    switch(&request, Framing::Plain)
}

/// `GET /sockjs/:server/:session/websocket`: the same with the frames of SockJS. Both parameters are
/// the client's choice and mean nothing here: a WebSocket has no session that could be resumed.
pub(in crate::api) async fn open_sockjs(request: Request) -> Answer {
    switch(&request, Framing::SockJs)
}

fn switch(request: &Request, framing: Framing) -> Answer {
    let headers = request.headers();
    let (Some(key), Some(upgrade)) = (key(headers), request.upgrade()) else {
        return Err(ApiError::NoUpgrade);
    };
    if *request.method() != Method::GET {
        return Err(ApiError::NoUpgrade);
    }
    if request.api.origins.page(headers) == Page::Foreign {
        return Err(request.api.origins.refuse(headers));
    }
    let accept = derive_accept_key(key.as_bytes());
    let client = request.client().cloned();
    let meter = FrameMeter::new(client.clone());
    let agent = request.user_agent().map(Arc::from);
    let session = Session::new(request.api.clone(), request.address(), agent, meter.clone());
    let (limits, realtime) = (request.api.limits, &request.api.realtime);
    let stop = realtime.stop.clone();
    let task = realtime.spawn(live(upgrade, session, meter, (limits, framing), stop));
    client.inspect(|client| client.runs_in(task.abort_handle()));
    Ok(response::switching(&accept))
}

async fn live(
    upgrade: OnUpgrade,
    session: Session,
    meter: FrameMeter,
    (limits, framing): (Limits, Framing),
    stop: tokio_util::sync::CancellationToken,
) {
    // If the client disconnects before the upgrade, there is nothing to do.
    if let Ok(io) = upgrade.await {
        meter.begin();
        let (io, config) = (meter.watch(TokioIo::new(io)), Some(drive::config()));
        let socket = WebSocketStream::from_raw_socket(io, Role::Server, config).await;
        drive::run(socket, session, (limits, framing), stop.cancelled()).await;
    }
}

/// Returns the key of a valid WebSocket request for version 13, the only one supported.
fn key(headers: &HeaderMap) -> Option<&str> {
    let text = |name: HeaderName| headers.get(name)?.to_str().ok();
    let asks = text(header::UPGRADE)?.eq_ignore_ascii_case("websocket");
    // hyper checks only `Upgrade`; RFC 6455 requires both headers.
    let mut hops = text(header::CONNECTION)?.split(',');
    let is_meant = hops.any(|hop| hop.trim().eq_ignore_ascii_case("upgrade"));
    let is_known = text(header::SEC_WEBSOCKET_VERSION)? == "13";
    let key = text(header::SEC_WEBSOCKET_KEY)?;
    let is_key = STANDARD.decode(key).is_ok_and(|key| key.len() == 16);
    (asks && is_meant && is_known && is_key).then_some(key)
}
