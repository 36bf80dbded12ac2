//! The visible status of users as last published, so that nothing is published twice, and the state
//! it depends on.

use crate::app::App;
use crate::domain::{EventId, Result, StatusChange, User, UserId};
use crate::realtime::hub::{News, ShownUser, Topic};
use crate::realtime::presence::Changed;
use crate::service::presence::{self, VisiblePresence};
use crate::service::users;
use crate::store::PresenceSnapshot;
use std::collections::HashMap;
use std::sync::Arc;

/// The users published since there is a listener.
pub(super) struct People {
    app: Arc<App>,
    known: HashMap<UserId, Known>,
    /// The value of `Live::generation` when the entries were read.
    generation: usize,
}

/// A user's state as of the event `snapshot` includes, and what was last published.
struct Known {
    snapshot: PresenceSnapshot,
    /// `None` if nothing was published, or if a new listener may have seen something else.
    published: Option<ShownUser>,
}

/// Everything to publish about one user. Complete, so that publishing cannot fail.
pub(super) struct PersonNews {
    user: UserId,
    /// The user record, if the user listens to it.
    record: Option<User>,
    /// Whether status changes may be published.
    may_be_shown: bool,
}

impl People {
    /// Creates an empty cache.
    pub(super) fn new(app: Arc<App>) -> Self {
        Self {
            app,
            known: HashMap::new(),
            generation: 0,
        }
    }

    /// Forgets a deleted user.
    pub(super) fn forget(&mut self, user: &UserId) {
        self.known.remove(user);
    }

    /// Forgets what was last published.
    pub(super) fn forget_all(&mut self) {
        self.known = HashMap::new();
    }

    /// Applies a status change from event `id`; `None` if the user no longer exists.
    pub(super) async fn presence_changed(
        &mut self,
        id: EventId,
        change: &StatusChange,
    ) -> Result<Option<PersonNews>> {
        let may_be_shown = self.may_be_shown().await?;
        let Some(known) = self.find(&change.user).await? else {
            return Ok(None);
        };
        if known.snapshot.as_of < id {
            known.snapshot.person.presence.follow(change);
            known.snapshot.as_of = id;
        } else {
            // The snapshot already includes this event, and a listener may have seen the state
            // after it.
            known.published = None;
        }
        Ok(Some(PersonNews {
            user: change.user.clone(),
            record: None,
            may_be_shown,
        }))
    }

    /// Re-reads a user after event `id` changed something other than the status; `None` if the user
    /// no longer exists.
    pub(super) async fn record_changed(
        &mut self,
        id: EventId,
        user: &UserId,
    ) -> Result<Option<PersonNews>> {
        let may_be_shown = self.may_be_shown().await?;
        let record = match self.app.live.has(&Topic::OwnUser(user.clone())) {
            true => users::record(&self.app, user).await?,
            false => None,
        };
        self.ask_all_to_reload();
        let is_read = self.known.get(user).is_some_and(|k| k.snapshot.as_of >= id);
        if !is_read {
            let snapshot = self.app.store.find_presence_snapshot(user.clone()).await?;
            let published = self.known.remove(user).and_then(|known| known.published);
            let known = snapshot.map(|snapshot| {
                (
                    user.clone(),
                    Known {
                        snapshot,
                        published,
                    },
                )
            });
            self.known.extend(known);
        }
        Ok(Some(PersonNews {
            user: user.clone(),
            record,
            may_be_shown,
        }))
    }

    /// Publishes what was read. Cannot fail.
    pub(super) fn publish(&mut self, news: PersonNews) {
        let PersonNews {
            user,
            record,
            may_be_shown,
        } = news;
        if let Some(record) = record {
            let own_user = Topic::OwnUser(user.clone());
            let own = || News::OwnRecord(Box::new(record));
            self.app.live.publish(&own_user, own);
        }
        if may_be_shown {
            self.show(&user, 0);
        }
    }

    /// Publishes a user whose presence changed.
    pub(super) async fn connection_changed(&mut self, changed: &Changed) -> Result<()> {
        if self.may_be_shown().await? {
            self.find(&changed.user).await?;
            self.show(&changed.user, changed.times);
        }
        Ok(())
    }

    async fn may_be_shown(&self) -> Result<bool> {
        Ok(!self.app.settings().await?.broadcast_disabled())
    }

    /// Publishes the visible status of a user, unless it was published last. The presence has
    /// changed `times` times since then. A user who changed for a moment is published again,
    /// because a new listener may have seen only that moment.
    fn show(&mut self, user: &UserId, times: u32) {
        let app = self.app.clone();
        let Some(known) = self.known.get_mut(user) else {
            return;
        };
        let presence = &known.snapshot.person.presence;
        let (connection, further) = app.connections.status_and_changes(user, presence.policy);
        if times.saturating_add(further) > 1 {
            known.published = None;
        }
        let now = shown_user(
            &known.snapshot,
            presence::for_the_operator_by(&app, connection, presence),
        );
        if known.published.as_ref() == Some(&now) {
            return;
        }
        app.live
            .publish(&Topic::Statuses, || News::Shown(now.clone()));
        // Listeners of a single status receive neither names nor roles.
        let published = known.published.replace(now.clone());
        if published.is_none_or(|published| is_another_status(&published, &now)) {
            for topic in [Topic::StatusOf(user.clone()), Topic::OwnUser(user.clone())] {
                app.live.publish(&topic, || News::Shown(now.clone()));
            }
        }
    }

    /// Clears the cache if the state changed without a message.
    fn ask_all_to_reload(&mut self) {
        let generation = self.app.live.generation();
        if std::mem::replace(&mut self.generation, generation) != generation {
            self.known.clear();
        }
    }

    async fn find(&mut self, user: &UserId) -> Result<Option<&mut Known>> {
        self.ask_all_to_reload();
        if !self.known.contains_key(user) {
            let Some(snapshot) = self.app.store.find_presence_snapshot(user.clone()).await? else {
                return Ok(None);
            };
            let known = Known {
                snapshot,
                published: None,
            };
            self.known.insert(user.clone(), known);
        }
        Ok(self.known.get_mut(user))
    }
}

fn shown_user(snapshot: &PresenceSnapshot, shown: VisiblePresence) -> ShownUser {
    ShownUser {
        user: snapshot.person.id.clone(),
        username: snapshot.person.username.clone(),
        name: snapshot.person.name.clone(),
        roles: snapshot.roles.clone(),
        status: shown.status,
        text: shown.text,
        source: shown.source,
        expires_at: shown.expires_at,
    }
}

fn is_another_status(published: &ShownUser, now: &ShownUser) -> bool {
    let fields = |shown: &ShownUser| {
        (
            shown.username.clone(),
            shown.status,
            shown.text.clone(),
            shown.source,
            shown.expires_at,
        )
    };
    fields(published) != fields(now)
}
