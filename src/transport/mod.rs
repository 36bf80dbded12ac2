//! Sockets in, bytes out: what is decided about a request before any route is known.

pub(crate) mod host;
pub(crate) mod security_headers;
