//! The load script of `benches/`, as a module.

#[path = "../../../benches/load/mod.rs"]
pub mod script;
