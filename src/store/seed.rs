//! What dev mode asks of a database beside everything else: to begin anew. Not a part of [`Store`](super::Store), so that a server
//! with data has no way to ask for it. Knows no SQL.

use crate::domain::Result;
use async_trait::async_trait;

/// A store that can be put back.
#[async_trait]
pub trait Seeded: Send + Sync {
    /// Remembers everything but the events as it is now.
    async fn remember_seed(&self) -> Result<()>;

    /// Puts everything back to where it was at [`remember_seed`](Self::remember_seed), in one transaction, and raises every version.
    /// Events stay, and none tells of the reset. Without a seed it is an `Internal` error, and nothing is lost.
    async fn reset(&self) -> Result<()>;
}
