//! Authentication: passwords, tokens, cached sessions and the login throttle.

pub mod fixed_window;
mod hash_queue;
pub mod login_throttle;
pub mod opaque_token;
pub mod passwords;
mod pin_attempts;
pub mod refusals;
pub mod session_cache;
pub mod tokens;
mod unblocks;
pub mod versioned;

pub(crate) use hash_queue::{HashQueue, Permit};
pub use opaque_token::OpaqueToken;
pub use pin_attempts::PinAttempts;
pub use unblocks::Unblocks;
