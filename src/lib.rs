//! doorsign: the sign on your door, self-hosted. It serves Rocket.Chat's *custom user status* domain from one small binary with SQLite
//! inside.
//!
//! # The map
//!
//! A request passes through three layers, [`api`], [`service`] and [`store`], and returns the same way. They share the vocabulary of
//! [`domain`]. State that must survive a crash is a row in the same transaction; transient state is a message. Only the store knows SQL,
//! only the API knows JSON and status codes, and plugins depend only on the contract crate `doorsign-hook`.
//!
//! | module | what it owns |
//! |---|---|
//! | [`cli`] | the commands, one file each |
//! | [`config`] | the settings: their defaults, where each value comes from, how it is checked |
//! | [`server`] | a running process: the order of start and stop, the data folder, the control socket, logging |
//! | [`transport`] | connections: how many, how long, how many bytes before a client logs in |
//! | [`api`] | routes, JSON, status codes, the realtime protocol |
//! | [`web`] | the pages: templates, words, assets, how a page is rendered |
//! | [`service`] | the rules, permission first; one file per noun |
//! | [`domain`] | statuses, users, permissions, events, errors; `std` only |
//! | [`app`] | what a use case may touch: the store, the clock, ids, identity, settings |
//! | [`picture`] | decodes pictures of users within limits |
//! | [`auth`] | identity: tokens, passwords, the session cache, failed logins |
//! | [`store`] | the contract of a database, and SQLite behind it |
//! | [`hooks`] | post-create hooks: which there are, which run, how events reach them at least once |
//! | [`realtime`] | who listens, what listeners receive, who counts as connected |
//! | [`jobs`] | background work: expired claims, old events and audit records, unused memory |
//! | [`dev`] | dev mode: a seed, a clock to set, faults to inject |
//!
//! `tests/it/architecture.rs` checks which module may use which.
//!
//! # Your own hooks
//!
//! [`cli::run`] is the whole program, and takes additional hooks. See `examples/own_server.rs`.

pub mod api;
pub mod app;
pub mod auth;
pub mod cli;
pub mod config;
pub mod dev;
pub mod domain;
pub mod hooks;
pub mod jobs;
pub mod picture;
pub mod realtime;
pub mod server;
pub mod service;
pub mod store;
pub mod transport;
pub mod web;
