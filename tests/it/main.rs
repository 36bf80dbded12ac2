//! The one integration test binary: one link, one module per noun.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

mod custom_status;
mod custom_status_bodies;
mod custom_status_list;
