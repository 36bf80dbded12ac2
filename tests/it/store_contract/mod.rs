//! The contract of `src/store/mod.rs`, checked on every implementation with a real database. Uses
//! the trait alone: a second implementation is one line in [`every_store`].

mod audit;
mod changes;
mod expiry;
mod hooks;
mod invitations;
mod lists;
mod login_rules;
mod logins;
mod outbox;
mod permissions;
pub mod presence;
mod replays;
mod roles;
mod seed;
mod settings;
mod snapshots;
mod status_visibility;
mod statuses;
mod sweeps;
mod user_changes;
mod user_rules;
mod users;
mod webhooks;
