//! Hooks of every kind: delivery, retries, crashes, discovery.

mod changes;
mod crash;
mod delivery;
mod folders;
mod gone;
mod hostile;
mod own_server;
mod positions;
mod readded;
mod replay;
mod retention;
mod retries;
mod switched;
mod together;
mod trouble;
mod webhook_crash;
mod webhooks;
