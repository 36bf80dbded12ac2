//! Authentication: passwords, tokens, cached sessions and the login throttle.

mod hash_queue;
pub mod login_throttle;
pub mod passwords;
pub mod refusals;
pub mod session_cache;
pub mod tokens;
mod unblocks;

pub(crate) use hash_queue::{HashQueue, Turn};
pub use unblocks::Unblocks;
