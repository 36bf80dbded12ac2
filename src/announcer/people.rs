//! How people are shown, as it was told last, so that nobody is told the same again; and what that depends on, as of the events told. Knows
//! nothing of when there is something to tell.

use crate::app::App;
use crate::connections::Changed;
use crate::domain::{EventId, Result, StatusChange, UserId};
use crate::live::{News, ShownUser, Topic};
use crate::service::presence::{self, Shown};
use crate::service::users;
use crate::store::Card;
use std::collections::HashMap;
use std::sync::Arc;

/// Those who were told about since somebody listens.
pub(super) struct People {
    app: Arc<App>,
    known: HashMap<UserId, Known>,
    /// How often things had become otherwise without news when that was read.
    beginnings: usize,
}

/// Somebody as of the event that `card` includes, and what was told of them last.
struct Known {
    card: Card,
    /// `None`: nothing, or something that somebody who has just begun to listen may have seen otherwise.
    told: Option<ShownUser>,
}

impl People {
    /// Nobody.
    pub(super) fn new(app: Arc<App>) -> Self {
        Self {
            app,
            known: HashMap::new(),
            beginnings: 0,
        }
    }

    /// Somebody is there no more.
    pub(super) fn forget(&mut self, user: &UserId) {
        self.known.remove(user);
    }

    /// Nobody can say any more what was told last.
    pub(super) fn forget_all(&mut self) {
        self.known = HashMap::new();
    }

    /// Tells of a change of somebody's status, which the event `id` tells of.
    pub(super) async fn presence_changed(
        &mut self,
        id: EventId,
        change: &StatusChange,
    ) -> Result<()> {
        let Some(known) = self.find(&change.user).await? else {
            return Ok(());
        };
        if known.card.as_of < id {
            known.card.person.presence.follow(change);
            known.card.as_of = id;
        } else {
            // One that was read with this change in it knows more than the event, and may have been seen as the event tells.
            known.told = None;
        }
        self.show(&change.user, 0).await
    }

    /// Reads somebody anew, of whom something else than their status has changed with the event `id`.
    pub(super) async fn record_changed(&mut self, id: EventId, user: &UserId) -> Result<()> {
        let oneself = Topic::Oneself(user.clone());
        if self.app.live.has(&oneself)
            && let Some(record) = users::record(&self.app, user).await?
        {
            self.app
                .live
                .publish(&oneself, || News::OwnRecord(Box::new(record)));
        }
        let is_read = self.known.get(user).is_some_and(|k| k.card.as_of >= id);
        if !is_read {
            let told = self.known.remove(user).and_then(|known| known.told);
            if let Some(known) = self.find(user).await? {
                known.told = told;
            }
        }
        self.show(user, 0).await
    }

    /// Tells of somebody whose connections have changed.
    pub(super) async fn connection_changed(&mut self, changed: &Changed) -> Result<()> {
        self.show(&changed.user, changed.times).await
    }

    /// Tells how somebody is shown now, unless that was told last. Their connections are known to have changed so many `times` since: who was
    /// otherwise for a moment is told of again, because whoever began to listen then has seen only that.
    async fn show(&mut self, user: &UserId, times: u32) -> Result<()> {
        if self.app.settings().await?.broadcast_disabled() {
            return Ok(());
        }
        let app = self.app.clone();
        let Some(known) = self.find(user).await? else {
            return Ok(());
        };
        let presence = &known.card.person.presence;
        let (connection, further) = app.connections.look(user, presence.policy);
        if times.saturating_add(further) > 1 {
            known.told = None;
        }
        let now = shown_user(&known.card, presence::shown_by(&app, connection, presence));
        if known.told.as_ref() == Some(&now) {
            return Ok(());
        }
        app.live
            .publish(&Topic::Statuses, || News::Shown(now.clone()));
        // Whoever hears of one alone is told neither names nor roles.
        let told = known.told.replace(now.clone());
        if told.is_none_or(|told| is_another_status(&told, &now)) {
            for topic in [Topic::StatusOf(user.clone()), Topic::Oneself(user.clone())] {
                app.live.publish(&topic, || News::Shown(now.clone()));
            }
        }
        Ok(())
    }

    async fn find(&mut self, user: &UserId) -> Result<Option<&mut Known>> {
        let beginnings = self.app.live.beginnings();
        if std::mem::replace(&mut self.beginnings, beginnings) != beginnings {
            self.known.clear();
        }
        if !self.known.contains_key(user) {
            let Some(card) = self.app.store.find_card(user.clone()).await? else {
                return Ok(None);
            };
            let known = Known { card, told: None };
            self.known.insert(user.clone(), known);
        }
        Ok(self.known.get_mut(user))
    }
}

fn shown_user(card: &Card, shown: Shown) -> ShownUser {
    ShownUser {
        user: card.person.id.clone(),
        username: card.person.username.clone(),
        name: card.person.name.clone(),
        roles: card.roles.clone(),
        status: shown.status,
        text: shown.text,
        source: shown.source,
        expires_at: shown.expires_at,
    }
}

fn is_another_status(told: &ShownUser, now: &ShownUser) -> bool {
    let seen = |shown: &ShownUser| {
        (
            shown.username.clone(),
            shown.status,
            shown.text.clone(),
            shown.source,
            shown.expires_at,
        )
    };
    seen(told) != seen(now)
}
