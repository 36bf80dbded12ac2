//! The use cases. Each takes `(app, actor, …)`, checks the permission on its first line, receives
//! parsed domain types, takes ids and time from the app, and makes one call to the store. It
//! returns what it wrote; everything that must follow is a row in the same transaction.
//!
//! This module does not depend on JSON, status codes, headers or SQL: REST, sockets and the command
//! line call the same functions.

pub mod audit;
pub mod authentication;
pub mod avatars;
pub mod board;
pub mod claims;
pub mod custom_status;
pub mod displays;
pub mod events;
pub mod health;
pub mod hooks;
pub mod invitations;
pub mod live_display;
pub mod live_login;
pub mod live_visibility;
pub mod logins;
pub mod permissions;
pub mod presence;
pub mod roles;
pub mod server;
pub mod session;
pub mod settings;
pub mod users;
pub mod webhooks;
