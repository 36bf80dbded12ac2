//! `/sockjs/info`: what a SockJS client may use here. Source: SockJS protocol 0.3.3, section "Info
//! test"; sockjs-node `lib/info.js`.

use crate::api::http::request::Request;
use crate::api::http::response::{self, Answer};
use serde::Serialize;

#[derive(Serialize)]
struct Info {
    websocket: bool,
    origins: [&'static str; 1],
    cookie_needed: bool,
    entropy: u32,
}

/// `GET /sockjs/info`, without a rate limit: all clients ask before they reconnect.
pub(in crate::api) async fn info(request: Request) -> Answer {
    response::ok(&Info {
        websocket: true,
        // Clients ignore it since SockJS 0.3. The handshake checks the origin.
        origins: ["*:*"],
        cookie_needed: false,
        entropy: request.app().ids.entropy()?,
    })
}
