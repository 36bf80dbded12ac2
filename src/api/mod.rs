//! The HTTP API, and the only module that knows JSON, headers and status codes. A handler
//! authenticates, reads the request, calls one use case of `service`, and wraps the result. Rules
//! and SQL do not belong here.
//!
//! - [`routes`](ROUTES): the table of all routes
//! - `serve`: the way of a request, from its route to the headers of the response
//! - `state`: what handlers share
//! - `http`: requests, responses and limits
//! - `rest`: the handlers, grouped by noun
//! - `ddp`: the realtime protocol's methods and its socket
//! - `dev`: the routes of dev mode
//! - `wire`: the JSON that clients see
//! - `error`: how failures are rendered

#[macro_use]
mod route;

mod ddp;
mod dev;
mod error;
mod http;
mod openapi;
mod rest;
mod routes;
mod serve;
mod state;
mod wire;

pub use dev::ROUTES as DEV_ROUTES;
pub use http::realtime::Realtime;
pub(crate) use http::time_zone::check as check_time_zone;
pub use route::{Access, Route};
pub use routes::ROUTES;
pub use serve::filter;
pub use state::Api;
pub(crate) use wire::date::read as read_date;
pub(crate) use wire::{
    audit_line, claim_line, delivery_line, display_line, display_url, hook_line, join_url,
    login_line, permission_line, qr_rows, user_line, webhook_line,
};
