//! The commands: what they print, what they refuse, and what a running server makes of it.

mod audit;
mod commands;
mod hooks;
mod live;
mod users;
mod webhook;
