//! Who sees whose status: whatever is hidden from a viewer changes nothing that this viewer receives.

mod crash;
mod everyone_else;
mod interference;
