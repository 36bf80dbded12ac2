//! Committed events, as readers, streams and the outbox see them.

mod hidden;
mod hidden_races;
mod interruptions;
mod outbox;
mod pages;
mod publishing;
mod races;
mod schema;
mod slow;
mod stream;
mod visibility;
