//! The one integration test binary: one link, a folder per area. `support` holds every helper.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod api;
mod architecture;
mod benches;
mod cli;
mod data_folder;
mod dev;
mod docs;
mod events;
mod hooks;
mod jobs;
mod live;
mod server;
mod store_contract;
mod support;
mod visibility;
mod web;
