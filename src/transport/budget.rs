//! A shared budget of bytes. Counts bytes without allocating them.

use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A number of bytes that may be reserved at once. Clones share the budget.
#[derive(Debug, Clone)]
pub struct ByteBudget {
    free: Arc<Semaphore>,
    bytes: usize,
}

/// Reserved bytes of a [`ByteBudget`], released when dropped.
#[derive(Debug)]
pub struct Reserved(OwnedSemaphorePermit);

impl ByteBudget {
    /// Creates a budget of `bytes`.
    #[must_use]
    pub fn new(bytes: usize) -> Self {
        let bytes = bytes.min(Semaphore::MAX_PERMITS);
        let free = Arc::new(Semaphore::new(bytes));
        Self { free, bytes }
    }

    /// Reserves `bytes`, or the whole budget if it is smaller. `None` if they are not free.
    #[must_use]
    pub fn try_reserve(&self, bytes: usize) -> Option<Reserved> {
        let permits = self.permits(bytes);
        let permit = self.free.clone().try_acquire_many_owned(permits).ok()?;
        Some(Reserved(permit))
    }

    /// Like [`try_reserve`](Self::try_reserve), but waits up to `limit`.
    pub async fn reserve(&self, bytes: usize, limit: Duration) -> Option<Reserved> {
        let permits = self.permits(bytes);
        let acquiring = self.free.clone().acquire_many_owned(permits);
        let permit = tokio::time::timeout(limit, acquiring).await.ok()?.ok()?;
        Some(Reserved(permit))
    }

    /// Returns the number of free bytes.
    #[must_use]
    pub fn free(&self) -> usize {
        self.free.available_permits()
    }

    fn permits(&self, bytes: usize) -> u32 {
        u32::try_from(bytes.min(self.bytes)).unwrap_or(u32::MAX)
    }
}

impl Reserved {
    /// Adds the bytes of `other`, which must come from the same budget.
    pub fn merge(&mut self, other: Reserved) {
        self.0.merge(other.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_free_again_when_their_holder_is_dropped() {
        let budget = ByteBudget::new(100);
        let mut first = budget.try_reserve(60).unwrap();
        assert!(budget.try_reserve(41).is_none());
        first.merge(budget.try_reserve(40).unwrap());
        assert_eq!(budget.free(), 0);
        drop(first);
        assert_eq!(budget.free(), 100);
    }

    #[test]
    fn a_request_above_the_budget_reserves_all_of_it() {
        let budget = ByteBudget::new(100);
        let all = budget.try_reserve(1000).unwrap();
        assert_eq!(budget.free(), 0);
        drop(all);
        let used = budget.try_reserve(1).unwrap();
        assert!(budget.try_reserve(1000).is_none());
        drop(used);
    }

    #[tokio::test(start_paused = true)]
    async fn waiting_for_bytes_ends_when_they_are_released_or_at_the_limit() {
        let (budget, second) = (ByteBudget::new(10), Duration::from_secs(1));
        let held = budget.try_reserve(10).unwrap();
        assert!(budget.reserve(1, second).await.is_none());
        let (waiting, ()) = tokio::join!(budget.reserve(1, second), async { drop(held) });
        assert!(waiting.is_some());
    }
}
