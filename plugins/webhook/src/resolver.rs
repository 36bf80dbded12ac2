//! Names to addresses. It does not know which addresses may be dialled: nothing here is trusted.

use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;

use tokio::net::lookup_host;

/// The addresses of a host, to come; none, or an error, if it has none.
pub type Resolved = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// Looks a host's name up. Every address of its answer is judged before it is dialled.
pub type Resolver = Arc<dyn Fn(String) -> Resolved + Send + Sync>;

/// Asks the operating system: its hosts file, its name servers.
pub(crate) fn system() -> Resolver {
    Arc::new(|host| {
        Box::pin(async move {
            let found = lookup_host((host, 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    })
}
