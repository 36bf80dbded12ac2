//! The realtime protocol over WebSocket.

mod bounds;
mod commands;
mod cut;
mod frames;
mod hostile;
mod login;
mod logout;
mod methods;
mod model;
mod policies;
mod presence;
mod shown;
mod slow;
mod streams;
mod subscriptions;
mod watching;
