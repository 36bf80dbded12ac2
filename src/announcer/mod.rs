//! Tells those who listen what has happened: committed events in their order, and between them what connections change about how people
//! are shown. One task does both, so that whatever is told about somebody is told in one order, and ends with how they are.
//!
//! It is the outbox's live consumer: it reads the same events as hooks do, but keeps its place in memory, because who was not there missed
//! nothing that they cannot read. While nobody listens it reads nothing. After each batch it rests for as long as the listeners needed for
//! it, and again as long: a flood waits in the outbox and not in mailboxes, and telling thousands of it leaves processors to those who make
//! it. What comes alone is told at once. Knows neither JSON nor sockets.

mod people;

use crate::app::App;
use crate::connections::Changed;
use crate::domain::{Audience, Change, Event, EventId, Result, RoleOf, Setting};
use crate::live::{News, Topic};
use crate::store::position;
use people::People;
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
/// How soon what failed is tried again, and how often the outbox is looked at though nobody said that there is something.
const TICK: Duration = Duration::from_secs(1);

/// Tells until it is stopped.
pub struct Announcer {
    app: Arc<App>,
    stop: CancellationToken,
    /// Up to which event (inclusive) everything is told.
    cursor: EventId,
    /// Those who were told about since somebody listens.
    people: People,
    /// Those whose connections have changed and who are not told about yet.
    pending: Vec<Changed>,
}

impl Announcer {
    /// Begins with what is committed from now on.
    #[must_use]
    pub fn new(app: Arc<App>, stop: CancellationToken) -> Self {
        let cursor = *app.store.committed().borrow();
        Self {
            people: People::new(app.clone()),
            app,
            stop,
            cursor,
            pending: Vec::new(),
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
                tokio::time::sleep(TICK).await;
                committed.mark_changed();
            }
        }
    }

    /// Tells everything that is committed by now.
    async fn tell_events(&mut self) -> Result<()> {
        loop {
            if !self.app.live.is_heard() {
                self.cursor = *self.app.store.committed().borrow();
                self.people.forget_all();
                return Ok(());
            }
            let events = self.app.store.events_after(self.cursor, BATCH).await?;
            let (is_last, began) = (events.len() < BATCH, Instant::now());
            for event in events {
                let id = position(&event);
                if let Ok(event) = event {
                    self.tell(event).await?;
                }
                self.cursor = id;
            }
            self.rest(began).await;
            if is_last || self.stop.is_cancelled() {
                return Ok(());
            }
        }
    }

    async fn tell(&mut self, event: Event) -> Result<()> {
        let (id, live) = (event.id, self.app.live.clone());
        let change = &event.event.change;
        match change {
            Change::StatusCreated(status) | Change::StatusUpdated(status) => {
                live.publish(&Topic::CustomStatuses, || {
                    News::CustomStatus(status.clone())
                });
            }
            Change::StatusDeleted(status) => live.publish(&Topic::DeletedCustomStatuses, || {
                News::CustomStatusDeleted(status.clone())
            }),
            Change::PresenceChanged(change) => self.people.presence_changed(id, change).await?,
            Change::PermissionChanged(grant) => {
                live.publish(&Topic::Permissions, || News::Permission(grant.clone()));
            }
            Change::RoleGiven(role) => self.role_changed(id, role, News::RoleGiven).await?,
            Change::RoleTaken(role) => self.role_changed(id, role, News::RoleTaken).await?,
            Change::UserUpdated(user) => {
                if user.renamed {
                    live.publish(&Topic::Names, || News::Renamed {
                        user: user.user.clone(),
                        username: user.username.clone(),
                        name: user.name.clone(),
                    });
                }
                self.people.record_changed(id, &user.user).await?;
            }
            Change::UserDeleted { user, .. } => {
                live.publish(&Topic::DeletedUsers, || News::UserDeleted(user.clone()));
                live.publish(&Topic::Oneself(user.clone()), || News::LoginsEnded);
                self.people.forget(user);
            }
            Change::SettingChanged(setting, value) => {
                self.setting_changed(*setting);
                if setting.audience() == Audience::Everybody {
                    live.publish(&Topic::Settings, || News::Setting(*setting, value.clone()));
                }
            }
            Change::LoginsEnded { user } => {
                live.publish(&Topic::Oneself(user.clone()), || News::LoginsEnded);
            }
        }
        live.publish(&Topic::Events, || News::Event(Box::new(event)));
        Ok(())
    }

    async fn role_changed(
        &mut self,
        id: EventId,
        role: &RoleOf,
        news: fn(RoleOf) -> News,
    ) -> Result<()> {
        if self.app.settings().await?.display_roles() {
            self.app.live.publish(&Topic::Roles, || news(role.clone()));
        }
        self.people.record_changed(id, &role.user).await
    }

    /// While changes of presence are told to nobody, nobody can say what was told last.
    fn setting_changed(&mut self, setting: Setting) {
        if setting == Setting::PresenceBroadcastDisabled {
            self.people.forget_all();
        }
    }

    /// Tells of those whose connections have changed. Who cannot be told about yet stays.
    async fn tell_connections(&mut self) -> Result<()> {
        if !self.app.live.is_heard() {
            self.pending.clear();
            self.people.forget_all();
        }
        let began = Instant::now();
        while let Some(changed) = self.pending.last().cloned() {
            self.people.connection_changed(&changed).await?;
            self.pending.pop();
        }
        self.rest(began).await;
        Ok(())
    }

    /// Lets those who were told something since `began` take it, and then everybody else have their turn.
    async fn rest(&self, began: Instant) {
        // It is this task's turn again when some of those that it woke have had theirs.
        tokio::task::yield_now().await;
        let mut behind = self.app.live.behind();
        while behind > 0 {
            tokio::time::sleep(LOOK).await;
            // Those who do not read are not waited for: who is left when nobody takes anything any more.
            let left = self.app.live.behind();
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

#[cfg(test)]
mod tests;
