//! The errors of use cases. `api/error` renders them for clients.

use super::{Disallowed, LinkEnd, Outage, Permission, Timestamp, Weakness, What};
use std::time::Duration;

/// The result of a use case.
pub type Result<T> = std::result::Result<T, Error>;

/// An error of a use case. Add a variant when a caller would act differently, not for each new
/// cause.
#[derive(Debug)]
pub enum Error {
    /// The caller is not authenticated.
    Unauthenticated,
    /// The login failed: wrong username, password or token. Clients do not learn which.
    LoginRefused,
    /// The password is right, but the account is deactivated.
    Deactivated,
    /// Too many failed logins. Try again at `until`.
    LoginBlocked {
        /// What is blocked.
        blocked: Blocked,
        /// When the block ends.
        until: Timestamp,
    },
    /// The user must change the password before anything else.
    PasswordChangeRequired,
    /// The caller lacks a permission.
    Forbidden {
        /// The missing permission.
        needs: Permission,
    },
    /// The request is invalid.
    Invalid {
        /// The invalid field.
        field: Field,
        /// The problem with it.
        problem: Problem,
    },
    /// A workspace setting forbids the request.
    Disallowed(Disallowed),
    /// The change would leave no active user with the role `admin`.
    LastAdministrator,
    /// The change would leave no active user with the permission `access-permissions`, so that no
    /// one could undo it over the API.
    LastPermissionManager,
    /// The link to choose a password does not work.
    LinkEnded(LinkEnd),
    /// Too many wrong PINs for a person. Try again after `wait`.
    PinBlocked {
        /// How long the block lasts.
        wait: Duration,
    },
    /// The unique name is already in use.
    NameTaken,
    /// The requested object does not exist.
    NotFound(What),
    /// The server cannot serve the request now. The same request may succeed later.
    Unavailable {
        /// Why not.
        outage: Outage,
        /// When to try again.
        retry_after: Duration,
    },
    /// Every write is rejected until an administrator acts.
    Broken(Fault),
    /// An internal error. Clients never see its details.
    Internal(Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    /// [`Error::Unavailable`] because the database is busy, with a retry delay of one second.
    pub const UNAVAILABLE: Self = Self::unavailable(Outage::DatabaseBusy);

    /// [`Error::Unavailable`] with a retry delay of one second.
    #[must_use]
    pub const fn unavailable(outage: Outage) -> Self {
        let retry_after = Duration::from_secs(1);
        Self::Unavailable {
            outage,
            retry_after,
        }
    }

    /// [`Error::Invalid`].
    #[must_use]
    pub const fn invalid(field: Field, problem: Problem) -> Self {
        Self::Invalid { field, problem }
    }

    /// Wraps any error as [`Error::Internal`].
    pub fn internal(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Internal(source.into())
    }
}

/// Why the database can no longer be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Some pages are damaged. Intact ones can still be read.
    Damaged,
    /// The database file was removed or replaced while the server was running.
    Removed,
}

/// The scope of a block after failed logins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blocked {
    /// This user from this address.
    User,
    /// This address.
    Address,
}

/// The invalid part of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// The name of a custom status.
    Name,
    /// The type of a custom status.
    StatusType,
    /// A username.
    Username,
    /// A display name.
    FullName,
    /// A user's bio.
    Bio,
    /// A user's nickname.
    Nickname,
    /// An email address.
    Email,
    /// A password.
    Password,
    /// The name of a permission.
    Permission,
    /// The id of a role.
    Role,
    /// The name of a role.
    RoleName,
    /// The description of a role.
    RoleDescription,
    /// The name of a personal access token.
    TokenName,
    /// The expiry of a claim.
    ExpiresAt,
    /// A user's status.
    Status,
    /// A setting.
    Setting,
    /// The current password, given as confirmation.
    CurrentPassword,
    /// A user's preferences.
    Preferences,
    /// The name of a webhook.
    WebhookName,
    /// The URL of a webhook.
    Url,
    /// An event type.
    EventType,
    /// A time span.
    Span,
    /// The users that a user hides from.
    DeniedUsers,
    /// The users that an administrator hides a user from.
    DeniedUsersByAdmin,
    /// The name of a display.
    DisplayName,
    /// The time zone of a display.
    TimeZone,
    /// The daily time in which a display is dimmed.
    Dim,
    /// A display.
    Display,
    /// A PIN for displays.
    Pin,
    /// A picture of a user.
    Picture,
}

/// The problem with a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// It is absent or blank.
    Missing,
    /// It is not an accepted text. The text is kept for the error message.
    NotValid(String),
    /// It names something that does not exist.
    Unknown,
    /// It must be unique, and is already in use.
    Taken(String),
    /// It is refused for this reason, a complete sentence.
    Refused(String),
    /// It must be in the future.
    Past,
    /// The setting or object of this name is read-only.
    Fixed(&'static str),
    /// The setting named first takes values of another type, named second.
    OtherKind(&'static str, &'static str),
    /// It is longer than this many UTF-16 units (preferences: characters).
    TooLong(usize),
    /// The password is too easy to guess.
    Weak(Weakness),
    /// The name is reserved.
    Reserved(String),
    /// The change has no effect: a role that is already held, or one to remove that is not held.
    Unchanged,
    /// It comes with the server and cannot be changed or removed: a role.
    Protected,
    /// It cannot be removed while users hold it: a role.
    InUse,
    /// It is a list with more entries than this.
    TooMany(usize),
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
            Self::Disallowed(what) => {
                write!(f, "a setting of the workspace forbids {}", what.what())
            }
            Self::LastAdministrator => f.write_str("the last active administrator must remain"),
            Self::LastPermissionManager => f.write_str(
                "no active user would keep the permission access-permissions: grant it to another role in use first",
            ),
            Self::LinkEnded(end) => f.write_str(end.text()),
            Self::PinBlocked { .. } => f.write_str("too many wrong PINs: try again later"),
            Self::NameTaken => f.write_str("the name is already in use"),
            Self::NotFound(what) => write!(f, "unknown {what}"),
            Self::Unavailable { outage, .. } => f.write_str(outage.text()),
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
    /// Writes what is wrong with `field`, what is accepted, and what to do.
    fn describe(&self, field: Field, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = field.name();
        match self {
            Self::Missing => write!(f, "the {name} is missing{}", Accepted(field)),
            Self::NotValid(text) => write!(f, "invalid {name} {text:?}{}", Accepted(field)),
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
            Self::Protected => write!(
                f,
                "the {name} is protected: change or remove custom ones only"
            ),
            Self::InUse => write!(f, "the {name} is in use: take it from every user first"),
            Self::TooMany(most) => write!(f, "the {name} has more than {most} entries"),
        }
    }
}

impl std::error::Error for Error {}

/// What a field accepts, as the end of a message; empty where the name of the field says it.
struct Accepted(Field);

impl std::fmt::Display for Accepted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0.accepted() {
            "" => Ok(()),
            accepted => write!(f, ": {accepted}"),
        }
    }
}

impl Field {
    /// Returns what is accepted; empty where the name of the field says it.
    #[must_use]
    pub const fn accepted(self) -> &'static str {
        match self {
            Self::Name => "use 1–120 characters, except > < & \" '",
            Self::Status | Self::StatusType => "use online, away, busy or offline",
            Self::Username => "use 1–64 characters from A–Z a–z 0–9 . _ -",
            Self::WebhookName => "use 1–40 characters from a–z 0–9 -",
            Self::Email => "expected a format like ann@example.org",
            Self::EventType => {
                "use presence.changed, custom_user_status.created, custom_user_status.updated, \
                 custom_user_status.deleted or custom_user_status.*"
            }
            Self::Url => "use an http or https URL such as https://example.org/door",
            Self::FullName | Self::Nickname | Self::TokenName | Self::RoleName => {
                "use 1–120 characters, without control and formatting characters"
            }
            Self::DeniedUsers | Self::DeniedUsersByAdmin => "use the usernames of existing users",
            Self::DisplayName => "use 1–60 characters, without control and formatting characters",
            Self::TimeZone => "use an IANA name such as Europe/Berlin",
            Self::Dim => "use two different times of day such as 22:00 and 06:00",
            _ => "",
        }
    }

    /// Returns the field's name in a message.
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
            Self::RoleName => "role name",
            Self::RoleDescription => "role description",
            Self::TokenName => "token name",
            Self::ExpiresAt => "expiry time",
            Self::Status => "status",
            Self::Setting => "setting",
            Self::CurrentPassword => "current password",
            Self::Preferences => "preferences JSON",
            Self::WebhookName => "webhook name",
            Self::Url => "URL",
            Self::EventType => "event type",
            Self::Span => "time span",
            Self::DeniedUsers | Self::DeniedUsersByAdmin => {
                "list of users who may not see the status"
            }
            Self::DisplayName => "name of the display",
            Self::TimeZone => "time zone",
            Self::Dim => "time of dimming",
            Self::Display => "display",
            Self::Pin => "PIN",
            Self::Picture => "picture",
        }
    }
}
