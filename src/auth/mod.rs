//! Authentication: passwords, tokens, cached sessions and the login throttle.

pub mod fixed_window;
mod hash_queue;
pub mod login_throttle;
pub mod opaque_token;
pub mod passwords;
pub mod refusals;
pub mod session_cache;
pub mod tokens;
mod unblocks;
pub mod versioned;

pub(crate) use hash_queue::{HashQueue, Permit};
pub use unblocks::Unblocks;
