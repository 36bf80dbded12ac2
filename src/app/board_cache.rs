//! The rows of the board, read once for all that read it at the same time. After a restart, every
//! page reconnects at once and reads the whole board.

use crate::domain::{EventId, Result};
use crate::store::BoardSnapshot;
use std::sync::{Arc, Weak};
use tokio::sync::Mutex;

/// The newest rows. They stay in memory only while they are being sent.
#[derive(Default)]
pub struct BoardCache(Mutex<(u64, Weak<BoardSnapshot>)>);

impl BoardCache {
    /// Returns rows that include the event `newest`, read under this `version` of access control or
    /// a later one. Concurrent callers share one call of `read`.
    ///
    /// # Errors
    /// Those of `read`.
    pub async fn get(
        &self,
        version: u64,
        newest: EventId,
        read: impl Future<Output = Result<BoardSnapshot>>,
    ) -> Result<Arc<BoardSnapshot>> {
        let mut kept = self.0.lock().await;
        if kept.0 >= version
            && let Some(board) = kept.1.upgrade()
            && board.as_of >= newest
        {
            return Ok(board);
        }
        let board = Arc::new(read.await?);
        *kept = (version, Arc::downgrade(&board));
        Ok(board)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn get(cache: &BoardCache, version: u64, newest: u64) -> Arc<BoardSnapshot> {
        let as_of = EventId::new(newest);
        let people = Vec::new();
        let read = async { Ok(BoardSnapshot { people, as_of }) };
        cache.get(version, as_of, read).await.unwrap()
    }

    #[tokio::test]
    async fn rows_are_shared_until_an_event_or_a_version_makes_them_old() {
        let cache = BoardCache::default();
        let first = get(&cache, 1, 5).await;
        assert!(Arc::ptr_eq(&first, &get(&cache, 1, 5).await));
        assert!(Arc::ptr_eq(&first, &get(&cache, 1, 4).await));
        let second = get(&cache, 1, 6).await;
        assert!(!Arc::ptr_eq(&first, &second));
        assert!(!Arc::ptr_eq(&second, &get(&cache, 2, 6).await));
    }

    #[tokio::test]
    async fn rows_are_freed_with_their_last_reader() {
        let cache = BoardCache::default();
        let weak = Arc::downgrade(&get(&cache, 1, 5).await);
        assert_eq!(weak.strong_count(), 0);
    }
}
