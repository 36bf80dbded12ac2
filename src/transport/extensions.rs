//! Values that the accept loop and the API exchange: the peer of a connection, and marks in the
//! extensions of responses.

use super::Client;
use std::net::SocketAddr;
use std::sync::Arc;

/// The peer of a connection.
#[derive(Clone)]
pub struct Peer {
    /// Its address; behind a proxy, the proxy's address.
    pub address: SocketAddr,
    /// The client's connection state; `None` without an accept loop.
    pub client: Option<Arc<Client>>,
}

/// Marks a response whose body is already counted against the budget for large responses.
#[derive(Debug, Clone, Copy)]
pub struct Counted;

/// Marks a response that is not sent: its connection is closed instead.
#[derive(Debug, Clone, Copy)]
pub struct Dropped;

impl std::fmt::Display for Dropped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the connection is dropped, as dev mode requested")
    }
}

impl std::error::Error for Dropped {}
