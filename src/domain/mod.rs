//! The domain: types whose values are always valid, and the rules that a store applies inside a
//! transaction, as pure functions. Depends on `std` only: not on JSON, HTTP or SQL.
//!
//! - A *custom status* is a unique name such as "caught up", shown with one of four types. Every
//!   authenticated user may read the list; the permission `manage-user-status` is needed to change
//!   it.
//! - An *event* records a change. Hooks receive it once it is durable.
//! - A *user* has roles. A *login* makes a token valid; removing the login invalidates the token at
//!   once.
//! - A user's *presence* consists of *claims* on the status, made by hand or by a system. The
//!   strongest one applies until it ends.
//! - A *hook* receives events. A *webhook* is a hook that receives them over HTTP.

mod account_state;
mod actor;
mod audit;
mod avatar;
mod baseline;
mod board;
mod caller;
mod choice;
mod claim;
mod custom_status;
mod database_size;
mod disallowed;
mod display;
mod email;
mod error;
mod event;
mod hook;
mod hook_position;
mod id;
mod invitation;
mod last_administrator;
mod last_permission_manager;
mod link_end;
mod login;
mod name;
pub(crate) mod network;
mod outage;
mod password_policy;
mod permission;
mod presence;
mod presence_policy;
#[cfg(test)]
mod presence_samples;
mod profile;
mod requester;
mod retention;
mod role;
mod setting;
mod setting_value;
mod status_query;
mod status_since;
mod status_visibility;
mod timestamp;
mod user;
mod user_difference;
mod user_id;
mod user_patch;
mod user_query;
mod user_with_presence;
mod username;
mod username_suggestion;
mod visibility_patch;
mod weakness;
mod webhook;
mod what;
mod words;

pub use account_state::AccountState;
pub use actor::Actor;
pub use audit::{
    Action, Attribution, AuditEntry, AuditQuery, AuditRecord, Author, RecordClass, Target,
    TargetKind,
};
pub use avatar::Avatar;
pub use baseline::Baseline;
pub use board::{BoardPerson, BoardStatus};
pub use caller::Caller;
pub use choice::Choice;
pub use claim::{Claim, ClaimSource, StatusText, UserStatus, check_expiry};
pub use custom_status::{CustomStatus, StatusId, StatusName, StatusType};
pub use database_size::DatabaseSize;
pub use disallowed::Disallowed;
pub use display::{Dim, Display, DisplayLook, DisplayOrder, DisplayTheme, Pin, check_display_name};
pub use email::Email;
pub use error::{Blocked, Error, Fault, Field, Problem, Result};
pub use event::{By, Change, Event, EventId, NewEvent, Origin, RoleOf, StatusChange, UserChange};
pub use hook::{DeliveryRecord, DeliveryState, Hook, HookKind};
pub use hook_position::{HookPosition, Replay};
pub use invitation::{
    Acceptance, Invitation, InvitationId, InvitationKind, InvitationRecord, InvitedUser,
    NewInvitation,
};
pub use last_administrator::require_administrator;
pub use last_permission_manager::{PermissionManager, require_permission_manager};
pub use link_end::LinkEnd;
pub use login::{
    EndedLogins, Login, LoginId, LoginKind, LoginOrigin, LoginQuery, LoginRecord, LoginSort,
    NewLogin, Session,
};
pub use name::check_name;
pub use outage::Outage;
pub use password_policy::PasswordPolicy;
pub use permission::{GrantChange, Grants, Permission, PermissionGrant};
pub use presence::{Presence, PresenceKind};
pub use presence_policy::PresencePolicy;
pub use profile::{Bio, Nickname, Profile};
pub use requester::Requester;
pub use retention::EventRetention;
pub use role::{RemovedRole, Role, RoleDraft, RoleScope, RoleUse};
pub use setting::{Audience, ChangedBy, Setting, SettingValues};
pub use setting_value::SettingValue;
pub use status_query::{Page, SortField, SortOrder, StatusQuery};
pub use status_visibility::{HiddenFrom, StatusVisibility, VisibilitySwitches};
pub use timestamp::Timestamp;
pub use user::{ADMIN, User, UserKey, UserKind};
pub use user_difference::UserDifference;
pub use user_id::UserId;
pub use user_patch::{RoleChange, UserPatch};
pub use user_query::{UserQuery, UserSearch, UserSort};
pub use user_with_presence::UserWithPresence;
pub use username::Username;
pub use username_suggestion::suggested_usernames;
pub use visibility_patch::VisibilityPatch;
pub use weakness::Weakness;
pub use webhook::{SigningSecret, Webhook, WebhookName, rotate_secrets};
pub use what::What;
