//! Post-create hooks: which exist ([`registry`]), which run ([`supervisor`]), and how committed
//! events reach each of them at least once ([`delivery`]).

pub mod delivery;
pub mod registry;
pub mod supervisor;
pub(crate) mod threads;
