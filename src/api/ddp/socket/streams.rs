//! The subscriptions of a live connection: the available streams, who may subscribe to them, and
//! the topics behind them. Source: Rocket.Chat `streamer.module.ts`, `notifications.module.ts`;
//! compatibility 9.4 and 9.5.

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

const PRESENCE: &str = "stream-user-presence";

/// Publications that clients wait for but that are empty here: their content is sent without a
/// subscription.
const SILENT: &[&str] = &[
    "userData",
    "meteor.loginServiceConfiguration",
    "meteor_autoupdate_clientVersions",
];

/// What a subscription receives.
#[derive(PartialEq, Eq)]
enum Hears {
    /// Messages of a topic.
    Topic(Topic),
    /// Changes of the connection's own user.
    OwnData,
    /// The presence of the watched users.
    Presence,
    /// Nothing, because these events never occur here.
    Silence(Ear),
}

/// Who may subscribe.
#[derive(PartialEq, Eq)]
enum Ear {
    Everybody,
    LoggedIn,
    OwnUser,
}

/// The subscriptions of a connection, by the client's ids.
pub(super) struct Streams {
    subscriptions: HashMap<String, Hears>,
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
        match self.hears(user, &name, params) {
            Ok(Hears::Presence) => {
                if let Some(user) = user {
                    self.counted
                        .get_or_insert_with(|| self.watching.begin(user.clone()));
                }
                self.watch(listener, id, params.get(1), existing)
            }
            Ok(hears) => {
                if let Hears::Topic(topic) = &hears {
                    listener.subscribe(topic.clone());
                }
                self.subscriptions.insert(id.clone(), hears);
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
        let may_hear = |hears: &Hears| match hears {
            Hears::Silence(Ear::Everybody) | Hears::Topic(Topic::Settings) => true,
            Hears::Silence(Ear::OwnUser) | Hears::OwnData => false,
            Hears::Silence(Ear::LoggedIn) | Hears::Topic(_) | Hears::Presence => user.is_some(),
        };
        let ended: Vec<_> = self
            .subscriptions
            .iter()
            .filter(|(_, hears)| !may_hear(hears))
            .map(|(id, _)| id.clone())
            .collect();
        let refuse = |id: String| {
            self.end(listener, &id);
            refusal(&id, ApiError::NotAllowed)
        };
        ended.into_iter().map(refuse).collect()
    }

    /// Returns whether the connection receives changes of its own user.
    pub(super) fn hears_own_data(&self) -> bool {
        self.subscriptions
            .values()
            .any(|hears| *hears == Hears::OwnData)
    }

    fn end(&mut self, listener: &mut Listener, id: &str) {
        match self.subscriptions.remove(id) {
            Some(Hears::Topic(topic)) => {
                let hears = Hears::Topic(topic);
                let has_listeners = self.subscriptions.values().any(|other| *other == hears);
                if let (Hears::Topic(topic), false) = (&hears, has_listeners) {
                    listener.unsubscribe(topic);
                }
            }
            Some(Hears::Presence) => {
                for user in std::mem::take(&mut self.watched) {
                    listener.unsubscribe(&Topic::StatusOf(user));
                }
                self.counted = None;
            }
            Some(Hears::OwnData | Hears::Silence(_)) | None => {}
        }
    }

    fn hears(
        &self,
        user: Option<&UserId>,
        name: &str,
        params: &[Value],
    ) -> Result<Hears, ApiError> {
        if self.subscriptions.len() >= MOST {
            return Err(ApiError::TooManySubscriptions(MOST));
        }
        if SILENT.contains(&name) {
            return Ok(Hears::Silence(Ear::Everybody));
        }
        let is_stream = matches!(
            name,
            "stream-notify-logged"
                | "stream-notify-all"
                | "stream-notify-user"
                | "stream-roles"
                | PRESENCE
        );
        if !is_stream {
            return Err(ApiError::UnknownSubscription(name.to_owned()));
        }
        let event = params.first().and_then(Value::as_str).unwrap_or_default();
        if event.is_empty() && name != PRESENCE {
            return Err(ApiError::InvalidEventName);
        }
        if name == "stream-notify-all" {
            return Ok(public(event));
        }
        let user = user.ok_or(ApiError::NotAllowed)?;
        match name {
            "stream-notify-logged" => Ok(logged(event)),
            "stream-notify-user" => own(user, event),
            PRESENCE => Ok(Hears::Presence),
            // Roles never change.
            _ => Ok(Hears::Silence(Ear::LoggedIn)),
        }
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
            .any(|hears| *hears == Hears::Presence)
        {
            return vec![text_of(&Reply::Nosub {
                id: &id,
                error: None,
            })];
        }
        self.subscriptions.insert(id.clone(), Hears::Presence);
        vec![text_of(&Reply::Ready { subs: [&id] })]
    }
}

/// Returns the ids under `key`, without those that are too long.
fn named(who: Option<&Value>, key: &str) -> impl Iterator<Item = UserId> {
    let ids = who.and_then(|who| who.get(key)).and_then(Value::as_array);
    let ids = ids.into_iter().flatten().filter_map(Value::as_str);
    ids.filter(|id| id.len() <= LONGEST_ID).map(UserId::new)
}

fn logged(event: &str) -> Hears {
    Hears::Topic(match event {
        "user-status" => Topic::Statuses,
        "updateCustomUserStatus" => Topic::CustomStatuses,
        "deleteCustomUserStatus" => Topic::DeletedCustomStatuses,
        "permissions-changed" => Topic::Permissions,
        "roles-change" => Topic::Roles,
        "Users:NameChanged" => Topic::Names,
        "Users:Deleted" => Topic::DeletedUsers,
        _ => return Hears::Silence(Ear::LoggedIn),
    })
}

fn public(event: &str) -> Hears {
    if event == "public-settings-changed" {
        Hears::Topic(Topic::Settings)
    } else {
        Hears::Silence(Ear::Everybody)
    }
}

/// Returns the subscription to events of a user. Only that user may subscribe to them.
fn own(user: &UserId, event: &str) -> Result<Hears, ApiError> {
    let event = event.strip_prefix(user.as_str());
    match event.and_then(|rest| rest.strip_prefix('/')) {
        Some("userData") => Ok(Hears::OwnData),
        Some(_) => Ok(Hears::Silence(Ear::OwnUser)),
        None => Err(ApiError::NotAllowed),
    }
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
