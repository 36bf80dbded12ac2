//! The contract of dev mode's reset. Not a part of [`Store`](super::Store), so that a production
//! server has no way to call it.

use crate::domain::Result;
use async_trait::async_trait;

/// A store that can be reset.
#[async_trait]
pub trait Seeded: Send + Sync {
    /// Remembers the current content, except events, as the seed.
    async fn remember_seed(&self) -> Result<()>;

    /// Restores the content from [`remember_seed`](Self::remember_seed) in one transaction, and
    /// raises every version. Events stay, and none is appended. Without a seed it returns an
    /// `Internal` error, and no data is lost.
    async fn reset(&self) -> Result<()>;
}
