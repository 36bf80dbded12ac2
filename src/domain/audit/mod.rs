//! The audit trail: who did what to what, when and from where. A record never holds a secret: no password, token or signing secret.
//!
//! Records are not events. Hooks do not receive them, they have no position that a reader waits for, and they have a retention of
//! their own. The store writes them in the transaction of the change, so that neither exists without the other.

mod action;
mod entries;
mod query;
mod user_change;

pub use action::{Action, RecordClass};
pub use query::AuditQuery;
pub use user_change::UserDifference;

use super::words::words;
use super::{Timestamp, UserId, Username};
use std::net::IpAddr;

/// Characters of a detail at most.
const LONGEST_DETAIL: usize = 400;

/// Who did something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Author {
    /// A client that has not proved who it is.
    Anonymous,
    /// A user.
    User {
        /// The user's id.
        id: UserId,
        /// The user's name at that time.
        username: Username,
    },
    /// The operator, at the command line.
    Operator,
    /// The server itself.
    Server,
}

impl Author {
    /// The word for it in records: `anonymous`, `user`, `operator` or `server`.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Anonymous => "anonymous",
            Self::User { .. } => "user",
            Self::Operator => "operator",
            Self::Server => "server",
        }
    }

    /// The user, if it is one.
    #[must_use]
    pub const fn user(&self) -> Option<(&UserId, &Username)> {
        match self {
            Self::User { id, username } => Some((id, username)),
            _ => None,
        }
    }
}

/// Who does something, when and from where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribution {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub author: Author,
    /// The client's address; `None` for the operator and the server.
    pub address: Option<IpAddr>,
}

impl Attribution {
    /// The operator, at the command line.
    #[must_use]
    pub const fn operator(at: Timestamp) -> Self {
        Self {
            at,
            author: Author::Operator,
            address: None,
        }
    }

    /// The server itself.
    #[must_use]
    pub const fn server(at: Timestamp) -> Self {
        Self {
            at,
            author: Author::Server,
            address: None,
        }
    }

    /// A client at `address` that has not proved who it is.
    #[must_use]
    pub const fn anonymous(at: Timestamp, address: IpAddr) -> Self {
        Self {
            at,
            author: Author::Anonymous,
            address: Some(address),
        }
    }

    /// The entry for `action` on `target`.
    #[must_use]
    pub fn entry(self, action: Action, target: Option<Target>, detail: &str) -> AuditEntry {
        AuditEntry {
            attribution: self,
            action,
            target,
            detail: detail.chars().take(LONGEST_DETAIL).collect(),
        }
    }
}

words! {
    /// What kind of thing an action is about.
    pub enum TargetKind {
        /// A user.
        User = "user",
        /// A permission.
        Permission = "permission",
        /// A setting of the workspace.
        Setting = "setting",
        /// A webhook.
        Webhook = "webhook",
        /// A hook.
        Hook = "hook",
    }
}

/// What an action is about. Everything but a user is named by its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Its kind.
    pub kind: TargetKind,
    /// Its id.
    pub id: String,
    /// Its name at that time.
    pub name: String,
}

impl Target {
    /// The user with this id and name.
    #[must_use]
    pub fn user(id: &UserId, username: &Username) -> Self {
        Self {
            kind: TargetKind::User,
            id: id.as_str().to_owned(),
            name: username.as_str().to_owned(),
        }
    }

    /// Something whose id is its name.
    #[must_use]
    pub fn named(kind: TargetKind, id: &str) -> Self {
        Self {
            kind,
            id: id.to_owned(),
            name: id.to_owned(),
        }
    }
}

/// A record before it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// Who, when and from where.
    pub attribution: Attribution,
    /// What was done.
    pub action: Action,
    /// To what; `None` for a login with a name that no user has.
    pub target: Option<Target>,
    /// What else there is to know, in a few words; may be empty.
    pub detail: String,
}

/// A stored record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRecord {
    /// Ascends with the order of commit. Not the position of an event.
    pub id: u64,
    /// What was recorded.
    pub entry: AuditEntry,
}
