//! Live connections: who listens ([`hub`]), what they receive ([`publisher`]), and who counts as
//! connected ([`presence`]). Everything here is in memory and starts empty.

pub mod hub;
pub mod presence;
pub mod publisher;
