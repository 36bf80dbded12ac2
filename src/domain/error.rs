//! Every way a use case can fail, and nothing about how a failure is told: that is `api/error`'s to say.

use super::{Permission, Timestamp, Weakness};
use std::time::Duration;

/// The result of a use case.
pub type Result<T> = std::result::Result<T, Error>;

/// Every way a use case can fail. A variant is added when a caller would act differently, not when a new thing can go wrong.
#[derive(Debug)]
pub enum Error {
    /// We do not know who you are.
    Unauthenticated,
    /// The login attempt failed: wrong name, wrong password or wrong token, and we do not say which.
    LoginRefused,
    /// The password is right, and the account is switched off.
    Deactivated,
    /// Too many failed logins; try again at `until`.
    LoginBlocked {
        /// What is blocked.
        blocked: Blocked,
        /// When it ends.
        until: Timestamp,
    },
    /// The user must change the password before anything else.
    PasswordChangeRequired,
    /// We know who you are, and no.
    Forbidden {
        /// The permission that is missing.
        needs: Permission,
    },
    /// The request cannot be right.
    Invalid {
        /// Which part of it.
        field: Field,
        /// What is wrong with it.
        problem: Problem,
    },
    /// A setting of the workspace forbids it.
    Disallowed(Disallowed),
    /// Nobody active would be left with the role `admin`.
    LastAdministrator,
    /// The unique name is in use.
    NameTaken,
    /// No such thing.
    NotFound(What),
    /// Full, busy or stopping: the same request may succeed later.
    Unavailable {
        /// When to try again.
        retry_after: Duration,
    },
    /// Nothing is accepted until an administrator has acted.
    Broken(Fault),
    /// Our fault. Never shown in detail.
    Internal(Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    /// [`Error::Unavailable`], with a second to wait.
    pub const UNAVAILABLE: Self = Self::Unavailable {
        retry_after: Duration::from_secs(1),
    };

    /// [`Error::Internal`] from anything that tells what went wrong.
    pub fn internal(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Internal(source.into())
    }
}

/// Why a database cannot be trusted any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Some of its pages are damaged. What is whole can still be read.
    Damaged,
    /// Its file was removed or replaced while the server runs.
    Removed,
}

/// What a failed login blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blocked {
    /// This user from this address.
    User,
    /// This address.
    Address,
}

/// What a setting can forbid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disallowed {
    /// A text beside the status (`Accounts_AllowUserStatusMessageChange`).
    StatusText,
    /// To be shown offline while being there (`Accounts_AllowInvisibleStatusOption`).
    Invisible,
}

/// The part of a request that is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// A custom status's name.
    Name,
    /// A custom status's type.
    StatusType,
    /// A login name.
    Username,
    /// A user's name to show.
    FullName,
    /// Some words about a user.
    Bio,
    /// A user's further name.
    Nickname,
    /// An e-mail address.
    Email,
    /// A password.
    Password,
    /// A permission's name.
    Permission,
    /// A role's id.
    Role,
    /// A personal access token's name.
    TokenName,
    /// When a claim is to end.
    ExpiresAt,
    /// Somebody's status.
    Status,
    /// A setting.
    Setting,
    /// The password that somebody has to give again.
    CurrentPassword,
    /// What a user prefers.
    Preferences,
    /// A webhook's name.
    WebhookName,
    /// Where a webhook is.
    Url,
    /// A type of events.
    EventType,
    /// A span of time.
    Span,
}

/// What is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// It is absent or blank.
    Missing,
    /// It is not one of the texts allowed; the text is kept for the answer.
    NotValid(String),
    /// It names something that does not exist.
    Unknown,
    /// It has to be unique, and somebody else has this one.
    Taken(String),
    /// It is refused, for this reason, which is a sentence of its own.
    Refused(String),
    /// It has to lie ahead.
    Past,
    /// The one of this name cannot be changed.
    Fixed(&'static str),
    /// The one of this name takes values of another kind, which is named second.
    OtherKind(&'static str, &'static str),
    /// It is longer than this many UTF-16 units.
    TooLong(usize),
    /// It is a password that is too easy to guess.
    Weak(Weakness),
    /// It is a name that nobody may take.
    Reserved(String),
    /// It is what it should become: a role that is held already, or one to be taken that is not held.
    Unchanged,
}

/// What was not found, with the id asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// A custom status.
    Status(String),
    /// A user.
    User(String),
    /// A login or personal access token.
    Login(String),
    /// A setting.
    Setting(String),
    /// A hook.
    Hook(String),
    /// A webhook.
    Webhook(String),
    /// A delivery of an event, or one that could be tried or given up.
    Delivery(String),
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unauthenticated => f.write_str("not logged in"),
            Self::LoginRefused => f.write_str("wrong username or password"),
            Self::Deactivated => f.write_str("the user is deactivated"),
            Self::LoginBlocked { .. } => f.write_str("too many failed logins"),
            Self::PasswordChangeRequired => f.write_str("the password must be changed first"),
            Self::Forbidden { needs } => write!(f, "the permission {} is missing", needs.name()),
            Self::Invalid { field, problem } => problem.describe(*field, f),
            Self::Disallowed(Disallowed::StatusText) => {
                f.write_str("a setting of the workspace forbids status texts")
            }
            Self::Disallowed(Disallowed::Invisible) => {
                f.write_str("a setting of the workspace forbids the status offline")
            }
            Self::LastAdministrator => f.write_str("the last active administrator must remain"),
            Self::NameTaken => f.write_str("the name is already in use"),
            Self::NotFound(What::Status(id)) => write!(f, "unknown custom status {id:?}"),
            Self::NotFound(What::User(id)) => write!(f, "unknown user {id:?}"),
            Self::NotFound(What::Login(id)) => write!(f, "unknown token {id:?}"),
            Self::NotFound(What::Setting(id)) => write!(f, "unknown setting {id:?}"),
            Self::NotFound(What::Hook(name)) => write!(f, "unknown hook {name:?}"),
            Self::NotFound(What::Webhook(name)) => write!(f, "unknown webhook {name:?}"),
            Self::NotFound(What::Delivery(id)) => write!(f, "unknown delivery of event {id}"),
            Self::Unavailable { .. } => {
                f.write_str("the database is busy, full or stopping; try again")
            }
            Self::Broken(Fault::Damaged) => {
                f.write_str("the database is damaged; restore a backup")
            }
            Self::Broken(Fault::Removed) => {
                f.write_str("the data folder was removed or replaced; restore it")
            }
            Self::Internal(source) => write!(f, "{source}"),
        }
    }
}

impl Problem {
    /// What is wrong with `field`, what is accepted, and what to do.
    fn describe(&self, field: Field, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = field.name();
        match self {
            Self::Missing => write!(f, "the {name} is missing"),
            Self::NotValid(text) => write!(f, "invalid {name} {text:?}{}", field.accepted()),
            Self::Unknown => write!(f, "unknown {name}"),
            Self::Taken(text) => write!(f, "the {name} {text:?} is already in use"),
            Self::Refused(reason) => f.write_str(reason),
            Self::Past => write!(f, "the {name} must be in the future"),
            Self::Fixed(which) => write!(f, "the {name} {which} cannot be changed"),
            Self::OtherKind(which, kind) => write!(f, "the {name} {which} takes a {kind}"),
            Self::TooLong(most) => write!(f, "the {name} is longer than {most} characters"),
            Self::Weak(Weakness::TooShort(least)) => {
                write!(
                    f,
                    "the {name} is too short: use at least {least} characters"
                )
            }
            Self::Weak(Weakness::Name) => write!(
                f,
                "the {name} is the username or the email address: choose another one"
            ),
            Self::Weak(Weakness::Common) => {
                write!(
                    f,
                    "the {name} is one of the most common ones: choose another one"
                )
            }
            Self::Reserved(text) => {
                write!(f, "the {name} {text:?} is reserved: choose another one")
            }
            Self::Unchanged => write!(f, "the {name} is the same as before"),
        }
    }
}

impl std::error::Error for Error {}

impl Field {
    /// What is accepted, as the end of a message about an invalid value.
    const fn accepted(self) -> &'static str {
        match self {
            Self::Username => ": use 1–64 characters from A–Z a–z 0–9 . _ -",
            Self::WebhookName => ": use 1–40 characters from a–z 0–9 -",
            Self::Email => ": expected a format like ann@example.org",
            Self::EventType => ": expected a type like presence.changed or custom_user_status.*",
            Self::FullName | Self::Nickname | Self::TokenName => {
                ": control and formatting characters are not allowed"
            }
            _ => "",
        }
    }

    /// The field's name in a message.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::StatusType => "status type",
            Self::Username => "username",
            Self::FullName => "display name",
            Self::Bio => "bio",
            Self::Nickname => "nickname",
            Self::Email => "email address",
            Self::Password => "password",
            Self::Permission => "permission",
            Self::Role => "role",
            Self::TokenName => "token name",
            Self::ExpiresAt => "end",
            Self::Status => "status",
            Self::Setting => "setting",
            Self::CurrentPassword => "current password",
            Self::Preferences => "JSON of the preferences",
            Self::WebhookName => "webhook name",
            Self::Url => "URL",
            Self::EventType => "event type",
            Self::Span => "time span",
        }
    }
}
