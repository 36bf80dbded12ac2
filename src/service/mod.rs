//! The rules. Every use case has one shape: `(app, actor, what)`, the permission on its first line, domain types parsed, ids and time
//! taken from the app, one call to the store. It returns what it wrote; whatever must follow is a row in the same transaction.
//!
//! This room knows no JSON, no status code, no header and no SQL: REST, sockets and the command line call the same functions.

pub mod audit;
pub mod claims;
pub mod custom_status;
pub mod events;
pub mod hooks;
pub mod live_login;
pub mod logins;
pub mod permissions;
pub mod presence;
pub mod roles;
pub mod session;
pub mod settings;
pub mod users;
pub mod webhooks;
