//! map
#![expect(missing_docs, reason = "x")]
pub mod api;
pub mod app;
pub mod attempts;
pub mod config;
pub mod domain;
pub mod passwords;
pub mod service;
pub mod sessions;
pub mod store;
pub mod tokens;
