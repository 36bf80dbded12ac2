//! The realtime protocol over WebSocket.

mod board;
mod bounds;
mod closed;
mod commands;
mod display_board;
mod frames;
mod hostile;
mod login;
mod logout;
mod methods;
mod model;
mod policies;
mod presence;
mod slow;
mod sockjs;
mod status_events;
mod streams;
mod subscriptions;
mod visibility;
mod visibility_races;
mod watching;
