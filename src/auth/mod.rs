//! Proving who one is. The other parts of it still stand beside this module.

mod unblocks;

pub use unblocks::Unblocks;
