//! The newest events, read once for all consumers.

use crate::domain::{EventId, Result};
use crate::store::{Store, StoredEvent, position};
use std::collections::VecDeque;
use std::sync::Arc;
use tokio::sync::Mutex;

/// How many events are cached. A consumer with a longer backlog reads the store itself.
const KEPT: usize = 256;

/// The cached events that all consumers read.
pub struct Feed {
    store: Arc<dyn Store>,
    /// Consecutive events, without gaps.
    recent: Mutex<VecDeque<Arc<StoredEvent>>>,
}

impl Feed {
    /// Creates an empty cache of the events in `store`.
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self {
            store,
            recent: Mutex::default(),
        }
    }

    /// Returns at most `limit` events after `cursor`, in order; empty when there are none.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn after(&self, cursor: EventId, limit: usize) -> Result<Vec<Arc<StoredEvent>>> {
        let mut recent = self.recent.lock().await;
        match (recent.front(), recent.back()) {
            // A consumer that has received the newest event waits here while another one reads the
            // next.
            (_, Some(last)) if position(last) == cursor => {}
            // The first reader was far behind the others. Without this, they would all read for
            // themselves.
            (_, Some(last)) if position(last) < cursor => recent.clear(),
            (Some(first), Some(last))
                if (position(first).before()..position(last)).contains(&cursor) =>
            {
                let from = recent.partition_point(|event| position(event) <= cursor);
                return Ok(recent.iter().skip(from).take(limit).cloned().collect());
            }
            (Some(_), _) => {
                drop(recent);
                return self.read(cursor, limit).await;
            }
            (None, _) => {}
        }
        let found = self.read(cursor, limit).await?;
        recent.extend(found.iter().cloned());
        let surplus = recent.len().saturating_sub(KEPT);
        recent.drain(..surplus);
        Ok(found)
    }

    async fn read(&self, cursor: EventId, limit: usize) -> Result<Vec<Arc<StoredEvent>>> {
        let found = self.store.events_after(cursor, limit).await?;
        Ok(found.into_iter().map(Arc::new).collect())
    }
}
