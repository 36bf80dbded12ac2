//! The one integration test binary: one link, one module per noun.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod child;
mod process;
mod raw;
mod scripted;
mod support;

mod bodies;
mod cli;
mod cli_live;
mod custom_status;
mod custom_status_bodies;
mod custom_status_list;
mod hooks;
mod hooks_crash;
mod hooks_trouble;
mod logs;
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
mod own_server;
mod patience;
mod protocol;
mod readme;
mod refusals;
mod start;
mod stop;
