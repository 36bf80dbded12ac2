//! The handlers, one file per noun. A handler authenticates, reads the request, calls one use case
//! and wraps the result. Rules do not belong here.

pub(super) mod assets;
pub(super) mod audit;
pub(super) mod avatars;
pub(super) mod board;
pub(super) mod browser_session;
pub(super) mod claims;
pub(super) mod custom_roles;
pub(super) mod custom_user_status;
pub(super) mod directory;
pub(super) mod displays;
pub(super) mod events;
pub(super) mod health;
pub(super) mod hooks;
pub(super) mod info;
pub(super) mod invitations;
pub(super) mod licenses;
pub(super) mod method_call;
pub(super) mod page_notice;
pub(super) mod pages;
pub(super) mod permissions;
pub(super) mod presence;
pub(super) mod presence_broadcast;
pub(super) mod push;
pub(super) mod roles;
pub(super) mod rooms;
pub(super) mod server;
pub(super) mod session;
pub(super) mod sessions;
pub(super) mod settings;
pub(super) mod users;
pub(super) mod webhooks;
