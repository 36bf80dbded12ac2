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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::By;
    use crate::domain::{
        Change, CustomStatus, Origin, StatusId, StatusName, StatusType, Timestamp, UserId, Username,
    };
    use crate::store;

    /// A feed of a store with this many events.
    async fn feed(events: usize) -> Feed {
        let store = store::open_in_memory().unwrap();
        let at = Timestamp::from_millis(1);
        let by = By {
            user: UserId::new("ann"),
            username: Username::stored("ann".to_owned()),
            at,
            origin: Origin::Server,
        };
        for n in 0..events {
            let status = CustomStatus {
                id: StatusId::new(n.to_string()),
                name: StatusName::stored(n.to_string()),
                status_type: StatusType::Away,
                updated_at: at,
            };
            let event = by.event(Change::StatusCreated(status.clone()));
            store.create_status(status, event).await.unwrap();
        }
        Feed::new(store)
    }

    async fn after(feed: &Feed, cursor: u64, limit: usize) -> Vec<Arc<StoredEvent>> {
        feed.after(EventId::new(cursor), limit).await.unwrap()
    }

    fn ids<'a>(events: impl IntoIterator<Item = &'a Arc<StoredEvent>>) -> Vec<u64> {
        let ids = events.into_iter().map(|event| position(event).as_u64());
        ids.collect()
    }

    async fn cached(feed: &Feed) -> Vec<u64> {
        ids(&*feed.recent.lock().await)
    }

    #[tokio::test]
    async fn an_event_is_read_once_for_all_consumers() {
        let feed = feed(9).await;
        let first = after(&feed, 2, 2).await;
        assert_eq!(ids(&first), [3, 4]);
        assert_eq!(ids(&after(&feed, 4, 2).await), [5, 6]);
        assert_eq!(cached(&feed).await, [3, 4, 5, 6]);
        let other = after(&feed, 2, 3).await;
        assert_eq!(ids(&other), [3, 4, 5]);
        assert!(Arc::ptr_eq(&first[0], &other[0]));
        assert_eq!(cached(&feed).await, [3, 4, 5, 6]);
    }

    #[tokio::test]
    async fn a_consumer_that_is_far_behind_gets_every_event_and_leaves_the_cache_alone() {
        let feed = feed(9).await;
        after(&feed, 5, 2).await;
        assert_eq!(ids(&after(&feed, 0, 3).await), [1, 2, 3]);
        assert_eq!(ids(&after(&feed, 4, 3).await), [5, 6, 7]);
        assert_eq!(cached(&feed).await, [6, 7]);
        assert_eq!(ids(&after(&feed, 8, 3).await), [9]);
        assert_eq!(cached(&feed).await, [9], "without a gap");
    }

    #[tokio::test]
    async fn the_cache_is_limited_to_the_newest_events() {
        let feed = feed(KEPT + 9).await;
        for cursor in (0..KEPT as u64).step_by(64) {
            after(&feed, cursor, 64).await;
        }
        after(&feed, KEPT as u64, 64).await;
        let cached = cached(&feed).await;
        assert_eq!((cached.len(), cached[0]), (KEPT, 10));
    }
}
