//! The JSON that clients see, field by field in Rocket.Chat's order, and the conversions from the
//! domain. One file per noun.

mod account_state;
mod audit;
mod avatar;
pub(in crate::api) mod board;
mod changes;
mod claims;
pub(in crate::api) mod credentials;
mod csv;
mod custom_user_status;
pub(in crate::api) mod date;
mod directory;
mod display;
mod empty_list;
mod event;
pub(super) mod frame;
mod hook;
mod import;
mod invitation;
mod license;
mod listing;
mod me;
mod method;
mod permission;
pub(in crate::api) mod preferences;
mod presence;
mod push;
mod role;
mod server;
mod session;
mod setting;
pub(super) mod stream_frames;
mod token;
mod user;
mod visibility;
mod webhook;

pub(super) use audit::AuditPage;
pub(crate) use audit::audit_line;
pub(super) use changes::Changes;
pub(super) use claims::ClaimsReply;
pub(super) use csv::{Malformed, Record, records};
pub(super) use custom_user_status::{StatusPage, StatusRecord, StatusReply};
pub(super) use directory::{
    AutocompleteReply, DirectoryPage, Selector, SpotlightKinds, SpotlightReply,
};
pub(super) use display::{DisplayKeyReply, DisplayList, DisplaySettings, PinReply};
pub(crate) use display::{display_line, display_url, qr_rows};
pub(super) use empty_list::{EmojiReply, EmptyPage};
pub(super) use event::{EventPage, EventRow, shown_row};
pub(super) use hook::{CountReply, DeliveryPage, DeliveryReply, HookList};
pub(super) use import::ImportReply;
pub(crate) use invitation::join_url;
pub(super) use invitation::{InvitationList, InvitationReply, LinkReply};
pub(super) use license::{LicenseReply, MODULES};
pub(crate) use listing::{
    claim_line, delivery_line, hook_line, login_line, permission_line, user_line, webhook_line,
};
pub(super) use me::{ChosenPreferences, Me, PreferencesReply};
pub(super) use method::{MethodCall, MethodReply};
pub(super) use permission::{PermissionChanges, PermissionList, PermissionRecord, PermissionRow};
pub(super) use presence::{PresenceListReply, PresenceReply, UserStatusReply};
pub(super) use push::PushTokenReply;
pub(super) use role::{
    Holder, Holders, PublicHolder, PublicHolders, RemovedRow, RoleChanges, RoleList, RoleReply,
    RoleRow, RoleSync,
};
pub(super) use server::{ConfigurationReply, ServerStatusReply};
pub(super) use session::{
    BrowserSession, EndedSession, KeptLogin, LoggedOut, LoginReply, LogoutReply, SessionPage,
    SessionReply, SessionRow, granted,
};
pub(super) use setting::{
    Connections, NoConfigurations, NoServices, PasswordPolicyReply, SettingList, SettingPage,
    SettingReply, SettingRow, setting_value,
};
pub(super) use token::{CreatedToken, TokenList, TokenOf, TokenReply};
pub(super) use user::{
    ActiveReply, Activity, AvatarSuggestions, DeletedReply, ResultReply, UserPage, UserReply,
    UserRow,
};
pub(super) use visibility::VisibilityPage;
pub(super) use webhook::{SecretReply, TestReply, WebhookList, WebhookReply};

use serde::Serialize;

/// `{}`.
#[derive(Serialize)]
struct Empty {}
