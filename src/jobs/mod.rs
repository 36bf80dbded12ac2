//! What is done from time to time, off the path of any request.

mod last_used;

pub use last_used::LastUsed;
