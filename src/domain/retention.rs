//! How long events are kept.

use super::{EventId, Timestamp};

/// Which events must stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventRetention {
    /// Events before this time may be deleted.
    pub before: Timestamp,
    /// The newest event, which stays so that positions keep rising.
    pub newest: EventId,
    /// The position of the present and enabled hook that is furthest behind.
    pub slowest: Option<EventId>,
}

impl EventRetention {
    /// Returns the last event to delete among `oldest`, the oldest events in order. Deletes from
    /// the front only, so that readers by position find no other gap.
    #[must_use]
    pub fn last_expired(&self, oldest: &[(EventId, Timestamp)]) -> Option<EventId> {
        let done = self.slowest.unwrap_or(self.newest);
        let is_expired = |(id, at): &&(EventId, Timestamp)| {
            *id < self.newest && *id <= done && *at < self.before
        };
        let expired = oldest.iter().take_while(is_expired);
        expired.last().map(|(id, _)| *id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_events_expire_unless_a_hook_needs_them() {
        let oldest: Vec<_> = [(1, 10), (2, 20), (3, 15), (4, 40)]
            .map(|(id, at)| (EventId::new(id), Timestamp::from_millis(at)))
            .into();
        let last = |before, newest, slowest: Option<u64>| {
            let retention = EventRetention {
                before: Timestamp::from_millis(before),
                newest: EventId::new(newest),
                slowest: slowest.map(EventId::new),
            };
            retention.last_expired(&oldest).map(EventId::as_u64)
        };
        assert_eq!(last(50, 9, None), Some(4));
        assert_eq!(last(50, 4, None), Some(3), "the newest one stays");
        assert_eq!(last(50, 9, Some(2)), Some(2), "a hook is behind");
        assert_eq!(last(20, 9, None), Some(1), "only from the front");
        assert_eq!(last(10, 9, None), None);
        assert_eq!(last(50, 9, Some(0)), None);
    }
}
