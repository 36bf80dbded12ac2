//! Resolves names to addresses, which are not trusted: the guard checks them.

use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;

use tokio::net::lookup_host;

/// The future addresses of a host; an empty list or an error if it has none.
pub type Resolved = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// Resolves a host name. Every returned address is checked before connecting.
pub type Resolver = Arc<dyn Fn(String) -> Resolved + Send + Sync>;

/// Uses the operating system: its hosts file and its name servers.
pub(crate) fn system() -> Resolver {
    Arc::new(|host| {
        Box::pin(async move {
            let found = lookup_host((host, 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    })
}
