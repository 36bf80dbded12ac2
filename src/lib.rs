//! doorsign: the sign on your door, self-hosted. Rocket.Chat's *custom user status* domain in one small binary on SQLite.
//!
//! # The rooms
//!
//! A request walks through three rooms, [`api`], [`service`] and [`store`], and back the same way. They talk to each other in the
//! language of [`domain`]. What must survive a crash is a row in the same transaction; what is only interesting now is a message.
//! The store alone knows SQL, the api alone knows JSON and status codes, and plugins know the contract crate `doorsign-hook` alone.
//!
//! | module | what it owns |
//! |---|---|
//! | [`domain`] | the words: statuses, users, permissions, events, errors; `std` only |
//! | [`store`] | the seam to a database, and SQLite behind it |
//! | [`service`] | the rules, permission first |
//! | [`api`] | routes, JSON, status codes |
//! | [`app`], [`setting_cache`] | the handles that rules may touch: store, clock, ids, who is who, settings |
//! | [`sessions`], [`tokens`], [`passwords`], [`attempts`], [`auth`] | who is who |
//! | [`expiry`] | claims on a status, ended on time |
//! | [`connections`] | who is connected: leases with deadlines |
//! | [`live`], [`announcer`] | who is listening, and what they are told |
//! | [`rate_limit`] | who has to slow down |
//! | [`outbox`], [`supervisor`], [`plugins`] | committed events on their way to hooks |
//! | [`audit`] | the audit trail beside its rows: log lines, limits, retention |
//! | [`jobs`] | what is done from time to time: noting when logins were last used, returning memory |
//! | [`retention`] | events that everybody was told of, deleted after a while |
//! | [`server`], [`listen`], [`limits`], [`folder`], [`notice`], [`logging`] | a running server and its data folder |
//! | [`transport`] | which connections are open, and what clients may use before they log in |
//! | [`dev`] | dev mode: a seed, a clock to move, faults to meet |
//! | [`config`], [`cli`] | settings and commands |
//!
//! `tests/it/architecture.rs` holds who may import whom.
//!
//! # A server of one's own
//!
//! [`cli::run`] is the whole program; it takes further hooks. See `examples/own_server.rs`.

pub mod api;
pub mod app;
pub mod auth;
pub mod cli;
pub mod config;
pub mod dev;
pub mod domain;
pub mod hooks;
pub mod jobs;
pub mod realtime;
pub mod server;
pub mod service;
pub mod store;
pub mod transport;
