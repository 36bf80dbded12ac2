//! Proving who one is. The other parts of it still stand beside this module.

mod hash_queue;
mod unblocks;

pub(crate) use hash_queue::{HashQueue, Turn};
pub use unblocks::Unblocks;
