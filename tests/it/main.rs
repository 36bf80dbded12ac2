//! The one integration test binary: one link, one module per noun.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod process;
mod child;
mod scripted;
mod support;

mod cli;
mod custom_status;
mod custom_status_bodies;
mod custom_status_list;
mod logs;
mod refusals;
mod start;
mod stop;
mod bodies;
mod custom_status;
mod patience;
mod protocol;
mod raw;
mod hooks;
mod hooks_crash;
mod hooks_trouble;
mod own_server;
mod openapi;
mod cors;
mod custom_status;
mod custom_status_bodies;
mod custom_status_list;
mod hostile_input;
mod login_attempts;
mod login_end;
mod permissions;
mod session;
mod store_contract;
