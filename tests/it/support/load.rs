//! The load script of `benches/`, as a module.

#[path = "../../../benches/load/mod.rs"]
#[allow(dead_code, reason = "the exit code is only for the program")]
pub mod script;
