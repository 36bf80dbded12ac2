//! A running process: start, stop, logs, timeouts, and what it does when it runs out of something.

mod exhaustion;
mod faults;
mod full;
mod full_ends;
mod logs;
mod refusals;
mod start;
mod stop;
mod timeouts;
