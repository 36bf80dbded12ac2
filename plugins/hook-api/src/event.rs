//! The events that hooks receive, as plain owned data. Independent of the server's own types, so
//! that each can change without the other.
//!
//! The structs may gain fields, so they are created by constructors and matched with `..`.

/// An event of any kind.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A custom user status was created.
    Created(StatusCreated),
    /// A custom user status was renamed or got another type.
    Updated(StatusUpdated),
    /// A custom user status was deleted.
    Deleted(StatusDeleted),
    /// A user's own status changed.
    StatusChanged(UserStatusChanged),
}

impl Event {
    /// All values of [`kind`](Self::kind).
    pub const KINDS: [&str; 4] = [
        "custom_user_status.created",
        "custom_user_status.updated",
        "custom_user_status.deleted",
        "presence.changed",
    ];

    /// Returns the kind of event: the `type` of its JSON form.
    pub fn kind(&self) -> &'static str {
        let [created, updated, deleted, changed] = Self::KINDS;
        match self {
            Self::Created(_) => created,
            Self::Updated(_) => updated,
            Self::Deleted(_) => deleted,
            Self::StatusChanged(_) => changed,
        }
    }

    /// Returns its position in the server's outbox; see [`StatusCreated::event_id`].
    pub fn id(&self) -> u64 {
        match self {
            Self::Created(it) => it.event_id,
            Self::Updated(it) => it.event_id,
            Self::Deleted(it) => it.event_id,
            Self::StatusChanged(it) => it.event_id,
        }
    }

    /// Returns when it happened: milliseconds since the Unix epoch, UTC; negative before 1970.
    pub fn at_ms(&self) -> i64 {
        match self {
            Self::Created(it) => it.at_ms,
            Self::Updated(it) => it.at_ms,
            Self::Deleted(it) => it.at_ms,
            Self::StatusChanged(it) => it.at_ms,
        }
    }

    /// Returns who caused it.
    pub fn actor(&self) -> &Actor {
        match self {
            Self::Created(it) => &it.actor,
            Self::Updated(it) => &it.actor,
            Self::Deleted(it) => &it.actor,
            Self::StatusChanged(it) => &it.actor,
        }
    }

    /// Returns an idempotency key: `evt_`, position and time. It is the same for every attempt, and
    /// differs when a restored backup reuses the position. Letters, digits, `_` and `-`.
    pub fn key(&self) -> String {
        format!("evt_{}_{}", self.id(), self.at_ms())
    }

    /// Returns the event as one line of JSON: `version` ([`VERSION`](crate::VERSION)), `id`,
    /// `type`, `time`, `actor`, `data`.
    pub fn json(&self) -> String {
        crate::json::render(self)
    }
}

/// Defines the event of a change to a custom user status, which becomes a variant of [`Event`].
macro_rules! status_event {
    ($(#[$doc:meta])* $name:ident, $variant:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct $name {
            /// The event's position in the server's outbox, from 1, strictly increasing: the number
            /// to deduplicate by.
            ///
            /// A restored backup may reuse numbers for other statuses, so combine it with
            /// [`Status::id`].
            pub event_id: u64,
            /// When it happened: milliseconds since the Unix epoch, UTC; negative before 1970.
            pub at_ms: i64,
            /// Who caused it.
            pub actor: Actor,
            /// The status after this change, or the last state of a deleted one. It may have been
            /// changed again or deleted since.
            pub status: Status,
        }

        impl $name {
            /// Creates an event from all its fields, for the server and for tests of hooks.
            pub fn new(event_id: u64, at_ms: i64, actor: Actor, status: Status) -> Self {
                Self {
                    event_id,
                    at_ms,
                    actor,
                    status,
                }
            }
        }

        impl From<$name> for Event {
            fn from(event: $name) -> Self {
                Self::$variant(event)
            }
        }
    };
}

status_event!(
    /// A custom user status was created.
    StatusCreated, Created
);
status_event!(
    /// A custom user status was renamed or got another type.
    StatusUpdated, Updated
);
status_event!(
    /// A custom user status was deleted.
    StatusDeleted, Deleted
);

impl From<UserStatusChanged> for Event {
    fn from(changed: UserStatusChanged) -> Self {
        Self::StatusChanged(changed)
    }
}

/// A user's own status changed: set manually, set by another system, or expired.
///
/// Describes the chosen status, not the visible one: connections that open and close cause no
/// events.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UserStatusChanged {
    /// The event's position in the server's outbox, as in [`StatusCreated::event_id`].
    pub event_id: u64,
    /// When it happened: milliseconds since the Unix epoch, UTC; negative before 1970.
    pub at_ms: i64,
    /// Who changed it; after an expiry, the user.
    pub actor: Actor,
    /// Whose status it is.
    pub user: Actor,
    /// `online`, `away`, `busy` or `offline`; `online` when nothing claims the status.
    pub status: String,
    /// The status text, with any characters; often empty.
    pub text: String,
    /// The source of the current status: `manual` (the user), `external` (such as a calendar) or
    /// `internal` (such as a call); `None` if nothing claims it. Other values may be added.
    pub source: Option<String>,
    /// When the status expires: milliseconds since the Unix epoch, UTC; `None` if it does not.
    pub expires_at_ms: Option<i64>,
}

impl UserStatusChanged {
    /// Creates an event without source and expiry.
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

    /// Sets the source and the expiry.
    #[must_use]
    pub fn held_by(self, source: impl Into<String>, expires_at_ms: Option<i64>) -> Self {
        Self {
            source: Some(source.into()),
            expires_at_ms,
            ..self
        }
    }
}

/// A user: the one who caused an event, or the one whose status it is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Actor {
    /// The user's id, which never changes.
    pub id: String,
    /// The user's name at the time of the event.
    pub username: String,
}

impl Actor {
    /// Creates a user from id and name.
    pub fn new(id: impl Into<String>, username: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            username: username.into(),
        }
    }
}

/// A custom user status in an event.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Status {
    /// Its id, 24 hexadecimal digits.
    pub id: String,
    /// Its name as the user entered it, with any characters, including quotes, line breaks and
    /// emoji.
    pub name: String,
    /// `online`, `away`, `busy` or `offline`; empty where the server's contract allows a status
    /// without a type.
    pub status_type: String,
    /// When it was last changed: milliseconds since the Unix epoch, UTC; negative before 1970.
    pub updated_at_ms: i64,
}

impl Status {
    /// Creates a status from all its fields.
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
