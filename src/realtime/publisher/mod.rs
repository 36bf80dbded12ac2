//! Tells those who listen what has happened: committed events in their order, and between them what connections change about how people
//! are shown. One task does both, so that whatever is told about somebody is told in one order, and ends with how they are.
//!
//! It is the outbox's live consumer: it reads the same events as hooks do, but keeps its place in memory, because who was not there missed
//! nothing that they cannot read. While nobody listens it reads nothing. After each batch it rests for as long as the listeners needed for
//! it, and again as long: a flood waits in the outbox and not in mailboxes, and telling thousands of it leaves processors to those who make
//! it. What comes alone is told at once. Knows neither JSON nor sockets.

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

/// Events, and people whose connections changed, told at once.
const BATCH: usize = 64;
/// How much longer than telling the rest after it is.
const REST: u32 = 2;
/// The longest rest, and the shortest that is worth a timer.
const LONGEST_REST: Duration = Duration::from_millis(250);
const SHORTEST_REST: Duration = Duration::from_millis(2);
/// How often it is looked whether everybody has taken what they were told.
const LOOK: Duration = Duration::from_millis(1);
/// Events that are searched at once for the end of logins.
const SEARCH: usize = 1024;
/// How often the outbox is looked at though nobody said that there is something.
const TICK: Duration = Duration::from_secs(1);

/// Tells until it is stopped.
pub struct Publisher {
    app: Arc<App>,
    stop: CancellationToken,
    /// Up to which event (inclusive) everything is told.
    cursor: EventId,
    /// Those who were told about since somebody listens.
    people: People,
    /// Those whose connections have changed and who are not told about yet.
    pending: VecDeque<Changed>,
    /// Up to which event (inclusive) ended logins were searched for, ahead of everything else.
    searched: EventId,
    retry: Retry,
    failed_events: Failures,
    failed_people: Failures,
}

/// What is read before an event is published. Without it, only what stands in the event is published.
#[derive(Default)]
struct Prepared {
    /// Whether everybody may hear who holds which role.
    shows_roles: bool,
    person: Option<PersonNews>,
}

impl Publisher {
    /// Begins with what is committed from now on.
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
        // What is committed before this is looked at by the first tick at the latest.
        loop {
            let done = tokio::select! {
                biased; // What is stored first: how somebody is shown depends on it.
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
                tracing::warn!(%error, "what has happened cannot be told yet; it will be tried again");
                self.retry.pause().await;
                committed.mark_changed();
            } else {
                self.retry.reset();
            }
        }
    }

    /// Tells everything that is committed by now.
    async fn tell_events(&mut self) -> Result<()> {
        loop {
            // Before asking whether anybody listens: whoever begins to after that reads on from this position or a later one.
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

    /// Ends logins at once where many events wait to be published before: a flood must not keep a revoked login alive. They are
    /// ended once more in their turn, which keeps what came later from whoever has lost the login.
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

    /// Publishes `event`. Everything that can fail comes before the first message, so that a retry publishes nothing twice. What
    /// fails again and again is left out, because everything else waits behind it.
    async fn tell(&mut self, event: Event) -> Result<()> {
        let prepared = match self.prepare(&event).await {
            Ok(prepared) => prepared,
            Err(error) if self.failed_events.may_retry() => return Err(error),
            Err(error) => {
                tracing::error!(event = event.id.as_u64(), %error, "published without what cannot be read");
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

    /// While changes of presence are told to nobody, nobody can say what was told last.
    fn setting_changed(&mut self, setting: Setting) {
        if setting == Setting::PresenceBroadcastDisabled {
            self.people.forget_all();
        }
    }

    /// Tells of those whose connections have changed. Who cannot be told about yet stays, and is left out after some tries.
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
                    tracing::error!(user = changed.user.as_str(), %error, "a change of presence is not published");
                    self.people.forget(&changed.user);
                }
            }
            self.failed_people = Failures::default();
            self.pending.pop_front();
        }
        self.rest(began).await;
        Ok(())
    }

    /// Lets those who were told something since `began` take it, and then everybody else have their turn.
    async fn rest(&self, began: Instant) {
        // It is this task's turn again when some of those that it woke have had theirs.
        tokio::task::yield_now().await;
        let mut behind = self.app.live.backlog();
        while behind > 0 {
            tokio::time::sleep(LOOK).await;
            // Those who do not read are not waited for: who is left when nobody takes anything any more.
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
        "an event cannot be read and is not published"
    );
}

#[cfg(test)]
mod tests;
