//! The audit trail: author, action, target, time and client address. A record never contains a
//! secret: no password, token or signing secret.
//!
//! Records are not events. Hooks do not receive them, no reader waits for their position, and they
//! have their own retention. The store writes a record in the transaction of its change, so that
//! neither exists without the other.

mod action;
mod entries;
mod query;

pub use action::{Action, RecordClass};
pub use query::AuditQuery;

use super::words::words;
use super::{Timestamp, UserId, Username};
use std::net::IpAddr;

/// Maximum length of a detail in characters.
const LONGEST_DETAIL: usize = 400;

/// The author of an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Author {
    /// An unauthenticated client.
    Anonymous,
    /// A user.
    User {
        /// The user's id.
        id: UserId,
        /// The username at that time.
        username: Username,
    },
    /// The operator, on the command line.
    Operator,
    /// The server itself.
    Server,
}

impl Author {
    /// Returns the name used in records: `anonymous`, `user`, `operator` or `server`.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Anonymous => "anonymous",
            Self::User { .. } => "user",
            Self::Operator => "operator",
            Self::Server => "server",
        }
    }

    /// Returns the user, if the author is one.
    #[must_use]
    pub const fn user(&self) -> Option<(&UserId, &Username)> {
        match self {
            Self::User { id, username } => Some((id, username)),
            _ => None,
        }
    }
}

/// The author of an action, with time and address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribution {
    /// The time of the action.
    pub at: Timestamp,
    /// The author.
    pub author: Author,
    /// The client's address; `None` for the operator and the server.
    pub address: Option<IpAddr>,
}

impl Attribution {
    /// Attributes to the operator, on the command line.
    #[must_use]
    pub const fn operator(at: Timestamp) -> Self {
        Self {
            at,
            author: Author::Operator,
            address: None,
        }
    }

    /// Attributes to the server itself.
    #[must_use]
    pub const fn server(at: Timestamp) -> Self {
        Self {
            at,
            author: Author::Server,
            address: None,
        }
    }

    /// Attributes to an unauthenticated client at `address`.
    #[must_use]
    pub const fn anonymous(at: Timestamp, address: IpAddr) -> Self {
        Self {
            at,
            author: Author::Anonymous,
            address: Some(address),
        }
    }

    /// Returns the entry for `action` on `target`. `detail` is cut at 400 characters.
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
    /// The kind of an action's target.
    pub enum TargetKind {
        /// A user.
        User = "user",
        /// A permission.
        Permission = "permission",
        /// A role.
        Role = "role",
        /// A setting of the workspace.
        Setting = "setting",
        /// A webhook.
        Webhook = "webhook",
        /// A hook.
        Hook = "hook",
        /// A display.
        Display = "display",
    }
}

/// The target of an action. Its id is its name, except for a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Its kind.
    pub kind: TargetKind,
    /// Its id.
    pub id: String,
    /// Its name at the time of the action.
    pub name: String,
}

impl Target {
    /// Returns the target for a user.
    #[must_use]
    pub fn user(id: &UserId, username: &Username) -> Self {
        Self {
            kind: TargetKind::User,
            id: id.as_str().to_owned(),
            name: username.as_str().to_owned(),
        }
    }

    /// Returns the target for something whose id is its name.
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
    /// Author, time and address.
    pub attribution: Attribution,
    /// The action.
    pub action: Action,
    /// The target. `None` for a login with an unknown username.
    pub target: Option<Target>,
    /// Further details in a few words, possibly empty.
    pub detail: String,
}

/// A stored record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRecord {
    /// Ascends in commit order. Not an event position.
    pub id: u64,
    /// The recorded entry.
    pub entry: AuditEntry,
}
