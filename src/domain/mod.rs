//! What this server is about.
//!
//! A workspace keeps a list of *custom statuses*: names such as "caught up", each shown with one of four types. Everybody who is
//! logged in may read the list; whoever holds the permission `manage-user-status` may change it. Names are unique, and every change
//! is an *event* that hooks hear about once it is durable. People are *users* with roles; a *login* is what makes a token worth
//! something, and ends at once when it is removed. How somebody is shown is their *presence*: *claims* on the status, by hand or on
//! their behalf, of which the strongest counts until it ends. A *hook* is whoever is told of events, a *webhook* one that is told over
//! HTTP.
//!
//! The types here are parsed, so they are always valid. This room uses `std` alone: it knows no JSON, no HTTP status, no SQL.

mod audit;
mod baseline;
mod caller;
mod claim;
mod custom_status;
mod error;
mod event;
mod hook;
mod login;
mod name;
pub(crate) mod network;
mod password_policy;
mod permission;
mod presence;
mod presence_policy;
mod profile;
mod requester;
mod setting;
mod status_query;
mod timestamp;
mod user;
mod user_query;
mod webhook;
mod words;

pub use audit::{
    Action, Attribution, AuditEntry, AuditQuery, AuditRecord, Author, RecordClass, Target,
    TargetKind, UserDifference,
};
pub use baseline::Rest;
pub use caller::Caller;
pub use claim::{Choice, Claim, ClaimSource, StatusText, UserStatus, check_expiry};
pub use custom_status::{CustomStatus, StatusId, StatusName, StatusType};
pub use error::{Blocked, Disallowed, Error, Fault, Field, Problem, Result, What};
pub use event::{By, Change, Event, EventId, NewEvent, Origin, RoleOf, StatusChange, UserChange};
pub use hook::{DeliveryRecord, DeliveryState, Hook, HookKind};
pub use login::{
    Login, LoginId, LoginKind, LoginOrigin, LoginQuery, LoginRecord, LoginSort, Session,
};
pub use name::check_name;
pub use password_policy::{PasswordPolicy, Weakness};
pub use permission::{Grants, Permission, PermissionGrant, Role, RoleScope};
pub use presence::{Kind, Person, Presence};
pub use presence_policy::PresencePolicy;
pub use profile::{Bio, Nickname, Profile};
pub use requester::Requester;
pub use setting::{Audience, ChangedBy, Setting, SettingValue, SettingValues};
pub use status_query::{Page, SortField, SortOrder, StatusQuery};
pub use timestamp::Timestamp;
pub use user::{ADMIN, Actor, Email, User, UserId, UserKey, UserKind, Username};
pub use user_query::{UserQuery, UserSort};
pub use webhook::{SigningSecret, Webhook, WebhookName};
