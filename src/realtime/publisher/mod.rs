//! Publishes to listeners what has happened: committed events in order and, between them, presence
//! changes. One task does both, so that all messages about a user are in one order and end with the
//! current state.
//!
//! It is the live consumer of the outbox. It reads the same events as hooks do but keeps its cursor
//! in memory, because a client that was not connected can read the current state. It reads nothing
//! while there are no listeners. After each batch it pauses for twice as long as the listeners took
//! to receive it. A flood therefore waits in the outbox rather than in mailboxes, and leaves CPU
//! time to those who cause it. A single event is published at once.

mod appearances;
mod backpressure;
mod board;
mod messages;
mod retry;
mod viewers;

use crate::app::App;
use crate::domain::{Change, Event, EventId, Result};
use crate::realtime::presence::Changed;
use crate::store::position;
use appearances::People;
use backpressure::pause;
use messages::{Prepared, end_logins, prepare, send};
use retry::{Failures, Retry};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Events, and users with changed presence, published at once.
const BATCH: usize = 64;
/// Events searched at once for ended logins.
const SEARCH: usize = 1024;
/// How often the outbox is polled without a notification.
const POLL_INTERVAL: Duration = Duration::from_secs(1);

/// Publishes until it is stopped.
pub struct Publisher {
    app: Arc<App>,
    stop: CancellationToken,
    /// Everything up to this event (inclusive) is published.
    cursor: EventId,
    /// The users published since there is a listener.
    people: People,
    /// Users with a presence change that is not yet published.
    pending: VecDeque<Changed>,
    /// Ended logins are published ahead of everything else up to this event (inclusive).
    searched: EventId,
    retry: Retry,
    failed_events: Failures,
    failed_people: Failures,
}

impl Publisher {
    /// Starts with events committed from now on.
    #[must_use]
    pub fn new(app: Arc<App>, stop: CancellationToken) -> Self {
        let cursor = *app.store.committed().borrow();
        Self {
            people: People::new(app.clone()),
            app,
            stop,
            cursor,
            pending: VecDeque::new(),
            searched: cursor,
            retry: Retry::default(),
            failed_events: Failures::default(),
            failed_people: Failures::default(),
        }
    }

    /// Runs until the stop.
    pub async fn run(mut self) {
        let (app, stop) = (self.app.clone(), self.stop.clone());
        let mut committed = app.store.committed();
        // The first poll finds anything committed before this.
        loop {
            let done = tokio::select! {
                biased; // Stored events first: the visible status depends on them.
                () = stop.cancelled() => return,
                _ = committed.changed() => match self.publish_events().await {
                    Ok(()) => self.publish_presence().await,
                    failed => failed,
                },
                changed = app.connections.changed(BATCH) => {
                    self.pending.extend(changed);
                    self.publish_presence().await
                }
                () = tokio::time::sleep(POLL_INTERVAL) => self.publish_events().await,
            };
            if let Err(error) = done {
                tracing::warn!(%error, "cannot publish changes; will retry");
                self.retry.pause().await;
                committed.mark_changed();
            } else {
                self.retry.reset();
            }
        }
    }

    /// Publishes everything committed by now.
    async fn publish_events(&mut self) -> Result<()> {
        loop {
            // Read before checking for listeners: one that subscribes later reads on from this
            // position or a later one.
            let mark = *self.app.store.committed().borrow();
            if !self.app.live.has_listeners() {
                self.cursor = mark;
                self.people.forget_all();
                return Ok(());
            }
            self.end_logins_ahead(mark).await?;
            let events = self.app.store.events_after(self.cursor, BATCH).await?;
            let (is_last, began) = (events.len() < BATCH, Instant::now());
            for event in events {
                let id = position(&event);
                match event {
                    Ok(event) => self.publish(event).await?,
                    Err((_, reason)) => unreadable(id, &reason),
                }
                self.cursor = id;
            }
            pause(&self.app.live, &self.stop, began).await;
            if is_last || self.stop.is_cancelled() {
                return Ok(());
            }
        }
    }

    /// Ends logins early when many events wait: a flood must not keep a revoked login alive. They
    /// are published again in order, which keeps later messages from a client whose login has
    /// ended.
    async fn end_logins_ahead(&mut self, mark: EventId) -> Result<()> {
        let waiting = mark.as_u64().saturating_sub(self.cursor.as_u64());
        let mut at = self.searched.max(self.cursor);
        while waiting > BATCH as u64 && at < mark {
            let found = self.app.store.events_after(at, SEARCH).await?;
            let Some(last) = found.last() else { break };
            at = position(last);
            for event in found.into_iter().flatten() {
                end_logins(&self.app.live, &event.event.change);
            }
        }
        self.searched = at;
        Ok(())
    }

    /// Publishes `event`. Everything that can fail comes before the first message, so that a retry
    /// publishes nothing twice. After repeated failures the failed part is skipped, because
    /// all later events wait for it.
    async fn publish(&mut self, event: Event) -> Result<()> {
        let prepared = match prepare(&self.app, &mut self.people, &event).await {
            Ok(prepared) => prepared,
            Err(error) if self.failed_events.may_retry() => return Err(error),
            Err(error) => {
                tracing::error!(event = event.id.as_u64(), %error, "published an event without data that cannot be read");
                self.people.forget_all();
                if matches!(event.event.change, Change::StatusVisibilityChanged { .. }) {
                    // Some viewers may still see a status that is hidden now.
                    self.app.live.ask_all_to_reload();
                }
                Prepared::default()
            }
        };
        self.failed_events = Failures::default();
        send(&self.app.live, &mut self.people, event, prepared);
        Ok(())
    }

    /// Publishes presence changes. A user whose state cannot be read stays queued and is skipped
    /// after some retries.
    async fn publish_presence(&mut self) -> Result<()> {
        if !self.app.live.has_listeners() {
            self.pending.clear();
            self.people.forget_all();
        }
        let began = Instant::now();
        while let Some(changed) = self.pending.front().cloned() {
            match self.people.connection_changed(&changed).await {
                Ok(()) => {}
                Err(error) if self.failed_people.may_retry() => return Err(error),
                Err(error) => {
                    tracing::error!(user = changed.user.as_str(), %error, "skipped a presence change");
                    self.people.forget(&changed.user);
                }
            }
            self.failed_people = Failures::default();
            self.pending.pop_front();
        }
        pause(&self.app.live, &self.stop, began).await;
        Ok(())
    }
}

fn unreadable(event: EventId, reason: &str) {
    tracing::error!(
        event = event.as_u64(),
        reason,
        "skipped an event that cannot be read"
    );
}

#[cfg(test)]
mod tests;
