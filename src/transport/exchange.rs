//! What the accept loop and the API tell each other in the extensions of requests and responses.

use super::Client;
use std::net::SocketAddr;
use std::sync::Arc;

/// The other end of the connection, in the extensions of each request.
#[derive(Clone)]
pub struct Peer {
    /// Its address, which is a proxy's where one stands between.
    pub address: SocketAddr,
    /// What is known of the client; `None` where nothing accepts connections.
    pub client: Option<Arc<Client>>,
}

/// Marks a response whose body is already counted against the budget for large answers.
#[derive(Debug, Clone, Copy)]
pub struct Counted;

/// Marks a response that is never sent: its connection is closed instead.
#[derive(Debug, Clone, Copy)]
pub struct Dropped;

impl std::fmt::Display for Dropped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the connection is dropped, as dev mode requested")
    }
}

impl std::error::Error for Dropped {}
