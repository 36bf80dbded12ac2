//! Dev mode.

mod beside_command;
mod clock;
mod command;
mod controls;
mod faults;
