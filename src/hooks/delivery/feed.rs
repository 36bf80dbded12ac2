//! The newest events, read once for all who are told of them. Knows nothing of who that is.

use crate::domain::{EventId, Result};
use crate::store::{Store, StoredEvent, position};
use std::collections::VecDeque;
use std::sync::Arc;
use tokio::sync::Mutex;

/// How many events are kept. A consumer that is further behind reads for itself.
const KEPT: usize = 256;

/// What all consumers read from.
pub struct Feed {
    store: Arc<dyn Store>,
    /// Events one after the other, without one missing between two.
    recent: Mutex<VecDeque<Arc<StoredEvent>>>,
}

impl Feed {
    /// What `store` has.
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self {
            store,
            recent: Mutex::default(),
        }
    }

    /// At most `limit` events after `cursor`, in order; none: there is nothing newer.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn after(&self, cursor: EventId, limit: usize) -> Result<Vec<Arc<StoredEvent>>> {
        let mut recent = self.recent.lock().await;
        match (recent.front(), recent.back()) {
            // Who has seen the newest one waits here for whoever reads the next.
            (_, Some(last)) if position(last) == cursor => {}
            // Whoever read first was far behind the others, and they would all read for themselves.
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
