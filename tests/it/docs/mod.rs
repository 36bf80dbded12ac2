//! The documentation against the server: tables, commands, codes, limits and numbers are right, and
//! links have targets. Sentences are not checked, except for the banned words in `words`.

mod access;
mod clients;
mod commands;
mod compat;
mod contracts;
mod dev;
mod errors;
mod fail2ban;
mod hooks;
mod limits;
mod links;
mod live;
mod quick_start;
mod routes;
mod security;
mod settings;
mod shell;
mod status;
mod words;
