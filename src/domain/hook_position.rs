//! The position of a hook in the sequence of events: how it advances, and what a replay and a
//! dropped delivery do to it.

use super::{DeliveryState, EventId};

/// The position of a hook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HookPosition {
    /// The last event that is done, inclusive.
    pub cursor: EventId,
    /// Rises whenever the position is moved from outside, so that the result of an attempt in
    /// progress is rejected.
    pub generation: i64,
    /// The replay in progress.
    pub replay: Option<Replay>,
}

/// A replay in progress: the hook moved back to receive events again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Replay {
    /// The last event to replay.
    pub until: EventId,
    /// The position at which the hook continues afterwards.
    pub resume_at: EventId,
}

impl HookPosition {
    /// Returns the position after the events up to `cursor` are done. After the last event of a
    /// replay, the hook continues where it was before. `None` if it was moved from outside since
    /// `generation`.
    #[must_use]
    pub fn advanced(self, cursor: EventId, generation: i64) -> Option<Self> {
        if self.generation != generation {
            return None;
        }
        Some(match self.replay {
            Some(replay) if cursor >= replay.until => Self {
                cursor: replay.resume_at,
                replay: None,
                ..self
            },
            _ => Self { cursor, ..self },
        })
    }

    /// Returns the position from which the events `first..=last` are delivered again, and the
    /// last of them. Events after the cursor are delivered anyway. Replaces a replay in progress.
    /// Without an event to replay only the generation rises.
    #[must_use]
    pub fn replaying(self, first: EventId, last: EventId) -> (Self, Option<EventId>) {
        let resume_at = self.replay.map_or(self.cursor, |replay| replay.resume_at);
        let until = last.min(resume_at);
        let moved = self.moved();
        if first > until {
            return (moved, None);
        }
        let replay = Some(Replay { until, resume_at });
        let cursor = first.before();
        (
            Self {
                cursor,
                replay,
                ..moved
            },
            Some(until),
        )
    }

    /// Returns the position after the delivery of `event` was dropped in `state`. If it blocks
    /// later ones, the hook moves past it. An event beyond a replay is skipped when the replay
    /// ends.
    #[must_use]
    pub fn without(self, event: EventId, state: DeliveryState) -> Self {
        match state {
            DeliveryState::Parked | DeliveryState::Delivered => self,
            DeliveryState::Again => self.moved(),
            DeliveryState::Retrying => self.moved().past(event),
        }
    }

    fn past(mut self, event: EventId) -> Self {
        if self.replay.is_none_or(|replay| event <= replay.until) {
            self.cursor = self.cursor.max(event);
        }
        if let Some(replay) = &mut self.replay {
            replay.resume_at = replay.resume_at.max(event);
        }
        self
    }

    const fn moved(self) -> Self {
        Self {
            generation: self.generation + 1,
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(cursor: u64, generation: i64, replay: Option<(u64, u64)>) -> HookPosition {
        HookPosition {
            cursor: EventId::new(cursor),
            generation,
            replay: replay.map(|(until, resume_at)| Replay {
                until: EventId::new(until),
                resume_at: EventId::new(resume_at),
            }),
        }
    }

    #[test]
    fn a_position_advances_unless_it_was_moved() {
        let advanced = |from: HookPosition, to| from.advanced(EventId::new(to), 1);
        assert_eq!(advanced(at(3, 1, None), 5), Some(at(5, 1, None)));
        assert_eq!(advanced(at(3, 2, None), 5), None);
    }

    #[test]
    fn after_a_replay_the_hook_continues_where_it_was() {
        let replaying = at(3, 1, Some((6, 9)));
        let advanced = |to| replaying.advanced(EventId::new(to), 1);
        assert_eq!(advanced(5), Some(at(5, 1, Some((6, 9)))));
        assert_eq!(advanced(6), Some(at(9, 1, None)));
    }

    #[test]
    fn a_replay_covers_events_up_to_the_cursor() {
        let replay = |from: HookPosition, first, last| {
            let (position, last) = from.replaying(EventId::new(first), EventId::new(last));
            (position, last.map(EventId::as_u64))
        };
        let idle = at(9, 1, None);
        assert_eq!(replay(idle, 4, 6), (at(3, 2, Some((6, 9))), Some(6)));
        assert_eq!(replay(idle, 4, 12), (at(3, 2, Some((9, 9))), Some(9)));
        assert_eq!(replay(idle, 10, 12), (at(9, 2, None), None));
        let second = replay(at(4, 2, Some((6, 9))), 2, 3);
        assert_eq!(second, (at(1, 3, Some((3, 9))), Some(3)));
    }

    #[test]
    fn dropping_a_blocking_delivery_moves_past_it() {
        use DeliveryState::*;
        let without = |from: HookPosition, event, state| from.without(EventId::new(event), state);
        let idle = at(3, 1, None);
        assert_eq!(without(idle, 4, Retrying), at(4, 2, None));
        assert_eq!(without(idle, 2, Retrying), at(3, 2, None));
        assert_eq!(without(idle, 2, Again), at(3, 2, None));
        assert_eq!(without(idle, 2, Parked), idle);
        let replaying = at(3, 1, Some((6, 9)));
        assert_eq!(without(replaying, 4, Retrying), at(4, 2, Some((6, 9))));
        assert_eq!(without(replaying, 10, Retrying), at(3, 2, Some((6, 10))));
    }
}
