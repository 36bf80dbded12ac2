//! Commands: their output, their errors, and their effect on a running server.

mod audit;
mod claims;
mod commands;
mod display;
mod hooks;
mod invitations;
mod listings;
mod live;
mod locked;
mod permission;
mod users;
mod webhook;
