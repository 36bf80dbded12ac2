//! The type of a route, and the macro for tables of routes.

use super::http::request::Request;
use super::http::response::Answer;
use std::future::Future;
use std::pin::Pin;
use warp::http::Method;

/// Builds the table of routes: access, method, path, handler.
macro_rules! routes {
    ($($access:ident $method:ident $path:literal => $handler:path,)*) => {
        &[$($crate::api::route::Route {
            method: warp::http::Method::$method,
            path: $path,
            access: routes!(@ $access),
            handler: |request| Box::pin($handler(request)),
        },)*]
    };
    (@ anonymous) => { $crate::api::route::Access::Anonymous };
    (@ logged_in) => { $crate::api::route::Access::LoggedIn };
}

/// A route: a method, a path and the handler for requests that match them.
pub struct Route {
    /// `GET`, or `POST` or `DELETE` with a body. A `GET` route also answers `HEAD`, unless it changes
    /// state, as `logout` does.
    pub method: Method,
    /// The exact path. A segment that begins with a colon matches any single segment.
    pub path: &'static str,
    /// The access that the route requires. A request that needs a login but has none is refused
    /// before its body is read.
    pub access: Access,
    pub(super) handler: fn(Request) -> Pin<Box<dyn Future<Output = Answer> + Send>>,
}

/// The access that a route requires.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Requires a valid login.
    LoggedIn,
    /// Open to everyone.
    Anonymous,
}
