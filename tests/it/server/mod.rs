//! A running process: start, stop, logs, timeouts, and exhausted resources.

mod exhaustion;
mod faults;
mod full;
mod full_removals;
mod logs;
mod probes;
mod refusals;
mod start;
mod stop;
mod timeouts;
