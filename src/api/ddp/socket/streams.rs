//! What a live connection has subscribed to: which streams there are, who may hear them, and which topics they stand for. Source:
//! Rocket.Chat `streamer.module.ts`, `notifications.module.ts`; compatibility 9.4 and 9.5. Knows no socket.

use super::watched_users::{MOST_WATCHED_BY_USER, Watched, Watching};
use crate::api::error::ApiError;
use crate::api::wire::frame::{Document, DocumentChange, Reply, text_of};
use crate::domain::UserId;
use crate::realtime::hub::{Listener, Topic};
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Subscriptions of a connection at most.
const MOST: usize = 1000;
/// People that a connection may watch by id at most.
const MOST_WATCHED: usize = 5000;
/// Bytes of an id that somebody may have; longer ones are nobody's.
const LONGEST_ID: usize = 64;

const PRESENCE: &str = "stream-user-presence";

/// Publications that clients wait for and that hold nothing here: what they are about is told without asking.
const SILENT: &[&str] = &[
    "userData",
    "meteor.loginServiceConfiguration",
    "meteor_autoupdate_clientVersions",
];

/// What a subscription stands for.
#[derive(PartialEq, Eq)]
enum Hears {
    /// What is published under a topic.
    Topic(Topic),
    /// What changes about oneself.
    OwnData,
    /// How the watched ones are shown.
    Presence,
    /// Nothing that ever happens here.
    Silence(Ear),
}

/// Who may hear something.
#[derive(PartialEq, Eq)]
enum Ear {
    Everybody,
    LoggedIn,
    Oneself,
}

/// The subscriptions of a connection, by the ids that the client gave them.
pub(super) struct Streams {
    subscriptions: HashMap<String, Hears>,
    watched: HashSet<UserId>,
    /// `None` until somebody is watched.
    counted: Option<Watched>,
    watching: Arc<Watching>,
}

impl Streams {
    /// None. How many people a user watches is counted in `watching`.
    pub(super) fn new(watching: Arc<Watching>) -> Self {
        Self {
            subscriptions: HashMap::new(),
            watched: HashSet::new(),
            counted: None,
            watching,
        }
    }

    /// The ids that a subscription asks to watch and of which it has to be known whether they exist, before it is begun.
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

    /// Subscribes, and answers the frames that tell of it. An id that is in use already changes nothing, as in Meteor.
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

    /// Shutdown a subscription, and answers the frame that tells of it.
    pub(super) fn unsubscribe(&mut self, listener: &mut Listener, id: &str) -> String {
        self.end(listener, id);
        text_of(&Reply::Nosub { id, error: None })
    }

    /// Shutdown what may not be heard any more now that the connection is `user`'s, and answers the frames that tell of it.
    pub(super) fn end_forbidden(
        &mut self,
        listener: &mut Listener,
        user: Option<&UserId>,
    ) -> Vec<String> {
        let may_hear = |hears: &Hears| match hears {
            Hears::Silence(Ear::Everybody) | Hears::Topic(Topic::Settings) => true,
            Hears::Silence(Ear::Oneself) | Hears::OwnData => false,
            Hears::Silence(Ear::LoggedIn) | Hears::Topic(_) | Hears::Presence => user.is_some(),
        };
        let ended: Vec<_> = self
            .subscriptions
            .iter()
            .filter(|(_, hears)| !may_hear(hears))
            .map(|(id, _)| id.clone())
            .collect();
        let tell = |id: String| {
            self.end(listener, &id);
            refusal(&id, ApiError::NotAllowed)
        };
        ended.into_iter().map(tell).collect()
    }

    /// Whether the connection is to be told of what changes about its own user.
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
            // Roles stay as they came with the server.
            _ => Ok(Hears::Silence(Ear::LoggedIn)),
        }
    }

    /// The first subscription to presence stays; each further one changes who is watched, and ends. Ids that are not among the
    /// `existing` ones are nobody's, and are not kept.
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

/// The ids under `key` that may be somebody's.
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

/// What happens to somebody is theirs alone to hear.
fn own(user: &UserId, event: &str) -> Result<Hears, ApiError> {
    let event = event.strip_prefix(user.as_str());
    match event.and_then(|rest| rest.strip_prefix('/')) {
        Some("userData") => Ok(Hears::OwnData),
        Some(_) => Ok(Hears::Silence(Ear::Oneself)),
        None => Err(ApiError::NotAllowed),
    }
}

/// That a subscription has begun. Old clients ask for a document to begin with.
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

/// That a subscription has not begun, or has ended.
pub(super) fn refusal(id: &str, refused: ApiError) -> String {
    let error = Some(refused.into_method_error("sub"));
    text_of(&Reply::Nosub { id, error })
}
