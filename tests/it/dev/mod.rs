//! Dev mode.

mod clock;
mod command;
mod controls;
mod faults;
