//! Background jobs.

mod expiry;
mod expiry_process;
