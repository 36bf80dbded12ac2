//! The visible status of users as last published, so that nothing is published twice, and the state
//! it depends on.

use super::board::{self, BoardChange, BoardForms};
use super::viewers::{RuleChange, Viewers};
use crate::app::App;
use crate::app::visibility_cache::VisibilitySnapshot;
use crate::domain::{EventId, Result, StatusChange, Timestamp, User, UserChange, UserId};
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
    /// The user of the last event about a record, if the names are the same. Events about new
    /// roles follow it.
    updated: Option<UserId>,
    /// The value of `Live::generation` when the entries were read.
    generation: usize,
}

/// A user's state as of the event `snapshot` includes, and what was last published.
struct Known {
    snapshot: PresenceSnapshot,
    /// `None` if nothing was published, or if a new listener may have seen something else.
    published: Option<ShownUser>,
    board: BoardForms,
}

/// Everything to publish about one user. Complete, so that publishing cannot fail.
pub(super) struct PersonNews {
    user: UserId,
    cause: Cause,
    publishing: Publishing,
}

/// What may be published now.
struct Publishing {
    /// Who may see whose status.
    visibility: Arc<VisibilitySnapshot>,
    /// Whether presence broadcasts are disabled, so that only boards show a status.
    is_quiet: bool,
}

/// Why a user is published.
enum Cause {
    Status,
    Record {
        /// The user record, if the user listens to it.
        record: Option<Box<User>>,
        is_renamed: bool,
        is_new_username: bool,
        was_public: bool,
    },
    Created,
    Roles,
    Rules(RuleChange),
}

impl People {
    /// Creates an empty cache.
    pub(super) fn new(app: Arc<App>) -> Self {
        Self {
            app,
            known: HashMap::new(),
            updated: None,
            generation: 0,
        }
    }

    /// Forgets a deleted user.
    pub(super) fn forget(&mut self, user: &UserId) {
        self.known.remove(user);
    }

    /// Forgets what was last published.
    pub(super) fn forget_all(&mut self) {
        (self.known, self.updated) = Default::default();
    }

    /// Applies a status change from event `id`; `None` if the user no longer exists.
    pub(super) async fn presence_changed(
        &mut self,
        id: EventId,
        change: &StatusChange,
        at: Timestamp,
    ) -> Result<Option<PersonNews>> {
        let publishing = self.publishing().await?;
        let Some(known) = self.find(&change.user).await? else {
            return Ok(None);
        };
        if known.snapshot.as_of < id {
            known.snapshot.person.presence.follow(change, at);
            known.snapshot.as_of = id;
        } else {
            // The snapshot already includes this event, and a listener may have seen the state
            // after it.
            known.forget_published();
        }
        Ok(Some(PersonNews {
            user: change.user.clone(),
            cause: Cause::Status,
            publishing,
        }))
    }

    /// Applies a change of the rules of status visibility from event `id`; `None` if the user no
    /// longer exists.
    pub(super) async fn rules_changed(
        &mut self,
        id: EventId,
        user: &UserId,
        change: RuleChange,
    ) -> Result<Option<PersonNews>> {
        let publishing = self.publishing().await?;
        let Some(known) = self.find(user).await? else {
            return Ok(None);
        };
        if known.snapshot.as_of < id {
            known.snapshot.person.presence.visibility = change.after.clone();
            known.snapshot.as_of = id;
        }
        Ok(Some(PersonNews {
            user: user.clone(),
            cause: Cause::Rules(change),
            publishing,
        }))
    }

    /// Re-reads a user after event `id` changed something other than the status; `None` if the user
    /// no longer exists.
    pub(super) async fn record_changed(
        &mut self,
        id: EventId,
        change: &UserChange,
    ) -> Result<Option<PersonNews>> {
        let (user, publishing) = (&change.user, self.publishing().await?);
        let record = match self.app.live.has(&Topic::OwnUser(user.clone())) {
            true => users::record(&self.app, user).await?.map(Box::new),
            false => None,
        };
        self.ask_all_to_reload();
        self.read_again(id, user).await?;
        let cause = Cause::Record {
            record,
            is_renamed: change.renamed,
            is_new_username: change.new_username,
            was_public: change.was_public,
        };
        Ok(Some(PersonNews {
            user: user.clone(),
            cause,
            publishing,
        }))
    }

    /// Reads the user that event `id` created or gave another picture; `None` if no board has a
    /// listener.
    pub(super) async fn created(
        &mut self,
        id: EventId,
        user: &UserId,
    ) -> Result<Option<PersonNews>> {
        if !board::has_listeners(&self.app.live) {
            return Ok(None);
        }
        let publishing = self.publishing().await?;
        self.ask_all_to_reload();
        self.read_again(id, user).await?;
        Ok(Some(PersonNews {
            user: user.clone(),
            cause: Cause::Created,
            publishing,
        }))
    }

    /// Reads a user unless what is known includes event `id`.
    async fn read_again(&mut self, id: EventId, user: &UserId) -> Result<()> {
        if self.known.get(user).is_some_and(|k| k.snapshot.as_of >= id) {
            return Ok(());
        }
        let snapshot = self.app.store.find_presence_snapshot(user.clone()).await?;
        let (published, board) = self
            .known
            .remove(user)
            .map(|known| (known.published, known.board))
            .unwrap_or_default();
        let known = snapshot.map(|snapshot| Known {
            snapshot,
            published,
            board,
        });
        self.known.extend(known.map(|known| (user.clone(), known)));
        Ok(())
    }

    /// Returns what a user's first new or lost role changes, after the event about the record.
    pub(super) async fn role_changed(&mut self, user: &UserId) -> Result<Option<PersonNews>> {
        if self.updated.as_ref() != Some(user) {
            return Ok(None);
        }
        let publishing = self.publishing().await?;
        Ok(self.find(user).await?.map(|_| PersonNews {
            user: user.clone(),
            cause: Cause::Roles,
            publishing,
        }))
    }

    /// Publishes what was read. Cannot fail.
    pub(super) fn publish(&mut self, news: PersonNews) {
        let PersonNews {
            user,
            mut cause,
            publishing,
        } = news;
        if let Cause::Record { record, .. } = &mut cause
            && let Some(record) = record.take()
        {
            let own_user = Topic::OwnUser(user.clone());
            let own = || News::OwnRecord(record);
            self.app.live.publish(&own_user, own);
        }
        self.updated = match cause {
            Cause::Record { is_renamed, .. } if !is_renamed => Some(user.clone()),
            _ => None,
        };
        let visibility = &publishing.visibility;
        if !publishing.is_quiet {
            self.publish_presence(&user, &cause, visibility);
        }
        // Afterwards: the status on a board must be as new as the connections just read.
        self.publish_on_boards(&user, &cause, visibility);
    }

    fn publish_presence(&mut self, user: &UserId, cause: &Cause, visibility: &VisibilitySnapshot) {
        match cause {
            Cause::Created => {}
            Cause::Status => self.show(user, 0, visibility),
            Cause::Record {
                is_renamed,
                is_new_username,
                ..
            } => {
                if *is_renamed {
                    self.show_hidden(user, &Topic::Statuses, visibility);
                }
                if *is_new_username {
                    let status = Topic::StatusOf(user.clone());
                    self.show_hidden(user, &status, visibility);
                }
                self.show(user, 0, visibility);
            }
            Cause::Roles => self.show_hidden(user, &Topic::Statuses, visibility),
            Cause::Rules(change) => self.follow(user, change, visibility),
        }
    }

    fn publish_on_boards(&mut self, user: &UserId, cause: &Cause, now: &VisibilitySnapshot) {
        let Some(known) = self.known.get_mut(user) else {
            return;
        };
        let change = match cause {
            Cause::Status => BoardChange::Status,
            Cause::Created | Cause::Roles => BoardChange::Record { was_public: false },
            Cause::Record { was_public, .. } => BoardChange::Record {
                was_public: *was_public,
            },
            Cause::Rules(change) => {
                let (board, row, viewers) = known.board(now);
                return board.follow(&self.app, row, &viewers, change);
            }
        };
        let (board, row, viewers) = known.board(now);
        board.publish(&self.app, row, &viewers, change);
    }

    /// Publishes a user whose presence changed.
    pub(super) async fn connection_changed(&mut self, changed: &Changed) -> Result<()> {
        let Publishing {
            visibility,
            is_quiet,
        } = self.publishing().await?;
        if is_quiet && !board::has_listeners(&self.app.live) {
            return Ok(());
        }
        if let Some(known) = self.find(&changed.user).await?
            && changed.times > 1
        {
            known.forget_published();
        }
        if !is_quiet {
            self.show(&changed.user, changed.times, &visibility);
        }
        self.publish_on_boards(&changed.user, &Cause::Status, &visibility);
        Ok(())
    }

    async fn publishing(&self) -> Result<Publishing> {
        let is_quiet = self.app.settings().await?.broadcast_disabled();
        let visibility = self.app.visibility().await?;
        Ok(Publishing {
            visibility,
            is_quiet,
        })
    }

    /// Publishes the visible status of a user, unless it was published last. The presence has
    /// changed `times` times since then. A user who changed for a moment is published again,
    /// because a new listener may have seen only that moment.
    fn show(&mut self, user: &UserId, times: u32, visibility: &VisibilitySnapshot) {
        let app = self.app.clone();
        let Some(known) = self.known.get_mut(user) else {
            return;
        };
        let policy = known.snapshot.person.presence.policy;
        let (connection, further) = app.connections.status_and_changes(user, policy);
        if times.saturating_add(further) > 1 {
            known.forget_published();
        }
        let presence = &known.snapshot.person.presence;
        let now = shown_user(
            &known.snapshot,
            presence::for_the_operator_by(&app, connection, presence),
        );
        if known.published.as_ref() == Some(&now) {
            return;
        }
        let published = known.published.replace(now.clone());
        let viewers = known.viewers(visibility);
        let news = || News::Shown(now.clone());
        viewers.show(&app.live, &Topic::Statuses, &news);
        // Listeners of a single status receive neither names nor roles.
        if published.is_none_or(|published| is_another_status(&published, &now)) {
            viewers.show(&app.live, &Topic::StatusOf(user.clone()), &news);
            // Users see themselves.
            app.live.publish(&Topic::OwnUser(user.clone()), news);
        }
    }

    /// Publishes new names or roles of a user to those that the status is hidden from. They receive
    /// what they would if the user were offline: listeners of a single status only a new username.
    fn show_hidden(&self, user: &UserId, topic: &Topic, visibility: &VisibilitySnapshot) {
        if let Some(known) = self.known.get(user) {
            let hidden = hidden_user(&known.snapshot);
            let viewers = known.viewers(visibility);
            viewers.show_hidden(&self.app.live, topic, &|| News::Hidden(hidden.clone()));
        }
    }

    /// Publishes a user to the viewers that new rules concern: the current state, or that
    /// it is hidden.
    fn follow(&self, user: &UserId, change: &RuleChange, visibility: &VisibilitySnapshot) {
        let Some(known) = self.known.get(user) else {
            return;
        };
        let presence = &known.snapshot.person.presence;
        let connection = self.app.connections.status(user, presence.policy);
        let shown = presence::for_the_operator_by(&self.app, connection, presence);
        let (shown, hidden) = (
            shown_user(&known.snapshot, shown),
            hidden_user(&known.snapshot),
        );
        let forms: [&dyn Fn() -> News; 2] = [&|| News::Shown(shown.clone()), &|| {
            News::Hidden(hidden.clone())
        }];
        for topic in [Topic::Statuses, Topic::StatusOf(user.clone())] {
            let viewers = known.viewers(visibility);
            viewers.follow(&self.app.live, &topic, change, forms);
        }
    }

    /// Clears the cache if the state changed without a message.
    fn ask_all_to_reload(&mut self) {
        let generation = self.app.live.generation();
        if std::mem::replace(&mut self.generation, generation) != generation {
            self.forget_all();
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
                board: BoardForms::default(),
            };
            self.known.insert(user.clone(), known);
        }
        Ok(self.known.get_mut(user))
    }
}

impl Known {
    fn viewers<'a>(&'a self, now: &'a VisibilitySnapshot) -> Viewers<'a> {
        viewers_of(&self.snapshot, now)
    }

    fn board<'a>(
        &'a mut self,
        now: &'a VisibilitySnapshot,
    ) -> (&'a mut BoardForms, &'a PresenceSnapshot, Viewers<'a>) {
        let viewers = viewers_of(&self.snapshot, now);
        (&mut self.board, &self.snapshot, viewers)
    }

    fn forget_published(&mut self) {
        (self.published, self.board) = Default::default();
    }
}

fn viewers_of<'a>(snapshot: &'a PresenceSnapshot, now: &'a VisibilitySnapshot) -> Viewers<'a> {
    Viewers {
        user: &snapshot.person.id,
        rules: &snapshot.person.presence.visibility,
        now,
    }
}

/// Returns how a user looks to those that the status is hidden from: like a user who is offline.
fn hidden_user(snapshot: &PresenceSnapshot) -> ShownUser {
    shown_user(snapshot, VisiblePresence::hidden())
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
