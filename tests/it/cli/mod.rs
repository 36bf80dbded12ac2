//! Commands: their output, their errors, and their effect on a running server.

mod audit;
mod commands;
mod hooks;
mod live;
mod users;
mod webhook;
