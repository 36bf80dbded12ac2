//! The one integration test binary: one link, one module per noun.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod flaky;
mod good_requests;
mod process;
mod raw;
mod scripted;
mod support;

mod architecture;
mod bodies;
mod cli;
mod cli_live;
mod cli_users;
mod cors;
mod custom_status;
mod custom_status_bodies;
mod custom_status_fresh;
mod custom_status_list;
mod dev;
mod dev_clock;
mod dev_command;
mod dev_faults;
mod expiry;
mod expiry_live;
mod faults;
mod full;
mod hooks;
mod hooks_crash;
mod hooks_trouble;
mod hostile_input;
mod live_bounds;
mod live_commands;
mod live_cut;
mod live_frames;
mod live_hostile;
mod live_login;
mod live_methods;
mod live_presence;
mod live_slow;
mod live_streams;
mod live_subscriptions;
mod load;
mod login_attempts;
mod login_end;
mod logs;
mod method_call;
mod methods;
mod openapi;
mod own_server;
mod patience;
mod permission_matrix;
mod permissions;
mod preferences;
mod presence;
mod presence_claims;
mod presence_list;
mod presence_model;
mod protocol;
mod rate_limit;
mod readme;
mod readme_access;
mod readme_clients;
mod readme_commands;
mod readme_contracts;
mod readme_dev;
mod readme_errors;
mod readme_limits;
mod readme_status;
mod refusals;
mod roles;
mod session;
mod settings;
mod start;
mod stop;
mod store_contract;
mod told;
mod upgrade;
mod users;
mod users_end;
mod users_tokens;
mod users_update;
