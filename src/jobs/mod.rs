//! What is done from time to time, off the path of any request.

mod last_used;
mod memory;

pub use last_used::LastUsed;
pub use memory::ReturnMemory;
