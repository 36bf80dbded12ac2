//! What a hook is told, as plain owned data. It does not know the server's own types, so that either may change
//! without the other.
//!
//! The structs may gain fields; hence they are built by their constructors and matched with `..`.

/// An event of any kind.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A custom user status was created.
    Created(StatusCreated),
    /// A custom user status got another name or type.
    Updated(StatusUpdated),
    /// A custom user status was deleted.
    Deleted(StatusDeleted),
    /// A person's own status changed.
    StatusChanged(UserStatusChanged),
}

impl Event {
    /// What [`kind`](Self::kind) answers, all of it.
    pub const KINDS: [&str; 4] = [
        "custom_user_status.created",
        "custom_user_status.updated",
        "custom_user_status.deleted",
        "presence.changed",
    ];

    /// What kind of event it is: the `type` of its JSON form.
    pub fn kind(&self) -> &'static str {
        let [created, updated, deleted, changed] = Self::KINDS;
        match self {
            Self::Created(_) => created,
            Self::Updated(_) => updated,
            Self::Deleted(_) => deleted,
            Self::StatusChanged(_) => changed,
        }
    }

    /// Its position in the server's outbox; see [`StatusCreated::event_id`].
    pub fn id(&self) -> u64 {
        match self {
            Self::Created(it) => it.event_id,
            Self::Updated(it) => it.event_id,
            Self::Deleted(it) => it.event_id,
            Self::StatusChanged(it) => it.event_id,
        }
    }

    /// When it happened: milliseconds since the Unix epoch, UTC; negative before 1970.
    pub fn at_ms(&self) -> i64 {
        match self {
            Self::Created(it) => it.at_ms,
            Self::Updated(it) => it.at_ms,
            Self::Deleted(it) => it.at_ms,
            Self::StatusChanged(it) => it.at_ms,
        }
    }

    /// Who did it.
    pub fn actor(&self) -> &Actor {
        match self {
            Self::Created(it) => &it.actor,
            Self::Updated(it) => &it.actor,
            Self::Deleted(it) => &it.actor,
            Self::StatusChanged(it) => &it.actor,
        }
    }

    /// What a receiver can be idempotent by: `evt_` and position and time, the same with every attempt, and another one
    /// when a restored backup gives the position again. Letters, digits, `_` and `-`.
    pub fn key(&self) -> String {
        format!("evt_{}_{}", self.id(), self.at_ms())
    }

    /// The event as JSON, on one line: `version` ([`VERSION`](crate::VERSION)), `id`, `type`, `time`, `actor`, `data`.
    pub fn json(&self) -> String {
        crate::json::of(self)
    }
}

impl From<StatusCreated> for Event {
    fn from(created: StatusCreated) -> Self {
        Self::Created(created)
    }
}

impl From<StatusUpdated> for Event {
    fn from(updated: StatusUpdated) -> Self {
        Self::Updated(updated)
    }
}

impl From<StatusDeleted> for Event {
    fn from(deleted: StatusDeleted) -> Self {
        Self::Deleted(deleted)
    }
}

impl From<UserStatusChanged> for Event {
    fn from(changed: UserStatusChanged) -> Self {
        Self::StatusChanged(changed)
    }
}

/// A custom user status was created.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StatusCreated {
    /// The event's position in the server's outbox, from 1, strictly rising: the key to be idempotent by.
    ///
    /// A restored backup may use numbers again for other statuses, so pair it with [`Status::id`].
    pub event_id: u64,
    /// When it happened: milliseconds since the Unix epoch, UTC; negative before 1970.
    pub at_ms: i64,
    /// Who created it.
    pub actor: Actor,
    /// The status as it was created; it may have been changed or deleted since.
    pub status: Status,
}

impl StatusCreated {
    /// An event with every field given; the server builds these, and so do tests of hooks.
    pub fn new(event_id: u64, at_ms: i64, actor: Actor, status: Status) -> Self {
        Self {
            event_id,
            at_ms,
            actor,
            status,
        }
    }
}

/// A custom user status got another name or type.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StatusUpdated {
    /// The event's position in the server's outbox, as in [`StatusCreated::event_id`].
    pub event_id: u64,
    /// When it happened: milliseconds since the Unix epoch, UTC; negative before 1970.
    pub at_ms: i64,
    /// Who changed it.
    pub actor: Actor,
    /// The status as it was after this change; it may have been changed again or deleted since.
    pub status: Status,
}

impl StatusUpdated {
    /// An event with every field given.
    pub fn new(event_id: u64, at_ms: i64, actor: Actor, status: Status) -> Self {
        Self {
            event_id,
            at_ms,
            actor,
            status,
        }
    }
}

/// A custom user status was deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StatusDeleted {
    /// The event's position in the server's outbox, as in [`StatusCreated::event_id`].
    pub event_id: u64,
    /// When it happened: milliseconds since the Unix epoch, UTC; negative before 1970.
    pub at_ms: i64,
    /// Who deleted it.
    pub actor: Actor,
    /// The status as it was last.
    pub status: Status,
}

impl StatusDeleted {
    /// An event with every field given.
    pub fn new(event_id: u64, at_ms: i64, actor: Actor, status: Status) -> Self {
        Self {
            event_id,
            at_ms,
            actor,
            status,
        }
    }
}

/// A person's own status changed: by hand, by another system, or because its time was up.
///
/// It tells what was chosen, not what is shown: connections that come and go are no events.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UserStatusChanged {
    /// The event's position in the server's outbox, as in [`StatusCreated::event_id`].
    pub event_id: u64,
    /// When it happened: milliseconds since the Unix epoch, UTC; negative before 1970.
    pub at_ms: i64,
    /// Who changed it; where its time was up, the person.
    pub actor: Actor,
    /// Whose status it is.
    pub user: Actor,
    /// `online`, `away`, `busy` or `offline`; `online` where nobody holds it.
    pub status: String,
    /// The text beside it, any characters at all; often empty.
    pub text: String,
    /// Who holds the status now: `manual` (the person), `external` (such as a calendar) or `internal` (such as a
    /// call); `None`: nobody any more. There may be further words.
    pub source: Option<String>,
    /// When that ends by itself: milliseconds since the Unix epoch, UTC; `None`: it does not.
    pub expires_at_ms: Option<i64>,
}

impl UserStatusChanged {
    /// An event without source and end.
    pub fn new(
        event_id: u64,
        at_ms: i64,
        actor: Actor,
        user: Actor,
        status: impl Into<String>,
        text: impl Into<String>,
    ) -> Self {
        Self {
            event_id,
            at_ms,
            actor,
            user,
            status: status.into(),
            text: text.into(),
            source: None,
            expires_at_ms: None,
        }
    }

    /// The event with this source and end.
    #[must_use]
    pub fn held_by(self, source: impl Into<String>, expires_at_ms: Option<i64>) -> Self {
        Self {
            source: Some(source.into()),
            expires_at_ms,
            ..self
        }
    }
}

/// A user: who did something, or whose status it is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Actor {
    /// The user's id, which never changes.
    pub id: String,
    /// The user's name at the time of the event.
    pub username: String,
}

impl Actor {
    /// A user with this id and name.
    pub fn new(id: impl Into<String>, username: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            username: username.into(),
        }
    }
}

/// A custom user status, as an event tells of it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Status {
    /// Its id, 24 hexadecimal digits.
    pub id: String,
    /// Its name as the user gave it: any characters at all, quotes, line breaks and emoji included.
    pub name: String,
    /// `online`, `away`, `busy` or `offline`; empty where the server's contract lets a status have none.
    pub status_type: String,
    /// When it was last changed: milliseconds since the Unix epoch, UTC; negative before 1970.
    pub updated_at_ms: i64,
}

impl Status {
    /// A status with every field given.
    pub fn new(
        id: impl Into<String>,
        name: impl Into<String>,
        status_type: impl Into<String>,
        updated_at_ms: i64,
    ) -> Self {
        Self {
            id: id.into(),
            name: name.into(),
            status_type: status_type.into(),
            updated_at_ms,
        }
    }
}
