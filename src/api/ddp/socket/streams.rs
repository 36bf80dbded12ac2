//! The subscriptions of a live connection. Source: Rocket.Chat `streamer.module.ts`; compatibility
//! 9.4 and 9.5.

use super::feed::{Feed, PRESENCE};
use super::watched_users::{MOST_WATCHED_BY_USER, Watched, Watching};
use crate::api::error::ApiError;
use crate::api::wire::frame::{Document, DocumentChange, Reply, text_of};
use crate::domain::UserId;
use crate::realtime::hub::{Listener, Topic};
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Maximum number of subscriptions per connection.
const MOST: usize = 1000;
/// Maximum number of users that a connection may watch by id.
const MOST_WATCHED: usize = 5000;
/// Maximum length in bytes of a user's id; no user has a longer one.
const LONGEST_ID: usize = 64;

/// The subscriptions of a connection, by the client's ids.
pub(super) struct Streams {
    subscriptions: HashMap<String, Feed>,
    watched: HashSet<UserId>,
    /// `None` until the first user is watched.
    counted: Option<Watched>,
    watching: Arc<Watching>,
}

impl Streams {
    /// Creates an empty set. `watching` counts the watched users over all connections.
    pub(super) fn new(watching: Arc<Watching>) -> Self {
        Self {
            subscriptions: HashMap::new(),
            watched: HashSet::new(),
            counted: None,
            watching,
        }
    }

    /// Returns the ids that a subscription asks to watch and that must be looked up first.
    pub(super) fn unknown_ids(
        &self,
        user: Option<&UserId>,
        name: &str,
        params: &[Value],
    ) -> Vec<UserId> {
        if user.is_none() || name != PRESENCE {
            return Vec::new();
        }
        let added = named(params.get(1), "added");
        added.filter(|id| !self.watched.contains(id)).collect()
    }

    /// Subscribes, and returns the frames to send. If the id is already in use, nothing changes, as
    /// in Meteor.
    pub(super) fn subscribe(
        &mut self,
        listener: &mut Listener,
        user: Option<&UserId>,
        (id, name, params): (String, String, &[Value]),
        existing: &[UserId],
    ) -> Vec<String> {
        if self.subscriptions.contains_key(&id) {
            return Vec::new();
        }
        match self.feed(user, &name, params) {
            Ok(Feed::Presence) => {
                if let Some(user) = user {
                    self.counted
                        .get_or_insert_with(|| self.watching.begin(user.clone()));
                }
                self.watch(listener, id, params.get(1), existing)
            }
            Ok(feed) => {
                if let Feed::Topic(topic) = &feed {
                    listener.subscribe(topic.clone());
                }
                self.subscriptions.insert(id.clone(), feed);
                begun(&id, &name, params)
            }
            Err(refused) => vec![refusal(&id, refused)],
        }
    }

    /// Ends a subscription, and returns the frame to send.
    pub(super) fn unsubscribe(&mut self, listener: &mut Listener, id: &str) -> String {
        self.end(listener, id);
        text_of(&Reply::Nosub { id, error: None })
    }

    /// Ends the subscriptions that `user`, who now owns the connection, may not have. Returns the
    /// frames to send.
    pub(super) fn end_forbidden(
        &mut self,
        listener: &mut Listener,
        user: Option<&UserId>,
    ) -> Vec<String> {
        let ended: Vec<_> = self
            .subscriptions
            .iter()
            .filter(|(_, feed)| !feed.is_open_to(user))
            .map(|(id, _)| id.clone())
            .collect();
        let refuse = |id: String| {
            self.end(listener, &id);
            refusal(&id, ApiError::NotAllowed)
        };
        ended.into_iter().map(refuse).collect()
    }

    /// Returns whether the connection receives changes of its own user.
    pub(super) fn sends_own_data(&self) -> bool {
        self.subscriptions
            .values()
            .any(|feed| *feed == Feed::OwnData)
    }

    fn end(&mut self, listener: &mut Listener, id: &str) {
        match self.subscriptions.remove(id) {
            Some(Feed::Topic(topic)) => {
                let feed = Feed::Topic(topic);
                let has_listeners = self.subscriptions.values().any(|other| *other == feed);
                if let (Feed::Topic(topic), false) = (&feed, has_listeners) {
                    listener.unsubscribe(topic);
                }
            }
            Some(Feed::Presence) => {
                for user in std::mem::take(&mut self.watched) {
                    listener.unsubscribe(&Topic::StatusOf(user));
                }
                self.counted = None;
            }
            Some(Feed::OwnData | Feed::Nothing(_)) | None => {}
        }
    }

    fn feed(&self, user: Option<&UserId>, name: &str, params: &[Value]) -> Result<Feed, ApiError> {
        if self.subscriptions.len() >= MOST {
            return Err(ApiError::TooManySubscriptions(MOST));
        }
        Feed::of(user, name, params)
    }

    /// Changes the watched users. The first subscription to presence stays; each further one only
    /// makes its changes and ends. Only ids in `existing` are added.
    fn watch(
        &mut self,
        listener: &mut Listener,
        id: String,
        who: Option<&Value>,
        existing: &[UserId],
    ) -> Vec<String> {
        for user in named(who, "removed") {
            if self.watched.remove(&user) {
                self.counted
                    .iter_mut()
                    .for_each(|counted| counted.remove(1));
                listener.unsubscribe(&Topic::StatusOf(user));
            }
        }
        for user in existing
            .iter()
            .filter(|user| !self.watched.contains(*user))
            .cloned()
            .collect::<Vec<_>>()
        {
            if self.watched.len() >= MOST_WATCHED {
                return vec![refusal(&id, ApiError::TooManySubscriptions(MOST_WATCHED))];
            }
            if !self.counted.as_mut().is_some_and(Watched::add) {
                let most = MOST_WATCHED_BY_USER;
                return vec![refusal(&id, ApiError::TooManySubscriptions(most))];
            }
            self.watched.insert(user.clone());
            listener.subscribe(Topic::StatusOf(user));
        }
        if self
            .subscriptions
            .values()
            .any(|feed| *feed == Feed::Presence)
        {
            return vec![text_of(&Reply::Nosub {
                id: &id,
                error: None,
            })];
        }
        self.subscriptions.insert(id.clone(), Feed::Presence);
        vec![text_of(&Reply::Ready { subs: [&id] })]
    }
}

/// Returns the ids under `key`, without those that are too long.
fn named(who: Option<&Value>, key: &str) -> impl Iterator<Item = UserId> {
    let ids = who.and_then(|who| who.get(key)).and_then(Value::as_array);
    let ids = ids.into_iter().flatten().filter_map(Value::as_str);
    ids.filter(|id| id.len() <= LONGEST_ID).map(UserId::new)
}

/// Returns the frames that confirm a subscription. Old clients ask for an initial document.
fn begun(id: &str, name: &str, params: &[Value]) -> Vec<String> {
    let options = params.get(1);
    let asked = options.is_some_and(|options| {
        *options == Value::Bool(true) || options.get("useCollection") == Some(&Value::Bool(true))
    });
    let document = (asked && name.starts_with("stream-")).then(|| {
        text_of(&Document {
            msg: DocumentChange::Added,
            collection: name,
            id: "id",
            fields: json!({"eventName": params.first()}),
        })
    });
    let ready = text_of(&Reply::Ready { subs: [id] });
    document.into_iter().chain([ready]).collect()
}

/// Renders the refusal or the end of a subscription.
pub(super) fn refusal(id: &str, refused: ApiError) -> String {
    let error = Some(refused.into_method_error("sub"));
    text_of(&Reply::Nosub { id, error })
}
