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
mod retry;

use crate::app::App;
use crate::domain::{Audience, Change, Event, EventId, Result, RoleOf, Setting};
use crate::realtime::hub::{News, Topic};
use crate::realtime::presence::Changed;
use crate::store::position;
use appearances::{People, PersonNews};
use retry::{Failures, Retry};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Events, and users with changed presence, published at once.
const BATCH: usize = 64;
/// The pause after a batch, as a multiple of the time it took.
const REST: u32 = 2;
/// The longest pause, and the shortest that is worth a timer.
const LONGEST_REST: Duration = Duration::from_millis(250);
const SHORTEST_REST: Duration = Duration::from_millis(2);
/// How often to check whether all listeners have taken their messages.
const LOOK: Duration = Duration::from_millis(1);
/// Events searched at once for ended logins.
const SEARCH: usize = 1024;
/// How often the outbox is polled without a notification.
const TICK: Duration = Duration::from_secs(1);

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

/// What is read before an event is published. By default, only the content of the event is
/// published.
#[derive(Default)]
struct Prepared {
    /// Whether role assignments are public.
    shows_roles: bool,
    person: Option<PersonNews>,
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
        // The first tick finds anything committed before this.
        loop {
            let done = tokio::select! {
                biased; // Stored events first: the visible status depends on them.
                () = stop.cancelled() => return,
                _ = committed.changed() => match self.tell_events().await {
                    Ok(()) => self.tell_connections().await,
                    failed => failed,
                },
                changed = app.connections.changed(BATCH) => {
                    self.pending.extend(changed);
                    self.tell_connections().await
                }
                () = tokio::time::sleep(TICK) => self.tell_events().await,
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
    async fn tell_events(&mut self) -> Result<()> {
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
                    Ok(event) => self.tell(event).await?,
                    Err((_, reason)) => unreadable(id, &reason),
                }
                self.cursor = id;
            }
            self.rest(began).await;
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
                self.end_logins(&event.event.change);
            }
        }
        self.searched = at;
        Ok(())
    }

    fn end_logins(&self, change: &Change) {
        if let Change::LoginsEnded { user } | Change::UserDeleted { user, .. } = change {
            let oneself = Topic::Oneself(user.clone());
            self.app.live.publish(&oneself, || News::LoginsEnded);
        }
    }

    /// Publishes `event`. Everything that can fail comes before the first message, so that a retry
    /// publishes nothing twice. After repeated failures the failed part is skipped, because
    /// everything else waits behind it.
    async fn tell(&mut self, event: Event) -> Result<()> {
        let prepared = match self.prepare(&event).await {
            Ok(prepared) => prepared,
            Err(error) if self.failed_events.may_retry() => return Err(error),
            Err(error) => {
                tracing::error!(event = event.id.as_u64(), %error, "published an event without data that cannot be read");
                self.people.forget_all();
                Prepared::default()
            }
        };
        self.failed_events = Failures::default();
        self.publish(event, prepared);
        Ok(())
    }

    async fn prepare(&mut self, event: &Event) -> Result<Prepared> {
        let id = event.id;
        let mut prepared = Prepared::default();
        match &event.event.change {
            Change::PresenceChanged(change) => {
                prepared.person = self.people.presence_changed(id, change).await?;
            }
            Change::RoleGiven(role) | Change::RoleTaken(role) => {
                prepared.shows_roles = self.app.settings().await?.display_roles();
                prepared.person = self.people.record_changed(id, &role.user).await?;
            }
            Change::UserUpdated(user) => {
                prepared.person = self.people.record_changed(id, &user.user).await?;
            }
            _ => {}
        }
        Ok(prepared)
    }

    fn publish(&mut self, event: Event, prepared: Prepared) {
        let live = self.app.live.clone();
        let change = &event.event.change;
        let role_changed = |role: &RoleOf, news: fn(RoleOf) -> News| {
            if prepared.shows_roles {
                live.publish(&Topic::Roles, || news(role.clone()));
            }
        };
        match change {
            Change::StatusCreated(status) | Change::StatusUpdated(status) => {
                live.publish(&Topic::CustomStatuses, || {
                    News::CustomStatus(status.clone())
                });
            }
            Change::StatusDeleted(status) => live.publish(&Topic::DeletedCustomStatuses, || {
                News::CustomStatusDeleted(status.clone())
            }),
            Change::PresenceChanged(_) => {}
            Change::PermissionChanged(grant) => {
                live.publish(&Topic::Permissions, || News::Permission(grant.clone()));
            }
            Change::RoleGiven(role) => role_changed(role, News::RoleGiven),
            Change::RoleTaken(role) => role_changed(role, News::RoleTaken),
            Change::UserUpdated(user) => {
                if user.renamed {
                    live.publish(&Topic::Names, || News::Renamed {
                        user: user.user.clone(),
                        username: user.username.clone(),
                        name: user.name.clone(),
                    });
                }
            }
            Change::UserDeleted { user, .. } => {
                live.publish(&Topic::DeletedUsers, || News::UserDeleted(user.clone()));
                self.people.forget(user);
            }
            Change::SettingChanged(setting, value) => {
                self.setting_changed(*setting);
                if setting.audience() == Audience::Everybody {
                    live.publish(&Topic::Settings, || News::Setting(*setting, value.clone()));
                }
            }
            Change::LoginsEnded { .. } => {}
        }
        self.end_logins(change);
        if let Some(person) = prepared.person {
            self.people.publish(person);
        }
        live.publish(&Topic::Events, || News::Event(Box::new(event)));
    }

    /// While presence broadcasts are disabled, the last published state is unknown.
    fn setting_changed(&mut self, setting: Setting) {
        if setting == Setting::PresenceBroadcastDisabled {
            self.people.forget_all();
        }
    }

    /// Publishes presence changes. A user whose state cannot be read stays queued and is skipped
    /// after some retries.
    async fn tell_connections(&mut self) -> Result<()> {
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
        self.rest(began).await;
        Ok(())
    }

    /// Gives listeners time to take what was published since `began`, then yields the CPU to
    /// others.
    async fn rest(&self, began: Instant) {
        // This task runs again after some of the tasks it woke.
        tokio::task::yield_now().await;
        let mut behind = self.app.live.backlog();
        while behind > 0 {
            tokio::time::sleep(LOOK).await;
            // Do not wait for listeners that do not read: stop when the backlog no longer shrinks.
            let left = self.app.live.backlog();
            if left >= behind || began.elapsed() > LONGEST_REST {
                break;
            }
            behind = left;
        }
        let rest = began.elapsed().saturating_mul(REST).min(LONGEST_REST);
        if rest < SHORTEST_REST {
            return;
        }
        tokio::select! {
            () = tokio::time::sleep(rest) => {}
            () = self.stop.cancelled() => {}
        }
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
