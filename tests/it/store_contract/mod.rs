//! What `src/store/mod.rs` promises, checked on every implementation, each on a real database. Knows the trait alone: a second
//! implementation is one line in [`every_store`].

mod card;
mod changes;
mod expiry;
mod hooks;
mod lists;
mod logins;
mod outbox;
mod people;
mod permissions;
pub mod presence;
mod replays;
mod seed;
mod settings;
mod statuses;
mod sweeps;
mod user_changes;
mod users;
mod webhooks;
